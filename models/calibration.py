"""Held-out errors of the training cells, those included of which only a bound is known."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import GroupKFold

from models.interval import GroupInterval, group_weights

Array = NDArray[np.float64]
#: Up to so many groups each is left out alone (jackknife+); above, in ten folds (CV+).
MOST_JACKKNIFE_GROUPS = 50
N_FOLDS = 10


def group_folds(groups: Sequence[str], seed: int) -> NDArray[np.int64]:
    """Return the fold of every row: each group alone if they are few, else ten folds of groups."""
    names, group = np.unique(np.asarray(groups), return_inverse=True)
    if names.size <= MOST_JACKKNIFE_GROUPS:
        return np.asarray(group, dtype=np.int64)
    fold_of_row = np.zeros(group.size, dtype=np.int64)
    folds = GroupKFold(N_FOLDS, shuffle=True, random_state=seed)
    for fold, (_, held_out) in enumerate(folds.split(group, groups=group)):
        fold_of_row[held_out] = fold
    return fold_of_row


def calibrated(
    errors: Array,
    is_censored: NDArray[np.bool_],
    fold_of_row: NDArray[np.int64],
    groups: Sequence[str],
    *,
    is_scaled: bool,
) -> GroupInterval:
    """Return the interval of held-out errors.

    The error of a censored cell is at least what is known of it. Its share of the weight goes
    to the cells of larger known errors (Efron's redistribution to the right, 1967, which is the
    Kaplan-Meier estimate); an error of at least zero thus tells nothing. Where none is larger
    it stays, as if the bound were all. Groups that end without weight are not counted.
    """
    weight = redistributed(errors, is_censored, group_weights(groups))
    kept = np.flatnonzero(weight > 0)
    n_groups = len({groups[int(row)] for row in kept})
    share = weight[kept] / weight.sum() * n_groups / (n_groups + 1)
    if not is_censored.any():
        share = weight[kept]
    return GroupInterval(
        row=kept,
        fold=fold_of_row[kept],
        residual=errors[kept],
        weight=share,
        n_groups=n_groups,
        is_scaled=is_scaled,
    )


def redistributed(errors: Array, is_bound: NDArray[np.bool_], weight: Array) -> Array:
    """Return weights after each bound has given its own to the larger errors.

    Examples
    --------
    >>> errors, weight = np.array([1.0, 2.0, 3.0]), np.full(3, 0.25)
    >>> redistributed(errors, np.array([False, True, False]), weight).tolist()
    [0.25, 0.0, 0.5]
    """
    result = weight.copy()
    # At a tie the known error comes first: the bound says that its own is larger.
    order = np.lexsort((is_bound, errors))
    for place, row in enumerate(order[:-1]):
        if is_bound[row]:
            larger = order[place + 1 :]
            result[larger] *= 1 + result[row] / result[larger].sum()
            result[row] = 0.0
    return result
