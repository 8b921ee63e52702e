"""Cells with known outcomes, and the groups that must not be split."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import pandas as pd

from features.errors import InvalidRecord
from features.records import Cell

#: Kinds of groups that are origins: intervals over them are for new papers, new laboratories.
ORIGINS = ("paper", "lab")
#: Facts about finished cells that targets may turn into labels.
OUTCOME_COLUMNS = (
    "cycle_life_cycles",
    "is_censored",
    "ce_fraction",
    "r_sei_growth_ratio",
    "capacity_retention_fraction",
)


@dataclass(frozen=True, eq=False)
class Cohort:
    """Cells of one origin.

    Attributes
    ----------
    name : str
    citation : str
        Whom to cite for these cells.
    cells : tuple of Cell
    outcomes : DataFrame
        Indexed by cell_id, in the order of the cells; columns out of ``OUTCOME_COLUMNS``.
    groups : tuple of str
        For every cell what must be held out together with it: recipe, paper or lab.
    group_kind : str
        What a group is, such as "paper".
    splits : mapping of str to tuple of str
        Published splits by cell_id, among them "train"; empty where there are none.
    families : tuple of str
        For every cell its family of chemistry, for the hard score in which whole families
        are held out; empty where there are none.
    family_kind : str
        What a family is, such as "solvent family".
    controls : mapping of str to str
        Coated cell -> the same cell without a coating, by cell_id.
    refused : mapping of str to str
        Targets that these cells may not teach, with the reason.
    """

    name: str
    citation: str
    cells: tuple[Cell, ...]
    outcomes: pd.DataFrame
    groups: tuple[str, ...]
    group_kind: str
    splits: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    families: tuple[str, ...] = ()
    family_kind: str = ""
    controls: Mapping[str, str] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        ids = [cell.cell_id for cell in self.cells]
        if list(self.outcomes.index) != ids or len(self.groups) != len(ids):
            raise InvalidRecord(
                f"Cohort '{self.name}': {len(ids)} cells, {len(self.outcomes)} outcomes and "
                f"{len(self.groups)} groups must be of the same cells in the same order."
            )
        if len(set(ids)) != len(ids):
            raise InvalidRecord(f"Cohort '{self.name}': a cell_id occurs twice.")
        if self.families and len(self.families) != len(ids):
            raise InvalidRecord(
                f"Cohort '{self.name}': {len(self.families)} families stand beside {len(ids)} "
                f"cells; give one to each, or none at all."
            )

    @property
    def kinds(self) -> dict[str, int]:
        """Return how many cells are measured, from literature, simulated."""
        return dict(Counter(cell.source.kind for cell in self.cells))

    @property
    def spans_origins(self) -> bool:
        """Tell whether whole papers or laboratories are held out together."""
        return self.group_kind in ORIGINS

    def subset(self, cell_ids: tuple[str, ...]) -> "Cohort":
        """Return the cohort of the named cells alone, in the cohort's order, without splits."""
        wanted = set(cell_ids)
        rows = [row for row, cell in enumerate(self.cells) if cell.cell_id in wanted]
        return replace(
            self,
            cells=tuple(self.cells[row] for row in rows),
            outcomes=self.outcomes.iloc[rows],
            groups=tuple(self.groups[row] for row in rows),
            splits={},
            families=tuple(self.families[row] for row in rows) if self.families else (),
        )

    def with_pairs_together(self) -> "Cohort":
        """Return the cohort with groups joined wherever an outcome is in the labels of both.

        That is where cells share a control, and where a control has one itself. Controls of
        one recipe were measured each by itself, so they join nothing.
        """
        group_of = dict(zip((cell.cell_id for cell in self.cells), self.groups, strict=True))
        first_with: dict[str, str] = {}
        pairs = []
        for cell, control in self.controls.items():
            if cell in group_of and control in group_of:
                own = group_of[control if control in self.controls else cell]
                pairs.append((group_of[cell], first_with.setdefault(control, own)))
        return replace(self, groups=joined(self.groups, pairs))


def joined(groups: Sequence[str], pairs: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """Return groups in which those of every pair, and of chains of pairs, bear one name.

    Examples
    --------
    >>> joined(("a", "b", "c", "d"), [("a", "b"), ("b", "d")])
    ('a', 'a', 'c', 'a')
    """
    first = {group: group for group in groups}
    for one, other in pairs:
        kept, gone = sorted((first[one], first[other]))
        first = {group: kept if name == gone else name for group, name in first.items()}
    return tuple(first[group] for group in groups)
