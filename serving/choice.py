"""Which model answers for a cell: one that has learnt from such cells, at the richest tier.

A tier is the evidence that a model looks at. A cell that has not finished its cycles, or has
no spectrum among them, is not answered from defaults but by a poorer tier.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from features.evidence import Evidence, evidence_named
from features.records import Cell
from features.table import describe
from models.domain import scope_reasons
from models.prediction import Provenance
from models.shelf import Champion

#: With more of its descriptors blank than this share, evidence is there in name only.
MOST_BLANK = 0.5


@dataclass(frozen=True, eq=False)
class Choice:
    """A model and the sentence that says why it was taken.

    Attributes
    ----------
    champion : Champion
    because : str
    why_not_richer : str
        What the cell lacks for each richer tier, and for this one; empty if nothing.
    is_of_kind : bool
        Whether all cells of its kind of which nothing was measured get the same choice.
    """

    champion: Champion
    because: str
    why_not_richer: str = ""
    is_of_kind: bool = False

    @cached_property
    def model(self) -> dict[str, Any]:
        """Return which model it is, as it is shown."""
        return asdict(self.champion.entry)

    @cached_property
    def trained_on(self) -> dict[str, Any]:
        """Return what the model has seen, as it is shown."""
        return trained_on(self.champion.predictor.provenance)

    @cached_property
    def tier(self) -> str:
        """Return the evidence that the model looks at."""
        return evidence_of(self.champion).name


class Chooser:
    """The models of one target, and which of them answers for a cell.

    What was measured decides between tiers, and blanks between equals. Of a cell that is a
    recipe alone, most often its kind decides: then the choice is made once.

    Parameters
    ----------
    candidates : sequence of Champion
    is_named : bool
        Whether there is one that was asked for by name, whatever the cell.
    """

    def __init__(self, candidates: Sequence[Champion], *, is_named: bool = False) -> None:
        self.candidates = tuple(candidates)
        self._named = Choice(candidates[0], "It was asked for by name.") if is_named else None
        self._by_kind: dict[tuple[str, bool], Choice] = {}

    def choose(self, cell: Cell) -> Choice:
        """Return the model that answers for a cell, and why."""
        if self._named is not None:
            return self._named
        if cell.cycling is not None or cell.spectra:
            return choose(self.candidates, cell)
        recipe = cell.recipe
        kind = recipe.cell.type, recipe.coating is not None and not recipe.coating.is_bare
        choice = self._by_kind.get(kind) or choose(self.candidates, cell)
        if choice.is_of_kind:
            self._by_kind[kind] = choice
        return choice


def choose(candidates: Sequence[Champion], cell: Cell) -> Choice:
    """Return the best of several models of one target.

    Scope comes first, then real before simulated training, then the richest tier whose
    evidence the cell brings, then fewer blanks, then more descriptors. Outside every scope
    the best still answers; its prediction says so itself.
    """
    first = min(_scope_rank(champion, cell) for champion in candidates)
    alike = [champion for champion in candidates if _scope_rank(champion, cell) == first]
    # Descriptors cost time, so they are computed only where they decide.
    lacks = {champion.entry.name: _lack(champion, cell, len(alike)) for champion in alike}
    best = min(alike, key=lambda one: _tier_rank(one, lacks[one.entry.name]))
    equals = [
        one
        for one in alike
        if _tier_rank(one, lacks[one.entry.name]) == _tier_rank(best, lacks[best.entry.name])
    ]
    taken = best if len(equals) == 1 else min(equals, key=lambda one: _blank_rank(one, cell))
    lacks |= {one.entry.name: _unlike(one, cell) for one in candidates if one not in alike}
    return Choice(
        taken,
        _because(taken, cell, len(candidates)),
        _why_not_richer(taken, candidates, lacks),
        is_of_kind=len(equals) == 1,
    )


def trained_on(provenance: Provenance) -> dict[str, Any]:
    """Return what a model has seen, as it is shown beside each of its answers."""
    return {
        "cohort": provenance.cohort,
        "citation": provenance.citation,
        "kinds": dict(provenance.kinds),
        "n_cells": provenance.n_cells,
        "n_groups": provenance.n_groups,
    }


def evidence_of(champion: Champion) -> Evidence:
    """Return what a model looks at; its tier names it, its window bounds it."""
    predictor = champion.predictor
    named = evidence_named(predictor.task.tier)
    return Evidence(predictor.n_cycles or named.n_cycles, named.has_spectra)


def _scope_rank(champion: Champion, cell: Cell) -> tuple[int, float]:
    provenance = champion.predictor.provenance
    return len(scope_reasons(provenance, cell)), _simulated_fraction(provenance)


def _simulated_fraction(provenance: Provenance) -> float:
    return provenance.kinds.get("simulated", 0) / max(1, sum(provenance.kinds.values()))


def _lack(champion: Champion, cell: Cell, n_alike: int) -> str:
    """Return what a cell lacks for a model's tier, or an empty string."""
    evidence = evidence_of(champion)
    lack = evidence.lack(cell)
    if lack or n_alike == 1 or evidence == Evidence():
        return lack
    predictor = champion.predictor
    blanks = describe([cell], predictor.descriptor_versions, predictor.n_cycles).absent(0)
    if len(blanks) <= MOST_BLANK * len(predictor.descriptor_versions):
        return ""
    why = "; ".join(dict.fromkeys(blanks.values()))
    return f"of its descriptors {len(blanks)} are blank ({why})"


def _tier_rank(champion: Champion, lack: str) -> tuple[bool, int, bool]:
    """Return the rank of a tier: brought before lacking, then the richer; lacking, the poorer."""
    evidence, sign = evidence_of(champion), 1 if lack else -1
    return bool(lack), sign * evidence.n_cycles, evidence.has_spectra == bool(lack)


def _blank_rank(champion: Champion, cell: Cell) -> tuple[int, int, str]:
    predictor = champion.predictor
    names = list(predictor.descriptor_versions)
    n_blank = len(describe([cell], names, predictor.n_cycles).reasons)
    return n_blank, -len(names), champion.entry.name


def _unlike(champion: Champion, cell: Cell) -> str:
    """Return why a model was passed over whatever the cell brings."""
    name, provenance = champion.entry.name, champion.predictor.provenance
    reasons = scope_reasons(provenance, cell)
    return f"{name} has not learnt from such cells" if reasons else (
        f"{name} has learnt from simulated cells, the one taken from real ones"
    )  # fmt: skip


def _why_not_richer(
    taken: Champion, candidates: Sequence[Champion], lacks: Mapping[str, str]
) -> str:
    """Say of the tier taken and every richer one what was lacking, the poorest of them first."""
    own = evidence_of(taken)
    lacking: dict[Evidence, str] = {}
    for one in candidates:
        if evidence_of(one) >= own and lacks[one.entry.name]:
            lacking.setdefault(evidence_of(one), lacks[one.entry.name])
    answered = {evidence_of(one) for one in candidates if not lacks[one.entry.name]}
    return "; ".join(
        f"{tier.name}: {lacking[tier]}" for tier in sorted(lacking) if tier not in answered
    )


def _because(champion: Champion, cell: Cell, n_candidates: int) -> str:
    provenance = champion.predictor.provenance
    kinds = " and ".join(kind for kind, count in provenance.kinds.items() if count)
    outside = "; ".join(scope_reasons(provenance, cell))
    rank = "the only model" if n_candidates == 1 else f"the best of {n_candidates} models"
    if outside:
        return f"It is {rank} for this target, yet has not learnt from such cells: {outside}."
    return f"It is {rank} for this target and has learnt from such cells ({kinds})."
