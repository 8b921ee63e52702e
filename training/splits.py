"""Splits that never part what belongs together: recipes, papers, labs."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import GroupKFold

from features.errors import InvalidRecord

Rows = NDArray[np.int64]
Fold = tuple[Rows, Rows]


def grouped_folds(groups: Sequence[str], n_folds: int, seed: int) -> list[Fold]:
    """Return (rows to train on, rows held out) for each fold; no group is on both sides.

    Raises
    ------
    InvalidRecord
        If there are fewer groups than folds.
    """
    n_groups = len(set(groups))
    if n_groups < n_folds:
        raise InvalidRecord(
            f"{n_folds} grouped folds need as many groups, there are {n_groups}; "
            f"keep more cells of others, or ask for fewer folds."
        )
    folds = GroupKFold(n_folds, shuffle=True, random_state=seed)
    return list(folds.split(np.zeros(len(groups)), groups=np.asarray(groups)))


def repeated_grouped_folds(
    groups: Sequence[str], n_folds: int, n_repeats: int, seed: int
) -> Iterator[Fold]:
    """Yield the folds of several shuffles, one after the other."""
    for repeat in range(n_repeats):
        yield from grouped_folds(groups, n_folds, seed + repeat)


def family_folds(families: Sequence[str], groups: Sequence[str]) -> list[Fold]:
    """Return a fold for each family: all of it held out, and every group that it occurs in.

    A paper that compares two families would tell of the one by the other, so none of its
    cells is trained on.

    Raises
    ------
    InvalidRecord
        If a family leaves nothing to train on.
    """
    family, group = np.asarray(families), np.asarray(groups)
    folds = []
    for name in dict.fromkeys(families):
        held_out = np.flatnonzero(family == name)
        train = np.flatnonzero(~np.isin(group, group[held_out]))
        if not train.size:
            raise InvalidRecord(
                f"Family '{name}' occurs in every group; without it nothing is left to learn from."
            )
        folds.append((train, held_out))
    return folds
