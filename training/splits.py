"""Splits that never part what belongs together: recipes, papers, labs."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import GroupKFold

from features.errors import InvalidRecord

Rows = NDArray[np.int64]


def grouped_folds(groups: Sequence[str], n_folds: int, seed: int) -> list[tuple[Rows, Rows]]:
    """Return (rows to train on, rows held out) for each fold; no group is on both sides.

    Raises
    ------
    InvalidRecord
        If there are fewer groups than folds.
    """
    n_groups = len(set(groups))
    if n_groups < n_folds:
        raise InvalidRecord(f"{n_folds} grouped folds need as many groups, there are {n_groups}.")
    folds = GroupKFold(n_folds, shuffle=True, random_state=seed)
    return list(folds.split(np.zeros(len(groups)), groups=np.asarray(groups)))


def repeated_grouped_folds(
    groups: Sequence[str], n_folds: int, n_repeats: int, seed: int
) -> Iterator[tuple[Rows, Rows]]:
    """Yield the folds of several shuffles, one after the other."""
    for repeat in range(n_repeats):
        yield from grouped_folds(groups, n_folds, seed + repeat)
