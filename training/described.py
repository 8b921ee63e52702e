"""Cells of a cohort with their descriptors and labels; rows stand in the cohort's order."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

import numpy as np
from numpy.typing import NDArray

from features.errors import InvalidRecord
from features.table import DescriptorTable, describe
from training.cohort import Cohort
from training.run_config import RunConfig
from training.target import Array, Labels, Mask
from training.targets import labels, target_of


@dataclass(frozen=True, eq=False)
class Described:
    """Described and labelled cells.

    Attributes
    ----------
    cohort : Cohort
    table : DescriptorTable
    labels : float array of shape (n_cells,)
        In the target's unit.
    is_censored : bool array of shape (n_cells,)
    """

    cohort: Cohort
    table: DescriptorTable
    labels: Array
    is_censored: Mask

    def rows(self, rows: Sequence[int] | NDArray[np.int64]) -> "Described":
        """Return some cells, in the cohort's order whatever the order asked for."""
        kept = sorted(int(row) for row in rows)
        ids = tuple(self.cohort.cells[row].cell_id for row in kept)
        return Described(
            self.cohort.subset(ids),
            self.table.rows(kept),
            self.labels[kept],
            self.is_censored[kept],
        )

    def rows_of(self, ids: Sequence[str]) -> "Described":
        """Return the cells of some ids."""
        wanted = set(ids)
        cells = enumerate(self.cohort.cells)
        return self.rows([row for row, cell in cells if cell.cell_id in wanted])


def described(config: RunConfig, cohort: Cohort) -> tuple[Described, Labels]:
    """Return the cells with a label, and the labels of all.

    Raises
    ------
    InvalidRecord
        If no cell has a label that is more than a bound, or those with one fall into fewer
        groups than can be held out.
    """
    target = target_of(config.target)
    found = labels(cohort, target)
    if target.is_paired:
        cohort = cohort.with_pairs_together()
    known = np.flatnonzero(np.isfinite(found.values))
    if not (~found.is_censored[known]).any():
        raise InvalidRecord(f"Cohort '{cohort.name}' has no cell with a known {config.target}.")
    kept = cohort.subset(tuple(cohort.cells[row].cell_id for row in known))
    if not cohort.splits:
        _check_groups(config, kept, is_paired=target.is_paired)
    table = describe(kept.cells, config.descriptor_names, config.n_cycles)
    data = Described(kept, table, found.values[known], found.is_censored[known])
    return data, found


def _check_groups(config: RunConfig, cohort: Cohort, *, is_paired: bool) -> None:
    n_groups = len(set(cohort.groups))
    needed = fewest_groups(config)
    if n_groups < needed:
        sharing = ", joined where they share a control" if is_paired else ""
        more = " and controls of their own" if is_paired else ""
        raise InvalidRecord(
            f"The cells with a known {config.target} fall into {n_groups} group(s) "
            f"({cohort.group_kind}s{sharing}); held-out scores need {needed} at least. Keep more "
            f"finished cells of other {cohort.group_kind}s{more}, or leave fewer out "
            f"(n_selection_folds is {config.n_selection_folds}, n_test_folds "
            f"{config.n_test_folds})."
        )


def fewest_groups(config: RunConfig) -> int:
    """Return how many groups it takes for those of any outer fold to be dealt out once more."""
    return next(
        n_groups
        for n_groups in count(2)
        if n_groups - math.ceil(n_groups / min(n_groups, config.n_test_folds))
        >= config.n_selection_folds
    )
