"""The rows of a cycling file, checked: finite, of a possible size, in the order of the test."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.errors import UnreadableFile
from features.records import CYCLING_COLUMNS

#: Without these the rows are no cycling; other columns may be left out.
NEEDED_COLUMNS = ("test_time_second", "current_ampere", "voltage_volt")
#: A clock that steps back to no more than this started anew; further back it is wrong.
LATEST_RESTART_S = 60.0


def cycling_table(
    file: str, columns: Mapping[str, NDArray[np.float64]]
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return rows as a cycling table, and one note for each thing mended or left out.

    Parameters
    ----------
    file : str
        Name of the file, for the messages.
    columns : mapping of str to float array of shape (n_rows,)
        Names out of ``features.records.CYCLING_COLUMNS``, with ``NEEDED_COLUMNS``.

    Returns
    -------
    DataFrame
        Finite numbers within the limits of ``CYCLING_COLUMNS``; the time never steps back.
    tuple of str

    Raises
    ------
    UnreadableFile
        If there are no rows, a needed number is missing, or one is impossible.
    """
    missing = [name for name in NEEDED_COLUMNS if name not in columns]
    if missing:
        raise UnreadableFile(
            f"'{file}' holds {sorted(columns)}, but no {missing}; export time, current and voltage."
        )
    if not columns[NEEDED_COLUMNS[0]].size:
        raise UnreadableFile(f"'{file}' holds no rows; the run was stopped before its first point.")
    whole, notes = _whole_columns(columns)
    for name, values in whole.items():
        _check(file, name, values)
    whole["test_time_second"], restarts = _continued(file, whole["test_time_second"])
    return pd.DataFrame({name: whole[name] for name in CYCLING_COLUMNS if name in whole}), (
        *notes,
        *restarts,
    )


def _whole_columns(
    columns: Mapping[str, NDArray[np.float64]],
) -> tuple[dict[str, NDArray[np.float64]], list[str]]:
    """Leave out optional columns with gaps."""
    whole = {
        name: values
        for name, values in columns.items()
        if name in NEEDED_COLUMNS or np.isfinite(values).all()
    }
    notes = [
        f"{name} is missing in {np.count_nonzero(~np.isfinite(values))} of {values.size} rows "
        f"and was left out."
        for name, values in columns.items()
        if name not in whole
    ]
    return whole, notes


def _check(file: str, name: str, values: NDArray[np.float64]) -> None:
    low, high = CYCLING_COLUMNS[name]
    is_bad = ~((values >= low) & (values <= high))  # NaN is bad as well
    if is_bad.any():
        row = int(np.argmax(is_bad))
        raise UnreadableFile(
            f"'{file}', row {row + 1}: {name} is {values[row]:g}; allowed is {low:g} to {high:g}. "
            f"The file is damaged, or its unit is another than it says."
        )


def _continued(
    file: str, time_s: NDArray[np.float64]
) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    """Put parts that count from zero again behind each other."""
    back = np.flatnonzero(np.diff(time_s) < 0) + 1
    if not back.size:
        return time_s, ()
    late = back[time_s[back] > LATEST_RESTART_S]
    if late.size:
        raise UnreadableFile(
            f"'{file}', row {late[0] + 1}: the test time steps back from {time_s[late[0] - 1]:g} "
            f"to {time_s[late[0]]:g} s; rows must be in the order of the test."
        )
    shift = np.zeros_like(time_s)
    shift[back] = time_s[back - 1]
    note = f"The test time starts anew {back.size} times; each part follows the one before."
    return time_s + np.cumsum(shift), (note,)
