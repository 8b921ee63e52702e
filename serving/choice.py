"""Which model answers for a cell: the one that has learnt from such cells."""

from collections.abc import Sequence
from dataclasses import dataclass

from features.records import Cell
from features.table import describe
from models.domain import scope_reasons
from models.prediction import Provenance
from models.shelf import Champion


@dataclass(frozen=True, eq=False)
class Choice:
    """A model and the sentence that says why it was taken."""

    champion: Champion
    because: str


def choose(candidates: Sequence[Champion], cell: Cell) -> Choice:
    """Return the best of several models of one target.

    Scope comes first, then real before simulated training, then fewer blanks, then more
    descriptors. Outside every scope the best still answers; its prediction says so itself.
    """
    first = min(_scope_rank(champion, cell) for champion in candidates)
    best = [champion for champion in candidates if _scope_rank(champion, cell) == first]
    # Descriptors cost time, so they are computed only where they decide.
    taken = best[0] if len(best) == 1 else min(best, key=lambda one: _blank_rank(one, cell))
    because = _because(taken, cell, len(candidates)) + _unused_cycling(taken, best, cell)
    return Choice(taken, because)


def _scope_rank(champion: Champion, cell: Cell) -> tuple[int, float]:
    provenance = champion.predictor.provenance
    return len(scope_reasons(provenance, cell)), _simulated_fraction(provenance)


def _simulated_fraction(provenance: Provenance) -> float:
    return provenance.kinds.get("simulated", 0) / max(1, sum(provenance.kinds.values()))


def _blank_rank(champion: Champion, cell: Cell) -> tuple[int, int, str]:
    predictor = champion.predictor
    names = list(predictor.descriptor_versions)
    n_blank = len(describe([cell], names, predictor.n_cycles).reasons)
    return n_blank, -len(names), champion.entry.name


def _unused_cycling(taken: Champion, best: Sequence[Champion], cell: Cell) -> str:
    """Say why a cell's cycling was not looked at, where it was sent in vain."""
    windowed = [one for one in best if one.predictor.n_cycles is not None]
    if cell.cycling is None or taken.predictor.n_cycles is not None or not windowed:
        return ""
    predictor = windowed[0].predictor
    blanks = describe([cell], predictor.descriptor_versions, predictor.n_cycles).absent(0)
    why = "; ".join(dict.fromkeys(blanks.values()))
    return (
        f" The cycling sent was not used: {predictor.name}, which looks at the first "
        f"{predictor.n_cycles} cycles, lacks {len(blanks)} descriptors ({why})."
    )


def _because(champion: Champion, cell: Cell, n_candidates: int) -> str:
    provenance = champion.predictor.provenance
    kinds = " and ".join(kind for kind, count in provenance.kinds.items() if count)
    outside = "; ".join(scope_reasons(provenance, cell))
    rank = "the only model" if n_candidates == 1 else f"the best of {n_candidates} models"
    if outside:
        return f"It is {rank} for this target, yet has not learnt from such cells: {outside}."
    return f"It is {rank} for this target and has learnt from such cells ({kinds})."
