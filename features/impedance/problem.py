"""The least-squares problem of a batch, scaled: model, weights, residuals and their slopes."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from features.impedance.circuit import Circuit
from features.impedance.coordinates import Coordinates, Window, coordinates_of
from features.impedance.elements import Array, ComplexArray
from features.impedance.spectra import Batch

Rows = NDArray[np.intp] | NDArray[np.bool_]


#: Resistances that move further during one sweep are no spectrum.
MOST_DRIFT = 0.3


@dataclass(frozen=True, eq=False)
class Problem:
    """Spectra, or starts of them, to be fitted by one circuit.

    Attributes
    ----------
    coordinates : Coordinates
    log_omega : float array of shape (n_problems, width)
        Logarithm of the angular frequency over that in the middle of the window.
    impedance : complex array of shape (n_problems, width)
        Over the spectrum's median modulus.
    weight : float array of shape (n_problems, width)
        Reciprocal of the modulus, 0 on padding.
    low, high : float array of shape (n_problems, n_parameters)
        Limits of the coordinates.
    sweep : float array of shape (n_problems, width) or None
        Place in the sweep, -1/2 to 1/2, where all resistances of arcs may drift along it: then the
        last coordinate is the share by which they do.
    """

    coordinates: Coordinates
    log_omega: Array
    impedance: ComplexArray
    weight: Array
    low: Array
    high: Array
    sweep: Array | None = None

    def __len__(self) -> int:
        return len(self.weight)

    @property
    def n_points(self) -> NDArray[np.intp]:
        """Return the number of points of each problem."""
        n_points: NDArray[np.intp] = np.count_nonzero(self.weight, axis=1)
        return n_points

    def take(self, rows: Rows) -> "Problem":
        """Return some of the problems, any as often as wished."""
        return Problem(
            self.coordinates,
            self.log_omega[rows],
            self.impedance[rows],
            self.weight[rows],
            self.low[rows],
            self.high[rows],
            None if self.sweep is None else self.sweep[rows],
        )

    def reweighted(self, factor: Array) -> "Problem":
        """Return the problems with each point's weight multiplied."""
        return replace(self, weight=self.weight * factor)

    def drifting(self) -> "Problem":
        """Return the problems with resistances that may drift during the sweep."""
        n_problems, width = self.weight.shape
        place = np.minimum(np.arange(width) / np.maximum(self.n_points[:, None] - 1, 1), 1.0)
        most = np.full((n_problems, 1), MOST_DRIFT)
        return replace(
            self,
            low=np.concatenate([self.low, -most], axis=1),
            high=np.concatenate([self.high, most], axis=1),
            sweep=place - 0.5,
        )

    def linearised(self, coordinates: Array) -> tuple[Array, Array]:
        """Return weighted residuals and their slopes, real and imaginary parts alternating.

        Returns
        -------
        residuals : float array of shape (n_problems, 2 * width)
        slopes : float array of shape (n_problems, n_coordinates, 2 * width)
        """
        own = coordinates[:, : len(self.coordinates.circuit.parameters)]
        log_parameters = self.coordinates.log_parameters(own)
        value, slopes = self.coordinates.circuit.evaluate(log_parameters, self.log_omega)
        if self.sweep is not None:
            # Slopes of the others are those without drift, which is small.
            resistors = [arc.resistor for arc in self.coordinates.arcs]
            drift = slopes[:, resistors].sum(axis=1)
            drift *= self.sweep
            change = coordinates[:, -1:] * drift
            value += change
            self.coordinates.turn(slopes, own)
            slopes = np.concatenate([slopes, drift[:, None]], axis=1)
        else:
            self.coordinates.turn(slopes, own)
        slopes *= self.weight[:, None]
        value -= self.impedance
        value *= self.weight
        return value.view(float), slopes.view(float)

    def residuals(self, coordinates: Array) -> ComplexArray:
        """Return weighted residuals, shape (n_problems, width)."""
        return self.linearised(coordinates)[0].view(complex)


def problem_of(batch: Batch, circuit: Circuit) -> tuple[Problem, Window]:
    """Return the scaled problem of a batch and its scales."""
    log_omega = np.log(2 * np.pi * batch.frequency_Hz)
    middle = 0.5 * (log_omega[:, 0] + log_omega[:, -1])
    seen = np.where(
        batch.is_measured, -np.log(np.where(batch.is_measured, batch.weight, 1)), np.nan
    )
    scale = np.nanmedian(seen, axis=1)
    window = Window(
        half=np.maximum(0.5 * (log_omega[:, 0] - log_omega[:, -1]), 0.1),
        least=np.nanmin(seen, axis=1) - scale,
        most=np.nanmax(seen, axis=1) - scale,
        log_modulus=scale,
        log_omega=middle,
    )
    coordinates = coordinates_of(circuit)
    low, high = coordinates.limits(window)
    modulus = np.exp(scale)[:, None]
    problem = Problem(
        coordinates,
        log_omega - middle[:, None],
        batch.impedance_ohm / modulus,
        batch.weight * modulus,
        low,
        high,
    )
    return problem, window
