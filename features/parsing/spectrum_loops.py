"""Rows of frequency and impedance to spectra: one for each loop."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from features.records import Spectrum

Array = NDArray[np.float64]

#: A sweep that leaps back over more than this factor has begun anew.
SMALLEST_LEAP = 3.0


def spectra_of(
    frequency_Hz: Array,
    impedance_ohm: NDArray[np.complex128],
    loops: Sequence[Array] = (),
    cycle: Array | None = None,
) -> tuple[Spectrum, ...]:
    """Return one spectrum a loop.

    Parameters
    ----------
    frequency_Hz, impedance_ohm : arrays of shape (n_rows,)
        Rows at 0 Hz already left out.
    loops : sequence of float arrays of shape (n_rows,)
        Numbers that change from loop to loop; a sweep that starts anew is one as well.
    cycle : float array of shape (n_rows,), optional
        Cycles finished at each row.
    """
    if frequency_Hz.size == 0:
        return ()
    starts = np.flatnonzero(_is_new_loop(frequency_Hz, loops)) + 1
    return tuple(
        Spectrum(
            np.ascontiguousarray(frequency_Hz[rows]),
            np.ascontiguousarray(impedance_ohm[rows]),
            cycle=None if cycle is None else int(cycle[rows[0]]),
        )
        for rows in np.split(np.arange(frequency_Hz.size), starts)
    )


def _is_new_loop(frequency_Hz: Array, loops: Sequence[Array]) -> NDArray[np.bool_]:
    leaps = np.diff(np.log(frequency_Hz))
    is_falling = leaps.size == 0 or bool(np.median(leaps) < 0)
    is_new = (leaps if is_falling else -leaps) > np.log(SMALLEST_LEAP)
    for loop in loops:
        is_new |= np.diff(loop) != 0
    return np.asarray(is_new)
