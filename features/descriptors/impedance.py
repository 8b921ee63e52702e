"""Model-free readings of the last impedance spectrum in the window, per area of one interface."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from features.cell_spectra import usual_interfaces
from features.descriptors.spectrum_grid import impedance_at
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


@descriptor(version=1, source="own")
def apex_reactance_ohm_cm2(cell: Cell) -> float:
    """Return the height of the last spectrum's highest arc, -Im Z, times area, per interface."""
    falling = _falling(_last(cell))
    return float(-falling.impedance_ohm.imag[_peak(falling)]) * _interface_area_cm2(cell)


@descriptor(version=1, source="own")
def log10_apex_frequency_Hz(cell: Cell) -> float:
    """Return log10 of the frequency at which the last spectrum's highest arc peaks."""
    falling = _falling(_last(cell))
    return float(np.log10(falling.frequency_Hz[_peak(falling)]))


@descriptor(version=1, source="own")
def real_impedance_10_kHz_ohm_cm2(cell: Cell) -> float:
    """Return the real part of the last spectrum at 10 kHz, times area, per interface."""
    return _real_ohm_cm2(cell, 1e4)


@descriptor(version=1, source="own")
def real_impedance_100_Hz_ohm_cm2(cell: Cell) -> float:
    """Return the real part of the last spectrum at 100 Hz, times area, per interface."""
    return _real_ohm_cm2(cell, 1e2)


@descriptor(version=1, source="own")
def real_impedance_1_Hz_ohm_cm2(cell: Cell) -> float:
    """Return the real part of the last spectrum at 1 Hz, times area, per interface."""
    return _real_ohm_cm2(cell, 1.0)


@descriptor(version=1, source="own")
def low_frequency_intercept_ohm_cm2(cell: Cell) -> float:
    """Return the real part where the arcs of the last spectrum end, times area, per interface.

    They end where -Im Z is lowest behind its peak. Unlike the width of the arcs, it counts
    electrolyte and leads.
    """
    falling = _falling(_last(cell))
    end = _end_of_arcs(-falling.impedance_ohm.imag)
    return float(falling.impedance_ohm.real[end]) * _interface_area_cm2(cell)


def _real_ohm_cm2(cell: Cell, frequency_Hz: float) -> float:
    return impedance_at(_last(cell), frequency_Hz).real * _interface_area_cm2(cell)


def _interface_area_cm2(cell: Cell) -> float:
    """Return what turns ohm of the whole cell into ohm cm2 of one interface."""
    return _area_cm2(cell) / (_last(cell).n_interfaces or usual_interfaces(cell))


def _falling(spectrum: Spectrum) -> Spectrum:
    """Return a spectrum from its highest frequency to its lowest."""
    order = np.argsort(-spectrum.frequency_Hz, kind="stable")
    return replace(
        spectrum,
        frequency_Hz=spectrum.frequency_Hz[order],
        impedance_ohm=spectrum.impedance_ohm[order],
    )


def _arc_width_ohm_cm2(cell: Cell, spectrum: Spectrum) -> float:
    n_interfaces = spectrum.n_interfaces or usual_interfaces(cell)
    falling = _falling(spectrum).impedance_ohm
    end = _end_of_arcs(-falling.imag)
    width_ohm = float(falling.real[end] - falling.real[: end + 1].min())
    return width_ohm * _area_cm2(cell) / n_interfaces


def _end_of_arcs(capacitive_ohm: NDArray[np.float64]) -> int:
    """Return the row where -Im Z, by falling frequency, is lowest behind its highest inner peak."""
    peak = _highest(capacitive_ohm)
    return peak + int(np.argmin(capacitive_ohm[peak:]))


def _peak(falling: Spectrum) -> int:
    return _highest(-falling.impedance_ohm.imag)


def _highest(capacitive_ohm: NDArray[np.float64]) -> int:
    """Return the row of the highest inner peak."""
    inner = capacitive_ohm[1:-1]
    is_peak = (inner >= capacitive_ohm[:-2]) & (inner > capacitive_ohm[2:])
    peaks = np.flatnonzero(is_peak) + 1
    if not peaks.size:
        raise NotMeasured("-Im Z has no peak, so no arc is closed")
    return int(peaks[np.argmax(capacitive_ohm[peaks])])


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
