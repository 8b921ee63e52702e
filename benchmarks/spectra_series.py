"""Series of impedance spectra of known truth: cells whose every parameter moves over the cycles."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.spectra import Sample, impedance, samples
from features.records import Spectrum

Array = NDArray[np.float64]

#: By what a parameter changes in its logarithm from the first cycle to the last, and by what it
#: wanders from cycle to cycle besides. Exponents change by themselves, not by their logarithm.
CHANGES = {
    "R0": ((-0.05, 0.3), 0.005),
    "R1": ((-0.2, 1.2), 0.01),
    "R2": ((-0.8, 0.3), 0.01),
    "alpha": ((-0.05, 0.05), 0.002),
    "Q": ((-0.3, 0.3), 0.01),
    "C2": ((-0.3, 0.3), 0.01),
    "W1": ((-0.3, 0.6), 0.01),
}
ALPHA_LIMITS = (0.6, 1.0)


@dataclass(frozen=True, eq=False)
class CellSeries:
    """The spectra of one cell and what they were made from.

    Attributes
    ----------
    samples : tuple of Sample
        In the order of the cycles 0, 1, ...
    """

    samples: tuple[Sample, ...]

    @property
    def spectra(self) -> list[Spectrum]:
        """Return the spectra in the order of the cycles."""
        return [sample.spectrum for sample in self.samples]

    def truth(self, *names: str) -> Array:
        """Return some parameters, shape (n_cycles, n_names)."""
        return np.array([[sample.truth[name] for name in names] for sample in self.samples])


def cell_series(
    circuit: str,
    n_cells: int,
    seed: int,
    *,
    kind: str = "separated",
    n_cycles: int = 30,
    noise: float = 0.02,
) -> list[CellSeries]:
    """Return cells whose first spectrum is of one kind, with a spectrum after every cycle.

    Parameters
    ----------
    circuit, kind : str
        Keys of ``CIRCUITS`` and ``KINDS`` of ``benchmarks.spectra``, ``separated`` or
        ``overlapping``.
    n_cells, seed, n_cycles : int
    noise : float
        Standard deviation of either part of a point over its modulus.
    """
    rng = np.random.default_rng(seed)
    first: list[Sample] = []
    while len(first) < n_cells:
        drawn = samples(circuit, 8 * n_cells, int(rng.integers(2**31)), noise)
        first += [sample for sample in drawn if sample.kind == kind]
    return [_series_from(rng, sample, n_cycles) for sample in first[:n_cells]]


def _series_from(rng: np.random.Generator, first: Sample, n_cycles: int) -> CellSeries:
    frequency_Hz = first.spectrum.frequency_Hz
    paths = _paths(rng, first.truth, n_cycles)
    found = []
    for cycle in range(n_cycles):
        truth = {name: float(path[cycle]) for name, path in paths.items()}
        impedance_ohm = impedance(first.circuit, truth, frequency_Hz)
        parts = first.noise * rng.normal(size=(2, frequency_Hz.size))
        impedance_ohm = impedance_ohm + np.abs(impedance_ohm) * (parts[0] + 1j * parts[1])
        spectrum = Spectrum(frequency_Hz, impedance_ohm, cycle=cycle)
        found.append(Sample(spectrum, first.circuit, first.kind, truth, first.noise))
    return CellSeries(tuple(found))


def _paths(rng: np.random.Generator, first: dict[str, float], n_cycles: int) -> dict[str, Array]:
    """Return every parameter over the cycles; the apex of an arc of a CPE goes its own way."""
    paths = {}
    for name, value in first.items():
        if name.endswith("_alpha"):
            paths[name] = np.clip(value + _way(rng, "alpha", n_cycles), *ALPHA_LIMITS)
        elif not name.endswith("_Q"):
            paths[name] = value * np.exp(_way(rng, name, n_cycles))
    for name in (name for name in first if name.endswith("_Q")):
        number = name.removeprefix("CPE").removesuffix("_Q")
        alpha, resistance_ohm = f"CPE{number}_alpha", f"R{number}"
        time_s = (first[resistance_ohm] * first[name]) ** (1 / first[alpha])
        moved_s = time_s * np.exp(_way(rng, "Q", n_cycles))
        paths[name] = moved_s ** paths[alpha] / paths[resistance_ohm]
    return paths


def _way(rng: np.random.Generator, name: str, n_cycles: int) -> Array:
    """Return the way of one parameter from 0: a steady change and a random walk."""
    (low, high), step = CHANGES[name]
    wander = np.concatenate([[0.0], np.cumsum(rng.normal(0, step, n_cycles - 1))])
    way: Array = rng.uniform(low, high) * np.linspace(0, 1, n_cycles) + wander
    return way


def symmetric_cell(is_coated: bool, seed: int, noise: float = 0.005) -> list[Spectrum]:
    """Return spectra every ten of 200 cycles, as doi:10.1002/adma.201605531 describes the two.

    A cell of 0.5 cm2 with two interfaces: bare, the SEI of 25 ohm cm2 grows by 0.3 a cycle and
    charge transfer falls from 30 to 10 ohm cm2; coated, 35 and 30 ohm cm2 stay. The sizes are own.
    """
    rng = np.random.default_rng(seed)
    ohm = 2 / 0.5
    frequency_Hz = np.geomspace(1e6, 0.1, 60)
    found = []
    for cycle in range(0, 201, 10):
        R1 = ohm * (35.0 if is_coated else 25.0 + 0.3 * cycle)
        R2 = ohm * (30.0 if is_coated else 30.0 * 3 ** (-cycle / 200))
        truth = {"R0": 10.0, "R1": R1, "CPE1_Q": 2e-6, "CPE1_alpha": 0.88, "R2": R2}
        truth |= {"W1": 4 * ohm, "C2": 5e-5 * 30 * ohm / R2}
        ideal_ohm = impedance("lim", truth, frequency_Hz)
        parts = noise * rng.normal(size=(2, frequency_Hz.size))
        noisy_ohm = ideal_ohm + np.abs(ideal_ohm) * (parts[0] + 1j * parts[1])
        found.append(Spectrum(frequency_Hz, noisy_ohm, cycle=cycle, n_interfaces=2))
    return found
