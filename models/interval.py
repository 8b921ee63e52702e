"""Prediction intervals by jackknife+ and CV+ over whole groups.

Barber, Candes, Ramdas, Tibshirani, Ann. Statist. 49, 486 (2021), doi:10.1214/20-AOS1965.
Every training cell is predicted by a model that has seen nothing of its group; the
spread of those errors, around those models' answers for the new cell, is the interval.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from features.errors import BrokenBundle, LevelNotSupported
from models.compiled.arithmetic import rows_at_once

Array = NDArray[np.float64]
#: Sums of weights round; a level that is met exactly is met.
ROUNDING = 1e-12
#: Of an interval where none is asked for.
DEFAULT_LEVEL = 0.9


@dataclass(frozen=True, eq=False)
class GroupInterval:
    """Held-out errors of training cells.

    Attributes
    ----------
    row : int array of shape (n_errors,)
        Training cell that each error belongs to.
    fold : int array of shape (n_errors,)
        Fold in which the cell was held out.
    residual : float array of shape (n_errors,)
        Absolute held-out error on the learning scale, over the model's own standard
        deviation where ``is_scaled``.
    weight : float array of shape (n_errors,)
        Share of each cell: groups count alike whatever their size, and so does the one
        that the new cell belongs to.
    n_groups : int
    is_scaled : bool
    """

    row: NDArray[np.int64]
    fold: NDArray[np.int64]
    residual: Array
    weight: Array
    n_groups: int
    is_scaled: bool

    def __post_init__(self) -> None:
        lengths = {each.shape for each in (self.row, self.fold, self.residual, self.weight)}
        if lengths != {(self.row.size,)}:
            raise BrokenBundle(f"Held-out errors have shapes {sorted(lengths)}; train again.")
        numbers = np.concatenate([self.residual, self.weight])
        if not (np.isfinite(numbers).all() and (numbers >= 0).all()):
            raise BrokenBundle("Held-out errors must be finite and not negative; train again.")
        if not self.weight.sum() <= self.n_groups / (self.n_groups + 1) + 1e-9:
            raise BrokenBundle(f"Held-out errors weigh more than {self.n_groups} groups do.")

    def check_against(self, n_folds: int, n_cells: int) -> None:
        """Refuse errors of folds or of cells that there are not."""
        if not self.row.size or not 0 <= self.fold.min() <= self.fold.max() < n_folds:
            raise BrokenBundle(f"Held-out errors are not of {n_folds} folds; train again.")
        if not 0 <= self.row.min() <= self.row.max() < n_cells:
            raise BrokenBundle(f"Held-out errors are not of {n_cells} cells; train again.")

    def bounds(
        self, value: Array, sd: Array, level: float, residual: Array | None = None
    ) -> tuple[Array, Array]:
        """Return lower and upper bounds on the learning scale, each of shape (n_new,).

        Parameters
        ----------
        value, sd : float arrays of shape (n_new, n_folds)
            Answers of the folds' models; ``sd`` is 1 unless the interval is scaled.
        level : float
        residual : float array of shape (n_errors,), optional
            In place of its own, where less is known of the new cells.

        Raises
        ------
        LevelNotSupported
            If the groups are too few for the level.
        """
        self.check_level(level)
        errors = self.residual if residual is None else residual
        step = rows_at_once(4 * errors.size)
        if len(value) <= step:
            return self._bounds(value, sd, level, errors)
        parts = [
            self._bounds(value[start : start + step], sd[start : start + step], level, errors)
            for start in range(0, len(value), step)
        ]
        lower, upper = zip(*parts, strict=True)
        return np.concatenate(lower), np.concatenate(upper)

    def _bounds(
        self, value: Array, sd: Array, level: float, residual: Array
    ) -> tuple[Array, Array]:
        centre = value.take(self.fold, axis=1)
        margin = sd.take(self.fold, axis=1) * residual if self.is_scaled else residual
        if self._even_weight is None:
            upper = _weighted_quantile(centre + margin, self.weight, level)
            return -_weighted_quantile(margin - centre, self.weight, level), upper
        # Where all errors weigh alike, the quantile is at one place in every row.
        below = int(self._even_weight.searchsorted(level - ROUNDING))
        place = min(below, margin.shape[-1] - 1)
        upper = np.partition(centre + margin, place, axis=1)[:, place]
        return -np.partition(margin - centre, place, axis=1)[:, place], upper

    @cached_property
    def _even_weight(self) -> Array | None:
        """Return the weight held by so many errors and one, None where they weigh otherwise."""
        is_even = (self.weight == self.weight[0]).all()
        return np.cumsum(self.weight) if is_even else None

    @cached_property
    def default_level(self) -> float:
        """Return the level where none is asked for: 0.9, or the highest that the groups carry."""
        return min(DEFAULT_LEVEL, highest_level(self.n_groups))

    def level_for(self, asked: float | None) -> float:
        """Return the level asked for, or where none is, the default.

        Raises
        ------
        LevelNotSupported
            If the groups are too few for the level asked for.
        """
        if asked is None:
            return self.default_level
        self.check_level(asked)
        return asked

    @cached_property
    def why_lowered(self) -> str:
        """Return why that is below 0.9, or nothing."""
        if self.default_level == DEFAULT_LEVEL:
            return ""
        return (
            f"Its interval is of level {self.default_level:g}: one of {DEFAULT_LEVEL:g} needs "
            f"{groups_needed(DEFAULT_LEVEL)} groups of training cells, there are {self.n_groups}."
        )

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
    """Return, by row, the lowest value that holds a level of the weight at or below it."""
    order = np.argsort(values, axis=1, kind="stable")
    held = np.cumsum(weight[order], axis=1)
    column = np.minimum(np.sum(held < level - ROUNDING, axis=1), values.shape[1] - 1)
    rows = np.arange(len(values))
    return np.asarray(values[rows, order[rows, column]])


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
