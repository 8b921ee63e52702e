"""Cut a time series into half-cycles, from the current itself.

A half-cycle is a stretch of one sign of current; rests inside it belong to it. Two
half-cycles of opposite sign make a cycle, whatever the wiring or the file's own counter.

Rows may be ten million: they are passed over in blocks that stay in the processor's cache,
everything else works on the few thousand half-cycles.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.extremes import BLOCK_ROWS, block_extremes

Array = NDArray[np.float64]
Rows = NDArray[np.int64]
Bounds = tuple[Rows, Rows]

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
        begins, ends = self.spans(np.array([number]), low, high)
        return slice(int(begins[0]), int(ends[0]))

    def spans(self, numbers: Rows, low: float, high: float) -> tuple[Rows, Rows]:
        """Return the first row, and the one after the last, between two shares of charge.

        Parameters
        ----------
        numbers : int array of shape (n_wanted,)
            Half-cycles.
        low, high : float
            Shares of each half-cycle's charge, bounds included.
        """
        first, last = self.first[numbers], self.last[numbers]
        start_Ah = self.passed_Ah[first]
        charge_Ah = self.passed_Ah[last] - start_Ah
        # At rest nothing passes: rows outside the half-cycle may share its first or last charge.
        begins, ends = (
            rows_reached(self.passed_Ah, wanted_Ah, share, (first, last), (first, last + 1))
            for share, wanted_Ah in (
                (low, start_Ah + low * charge_Ah),
                (high, np.nextafter(start_Ah + high * charge_Ah, np.inf)),
            )
        )
        return begins, ends


def rows_reached(
    passed_Ah: Array, wanted_Ah: Array, share: Array | float, around: Bounds, bounds: Bounds
) -> Rows:
    """Return the first row, within bounds, at which so much charge has passed; else the upper.

    Parameters
    ----------
    passed_Ah : float array of shape (n_rows,)
        Nowhere falling.
    wanted_Ah : float array of shape (n_wanted, ...)
    share : float, or float array that broadcasts to ``wanted_Ah``
        What the wanted charge is of that between the rows around it.
    around, bounds : pairs of int arrays that broadcast to ``wanted_Ah``

    Notes
    -----
    Under a steady current the share of the charge is that of the rows. To look there first
    touches two rows of a long record; a search through all of it touches twenty.
    """
    first, last = around
    guess = np.ceil(first + share * (last - first)).astype(np.int64)
    rows = np.asarray(np.minimum(np.maximum(guess, bounds[0]), bounds[1]))
    step = _step(passed_Ah, wanted_Ah, rows, bounds)
    off = np.nonzero(step)
    if off[0].size:
        lowest, highest = (np.broadcast_to(bound, rows.shape)[off] for bound in bounds)
        near = (rows[off] + step[off]).astype(np.int64)
        rows[off] = _mended(passed_Ah, wanted_Ah[off], near, (lowest, highest))
    return rows


def _mended(passed_Ah: Array, wanted_Ah: Array, rows: Rows, bounds: Bounds) -> Rows:
    """Return rows that may be a little off; those that still are, searched for."""
    missed = np.flatnonzero(_step(passed_Ah, wanted_Ah, rows, bounds))
    found = np.searchsorted(passed_Ah, wanted_Ah[missed])
    rows[missed] = np.clip(found, bounds[0][missed], bounds[1][missed])
    return rows


def _step(passed_Ah: Array, wanted_Ah: Array, rows: Rows, bounds: Bounds) -> NDArray[np.int8]:
    """Return 0 where a row is the first that reaches a charge, else in which direction that is."""
    is_early = passed_Ah.take(rows, mode="clip") < wanted_Ah
    is_early &= rows < bounds[1]
    is_late = passed_Ah.take(rows - 1, mode="clip") >= wanted_Ah
    is_late &= rows > bounds[0]
    return np.asarray(is_early.view(np.int8) - is_late.view(np.int8))


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
    sign = np.empty(current_A.size, dtype=np.int8)
    for _ in _signed_blocks(current_A, sign):
        pass
    return sign


def _signed_blocks(current_A: Array, sign: NDArray[np.int8]) -> Iterator[slice]:
    """Fill in the sign of every row; yield each block of rows once its signs are there."""
    highest_A, peaks_A = 0.0, _peaks_A(current_A)
    for rows, peak_A in zip(_blocks(current_A.size), peaks_A, strict=True):
        threshold_A, highest_A = _threshold_A(current_A[rows], peak_A, highest_A)
        is_positive = current_A[rows] > threshold_A
        is_negative = current_A[rows] < -threshold_A
        np.subtract(is_positive.view(np.int8), is_negative.view(np.int8), out=sign[rows])
        yield rows


def _peaks_A(current_A: Array) -> list[float]:
    """Return the highest current, without sign, of every block and the row before it."""
    lowest_A, highest_A = block_extremes(current_A)
    peaks_A: list[float] = np.maximum(highest_A, -lowest_A).tolist()
    return peaks_A


def _threshold_A(current_A: Array, peak_A: float, highest_A: float) -> tuple[Array | float, float]:
    """Return the threshold of rest in a block, for each row or for all, and the highest so far."""
    if peak_A <= highest_A:
        return max(REST_SHARE * highest_A, REST_CURRENT_A), highest_A
    size_A = np.abs(current_A)
    size_A[0] = max(size_A[0], highest_A)
    np.maximum.accumulate(size_A, out=size_A)
    size_A *= REST_SHARE
    return np.maximum(size_A, REST_CURRENT_A, out=size_A), peak_A


def _blocks(n_rows: int) -> Iterator[slice]:
    return (slice(begin, min(begin + BLOCK_ROWS, n_rows)) for begin in range(0, n_rows, BLOCK_ROWS))


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
    sign, switches, passed_Ah = _sign_and_passed_Ah(current_A, time_s)
    starts = np.concatenate([[0], switches])
    ends = np.concatenate([starts[1:], [sign.size]]) - 1
    is_active = sign[starts] != 0
    starts, ends = starts[is_active], ends[is_active]
    of_step = sign[starts].astype(np.int64)
    is_new = np.concatenate([[True], of_step[1:] != of_step[:-1]])[: of_step.size]
    opens = np.flatnonzero(is_new)
    closes = np.concatenate([opens[1:], [of_step.size]])[: opens.size] - 1
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


def _sign_and_passed_Ah(current_A: Array, time_s: Array) -> tuple[NDArray[np.int8], Rows, Array]:
    """Return the sign of every row, the rows that change it, and the charge passed up to each.

    Notes
    -----
    A running sum waits for each addition before the next. A complex one carries two sums at
    once, those of both halves of a block, for the wait of one.
    """
    sign, passed_Ah = np.empty(current_A.size, dtype=np.int8), np.empty(current_A.size)
    passed_Ah[:1] = 0.0
    n_early, switches = BLOCK_ROWS // 2, [np.zeros(0, dtype=np.int64)]
    sums, scratch = np.zeros(n_early, dtype=np.complex128), np.empty((2, BLOCK_ROWS))
    for rows in _signed_blocks(current_A, sign):
        begin, end = max(rows.start, 1), rows.stop
        switches.append(begin + np.flatnonzero(sign[begin:end] != sign[begin - 1 : end - 1]))
        steps_Ah = _steps_Ah(current_A, time_s, sign, slice(begin, end), scratch)
        steps_Ah[switches[-1] - begin] = 0.0
        middle = min(begin + n_early, end)
        running = sums[: middle - begin]
        early, late = running.real, running.imag[: end - middle]
        np.abs(steps_Ah[:n_early], out=early)
        np.abs(steps_Ah[n_early:], out=late)
        np.cumsum(running, out=running)
        np.add(early, passed_Ah[begin - 1], out=passed_Ah[begin:middle])
        np.add(late, passed_Ah[middle - 1], out=passed_Ah[middle:end])
    return sign, np.concatenate(switches), passed_Ah


def _steps_Ah(
    current_A: Array, time_s: Array, sign: NDArray[np.int8], rows: slice, scratch: Array
) -> Array:
    """Return the charge, signed, from the row before to each row of a block, in given memory.

    None passes to a row at rest.
    """
    before = slice(rows.start - 1, rows.stop - 1)
    steps, steps_s = scratch[:, : rows.stop - rows.start]
    np.subtract(time_s[rows], time_s[before], out=steps_s)
    np.add(current_A[rows], current_A[before], out=steps)
    steps *= steps_s
    steps *= 0.5 / SECONDS_PER_HOUR
    if not sign[rows].all():
        steps[sign[rows] == 0] = 0.0
    return np.asarray(steps)


def _edges_Ah(current_A: Array, time_s: Array, starts: Rows, ends: Rows) -> Array:
    """Return the charge of half the gap before and after each step, where the gap is short."""
    final = time_s.size - 1
    before_s = time_s[starts] - time_s[np.maximum(starts - 1, 0)]  # no gap outside the record
    after_s = time_s[np.minimum(ends + 1, final)] - time_s[ends]
    is_single = starts == ends
    second, second_last = np.minimum(starts + 1, final), np.maximum(ends - 1, 0)
    inner_first_s = np.where(is_single, 0.0, time_s[second] - time_s[starts])
    inner_last_s = np.where(is_single, 0.0, time_s[ends] - time_s[second_last])
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
