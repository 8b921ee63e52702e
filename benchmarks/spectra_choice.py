"""Spectra of one to three separated arcs, with and without a diffusion tail, of known truth."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.spectra import lowest_sd
from features.impedance.circuit import circuit_of
from features.impedance.coordinates import arcs_of
from features.records import Spectrum

Array = NDArray[np.float64]

HIGHEST_Hz, LOWEST_Hz = 1e6, 0.1
#: Decades from arc to arc, by their number; three still fit into the window.
DECADES = {1: (0.0, 0.0), 2: (1.5, 3.5), 3: (1.5, 2.2)}
#: Peak of the slowest arc.
SLOWEST_Hz = {1: (2.0, 2e4), 2: (2.0, 200.0), 3: (2.0, 20.0)}
#: Tails: of unbounded diffusion behind the slowest arc's resistance, and of bounded in series.
TAILS = ("none", "W", "Wo")


@dataclass(frozen=True, eq=False)
class ArcSample:
    """A spectrum, the circuit that it was made of, and its parameters.

    Attributes
    ----------
    spectrum : Spectrum
    circuit : str
    parameters : float array of shape (n_parameters,)
    n_arcs : int
    has_tail : bool
    noise : float
    """

    spectrum: Spectrum
    circuit: str
    parameters: Array
    n_arcs: int
    has_tail: bool
    noise: float

    def is_identifiable(self, level: float = 0.10) -> bool:
        """Tell whether twice the Cramer-Rao bound of every arc's resistance is within a level."""
        circuit = circuit_of(self.circuit)
        sd = lowest_sd(circuit, self.parameters, self.spectrum.frequency_Hz, self.noise)
        return bool(2 * sd[[arc.resistor for arc in arcs_of(circuit)]].max() <= level)


def arc_samples(n_samples: int, seed: int, noise: float = 0.005) -> list[ArcSample]:
    """Return spectra, each of six kinds as often: one to three arcs, with a tail and without."""
    rng = np.random.default_rng(seed)
    return [_sample(rng, 1 + number % 3, number % 6 >= 3, noise) for number in range(n_samples)]


def _sample(rng: np.random.Generator, n_arcs: int, has_tail: bool, noise: float) -> ArcSample:
    tail = str(rng.choice(TAILS[1:])) if has_tail else TAILS[0]
    apex_Hz = [_log_uniform(rng, *SLOWEST_Hz[n_arcs])]
    for _ in range(n_arcs - 1):
        apex_Hz.insert(0, apex_Hz[0] * 10 ** rng.uniform(*DECADES[n_arcs]))
    text, values = "R0", [_log_uniform(rng, 1, 20)]
    for number, own_Hz in enumerate(apex_Hz, start=1):
        R, alpha = _log_uniform(rng, 5, 500), rng.uniform(0.6, 1.0)
        has_diffusion = tail == "W" and number == n_arcs
        text += f"-p(R{number}{'-W1' if has_diffusion else ''},CPE{number})"
        values += [R, *([R * _log_uniform(rng, 0.05, 0.8)] if has_diffusion else [])]
        values += [1 / (R * (2 * np.pi * own_Hz) ** alpha), alpha]
    if tail == "Wo":
        text += "-Wo1"
        values += [R * _log_uniform(rng, 0.2, 2), 1 / (2 * np.pi * _log_uniform(rng, 0.03, 1))]
    frequency_Hz = np.geomspace(HIGHEST_Hz, LOWEST_Hz, int(rng.integers(50, 71)))
    parameters = np.array(values)
    ideal_ohm = circuit_of(text).impedance_ohm(np.log(parameters)[None], frequency_Hz[None])[0]
    parts = noise * rng.normal(size=(2, frequency_Hz.size))
    spectrum = Spectrum(frequency_Hz, ideal_ohm + np.abs(ideal_ohm) * (parts[0] + 1j * parts[1]))
    return ArcSample(spectrum, text, parameters, n_arcs, has_tail, noise)


def _log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))
