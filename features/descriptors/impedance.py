"""Model-free readings of the last impedance spectrum in the window, per area of one interface."""

import numpy as np
from numpy.typing import NDArray

from features.errors import NotMeasured
from features.records import Cell, Spectrum
from features.registry import descriptor

N_LEAST = 10


@descriptor(version=1, source="own")
def high_frequency_resistance_ohm_cm2(cell: Cell) -> float:
    """Return the smallest real part of the last spectrum times the area: electrolyte and leads."""
    spectrum = _last(cell)
    return float(spectrum.impedance_ohm.real.min() * _area_cm2(cell))


@descriptor(version=1, source="own, after doi:10.1002/adma.201605531")
def arc_width_ohm_cm2(cell: Cell) -> float:
    """Return the width of the arcs of the last spectrum, times area, per interface.

    The arcs end where -Im Z is lowest between its peak and the lowest frequency: beyond
    lies diffusion.
    """
    return _arc_width_ohm_cm2(cell, _last(cell))


@descriptor(version=1, source="own, after doi:10.1002/adma.201605531")
def arc_width_growth_ratio(cell: Cell) -> float:
    """Return the width of the arcs in the last spectrum over that in the first."""
    ordered = [spectrum for spectrum in _ordered(cell) if spectrum.cycle is not None]
    if len(ordered) < 2:
        raise NotMeasured("growth needs two spectra of known cycle")
    first, last = (_arc_width_ohm_cm2(cell, spectrum) for spectrum in (ordered[0], ordered[-1]))
    if first <= 0:
        raise NotMeasured("the first spectrum shows no arc")
    return last / first


def _arc_width_ohm_cm2(cell: Cell, spectrum: Spectrum) -> float:
    n_interfaces = spectrum.n_interfaces or (2 if cell.recipe.cell.type == "Li||Li" else 1)
    falling = spectrum.impedance_ohm[np.argsort(-spectrum.frequency_Hz, kind="stable")]
    end = _end_of_arcs(-falling.imag)
    width_ohm = float(falling.real[end] - falling.real[: end + 1].min())
    return width_ohm * _area_cm2(cell) / n_interfaces


def _end_of_arcs(capacitive_ohm: NDArray[np.float64]) -> int:
    """Return the row where -Im Z, by falling frequency, is lowest behind its highest inner peak."""
    inner = capacitive_ohm[1:-1]
    is_peak = (inner >= capacitive_ohm[:-2]) & (inner > capacitive_ohm[2:])
    peaks = np.flatnonzero(is_peak) + 1
    if not peaks.size:
        raise NotMeasured("-Im Z has no peak, so no arc is closed")
    peak = int(peaks[np.argmax(capacitive_ohm[peaks])])
    return peak + int(np.argmin(capacitive_ohm[peak:]))


def _last(cell: Cell) -> Spectrum:
    return _ordered(cell)[-1]


def _ordered(cell: Cell) -> list[Spectrum]:
    """Return the spectra by cycle, those of unknown cycle first."""
    if not cell.spectra:
        raise NotMeasured("there is no impedance spectrum")
    short = min(spectrum.frequency_Hz.size for spectrum in cell.spectra)
    if short < N_LEAST:
        raise NotMeasured(f"a spectrum needs {N_LEAST} frequencies, one has {short}")
    return sorted(cell.spectra, key=lambda s: -1 if s.cycle is None else s.cycle)


def _area_cm2(cell: Cell) -> float:
    if cell.area_cm2 is None:
        raise NotMeasured("the electrode's area is not stated")
    return cell.area_cm2
