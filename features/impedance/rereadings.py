"""What the columns of a spectrum may be instead of real and imaginary part.

A wrong column gives numbers that no cell can have; read the right way they obey the
Kramers-Kronig relations again, which tells what went wrong.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from features.impedance.kramers_kronig import HIGHEST_RMS_FRACTION, kramers_kronig
from features.records import HIGHEST_IMPEDANCE_OHM, Spectrum

ComplexArray = NDArray[np.complex128]

#: Another reading explains a spectrum if it leaves no more than this share of the misfit.
EXPLAINED_FRACTION = 0.6


@dataclass(frozen=True)
class Rereading:
    """Another meaning of the columns.

    Attributes
    ----------
    kind : str
    what, way_out : str
        What the columns seem to hold, and what to send instead.
    read : callable
        Impedance as sent to impedance as meant; NaN where the columns cannot mean that.
    """

    kind: str
    what: str
    way_out: str
    read: Callable[[ComplexArray], ComplexArray]


@dataclass(frozen=True)
class Explanation:
    """A rereading under which a spectrum is consistent, and the misfit that is left."""

    rereading: Rereading
    rms_fraction: float


def _polar(modulus_ohm: NDArray[np.float64], phase_rad: NDArray[np.float64]) -> ComplexArray:
    """Return an impedance of either sign of the phase as a capacitive one."""
    turned = -np.sign(np.median(phase_rad)) * phase_rad
    return np.asarray(np.where(modulus_ohm >= 0, modulus_ohm, np.nan) * np.exp(1j * turned))


def _real_and_phase(sent: ComplexArray) -> ComplexArray:
    phase_rad = np.radians(sent.imag)
    turned = -np.sign(np.median(phase_rad)) * phase_rad
    return np.asarray(
        np.where(np.abs(phase_rad) < np.pi / 2, sent.real * (1 + 1j * np.tan(turned)), np.nan)
    )


def _modulus_and_imaginary(sent: ComplexArray) -> ComplexArray:
    squared = sent.real**2 - sent.imag**2
    # Noise may make the modulus a little smaller than one of its parts.
    real_ohm = np.sqrt(np.where(squared > -0.01 * sent.real**2, np.maximum(squared, 0), np.nan))
    return np.asarray(real_ohm - 1j * np.sign(np.median(sent.imag)) * sent.imag)


_PHASE = "the imaginary part holds the phase"
_SEND = "send Re Z and Im Z, or name the columns as modulus and phase"
REREADINGS = (
    Rereading(
        "sign",
        "the imaginary part has the wrong sign",
        "send capacitive points with a negative imaginary part (-Im Z was sent as Im Z)",
        np.conj,
    ),
    Rereading(
        "phase",
        f"the real part holds the modulus and {_PHASE} in degrees",
        _SEND,
        lambda sent: _polar(sent.real, np.radians(sent.imag)),
    ),
    Rereading("phase", f"{_PHASE} in degrees", _SEND, _real_and_phase),
    Rereading(
        "phase",
        f"the real part holds the modulus and {_PHASE} in radians",
        _SEND,
        lambda sent: _polar(sent.real, sent.imag),
    ),
    Rereading(
        "modulus",
        "the real part holds the modulus |Z|",
        "send Re Z as the real part",
        _modulus_and_imaginary,
    ),
    Rereading(
        "swapped",
        "the columns of real and imaginary part are swapped",
        "send Re Z first",
        lambda sent: sent.imag - 1j * np.sign(np.median(sent.real)) * sent.real,
    ),
    Rereading(
        "negative",
        "both parts have the wrong sign",
        "send the impedance, not its negative; exchange the leads",
        np.negative,
    ),
    Rereading(
        "negative",
        "the real part has the wrong sign",
        "send Re Z, which is positive",
        lambda sent: -sent.conj(),
    ),
    Rereading(
        "reversed",
        "the impedance runs against the frequency",
        "send the two columns in one order",
        lambda sent: sent[::-1],
    ),
)


def explanations(
    spectra: Sequence[Spectrum], rms_fraction: Sequence[float]
) -> list[Explanation | None]:
    """Return the rereading that makes each spectrum consistent; None where there is none.

    Parameters
    ----------
    spectra : sequence of Spectrum
    rms_fraction : sequence of float
        Misfit of each as it was sent.
    """
    tried = [
        (row, rereading, reread)
        for row, spectrum in enumerate(spectra)
        for rereading in REREADINGS
        if (reread := _reread(spectrum, rereading)) is not None
    ]
    found: list[Explanation | None] = [None] * len(spectra)
    misfits = kramers_kronig([reread for _, _, reread in tried]).table["kk_rms"]
    for (row, rereading, _), misfit in zip(tried, misfits.tolist(), strict=True):
        least = min(EXPLAINED_FRACTION * rms_fraction[row], HIGHEST_RMS_FRACTION)
        best = found[row]
        if misfit < (least if best is None else best.rms_fraction):
            found[row] = Explanation(rereading, misfit)
    return found


def _reread(spectrum: Spectrum, rereading: Rereading) -> Spectrum | None:
    meant_ohm = np.asarray(rereading.read(spectrum.impedance_ohm))
    if not np.all(np.abs(meant_ohm) <= HIGHEST_IMPEDANCE_OHM):
        return None
    return replace(spectrum, impedance_ohm=meant_ohm)
