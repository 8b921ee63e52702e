"""Prediction intervals by jackknife+ and CV+ over whole groups.

Barber, Candes, Ramdas, Tibshirani, Ann. Statist. 49, 486 (2021), doi:10.1214/20-AOS1965.
Every training cell is predicted by a model that has seen nothing of its group; the
spread of those errors, around those models' answers for the new cell, is the interval.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import Pipeline

from features.errors import LevelNotSupported
from models.estimators import answer, fitted

Array = NDArray[np.float64]
#: Up to so many groups each is left out alone (jackknife+); above, in ten folds (CV+).
MOST_JACKKNIFE_GROUPS = 50
N_FOLDS = 10
#: Sums of weights round; a level that is met exactly is met.
ROUNDING = 1e-12


@dataclass(frozen=True, eq=False)
class GroupInterval:
    """Held-out errors of the training cells, with the models that made them.

    Attributes
    ----------
    pipelines : list of Pipeline, one a fold
    fold_of_row : int array of shape (n_cells,)
        Fold in which each training cell was held out.
    residual : float array of shape (n_cells,)
        Absolute held-out error on the learning scale, over the model's own standard
        deviation where ``is_scaled``.
    weight : float array of shape (n_cells,)
        Share of each cell: groups count alike whatever their size, and so does the one
        that the new cell belongs to.
    n_groups : int
    is_scaled : bool
    """

    pipelines: Sequence[Pipeline]
    fold_of_row: NDArray[np.int64]
    residual: Array
    weight: Array
    n_groups: int
    is_scaled: bool

    @classmethod
    def fit(
        cls,
        pipeline: Pipeline,
        X: Array,
        y: Array,
        groups: Sequence[str],
        *,
        is_scaled: bool,
        seed: int,
    ) -> "GroupInterval":
        """Return the interval of an unfitted pipeline; groups are never split."""
        fold_of_row = group_folds(groups, seed)
        pipelines, residual = [], np.zeros(len(y))
        for fold in range(fold_of_row.max() + 1):
            is_out = fold_of_row == fold
            of_fold = fitted(clone(pipeline), X[~is_out], y[~is_out])
            value, width = answer(of_fold, X[is_out], with_sd=is_scaled)
            residual[is_out] = np.abs(y[is_out] - value) / width
            pipelines.append(of_fold)
        weight = group_weights(groups)
        return cls(pipelines, fold_of_row, residual, weight, len(set(groups)), is_scaled)

    def bounds(self, X: Array, level: float) -> tuple[Array, Array]:
        """Return lower and upper bounds on the learning scale, each of shape (n_new,).

        Raises
        ------
        LevelNotSupported
            If the groups are too few for the level.
        """
        self.check_level(level)
        answers = [answer(pipeline, X, with_sd=self.is_scaled) for pipeline in self.pipelines]
        value = np.stack([value for value, _ in answers])[self.fold_of_row]
        margin = np.stack([sd for _, sd in answers])[self.fold_of_row] * self.residual[:, None]
        upper = _weighted_quantile(value + margin, self.weight, level)
        lower = -_weighted_quantile(margin - value, self.weight, level)
        return lower, upper

    def check_level(self, level: float) -> None:
        """Raise LevelNotSupported if the groups cannot carry an interval of this level."""
        if not 0 < level < 1:
            raise LevelNotSupported(f"An interval's level is {level:g}; it lies between 0 and 1.")
        needed = groups_needed(level)
        if self.n_groups < needed:
            raise LevelNotSupported(
                f"An interval of level {level:g} needs {needed} groups of training cells, there "
                f"are {self.n_groups}; ask for {highest_level(self.n_groups):.2f} or less."
            )


def group_weights(groups: Sequence[str]) -> Array:
    """Return the share of each cell in the calibration: 1 / (n_groups + 1) over its group.

    Examples
    --------
    >>> (3 * group_weights(["paper 1", "paper 1", "paper 2"])).tolist()
    [0.5, 0.5, 1.0]
    """
    names, group, size = np.unique(np.asarray(groups), return_inverse=True, return_counts=True)
    return np.asarray(1.0 / (size[group] * (names.size + 1)))


def _weighted_quantile(values: Array, weight: Array, level: float) -> Array:
    """Return, by column, the lowest value that holds a level of the weight at or below it."""
    order = np.argsort(values, axis=0, kind="stable")
    held = np.cumsum(weight[order], axis=0)
    row = np.minimum(np.sum(held < level - ROUNDING, axis=0), len(values) - 1)
    columns = np.arange(values.shape[1])
    return np.asarray(values[order[row, columns], columns])


def groups_needed(level: float) -> int:
    """Return how many exchangeable groups an interval of a level needs.

    Examples
    --------
    >>> groups_needed(0.9), groups_needed(0.95)
    (9, 19)
    """
    return math.ceil(round(1 / (1 - level) - 1, 9))


def highest_level(n_groups: int) -> float:
    """Return the highest level, in whole percent, that some groups carry.

    Examples
    --------
    >>> highest_level(9), highest_level(8)
    (0.9, 0.88)
    """
    return math.floor(100 * (1 - 1 / (n_groups + 1)) + 1e-9) / 100


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
