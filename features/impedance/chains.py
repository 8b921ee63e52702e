"""Chains: from a spectrum that is well known, fits handed on from neighbour to neighbour."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from features.impedance.elements import Array
from features.impedance.levenberg_marquardt import descend, start
from features.impedance.problem import Problem, Rows
from features.impedance.walk import Walk

IntArray = NDArray[np.intp]

#: Steps of a descent from one spectrum to the next, which is near.
N_STEPS = 6
#: A link may stretch so many times further than a usual step.
STRETCH = 3.0


@dataclass(frozen=True, eq=False)
class Tethered(Problem):
    """Problems whose coordinates are held near a place.

    Attributes
    ----------
    place : float array of shape (n_problems, n_parameters)
    pull : float array of shape (n_problems, n_parameters)
        Weight of a distance from there, as that of a residual.
    """

    place: Array = field(kw_only=True)
    pull: Array = field(kw_only=True)

    def take(self, rows: Rows) -> "Tethered":
        """Return some of the problems."""
        return tethered(super().take(rows), self.place[rows], self.pull[rows])

    def linearised(self, coordinates: Array) -> tuple[Array, Array]:
        """Return residuals and slopes, the distances behind those of the spectrum."""
        residuals, slopes = super().linearised(coordinates)
        distance = self.pull * (coordinates - self.place)
        turned = self.pull[:, :, None] * np.eye(coordinates.shape[1])
        return np.concatenate([residuals, distance], 1), np.concatenate([slopes, turned], 2)


def tethered(problem: Problem, place: Array, pull: Array) -> Tethered:
    """Return problems whose coordinates are held near a place."""
    return Tethered(
        problem.coordinates,
        problem.log_omega,
        problem.impedance,
        problem.weight,
        problem.low,
        problem.high,
        problem.sweep,
        place=place,
        pull=pull,
    )


def chains(problem: Problem, noise: Array, walk: Walk, anchors: IntArray, singles: Array) -> Array:
    """Return the path grown out of each anchor, both ways.

    Parameters
    ----------
    problem : Problem
        The series, one problem a spectrum.
    noise : float array of shape (n_spectra,)
    walk : Walk
    anchors : int array of shape (n_anchors,)
    singles : float array of shape (n_spectra, n_parameters)
        Coordinates of the spectra fitted by themselves.

    Returns
    -------
    float array of shape (n_anchors, n_spectra, n_parameters)
    """
    n_spectra = len(problem)
    paths = np.tile(singles, (len(anchors), 1, 1))
    for distance in range(1, n_spectra):
        rows, columns, before = _links(anchors, distance, n_spectra)
        if not rows.size:
            break
        place = paths[rows, before]
        gap = walk.gap[np.minimum(columns, before)]
        reach = STRETCH * np.sqrt(gap[:, None] * walk.variance)
        link = tethered(problem.take(columns), place, noise[columns, None] / reach)
        paths[rows, columns] = descend(link, start(link, place), N_STEPS).at
    return paths


def _links(anchors: IntArray, distance: int, n_spectra: int) -> tuple[IntArray, IntArray, IntArray]:
    """Return which chains go on at a distance from their anchor: chain, spectrum, one before."""
    ways = np.array([1, -1])
    columns = (anchors[:, None] + ways * distance).ravel()
    rows = np.repeat(np.arange(len(anchors)), 2)
    before = columns - np.tile(ways, len(anchors))
    is_inside = (columns >= 0) & (columns < n_spectra)
    return rows[is_inside], columns[is_inside], before[is_inside]


def anchors_of(sd: Array, n_anchors: int) -> IntArray:
    """Return the best known spectrum of each part of a series.

    Parameters
    ----------
    sd : float array of shape (n_spectra,)
        How well each is known by itself.
    n_anchors : int
        Parts of equal length; fewer where there are fewer spectra.

    Examples
    --------
    >>> anchors_of(np.array([3.0, 1, 2, 5, 4, 6]), 2).tolist()
    [1, 4]
    """
    parts = np.array_split(np.arange(sd.size), min(n_anchors, sd.size))
    return np.array([part[np.argmin(sd[part])] for part in parts], dtype=np.intp)
