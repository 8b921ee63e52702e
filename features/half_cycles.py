"""Cut a time series into half-cycles and cycles, from the current itself.

A half-cycle is a stretch of one sign of current; rests inside it belong to it. Two
half-cycles of opposite sign make a cycle, whatever the wiring or the file's own counter.
"""

import numpy as np
from numpy.typing import NDArray

#: A cycler at rest reads some microampere or less.
REST_CURRENT_A = 1e-6
#: Below this share of the highest current so far the cell rests.
REST_SHARE = 0.01
SECONDS_PER_HOUR = 3600.0


def current_sign(current_A: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return -1, 0 (rest) or 1 for every row.

    Notes
    -----
    The threshold of rest looks only at rows before, so the first cycles do not depend
    on what comes later.
    """
    threshold_A = np.maximum(REST_CURRENT_A, REST_SHARE * np.maximum.accumulate(np.abs(current_A)))
    return np.where(np.abs(current_A) > threshold_A, np.sign(current_A), 0.0)


def half_cycle_number(current_A: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the half-cycle of every row, from 0; -1 before the first current.

    Parameters
    ----------
    current_A : float array of shape (n_rows,)

    Examples
    --------
    >>> half_cycle_number(np.array([0.0, -1e-3, -1e-3, 0.0, 1e-3, -1e-3])).tolist()
    [-1, 0, 0, 0, 1, 2]
    """
    sign = current_sign(current_A)
    last_active = np.maximum.accumulate(np.where(sign != 0, np.arange(sign.size), -1))
    held = np.where(last_active >= 0, sign[last_active], 0.0)
    is_start = held != np.concatenate([[0.0], held[:-1]])
    return np.asarray(np.cumsum(is_start) - 1, dtype=np.int64)


def cycle_number(current_A: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the cycle of every row, from 1; rows before the first current count to cycle 1."""
    return np.maximum(half_cycle_number(current_A), 0) // 2 + 1


def charge_steps_Ah(
    current_A: NDArray[np.float64], time_s: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the charge, without sign, that each row adds to its half-cycle.

    Parameters
    ----------
    current_A, time_s : float arrays of shape (n_rows,)

    Returns
    -------
    float array of shape (n_rows,)
        In Ah, by the trapezoidal rule between neighbouring rows that both carry current
        of the same sign; 0 elsewhere, so that a rest or a switch adds nothing.

    Examples
    --------
    >>> charge_steps_Ah(np.array([1.0, 1.0, -1.0]), np.array([0.0, 3600.0, 3601.0])).tolist()
    [0.0, 1.0, 0.0]
    """
    sign = current_sign(current_A)
    steps_Ah = np.zeros(current_A.size)
    inside = (sign[1:] == sign[:-1]) & (sign[1:] != 0)
    mean_A = np.abs(current_A[1:] + current_A[:-1]) / 2
    steps_Ah[1:][inside] = (mean_A * np.diff(time_s) / SECONDS_PER_HOUR)[inside]
    return steps_Ah
