"""How far a cell lies from the training cells, and how far is too far."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.compiled.arithmetic import rows_at_once
from models.training_cells import TrainingCells

Array = NDArray[np.float64]
N_NEAREST = 3
#: Two cells drawn at random differ by that much, squared, in each descriptor: what a blank counts.
BLANK_SQUARED_SD = 2.0
#: Beyond what 99 of 100 training cells have to the nearest cell of another group, and a quarter.
USUAL_FRACTION, FACTOR = 0.99, 1.25
#: Squares of more would be infinite.
FARTHEST_SD = 1e100
#: Of more rows, sums are made descriptor by descriptor: what that takes fits into the cache.
FEW = 24
#: Of more distances, those that cannot matter are left aside first.
MANY = 8192
#: Squares that differ by more have roots that differ.
ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class Neighbourhood:
    """The measure of distance, and the distance beyond which a cell is a stranger.

    Attributes
    ----------
    sd : float array of shape (n_descriptors,)
        Of the training cells; descriptors that do not vary or are never there have none.
    limit_sd : float
        Infinite where there was only one group to learn it from.
    """

    sd: Array
    limit_sd: float

    @classmethod
    def learn(cls, cells: TrainingCells, groups: Sequence[str]) -> "Neighbourhood":
        """Return the neighbourhood of training cells: whole groups are left out to find it."""
        values = cells.descriptors[cells.learnt]
        group = np.unique(np.asarray(groups)[cells.learnt], return_inverse=True)[1]
        measure = cls(_sd(values), np.inf)
        apart = measure.distances_sd(values, values)
        apart[group[:, None] == group[None, :]] = np.inf
        nearest = apart.min(axis=1)
        if not np.isfinite(nearest).all():
            return measure
        return cls(measure.sd, FACTOR * float(np.quantile(nearest, USUAL_FRACTION)))

    def distances_sd(self, X: Array, others: Array) -> Array:
        """Return root mean square differences in SD units, (n_rows, n_others).

        Only descriptors that the row has count; one that the other cell lacks counts as much
        as two cells drawn at random differ.
        """
        return Surroundings.of(self.sd, others).distances_sd(X)

    def nearest(self, X: Array, cells: TrainingCells) -> tuple[NDArray[np.intp], Array]:
        """Return the rows of the nearest training cells and their distances, nearest first."""
        return self.around(cells).nearest(X)

    def around(self, cells: TrainingCells) -> "Surroundings":
        """Return the training cells that the model was fitted to, laid out to be measured from."""
        return Surroundings.of(self.sd, cells.descriptors[cells.learnt], cells.learnt)

    def reasons(self, distance_sd: float, cell_id: str) -> list[str]:
        """Return why a cell is too far from its nearest training cell, if it is."""
        if distance_sd <= self.limit_sd:
            return []
        return [
            f"the nearest training cell, {cell_id}, is {distance_sd:.2g} SD away; training cells "
            f"have another within {self.limit_sd:.2g} SD"
        ]


@dataclass(frozen=True, eq=False)
class Surroundings:
    """Cells to measure distances from, by the descriptors that vary.

    Attributes
    ----------
    row : int array of shape (n_others,)
        Number of each cell.
    column : int array of shape (n_columns,)
        Descriptors that count.
    sd : float array of shape (n_columns,)
    others : float array of shape (n_columns, n_others)
        In SD units; sums over descriptors add up one after the other, in any company.
    is_blank : bool array of shape (n_columns, n_others)
    """

    row: NDArray[np.intp]
    column: NDArray[np.intp]
    sd: Array
    others: Array
    is_blank: NDArray[np.bool_]

    @classmethod
    def of(cls, sd: Array, others: Array, row: NDArray[np.intp] | None = None) -> "Surroundings":
        """Return cells by their descriptors, (n_others, n_descriptors), numbered in order."""
        column = np.flatnonzero(sd > 0)
        known = np.ascontiguousarray((others[:, column] / sd[column]).T)
        is_blank = np.isnan(known)
        numbers = np.arange(len(others)) if row is None else row
        return cls(numbers, column, sd[column], np.where(is_blank, 0.0, known), is_blank)

    def distances_sd(self, X: Array) -> Array:
        """Return root mean square differences in SD units, (n_rows, n_others)."""
        step = rows_at_once(self.others.size)
        if len(X) <= step:
            return self._distances_sd(X[:, self.column])
        parts = [
            self._distances_sd(X[start : start + step, self.column])
            for start in range(0, len(X), step)
        ]
        return np.concatenate(parts)

    def nearest(self, X: Array) -> tuple[NDArray[np.intp], Array]:
        """Return the nearest cells by number and their distances, nearest first."""
        # Rows whose first and last have little in common lie in no small box.
        if len(X) * self.row.size > MANY and 2 * np.sum(X[0] != X[-1]) <= X.shape[1]:
            return self._in_reach(X[:, self.column])._nearest(X)
        return self._nearest(X)

    def _nearest(self, X: Array) -> tuple[NDArray[np.intp], Array]:
        n_nearest = min(N_NEAREST, self.row.size)
        order, found = np.empty((len(X), n_nearest), np.intp), np.empty((len(X), n_nearest))
        step = rows_at_once(self.others.size)
        for start in range(0, len(X), step):
            some = slice(start, start + step)
            self._fill(self._distances_sd(X[some, self.column]), order[some], found[some])
        return self.row[order], found

    def _in_reach(self, X: Array) -> "Surroundings":
        """Return the cells that may be among the nearest of any row: few, if rows are alike.

        Rows lie in a box. A cell whose distance from the box is larger than that of enough
        others from the corner farthest from them is never among the nearest.
        """
        low, high = X.min(axis=0), X.max(axis=0)
        lacks = np.isnan(low)
        if np.isnan(X).sum() < lacks.sum() * len(X):
            return self
        low, high = (self._placed(np.where(lacks, 0.0, end))[:, None] for end in (low, high))
        below, above = low - self.others, self.others - high
        least = self._squares(np.maximum(np.maximum(below, above), 0.0), self.is_blank)
        most = self._squares(np.minimum(below, above), self.is_blank)
        least[lacks] = most[lacks] = 0.0
        n_nearest = min(N_NEAREST, self.row.size)
        limit = np.partition(np.add.reduce(most, axis=0), n_nearest - 1)[n_nearest - 1]
        near = np.add.reduce(least, axis=0) <= limit * (1 + ROUNDING)
        return self._some(np.flatnonzero(near))

    def _some(self, places: NDArray[np.intp]) -> "Surroundings":
        """Return some of the cells by place."""
        return replace(
            self,
            row=self.row[places],
            others=self.others.take(places, axis=1),
            is_blank=self.is_blank.take(places, axis=1),
        )

    def _fill(self, apart: Array, order: NDArray[np.intp], found: Array) -> None:
        """Put down the nearest of some rows by place, and how far they are."""
        rows = np.arange(len(apart))
        for place in range(order.shape[1]):
            # The first of equals comes first.
            order[:, place] = closest = apart.argmin(axis=1)
            found[:, place] = apart[rows, closest]
            # No distance is infinite, so that this marks what was found.
            apart[rows, closest] = np.inf

    def _distances_sd(self, X: Array) -> Array:
        is_blank = np.isnan(X)
        is_whole = not is_blank.any()
        place = self._placed(X if is_whole else np.where(is_blank, 0.0, X))
        n_shared: Any = max(1, X.shape[1])
        if not is_whole:
            n_shared = np.maximum(X.shape[1] - is_blank.sum(axis=1), 1)[:, None]
        if len(X) > FEW:
            return np.asarray(np.sqrt(self._sum_of_squares(place, is_blank) / n_shared))
        squares = self._squares(place[:, :, None] - self.others, self.is_blank)
        if not is_whole:
            squares[is_blank] = 0.0
        return np.asarray(np.sqrt(np.add.reduce(squares, axis=1) / n_shared))

    def _sum_of_squares(self, place: Array, is_blank: NDArray[np.bool_]) -> Array:
        """Return the sums over descriptors of many rows, one descriptor added after the other."""
        total = np.zeros((1, self.row.size))
        is_shared = np.asarray(((place == place[0]) & (is_blank == is_blank[0])).all(axis=0))
        lacks = np.asarray(is_blank.any(axis=0))
        alike = total
        if is_shared.any():
            alike = self._squares(place[:1].T - self.others, self.is_blank)
        for column in np.flatnonzero(~(is_shared & lacks)).tolist():
            if is_shared[column]:
                squares = alike[column][None]
            else:
                squares = place[:, column, None] - self.others[column]
                squares = self._squares(squares, self.is_blank[column])
            if lacks[column]:
                squares[is_blank[:, column]] = 0.0
            # One row stands for all until a descriptor tells them apart.
            total = total + squares if len(squares) > len(total) else np.add(total, squares, total)
        return np.asarray(np.broadcast_to(total, (len(place), self.row.size)))

    def _placed(self, X: Array) -> Array:
        """Return numbers in SD units, (n_rows, n_columns)."""
        return np.asarray(np.minimum(np.maximum(X / self.sd, -FARTHEST_SD), FARTHEST_SD))

    def _squares(self, apart: Array, is_blank: NDArray[np.bool_]) -> Array:
        """Return differences squared, in their place, and what stands for those with a blank."""
        apart *= apart
        if self._has_blanks:
            np.copyto(apart, BLANK_SQUARED_SD, where=is_blank)
        return apart

    @cached_property
    def _has_blanks(self) -> bool:
        return bool(self.is_blank.any())


def neighbours_of_each(
    cells: TrainingCells, nearest: NDArray[np.intp], distances_sd: Array
) -> list[list[dict[str, Any]]]:
    """Return the fields of ``Neighbour`` of the training cells nearest to each row.

    Parameters
    ----------
    cells : TrainingCells
    nearest : int array of shape (n_rows, n_nearest)
        Training cells by row.
    distances_sd : float array of shape (n_rows, n_nearest)
    """
    each = zip(nearest.tolist(), distances_sd.tolist(), strict=True)
    return [
        [neighbour_fields(cells, *one) for one in zip(rows, far_sd, strict=True)]
        for rows, far_sd in each
    ]


def neighbour_fields(cells: TrainingCells, row: int, distance_sd: object) -> dict[str, Any]:
    """Return the fields of ``Neighbour`` of a training cell, the distance as it came."""
    return {
        "cell_id": cells.cell_ids[row],
        "distance_sd": distance_sd,
        "label": cells.labels.item(row),
        "is_censored": cells.is_censored.item(row),
    }


def _sd(values: Array) -> Array:
    """Return the standard deviation of each column, zero where there is none."""
    n_present = np.maximum(np.sum(~np.isnan(values), axis=0), 1)
    mean = np.where(np.isnan(values), 0.0, values).sum(axis=0) / n_present
    apart = np.where(np.isnan(values), 0.0, values - mean)
    return np.asarray(np.sqrt((apart * apart).sum(axis=0) / n_present))
