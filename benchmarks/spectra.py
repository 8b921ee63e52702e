"""Impedance spectra of known truth: five kinds, three circuits, closed formulas of their own."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.impedance.circuit import Circuit, circuit_of
from features.records import Spectrum

Array = NDArray[np.float64]
ComplexArray = NDArray[np.complex128]

CIRCUITS = {
    "lim": "R0-p(R1,CPE1)-p(R2-W1,C2)",
    "z2": "R0-p(R1,CPE1)-p(R2,CPE2)",
    "wo": "R0-p(R1,CPE1)-p(R2,CPE2)-Wo1",
}
#: kind of spectrum -> share of a set, and decades between the two arcs.
KINDS = {
    "separated": (0.30, (1.5, 3.5)),
    "overlapping": (0.30, (0.3, 1.5)),
    "inductive": (0.15, (0.3, 3.5)),
    "drifting": (0.10, (0.3, 3.5)),
    "outliers": (0.15, (0.3, 3.5)),
}
HIGHEST_Hz, LOWEST_Hz = 1e6, 0.1
#: An SEI arc beyond this would not be seen.
HIGHEST_APEX_Hz = 2e5
#: Standard deviation of a logarithm of which nothing is known.
UNKNOWN = 10.0


@dataclass(frozen=True, eq=False)
class Sample:
    """A spectrum and what it was made from.

    Attributes
    ----------
    spectrum : Spectrum
    circuit, kind : str
        Keys of ``CIRCUITS`` and ``KINDS``.
    truth : dict of str to float
        Value of each parameter, an inductance under ``L0`` where there is one.
    noise : float
        Standard deviation of either part of a point over its modulus.
    """

    spectrum: Spectrum
    circuit: str
    kind: str
    truth: dict[str, float]
    noise: float


def samples(circuit: str, n_samples: int, seed: int, noise: float = 0.005) -> list[Sample]:
    """Return a set of spectra in random order of kind."""
    rng = np.random.default_rng(seed)
    shares = [share for share, _ in KINDS.values()]
    kinds = rng.choice(list(KINDS), size=n_samples, p=shares)
    return [_sample(rng, circuit, str(kind), noise) for kind in kinds]


def _sample(rng: np.random.Generator, circuit: str, kind: str, noise: float) -> Sample:
    truth = _truth(rng, circuit, kind)
    frequency_Hz = np.geomspace(HIGHEST_Hz, LOWEST_Hz, int(rng.integers(50, 71)))
    drift = np.zeros(frequency_Hz.size)
    if kind == "drifting":
        change = rng.uniform(0.02, 0.10) * rng.choice((-1.0, 1.0))
        drift = change * np.linspace(-0.5, 0.5, frequency_Hz.size)
    impedance_ohm = impedance(circuit, truth, frequency_Hz, 1 + drift)
    parts = rng.normal(size=(2, frequency_Hz.size))
    impedance_ohm = impedance_ohm + noise * np.abs(impedance_ohm) * (parts[0] + 1j * parts[1])
    if kind == "outliers":
        rows = rng.choice(frequency_Hz.size, size=int(rng.integers(1, 4)), replace=False)
        turn = np.exp(2j * np.pi * rng.random(rows.size))
        impedance_ohm[rows] *= 1 + rng.uniform(0.1, 0.5, rows.size) * turn
    return Sample(Spectrum(frequency_Hz, impedance_ohm), circuit, kind, truth, noise)


def _truth(rng: np.random.Generator, circuit: str, kind: str) -> dict[str, float]:
    slow_Hz = _log_uniform(rng, 2, 200)
    fast_Hz = min(slow_Hz * 10 ** rng.uniform(*KINDS[kind][1]), HIGHEST_APEX_Hz)
    R1, R2 = _log_uniform(rng, 5, 500), _log_uniform(rng, 5, 800)
    truth = {"R0": _log_uniform(rng, 1, 20), "R1": R1}
    truth |= _constant_phase(rng, "CPE1", R1, fast_Hz)
    truth["R2"] = R2
    if circuit == "lim":
        truth["W1"] = R2 * _log_uniform(rng, 0.05, 0.8)
        truth["C2"] = 1 / (2 * np.pi * slow_Hz * R2)
    else:
        truth |= _constant_phase(rng, "CPE2", R2, slow_Hz)
    if circuit == "wo":
        truth["Wo1_Z0"] = R2 * _log_uniform(rng, 0.2, 2)
        truth["Wo1_tau"] = 1 / (2 * np.pi * _log_uniform(rng, 0.03, 1))
    if kind == "inductive":
        truth["L0"] = _log_uniform(rng, 5e-8, 1e-6)
    return truth


def _log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def _constant_phase(
    rng: np.random.Generator, name: str, resistance_ohm: float, apex_Hz: float
) -> dict[str, float]:
    alpha = float(rng.uniform(0.6, 1.0))
    Q = 1 / (resistance_ohm * (2 * np.pi * apex_Hz) ** alpha)
    return {f"{name}_Q": Q, f"{name}_alpha": alpha}


def impedance(
    circuit: str, truth: dict[str, float], frequency_Hz: Array, drift: Array | float = 1.0
) -> ComplexArray:
    """Return the impedance in ohm; ``drift`` multiplies both resistances, point by point."""
    s = 2j * np.pi * frequency_Hz
    R1, R2 = truth["R1"] * drift, truth["R2"] * drift
    total = truth["R0"] + R1 / (1 + R1 * truth["CPE1_Q"] * s ** truth["CPE1_alpha"])
    total = total + truth.get("L0", 0.0) * s
    if circuit == "lim":
        # (1 - j) / sqrt(w) is sqrt(2 / (j w)).
        faradaic = R2 + truth["W1"] * np.sqrt(2 / s)
        return np.asarray(total + faradaic / (1 + faradaic * s * truth["C2"]))
    total = total + R2 / (1 + R2 * truth["CPE2_Q"] * s ** truth["CPE2_alpha"])
    if circuit == "wo":
        root = np.sqrt(s * truth["Wo1_tau"])
        total = total + truth["Wo1_Z0"] / (root * np.tanh(root))
    return np.asarray(total)


def is_identifiable(sample: Sample, level: float = 0.10) -> bool:
    """Tell whether twice the Cramer-Rao bound of both resistances is within a level.

    At the truth, with the noise that was put on and the parameters that the spectrum was
    made from, in logarithms.
    """
    sd = cramer_rao(sample)
    return bool(2 * max(sd["R1"], sd["R2"]) <= level)


def cramer_rao(sample: Sample) -> dict[str, float]:
    """Return the lowest standard deviation of the logarithm of each parameter."""
    text = CIRCUITS[sample.circuit] + ("-L0" if "L0" in sample.truth else "")
    circuit = circuit_of(text)
    truth = np.array([sample.truth[name] for name in circuit.parameters])
    sd = lowest_sd(circuit, truth, sample.spectrum.frequency_Hz, sample.noise)
    return dict(zip(circuit.parameters, sd.tolist(), strict=True))


def lowest_sd(circuit: Circuit, truth: Array, frequency_Hz: Array, noise: float) -> Array:
    """Return the Cramer-Rao bound of the logarithm of each parameter."""
    value, slopes = circuit.evaluate(np.log(truth)[None], np.log(2 * np.pi * frequency_Hz)[None])
    relative = slopes[0] / (np.abs(value[0]) * noise)
    # Without the small term, what the data say nothing of would look certain.
    information = (relative @ relative.conj().T).real + np.eye(truth.size) / UNKNOWN**2
    scale = 1 / np.sqrt(np.diag(information))
    inverse = np.linalg.inv(information * np.outer(scale, scale))
    sd: Array = np.sqrt(np.diag(inverse)) * scale
    return sd


def truth_of(found: Sequence[Sample], *names: str) -> Array:
    """Return some parameters of a set, shape (n_samples, n_names)."""
    return np.array([[sample.truth[name] for name in names] for sample in found])
