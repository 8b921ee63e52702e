"""Spectra of any length as arrays of one width: sorted, merged, padded, weighted."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.errors import InvalidRecord
from features.records import Spectrum

Array = NDArray[np.float64]
ComplexArray = NDArray[np.complex128]

#: Frequencies closer than this are one, measured twice.
SAME_FREQUENCY = 1e-6
#: Rows are a multiple of this wide, so that a spectrum's sums do not depend on its company.
WIDTH_STEP = 16
#: No point weighs more than one of this share of the median modulus.
LEAST_MODULUS = 1e-3


@dataclass(frozen=True, eq=False)
class Batch:
    """Spectra side by side, each from its highest frequency to its lowest.

    Attributes
    ----------
    frequency_Hz : float array of shape (n_spectra, width)
        The lowest frequency repeated on padding.
    impedance_ohm : complex array of shape (n_spectra, width)
        The last point repeated on padding.
    weight : float array of shape (n_spectra, width)
        1 / |Z| in ohm-1; 0 on padding.
    """

    frequency_Hz: Array
    impedance_ohm: ComplexArray
    weight: Array

    def __post_init__(self) -> None:
        shapes = {self.frequency_Hz.shape, self.impedance_ohm.shape, self.weight.shape}
        if len(shapes) != 1 or self.frequency_Hz.ndim != 2:
            raise InvalidRecord(
                f"Batch: frequency, impedance and weight have shapes {sorted(shapes)}; "
                f"all need one of (n_spectra, width)."
            )

    def __len__(self) -> int:
        return len(self.frequency_Hz)

    @property
    def is_measured(self) -> NDArray[np.bool_]:
        """Return where a point is measured, not padding."""
        return self.weight > 0

    @property
    def n_points(self) -> NDArray[np.intp]:
        """Return the number of distinct frequencies of each spectrum."""
        n_points: NDArray[np.intp] = np.count_nonzero(self.weight, axis=1)
        return n_points

    def take(self, rows: NDArray[np.intp], width: int | None = None) -> "Batch":
        """Return some of the spectra, cut to a width beyond which they are padding."""
        columns = slice(width)
        return Batch(
            self.frequency_Hz[rows, columns],
            self.impedance_ohm[rows, columns],
            self.weight[rows, columns],
        )


def batch_of(spectra: Sequence[Spectrum]) -> Batch:
    """Return spectra side by side: sorted, repeated frequencies merged, padded.

    Parameters
    ----------
    spectra : sequence of Spectrum
        Any lengths, any order of frequency; an empty spectrum becomes padding alone.

    Returns
    -------
    Batch
        In the order given. Points of one frequency are replaced by their mean. A point
        whose modulus is below a thousandth of the spectrum's median weighs like one there.
    """
    merged = [_merged(spectrum) for spectrum in spectra]
    longest = max((frequency_Hz.size for frequency_Hz, _ in merged), default=0)
    shape = (len(merged), padded_width(longest))
    frequency_Hz, impedance_ohm = np.ones(shape), np.ones(shape, dtype=complex)
    weight = np.zeros(shape)
    for row, (one_Hz, one_ohm) in enumerate(merged):
        n_points = one_Hz.size
        if not n_points:
            continue
        frequency_Hz[row, :n_points], frequency_Hz[row, n_points:] = one_Hz, one_Hz[-1]
        impedance_ohm[row, :n_points], impedance_ohm[row, n_points:] = one_ohm, one_ohm[-1]
        weight[row, :n_points] = _weight(one_ohm)
    return Batch(frequency_Hz, impedance_ohm, weight)


def padded_width(n_points: int) -> int:
    """Return the width of an array that holds so many points."""
    return -(-max(n_points, 1) // WIDTH_STEP) * WIDTH_STEP


def _merged(spectrum: Spectrum) -> tuple[Array, ComplexArray]:
    """Return frequencies from high to low and their impedance, equal frequencies averaged."""
    order = np.argsort(-spectrum.frequency_Hz, kind="stable")
    frequency_Hz = spectrum.frequency_Hz[order].astype(float)
    impedance_ohm = spectrum.impedance_ohm[order].astype(complex)
    is_new = np.ones(frequency_Hz.size, dtype=bool)
    is_new[1:] = frequency_Hz[1:] < frequency_Hz[:-1] * (1 - SAME_FREQUENCY)
    if is_new.all():
        return frequency_Hz, impedance_ohm
    first = np.flatnonzero(is_new)
    n_repeats = np.diff(first, append=frequency_Hz.size)
    mean_ohm = np.asarray(np.add.reduceat(impedance_ohm, first) / n_repeats, dtype=complex)
    return frequency_Hz[first], mean_ohm


def _weight(impedance_ohm: ComplexArray) -> Array:
    modulus_ohm = np.abs(impedance_ohm)
    least_ohm = LEAST_MODULUS * np.median(modulus_ohm)
    return 1 / np.maximum(modulus_ohm, least_ohm or 1.0)
