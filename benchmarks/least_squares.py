"""What a user would write: scipy's least squares with analytic derivatives and many starts."""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from features.impedance.circuit import Circuit
from features.records import Spectrum

Array = NDArray[np.float64]

N_STARTS = 20
#: How far the starts lie from the one guess: a factor of five.
SPREAD = float(np.log(5.0))


def best_of_starts(spectrum: Spectrum, circuit: Circuit, guess: Array, seed: int) -> Array:
    """Return the parameters of the best of many fits, weighted by modulus, in logarithms."""
    log_omega = np.log(2 * np.pi * spectrum.frequency_Hz)[None]
    weight = 1 / np.abs(spectrum.impedance_ohm)
    rng = np.random.default_rng(seed)

    def residuals(log_parameters: Array) -> Array:
        value, _ = circuit.evaluate(log_parameters[None], log_omega)
        return _parts((value[0] - spectrum.impedance_ohm) * weight)

    def slopes(log_parameters: Array) -> Array:
        _, found = circuit.evaluate(log_parameters[None], log_omega)
        return np.stack([_parts(row * weight) for row in found[0]], axis=1)

    high = np.array([0.0 if name.endswith("alpha") else 40.0 for name in circuit.parameters])
    inside = np.minimum(np.log(guess), high - 1e-3)
    starts = [inside, *(inside + SPREAD * rng.normal(size=(N_STARTS - 1, guess.size)))]
    fits = [
        least_squares(residuals, np.minimum(start, high - 1e-3), slopes, (-40.0, high))
        for start in starts
    ]
    best = min(fits, key=lambda fit: float(fit.cost))
    parameters: Array = np.exp(np.asarray(best.x, dtype=float))
    return parameters


def _parts(values: NDArray[np.complex128]) -> Array:
    return np.concatenate([values.real, values.imag])
