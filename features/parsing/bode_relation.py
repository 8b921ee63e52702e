"""Bode's relation: phase and modulus of a passive cell are not free of each other."""

from itertools import permutations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

FEWEST_POINTS = 8
#: Of 19 spectra of instruments none fits twice as well when misread; 16 misread ones do when right.
CLEARLY_BETTER = 2.0
SMALL_MISFIT_DEGREE = 4.0
#: Above it, what is read as impedance is none; two columns swapped are above 32.
LARGEST_MISFIT_DEGREE = 30.0
#: 35 spectra of instruments stay below 9.
WELL_FITTING_DEGREE = 10.0


def bode_misfit_degree(frequency_Hz: Array, impedance_ohm: NDArray[np.complex128]) -> float:
    """Return by how much the phase misses the one that the slope of the modulus tells.

    Parameters
    ----------
    frequency_Hz : float array of shape (n_frequencies,)
        In any order.
    impedance_ohm : complex array of shape (n_frequencies,)

    Returns
    -------
    float
        Median over the points, in degree; NaN for fewer than eight frequencies, or a modulus of 0.

    Notes
    -----
    To first order the phase is 90 degree times d ln|Z| / d ln f (Bode 1945): 0 for a resistor, -90
    for a capacitor. It holds for what is seen between two terminals of a passive cell, whatever
    its circuit.

    Examples
    --------
    >>> frequency_Hz = np.logspace(5, -2, 50)
    >>> impedance_ohm = 5 + 80 / (1 + 1e-3j * 2 * np.pi * frequency_Hz)
    >>> bool(bode_misfit_degree(frequency_Hz, impedance_ohm) < 5)
    True
    >>> bool(bode_misfit_degree(frequency_Hz, impedance_ohm.conj() * frequency_Hz) > 80)
    True
    """
    unique_Hz, first = np.unique(frequency_Hz, return_index=True)
    modulus_ohm = np.abs(impedance_ohm[first])
    if unique_Hz.size < FEWEST_POINTS or not modulus_ohm.all():
        return float("nan")
    expected_degree = 90 * np.gradient(np.log(modulus_ohm), np.log(unique_Hz))
    misfit = np.abs(np.degrees(np.angle(impedance_ohm[first])) - expected_degree)
    return float(np.median(misfit))


def fits_as_polar(frequency_Hz: Array, impedance_ohm: NDArray[np.complex128]) -> bool:
    """Tell whether what was taken for real and imaginary part is rather modulus and phase.

    Parameters
    ----------
    frequency_Hz : float array of shape (n_frequencies,)
    impedance_ohm : complex array of shape (n_frequencies,)

    Examples
    --------
    >>> frequency_Hz = np.logspace(5, -2, 50)
    >>> impedance_ohm = 0.05 + 0.8 / (1 + 1e-3j * 2 * np.pi * frequency_Hz)
    >>> angle_degree = np.degrees(np.angle(impedance_ohm))
    >>> fits_as_polar(frequency_Hz, impedance_ohm)
    False
    >>> fits_as_polar(frequency_Hz, np.abs(impedance_ohm) + 1j * angle_degree)
    True
    """
    modulus_ohm, angle = impedance_ohm.real, impedance_ohm.imag
    misfit_degree = bode_misfit_degree(frequency_Hz, impedance_ohm)
    if not (modulus_ohm > 0).all() or not misfit_degree > SMALL_MISFIT_DEGREE:
        return False
    angles_rad = (each for each in (angle, np.radians(angle)) if np.abs(each).max() <= np.pi)
    polar = (modulus_ohm * np.cos(rad) + 1j * modulus_ohm * np.sin(rad) for rad in angles_rad)
    best = min((bode_misfit_degree(frequency_Hz, each) for each in polar), default=np.inf)
    return bool(CLEARLY_BETTER * best < misfit_degree)


def fitting_order(
    frequency_Hz: Array, impedance_ohm: NDArray[np.complex128]
) -> tuple[int, ...] | None:
    """Return which columns are rather frequency, real and imaginary part, if another order fits.

    Parameters
    ----------
    frequency_Hz : float array of shape (n_frequencies,)
    impedance_ohm : complex array of shape (n_frequencies,)

    Returns
    -------
    tuple of three int or None
        Positions out of frequency 0, real part 1 and imaginary part 2; None where no other order
        makes a passive cell, as for numbers that are none in any order.

    Examples
    --------
    >>> frequency_Hz = np.logspace(5, -2, 50)
    >>> impedance_ohm = 5 + 80 / (1 + 1e-3j * 2 * np.pi * frequency_Hz)
    >>> fitting_order(impedance_ohm.real, frequency_Hz + 1j * impedance_ohm.imag)
    (1, 0, 2)
    """
    columns = [np.abs(each) for each in (frequency_Hz, impedance_ohm.real, impedance_ohm.imag)]
    best = WELL_FITTING_DEGREE
    found: tuple[int, ...] | None = None
    for order in [*permutations(range(3))][1:]:
        swept, real_ohm, imaginary_ohm = (columns[k] for k in order)
        if (swept > 0).all() and is_one_way(swept):
            misfit_degree = bode_misfit_degree(swept, real_ohm - 1j * imaginary_ohm)
            if misfit_degree < best:
                best, found = misfit_degree, order
    return found


def is_one_way(values: Array) -> bool:
    """Tell whether numbers only rise or only fall."""
    steps = np.diff(values)
    return bool((steps >= 0).all() or (steps <= 0).all())
