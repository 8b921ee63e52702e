"""Peaks in the distribution of relaxation times of the last spectrum: arcs without a circuit.

Only peaks inside the frequencies measured are read; a diffusion tail may show as the slowest.
"""

import numpy as np

from features.cell_spectra import last_spectrum, usual_interfaces, validity
from features.errors import NotMeasured
from features.impedance.drt import Peak, drt_peaks
from features.records import Cell
from features.registry import descriptor, once_per_cell

SOURCE = "own, after doi:10.1149/1.2044210"


@descriptor(version=1, source=SOURCE)
def n_relaxation_peaks(cell: Cell) -> float:
    """Return how many processes the distribution of relaxation times parts."""
    return float(len(_peaks(cell)))


@descriptor(version=1, source=SOURCE)
def fastest_relaxation_resistance_ohm_cm2(cell: Cell) -> float:
    """Return the resistance under the fastest peak, per interface."""
    return _resistance_ohm_cm2(cell, _some_peaks(cell)[0])


@descriptor(version=1, source=SOURCE)
def log10_fastest_relaxation_frequency_Hz(cell: Cell) -> float:
    """Return log10 of the apex frequency of the fastest peak."""
    return float(np.log10(_some_peaks(cell)[0].apex_frequency_Hz))


@descriptor(version=1, source=SOURCE)
def largest_relaxation_resistance_ohm_cm2(cell: Cell) -> float:
    """Return the resistance under the largest peak, per interface."""
    return _resistance_ohm_cm2(cell, _largest(cell))


@descriptor(version=1, source=SOURCE)
def log10_largest_relaxation_frequency_Hz(cell: Cell) -> float:
    """Return log10 of the apex frequency of the largest peak."""
    return float(np.log10(_largest(cell).apex_frequency_Hz))


def _largest(cell: Cell) -> Peak:
    return max(_some_peaks(cell), key=lambda peak: peak.resistance_ohm)


def _some_peaks(cell: Cell) -> tuple[Peak, ...]:
    peaks = _peaks(cell)
    if not peaks:
        raise NotMeasured("no relaxation peaks inside the frequencies measured")
    return peaks


def _resistance_ohm_cm2(cell: Cell, peak: Peak) -> float:
    if cell.area_cm2 is None:
        raise NotMeasured("the electrode's area is not stated")
    n_interfaces = last_spectrum(cell).n_interfaces or usual_interfaces(cell)
    return peak.resistance_ohm * cell.area_cm2 / n_interfaces


def _peaks(cell: Cell) -> tuple[Peak, ...]:
    frequency_Hz = last_spectrum(cell).frequency_Hz
    if not frequency_Hz.size:
        raise NotMeasured("the spectrum is empty")
    return _found(cell)


@once_per_cell
def _found(cell: Cell) -> tuple[Peak, ...]:
    found, frequency_Hz = validity(cell), last_spectrum(cell).frequency_Hz
    if found.refusals[-1]:
        raise NotMeasured(found.refusals[-1])
    window_Hz = (float(frequency_Hz.min()), float(frequency_Hz.max()))
    return drt_peaks(found.found.time_constant_s, found.found.drt[-1], window_Hz)
