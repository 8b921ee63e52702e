"""The least-squares problem of a series: all spectra counted in one modulus and one frequency."""

from dataclasses import dataclass, replace

import numpy as np

from features.impedance.circuit import Circuit
from features.impedance.coordinates import Coordinates, Window
from features.impedance.elements import Array
from features.impedance.problem import Problem, problem_of
from features.impedance.spectra import Batch


@dataclass(frozen=True)
class Scales:
    """What the impedance and the angular frequency of a series are counted in, as logarithms."""

    coordinates: Coordinates
    log_modulus: float
    log_omega: float

    def natural(self, at: Array) -> tuple[Array, Array]:
        """Return log-parameters of the whole cell and their derivatives by the coordinates.

        Parameters
        ----------
        at : float array of shape (n_spectra, n_parameters)

        Returns
        -------
        log_parameters : float array of shape (n_spectra, n_parameters)
        turn : float array of shape (n_spectra, n_parameters, n_parameters)
        """
        log_parameters = self.coordinates.log_parameters(at) + self._shift(at)
        turn = self.coordinates.jacobian(at)
        for place, fact in enumerate(self.coordinates.circuit.facts):
            if fact.time_power is None:
                turn[:, place, place + 1] -= self.log_omega
        return log_parameters, turn

    def scaled(self, log_parameters: Array) -> Array:
        """Return the coordinates of log-parameters of the whole cell."""
        exponents = np.exp(log_parameters)
        return self.coordinates.from_log_parameters(log_parameters - self._shift(exponents))

    def _shift(self, exponents: Array) -> Array:
        """Return what the scales add; exponents are read from where they stand."""
        shift = np.zeros(exponents.shape)
        for place, fact in enumerate(self.coordinates.circuit.facts):
            power = exponents[:, place + 1] if fact.time_power is None else fact.time_power
            shift[:, place] = fact.impedance_power * self.log_modulus - power * self.log_omega
        return shift


def series_problem(batch: Batch, circuit: Circuit) -> tuple[Problem, Scales]:
    """Return the problem of a series, its spectra in one scale and inside common limits.

    A resistance that stays the same is then the same coordinate in every spectrum.

    Parameters
    ----------
    batch : Batch
        Every spectrum has at least one point.
    circuit : Circuit
    """
    own, window = problem_of(batch, circuit)
    log_modulus, log_omega = (
        float(np.median(window.log_modulus)),
        float(np.median(window.log_omega)),
    )
    louder, faster = window.log_modulus - log_modulus, window.log_omega - log_omega
    common = Window(
        half=np.full(len(batch), np.max(window.half + np.abs(faster))),
        least=np.full(len(batch), np.min(window.least + louder)),
        most=np.full(len(batch), np.max(window.most + louder)),
        log_modulus=np.full(len(batch), log_modulus),
        log_omega=np.full(len(batch), log_omega),
    )
    low, high = own.coordinates.limits(common)
    ratio = np.exp(louder)[:, None]
    problem = replace(
        own,
        log_omega=own.log_omega + faster[:, None],
        impedance=own.impedance * ratio,
        weight=own.weight / ratio,
        low=low,
        high=high,
    )
    return problem, Scales(own.coordinates, log_modulus, log_omega)
