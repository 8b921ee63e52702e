"""The time since the start of a test, told from what a text file has, and the order of its rows."""

import numpy as np
from numpy.typing import NDArray

from features.errors import UnreadableFile
from features.extremes import falls
from features.parsing.clock_times import date_seconds
from features.parsing.text_format import FoundColumn
from features.parsing.text_rows import TextRows

Array = NDArray[np.float64]

#: Factors by which a unit of time may be another than stated.
MISTAKEN = (60.0, 3600.0, 1 / 60, 1 / 3600, 1000.0, 1e-3)
POSSIBLE = {1.0: "seconds", 60.0: "minutes", 3600.0: "hours", 86_400.0: "days"}
#: Dates are often written to the second only.
TOLERANCE = 0.01
SHORTEST_SPAN_S = 100.0


def elapsed_time_s(rows: TextRows) -> tuple[Array, FoundColumn, tuple[str, ...]]:
    """Return the time since the start of the test, its column, and what was done to it.

    Raises
    ------
    UnreadableFile
        If the time steps back, its unit is not known, or the dates tell another unit.
    """
    if (column := rows.column("test_time_second")) is not None:
        time_s, notes = _stated_s(rows, column)
    elif (column := rows.column("step_time_second")) and rows.column("step"):
        time_s, notes = _stepwise_s(rows, column)
    elif (column := rows.column("date")) is not None:
        time_s = rows.seconds(column)
        notes = (f"There is no test time; it was told from '{column.header}'.",)
    else:
        raise UnreadableFile(
            f"'{rows.file}' has no time since the start of the test, and no column of steps beside "
            f"a time within each step; export it with one of these, or with dates."
        )
    _require_order(rows, time_s, column)
    return np.asarray(time_s), column, notes


def cumulated_s(step_time_s: Array, is_new_step: NDArray[np.bool_]) -> Array:
    """Return the time since the start, where every step counts from zero.

    Parameters
    ----------
    step_time_s : float array of shape (n_rows,)
    is_new_step : bool array of shape (n_rows - 1,)
        Whether a row is of another step than the one before.

    Examples
    --------
    >>> cumulated_s(np.array([0.0, 10.0, 0.0, 5.0]), np.array([False, True, False])).tolist()
    [0.0, 10.0, 10.0, 15.0]
    """
    if step_time_s.size == 0:
        return step_time_s
    ended_s = np.where(is_new_step, step_time_s[:-1], 0.0)
    return np.asarray(step_time_s + np.concatenate([[0.0], np.cumsum(ended_s)]))


def _stepwise_s(rows: TextRows, column: FoundColumn) -> tuple[Array, tuple[str, ...]]:
    step_s = rows.seconds(column)
    time_s = cumulated_s(step_s, rows.is_new_step() | (np.diff(step_s) < 0))
    return time_s, (f"'{column.header}' counts within each step; the steps were put in a row.",)


def _stated_s(rows: TextRows, column: FoundColumn) -> tuple[Array, tuple[str, ...]]:
    time_s = rows.seconds(column)
    if not np.isfinite(column.factor):
        factor = _factor_told_by_dates(rows, time_s, column)
        note = f"'{column.header}' has no unit; the dates beside it tell {POSSIBLE[factor]}."
        return np.asarray(time_s * factor), (note,)
    _require_agreement(rows, time_s, column)
    if _restarts_at_each_step(time_s, rows):
        note = f"'{column.header}' starts anew in each step; the steps were put in a row."
        return cumulated_s(time_s, np.diff(time_s) < 0), (note,)
    return time_s, ()


def _restarts_at_each_step(time_s: Array, rows: TextRows) -> bool:
    """Tell whether a time counts from zero in every step, and nothing else is wrong with it."""
    if rows.column("step") is None:
        return False
    steps_back = time_s[1:] < time_s[:-1]
    if not steps_back.any():
        return False
    if not np.array_equal(steps_back, rows.is_new_step()):
        return False
    # Behind a stray zero, a fault of export, the clock goes on later than before in every step.
    second = np.minimum(np.flatnonzero(steps_back) + 2, time_s.size - 1)
    return bool((time_s[second] <= time_s[:-1][steps_back]).any())


def _date_ratios(rows: TextRows, time_s: Array) -> Array:
    """Return span of the dates over span of the time, to the middle and to the end."""
    column = rows.column("date")
    if column is None or time_s.size < 3:
        return np.zeros(0)
    looked_at = [0, time_s.size // 2, time_s.size - 1]
    dates_s = date_seconds(rows.words(column).iloc[looked_at])
    spans_s = time_s[looked_at] - time_s[0]
    if dates_s is None or not (spans_s[1:] > 0).all() or dates_s[1] < SHORTEST_SPAN_S:
        return np.zeros(0)
    return np.asarray(dates_s[1:] / spans_s[1:])


def _factor_told_by_dates(rows: TextRows, time_s: Array, column: FoundColumn) -> float:
    ratios = _date_ratios(rows, time_s)
    for factor in POSSIBLE:
        if ratios.size and (np.abs(ratios / factor - 1) <= TOLERANCE).all():
            return factor
    raise UnreadableFile(
        f"'{rows.file}', column {column.header}: the unit of time is written nowhere, and no dates "
        f"beside it tell; write it into the header, such as '{column.header} (s)'."
    )


def _require_agreement(rows: TextRows, time_s: Array, column: FoundColumn) -> None:
    ratios = _date_ratios(rows, time_s)
    for factor in MISTAKEN:
        if ratios.size and (np.abs(ratios / factor - 1) <= TOLERANCE).all():
            raise UnreadableFile(
                f"'{rows.file}', column {column.header}: by the dates beside it the test took "
                f"{factor:g} times as long; the unit of the time is another than the header says."
            )


def _require_order(rows: TextRows, time_s: Array, column: FoundColumn) -> None:
    if not falls(time_s):
        return
    steps_back = np.flatnonzero(time_s[1:] < time_s[:-1])
    row = int(steps_back[0]) + 1
    raise UnreadableFile(
        f"'{rows.file}', {rows.place(row)}, column {column.header}: the time steps back from "
        f"{time_s[row - 1]:.10g} to {time_s[row]:.10g} s ({steps_back.size} such steps); rows must "
        f"stand once, in the order of the test, with the time since its start. Export it again."
    )
