"""How far a cell lies from the training cells, and how far is too far."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.prediction import Neighbour
from models.training_cells import TrainingCells

Array = NDArray[np.float64]
N_NEAREST = 3
#: Two cells drawn at random differ by that much, squared, in each descriptor: what a blank counts.
BLANK_SQUARED_SD = 2.0
#: Beyond what 99 of 100 training cells have to the nearest cell of another group, and a quarter.
USUAL_FRACTION, FACTOR = 0.99, 1.25


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
        squares = np.zeros((len(X), len(others)))
        n_shared = np.zeros((len(X), 1))
        for column in np.flatnonzero(self.sd > 0):
            apart = (X[:, column, None] - others[None, :, column]) / self.sd[column]
            is_here = ~np.isnan(X[:, column, None])
            apart = np.where(np.isnan(apart), BLANK_SQUARED_SD, apart * apart)
            squares += np.where(is_here, apart, 0.0)
            n_shared += is_here
        return np.asarray(np.sqrt(squares / np.maximum(n_shared, 1.0)))

    def nearest(self, X: Array, cells: TrainingCells) -> tuple[NDArray[np.intp], Array]:
        """Return the rows of the nearest training cells and their distances, nearest first."""
        apart = self.distances_sd(X, cells.descriptors[cells.learnt])
        order = np.argsort(apart, axis=1, kind="stable")[:, :N_NEAREST]
        return cells.learnt[order], np.take_along_axis(apart, order, axis=1)

    def reasons(self, distance_sd: float, cell_id: str) -> list[str]:
        """Return why a cell is too far from its nearest training cell, if it is."""
        if distance_sd <= self.limit_sd:
            return []
        return [
            f"the nearest training cell, {cell_id}, is {distance_sd:.2g} SD away; training cells "
            f"have another within {self.limit_sd:.2g} SD"
        ]


def neighbours(
    cells: TrainingCells, rows: NDArray[np.intp], distances_sd: Array
) -> tuple[Neighbour, ...]:
    """Return training cells by row, with their distances and outcomes."""
    return tuple(
        Neighbour(
            cell_id=cells.cell_ids[row],
            distance_sd=distance,
            label=float(cells.labels[row]),
            is_censored=bool(cells.is_censored[row]),
        )
        for row, distance in zip(rows.tolist(), distances_sd.tolist(), strict=True)
    )


def _sd(values: Array) -> Array:
    """Return the standard deviation of each column, zero where there is none."""
    n_present = np.maximum(np.sum(~np.isnan(values), axis=0), 1)
    mean = np.where(np.isnan(values), 0.0, values).sum(axis=0) / n_present
    apart = np.where(np.isnan(values), 0.0, values - mean)
    return np.asarray(np.sqrt((apart * apart).sum(axis=0) / n_present))
