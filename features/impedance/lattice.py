"""The elements that a spectrum is made of: RC on a fixed lattice of time constants, R, L and C."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: RC elements a decade; more would follow noise, fewer miss a flat arc.
N_PER_DECADE = 6
#: Elements beyond either end of the measured window.
N_BEYOND = 2
#: R, L and C in series stand behind the RC elements.
N_SERIES = 3


@dataclass(frozen=True, eq=False)
class Lattice:
    """The elements that serve a set of frequencies.

    Attributes
    ----------
    first : int
        Place of the first time constant among those of all spectra.
    columns : float array of shape (2 n_points, n_time_constants + 3)
        Real over imaginary impedance of each element of 1 ohm, of R, of L and 1 / C in the
        `units` of series terms.
    units : float array of shape (3,)
        ohm, H and F-1 of a series term of amplitude 1.
    """

    first: int
    columns: Array
    units: Array

    @property
    def n_points(self) -> int:
        """Return the number of frequencies."""
        return len(self.columns) // 2

    @property
    def end(self) -> int:
        """Return the place behind the last time constant."""
        return self.first + int(self.columns.shape[1]) - N_SERIES


@lru_cache(maxsize=64)
def lattice_for(frequencies: bytes) -> Lattice:
    """Return the elements that serve frequencies from high to low, given as bytes of floats."""
    omega = 2 * np.pi * np.frombuffer(frequencies)
    first = int(np.floor(-N_PER_DECADE * np.log10(omega[0]))) - N_BEYOND
    end = int(np.ceil(-N_PER_DECADE * np.log10(omega[-1]))) + N_BEYOND + 1
    arcs = 1 / (1 + 1j * omega[:, None] * time_constants_s(first, end))
    # L and 1 / C in ohm at the end of the window where they matter.
    series = [np.ones_like(omega), 1j * omega / omega[0], -1j * omega[-1] / omega]
    columns = np.column_stack([arcs, *series])
    units = np.array([1.0, 1 / omega[0], omega[-1]])
    return Lattice(first, np.concatenate([columns.real, columns.imag]), units)


def time_constants_s(first: int, end: int) -> Array:
    """Return the time constants from one place to before another, the same for all spectra."""
    return np.asarray(10.0 ** (np.arange(first, end) / N_PER_DECADE))
