"""Cells with known outcomes, and the groups that must not be split."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from features.errors import InvalidRecord
from features.records import Cell

#: Facts about finished cells that targets may turn into labels.
OUTCOME_COLUMNS = ("cycle_life_cycles", "is_censored", "ce_fraction")


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
    """

    name: str
    citation: str
    cells: tuple[Cell, ...]
    outcomes: pd.DataFrame
    groups: tuple[str, ...]
    group_kind: str
    splits: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        ids = [cell.cell_id for cell in self.cells]
        if list(self.outcomes.index) != ids or len(self.groups) != len(ids):
            raise InvalidRecord(
                f"Cohort '{self.name}': {len(ids)} cells, {len(self.outcomes)} outcomes and "
                f"{len(self.groups)} groups must be of the same cells in the same order."
            )
        if len(set(ids)) != len(ids):
            raise InvalidRecord(f"Cohort '{self.name}': a cell_id occurs twice.")

    @property
    def kinds(self) -> dict[str, int]:
        """Return how many cells are measured, from literature, simulated."""
        return dict(Counter(cell.source.kind for cell in self.cells))

    def subset(self, cell_ids: tuple[str, ...]) -> "Cohort":
        """Return the cohort of the named cells alone, in the cohort's order."""
        wanted = set(cell_ids)
        rows = [row for row, cell in enumerate(self.cells) if cell.cell_id in wanted]
        return Cohort(
            name=self.name,
            citation=self.citation,
            cells=tuple(self.cells[row] for row in rows),
            outcomes=self.outcomes.iloc[rows],
            groups=tuple(self.groups[row] for row in rows),
            group_kind=self.group_kind,
        )
