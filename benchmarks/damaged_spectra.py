"""Spectra as people export them wrongly: good ones of known truth, damaged in one way each."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from benchmarks.spectra import samples
from features.records import Spectrum

Array = NDArray[np.complex128]
IntArray = NDArray[np.intp]
Damage = Callable[[Spectrum, np.random.Generator], Spectrum]

#: Kinds of the generator that a validity check must let pass.
GOOD_KINDS = ("separated", "overlapping", "inductive", "outliers")


def good_spectra(n_spectra: int, seed: int) -> list[Spectrum]:
    """Return spectra of all circuits, 0.1 to 2 % noise, inductive or with outliers among them."""
    rng = np.random.default_rng(seed)
    found: list[Spectrum] = []
    while len(found) < n_spectra:
        circuit = str(rng.choice(["lim", "z2", "wo"]))
        noise = float(np.exp(rng.uniform(np.log(1e-3), np.log(2e-2))))
        (sample,) = samples(circuit, 1, int(rng.integers(2**32)), noise)
        if sample.kind in GOOD_KINDS:
            found.append(sample.spectrum)
    return found


def damaged_spectra(damage: str, n_spectra: int, seed: int) -> list[Spectrum]:
    """Return good spectra, each damaged in one way; keys of ``DAMAGES``."""
    rng = np.random.default_rng([seed, sorted(DAMAGES).index(damage)])
    good = good_spectra(n_spectra, int(rng.integers(2**32)))
    return [DAMAGES[damage][0](spectrum, rng) for spectrum in good]


def _read_as(impedance: Callable[[Array], Array]) -> Damage:
    return lambda spectrum, _: replace(spectrum, impedance_ohm=impedance(spectrum.impedance_ohm))


def _times(factor: float) -> Damage:
    return lambda spectrum, _: replace(spectrum, frequency_Hz=spectrum.frequency_Hz * factor)


def _rows(spectrum: Spectrum, rows: IntArray) -> Spectrum:
    return replace(
        spectrum,
        frequency_Hz=spectrum.frequency_Hz[rows],
        impedance_ohm=spectrum.impedance_ohm[rows],
    )


def _unsorted(spectrum: Spectrum, rng: np.random.Generator) -> Spectrum:
    return _rows(spectrum, rng.permutation(spectrum.frequency_Hz.size))


def _few(spectrum: Spectrum, rng: np.random.Generator) -> Spectrum:
    n_points = int(rng.integers(3, 10))
    return _rows(spectrum, np.linspace(0, spectrum.frequency_Hz.size - 1, n_points).astype(int))


def _repeated(spectrum: Spectrum, rng: np.random.Generator) -> Spectrum:
    rows = np.arange(spectrum.frequency_Hz.size)
    again = rng.choice(rows, size=int(rng.integers(1, 6)), replace=False)
    return _rows(spectrum, np.sort(np.concatenate([rows, again])))


def _shuffled(spectrum: Spectrum, rng: np.random.Generator) -> Spectrum:
    return replace(spectrum, impedance_ohm=rng.permutation(spectrum.impedance_ohm))


def _joined(spectrum: Spectrum, rng: np.random.Generator) -> Spectrum:
    (other,) = good_spectra(1, int(rng.integers(2**32)))
    return Spectrum(
        np.concatenate([spectrum.frequency_Hz, other.frequency_Hz]),
        np.concatenate([spectrum.impedance_ohm, other.impedance_ohm]),
    )


def _joined_and_sorted(spectrum: Spectrum, rng: np.random.Generator) -> Spectrum:
    factor = 1 + rng.choice((-1, 1)) * rng.uniform(0.05, 0.5)
    both = Spectrum(
        np.concatenate([spectrum.frequency_Hz, spectrum.frequency_Hz]),
        np.concatenate([spectrum.impedance_ohm, factor * spectrum.impedance_ohm]),
    )
    return _rows(both, np.argsort(-both.frequency_Hz, kind="stable"))


def _negative_part(spectrum: Spectrum, rng: np.random.Generator) -> Spectrum:
    shift = spectrum.impedance_ohm.real.min() + rng.uniform(0.1, 0.6) * np.ptp(
        spectrum.impedance_ohm.real
    )
    return replace(spectrum, impedance_ohm=spectrum.impedance_ohm - shift)


def _scattered(spectrum: Spectrum, rng: np.random.Generator) -> Spectrum:
    parts = rng.normal(size=(2, spectrum.frequency_Hz.size)) * rng.uniform(0.05, 0.3)
    return replace(spectrum, impedance_ohm=spectrum.impedance_ohm * (1 + parts[0] + 1j * parts[1]))


def _drifting(low: float, high: float) -> Damage:
    def drift(spectrum: Spectrum, rng: np.random.Generator) -> Spectrum:
        change = rng.uniform(low, high) * np.linspace(0, 1, spectrum.frequency_Hz.size)
        turn = rng.choice((-1, 1)) if high < 1 else 1
        return replace(spectrum, impedance_ohm=spectrum.impedance_ohm * (1 + turn * change))

    return drift


#: name -> damage, and the kinds of doubt that name it rightly.
DAMAGES: dict[str, tuple[Damage, tuple[str, ...]]] = {
    "rows unsorted": (_unsorted, ("unsorted",)),
    "fewer than 10 points": (_few, ("few points",)),
    "frequencies repeated": (_repeated, ("repeated",)),
    "impedance shuffled": (_shuffled, ("scatter", "inconsistent")),
    "two spectra joined": (_joined, ("two sweeps",)),
    "two spectra joined and sorted": (_joined_and_sorted, ("two sweeps",)),
    "kHz for Hz": (_times(1e-3), ("frequency unit",)),
    "mHz for Hz": (_times(1e2), ("frequency unit",)),
    "sign of Im Z": (_read_as(np.conj), ("sign",)),
    "phase in degrees for Im Z": (
        _read_as(lambda z: z.real + 1j * np.degrees(np.angle(z))),
        ("phase",),
    ),
    "modulus and phase in degrees": (
        _read_as(lambda z: np.abs(z) + 1j * np.degrees(np.angle(z))),
        ("phase",),
    ),
    "modulus and phase, positive": (
        _read_as(lambda z: np.abs(z) - 1j * np.degrees(np.angle(z))),
        ("phase",),
    ),
    "modulus and phase in radians": (_read_as(lambda z: np.abs(z) + 1j * np.angle(z)), ("phase",)),
    "modulus for Re Z": (_read_as(lambda z: np.abs(z) + 1j * z.imag), ("modulus",)),
    "modulus for Re Z, -Im Z": (_read_as(lambda z: np.abs(z) - 1j * z.imag), ("modulus",)),
    "columns swapped": (_read_as(lambda z: -z.imag + 1j * z.real), ("swapped",)),
    "both signs": (_read_as(np.negative), ("negative",)),
    "sign of Re Z": (_read_as(lambda z: -z.conj()), ("negative",)),
    "one column upside down": (_read_as(lambda z: z[::-1]), ("reversed",)),
    "an offset, Re Z below 0": (_negative_part, ("negative real part",)),
    "scatter of 5 to 30 %": (_scattered, ("scatter",)),
    "drift of 20 to 50 %": (_drifting(0.2, 0.5), ("drift",)),
    "drift to two or three times": (_drifting(1.0, 2.0), ("drift",)),
    "constant": (_read_as(lambda z: np.full_like(z, z[0])), ("constant",)),
}
