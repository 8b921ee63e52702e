"""Cut a time series into half-cycles, from the current itself.

A half-cycle is a stretch of one sign of current; rests inside it belong to it. Two
half-cycles of opposite sign make a cycle, whatever the wiring or the file's own counter.

Rows may be ten million: everything by row is one pass of NumPy, everything else works
on the few thousand half-cycles.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Rows = NDArray[np.int64]

#: A cycler at rest reads some microampere or less.
REST_CURRENT_A = 1e-6
#: Below this share of the highest current so far the cell rests.
REST_SHARE = 0.01
SECONDS_PER_HOUR = 3600.0
#: A gap at a switch counts up to so many times the interval of the rows beside it.
LONGEST_EDGE = 1.5


@dataclass(frozen=True, eq=False)
class HalfCycles:
    """Half-cycles of one record; all arrays but the last have shape (n_half_cycles,).

    Attributes
    ----------
    sign : int array
        -1 or 1, as the record has it.
    first, last : int arrays
        First and last row that carry current.
    charge_Ah : float array
        Passed, without sign, the switches included.
    has_rest : bool array
        Whether a rest lies between first and last row.
    passed_Ah : float array of shape (n_rows,)
        Charge passed without sign since the start of the record; flat while at rest.
    """

    sign: Rows
    first: Rows
    last: Rows
    charge_Ah: Array
    has_rest: NDArray[np.bool_]
    passed_Ah: Array

    def __len__(self) -> int:
        return int(self.sign.size)

    def rows(self, number: int, low: float, high: float) -> slice:
        """Return the rows between two shares of a half-cycle's charge, bounds included."""
        first, last = int(self.first[number]), int(self.last[number])
        start_Ah = self.passed_Ah[first]
        charge_Ah = self.passed_Ah[last] - start_Ah
        inside = self.passed_Ah[first : last + 1]
        begin, end = start_Ah + low * charge_Ah, start_Ah + high * charge_Ah
        return slice(
            first + int(np.searchsorted(inside, begin, "left")),
            first + int(np.searchsorted(inside, end, "right")),
        )


def current_sign(current_A: Array) -> NDArray[np.int8]:
    """Return -1, 0 (rest) or 1 for every row.

    Parameters
    ----------
    current_A : float array of shape (n_rows,)

    Notes
    -----
    The threshold of rest looks only at rows before, so the first cycles do not depend
    on what comes later.
    """
    threshold_A = np.abs(current_A)
    np.maximum.accumulate(threshold_A, out=threshold_A)
    threshold_A *= REST_SHARE
    np.maximum(threshold_A, REST_CURRENT_A, out=threshold_A)
    sign = (current_A > threshold_A).view(np.int8)
    np.negative(threshold_A, out=threshold_A)
    sign -= (current_A < threshold_A).view(np.int8)
    return sign


def half_cycles_of(current_A: Array, time_s: Array) -> HalfCycles:
    """Return the half-cycles of a time series.

    Parameters
    ----------
    current_A, time_s : float arrays of shape (n_rows,)

    Notes
    -----
    Charge is integrated by the trapezoidal rule between neighbouring rows that both
    carry current of the same sign. Where the switch itself was not recorded, it lies
    halfway between the two rows around it; a gap much longer than the rows beside it
    adds nothing.
    """
    sign = current_sign(current_A)
    starts = np.concatenate([[0], np.flatnonzero(sign[1:] != sign[:-1]) + 1])
    ends = np.concatenate([starts[1:], [sign.size]]) - 1
    is_active = sign[starts] != 0
    starts, ends = starts[is_active], ends[is_active]
    of_step = sign[starts].astype(np.int64)
    is_new = np.concatenate([[True], of_step[1:] != of_step[:-1]])[: of_step.size]
    opens = np.flatnonzero(is_new)
    closes = np.concatenate([opens[1:], [of_step.size]])[: opens.size] - 1
    passed_Ah = _passed_Ah(current_A, time_s, sign)
    edges_Ah = _edges_Ah(current_A, time_s, starts, ends)
    first, last = starts[opens], ends[closes]
    return HalfCycles(
        sign=of_step[opens],
        first=first,
        last=last,
        charge_Ah=passed_Ah[last]
        - passed_Ah[first]
        + (np.add.reduceat(edges_Ah, opens) if opens.size else edges_Ah),
        has_rest=closes > opens,
        passed_Ah=passed_Ah,
    )


def _passed_Ah(current_A: Array, time_s: Array, sign: NDArray[np.int8]) -> Array:
    """Return the charge passed without sign up to every row."""
    passed_Ah = np.zeros(current_A.size)
    steps = passed_Ah[1:]
    np.add(current_A[1:], current_A[:-1], out=steps)
    steps *= np.diff(time_s)
    np.abs(steps, out=steps)
    steps *= (sign[1:] == sign[:-1]) & (sign[1:] != 0)
    steps /= 2 * SECONDS_PER_HOUR
    np.cumsum(passed_Ah, out=passed_Ah)
    return passed_Ah


def _edges_Ah(current_A: Array, time_s: Array, starts: Rows, ends: Rows) -> Array:
    """Return the charge of half the gap before and after each step, where the gap is short."""
    time_s = np.concatenate([time_s[:1], time_s, time_s[-1:]])  # no gap outside the record
    before_s = time_s[starts + 1] - time_s[starts]
    after_s = time_s[ends + 2] - time_s[ends + 1]
    is_single = starts == ends
    inner_first_s = np.where(is_single, 0.0, time_s[starts + 2] - time_s[starts + 1])
    inner_last_s = np.where(is_single, 0.0, time_s[ends + 1] - time_s[ends])
    before_s = np.where(before_s <= LONGEST_EDGE * inner_first_s, before_s, 0.0)
    after_s = np.where(after_s <= LONGEST_EDGE * inner_last_s, after_s, 0.0)
    charge_As = np.abs(current_A[starts]) * before_s + np.abs(current_A[ends]) * after_s
    return np.asarray(charge_As / (2 * SECONDS_PER_HOUR))


def half_cycle_number(current_A: Array) -> Rows:
    """Return the half-cycle of every row, from 0; -1 before the first current.

    Examples
    --------
    >>> half_cycle_number(np.array([0.0, -1e-3, -1e-3, 0.0, 1e-3, -1e-3])).tolist()
    [-1, 0, 0, 0, 1, 2]
    """
    number = np.zeros(current_A.size, dtype=np.int64)
    number[half_cycles_of(current_A, np.zeros(current_A.size)).first] = 1
    return np.asarray(np.cumsum(number) - 1)


def cycle_number(current_A: Array) -> Rows:
    """Return the pair of half-cycles of every row, from 1, also before the first current."""
    return np.maximum(half_cycle_number(current_A), 0) // 2 + 1
