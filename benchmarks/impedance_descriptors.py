"""Impedance descriptors: one warm spectrum from arrays to numbers, and a cell of many spectra."""

import numpy as np

from benchmarks.figure import Bound, Figure, run
from benchmarks.spectra import samples
from benchmarks.stopwatch import median_cpu_s
from features import Cell, CellDesign, Recipe, Source, Spectrum, catalogue, describe

SEED = 20_262_204
NOISE = 0.005
N_SPECTRA, N_SERIES = 40, 30
MODULES = ("impedance", "impedance_fit", "impedance_growth", "relaxation_times")
RECIPE = Recipe(CellDesign("Li||Cu"))
AREA_cm2 = 0.5


def figures() -> list[Figure]:
    """Return all figures of the impedance descriptors."""
    return [_one_spectrum(), _many_spectra()]


def _names() -> list[str]:
    return [
        name
        for name, each in catalogue().items()
        if each.function.__module__.rsplit(".", 1)[1] in MODULES
    ]


def _described(cell: Cell, names: list[str]) -> float:
    """Return the share of descriptors that have a value."""
    return float(describe([cell], names).values.notna().to_numpy().mean())


def _cell(*spectra: Spectrum) -> Cell:
    return Cell("benchmark", RECIPE, Source("simulated"), AREA_cm2, None, spectra)


def _one_spectrum() -> Figure:
    """Return the mean time of one spectrum alone, from arrays to all descriptors."""
    names = _names()
    arrays = [
        (each.spectrum.frequency_Hz, each.spectrum.impedance_ohm)
        for each in samples("lim", N_SPECTRA, SEED, NOISE)
    ]

    def work() -> None:
        for frequency_Hz, impedance_ohm in arrays:
            _described(_cell(Spectrum(frequency_Hz, impedance_ohm, 0)), names)

    (total_s,) = median_cpu_s(work)
    shares = [_described(_cell(Spectrum(*each, 0)), names) for each in arrays]
    return Figure(
        "one warm spectrum, arrays to descriptors",
        1e3 * total_s / N_SPECTRA,
        "ms",
        Bound(high=15.0),
        Bound(high=5.0),
        f"CPU, mean of {N_SPECTRA}, one at a time; {len(names)} descriptors, of which "
        f"{np.mean(shares):.0%} have a value",
    )


def _many_spectra() -> Figure:
    """Return the time a spectrum of a cell that was measured every cycle, growth among it."""
    names = _names()
    found = samples("lim", N_SERIES, SEED + 1, NOISE)
    spectra = [
        Spectrum(each.spectrum.frequency_Hz, each.spectrum.impedance_ohm, cycle)
        for cycle, each in enumerate(found)
    ]
    (total_s,) = median_cpu_s(lambda: _described(_cell(*spectra), names))
    return Figure(
        f"a cell of {N_SERIES} spectra described, growth by a joint fit",
        1e3 * total_s / N_SERIES,
        "ms a spectrum",
        note="CPU; spectra of unlike cells, which give the joint fit the most to do",
    )


if __name__ == "__main__":
    run(figures)
