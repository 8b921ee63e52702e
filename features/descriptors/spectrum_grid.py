"""The last impedance spectrum in the window, read at fixed frequencies, without a model.

Magnitudes are over that at 1 kHz, so that neither area nor number of interfaces is needed.
Ageing acts most on the slow end: doi:10.1038/s41467-020-15235-7.
"""

import numpy as np

from features.errors import NotMeasured
from features.records import Cell, Spectrum
from features.registry import descriptor, once_per_cell

ZHANG_2020 = "own, after doi:10.1038/s41467-020-15235-7"
REFERENCE_Hz = 1000.0
#: Read by interpolation over log frequency, never beyond what was measured; rounding allowed.
ROUNDING = 1e-3


@descriptor(version=1, source=ZHANG_2020)
def log10_impedance_100_Hz_over_1_kHz_ratio(cell: Cell) -> float:
    """Return log10 of the impedance's magnitude at 100 Hz over that at 1 kHz."""
    return _log10_ratio(cell, 100.0)


@descriptor(version=1, source=ZHANG_2020)
def log10_impedance_10_Hz_over_1_kHz_ratio(cell: Cell) -> float:
    """Return log10 of the impedance's magnitude at 10 Hz over that at 1 kHz."""
    return _log10_ratio(cell, 10.0)


@descriptor(version=1, source=ZHANG_2020)
def log10_impedance_1_Hz_over_1_kHz_ratio(cell: Cell) -> float:
    """Return log10 of the impedance's magnitude at 1 Hz over that at 1 kHz."""
    return _log10_ratio(cell, 1.0)


@descriptor(version=1, source=ZHANG_2020)
def log10_impedance_0_1_Hz_over_1_kHz_ratio(cell: Cell) -> float:
    """Return log10 of the impedance's magnitude at 0.1 Hz over that at 1 kHz."""
    return _log10_ratio(cell, 0.1)


@descriptor(version=1, source=ZHANG_2020)
def impedance_phase_1_kHz_deg(cell: Cell) -> float:
    """Return the phase of the impedance at 1 kHz, negative where it is capacitive."""
    return _phase_deg(cell, 1000.0)


@descriptor(version=1, source=ZHANG_2020)
def impedance_phase_100_Hz_deg(cell: Cell) -> float:
    """Return the phase of the impedance at 100 Hz, negative where it is capacitive."""
    return _phase_deg(cell, 100.0)


@descriptor(version=1, source=ZHANG_2020)
def impedance_phase_10_Hz_deg(cell: Cell) -> float:
    """Return the phase of the impedance at 10 Hz, negative where it is capacitive."""
    return _phase_deg(cell, 10.0)


@descriptor(version=1, source=ZHANG_2020)
def impedance_phase_1_Hz_deg(cell: Cell) -> float:
    """Return the phase of the impedance at 1 Hz, negative where it is capacitive."""
    return _phase_deg(cell, 1.0)


@descriptor(version=1, source=ZHANG_2020)
def impedance_phase_0_1_Hz_deg(cell: Cell) -> float:
    """Return the phase of the impedance at 0.1 Hz, negative where it is capacitive."""
    return _phase_deg(cell, 0.1)


def _log10_ratio(cell: Cell, frequency_Hz: float) -> float:
    magnitudes = [abs(impedance_at(_last(cell), each)) for each in (frequency_Hz, REFERENCE_Hz)]
    if min(magnitudes) <= 0:
        raise NotMeasured("the impedance is zero")
    return float(np.log10(magnitudes[0] / magnitudes[1]))


def _phase_deg(cell: Cell, frequency_Hz: float) -> float:
    return float(np.degrees(np.angle(impedance_at(_last(cell), frequency_Hz))))


def impedance_at(spectrum: Spectrum, frequency_Hz: float) -> complex:
    """Return the impedance in ohm at a frequency, real and imaginary part interpolated.

    Raises
    ------
    NotMeasured
        If the frequency lies outside the spectrum.
    """
    order = np.argsort(spectrum.frequency_Hz, kind="stable")
    decade = np.log10(spectrum.frequency_Hz[order])
    wanted = float(np.log10(frequency_Hz))
    if not decade[0] - ROUNDING <= wanted <= decade[-1] + ROUNDING:
        raise NotMeasured(
            f"the spectrum runs from {10 ** decade[0]:.3g} to {10 ** decade[-1]:.3g} Hz, "
            f"without {frequency_Hz:g} Hz"
        )
    impedance = spectrum.impedance_ohm[order]
    return complex(
        np.interp(wanted, decade, impedance.real), np.interp(wanted, decade, impedance.imag)
    )


@once_per_cell
def _last(cell: Cell) -> Spectrum:
    """Return the last spectrum; those of unknown cycle come first."""
    if not cell.spectra or min(s.frequency_Hz.size for s in cell.spectra) < 2:
        raise NotMeasured("there is no impedance spectrum of two frequencies or more")
    return max(cell.spectra, key=lambda s: -1 if s.cycle is None else s.cycle)
