"""One capacity counter for both directions, split into the two that the exchange format has.

Some cyclers count in one column whatever passes: from zero in each step or half-cycle (Maccor,
Neware, Landt), on and on over the test, or up while the cell charges and down while it discharges
(Novonix). Which of these, the counter itself tells, between rows of one direction.
"""

import numpy as np
from numpy.typing import NDArray

from features.half_cycles import current_sign
from features.parsing.text_format import EITHER, FoundColumn
from features.parsing.text_rows import Array, TextRows

BOTH = ("charging_capacity_ah", "discharging_capacity_ah")
Quantities = dict[str, tuple[Array, FoundColumn]]


def split_counter(counted_Ah: Array, current_A: Array) -> tuple[Array, Array]:
    """Return the charge counted while charging, and while discharging, up to each row.

    Parameters
    ----------
    counted_Ah, current_A : float arrays of shape (n_rows,)

    Returns
    -------
    two float arrays of shape (n_rows,)
        Both run on from 0. What passes from a row to one of another direction is left out: there
        the counter may start anew.

    Examples
    --------
    >>> both = split_counter(np.array([0, 1, 2, 0, 1.0]), np.array([1, 1, 1, -1, -1.0]))
    >>> [each.tolist() for each in both]
    [[0.0, 1.0, 2.0, 2.0, 2.0], [0.0, 0.0, 0.0, 0.0, 1.0]]
    """
    sign = current_sign(current_A)
    steps_Ah = np.diff(counted_Ah, prepend=counted_Ah[:1])
    keeps = np.append(False, sign[1:] == sign[:-1])[: sign.size]
    return _run_on(steps_Ah, keeps & (sign > 0)), _run_on(steps_Ah, keeps & (sign < 0))


def _run_on(steps_Ah: Array, is_counted: NDArray[np.bool_]) -> Array:
    """Return the running sum of what a counter moves in its usual direction in some rows."""
    direction = np.sign(np.sign(steps_Ah[is_counted]).sum())
    return np.cumsum(np.where(is_counted, np.maximum(direction * steps_Ah, 0.0), 0.0))


def add_split_counter(rows: TextRows, current_A: Array, optional: Quantities) -> list[str]:
    """Add both counters to a file's optional columns where it has a single one; return notes."""
    column = rows.column(EITHER)
    if column is None or any(name in optional for name in BOTH):
        return []
    counted_Ah = rows.numbers(column)
    if not counted_Ah.size or np.isnan(counted_Ah).any():
        return [f"'{column.header}' is empty in some rows and was left out."]
    for name, counter_Ah in zip(BOTH, split_counter(counted_Ah, current_A), strict=True):
        optional[name] = counter_Ah, column
    return [f"'{column.header}' counts both ways; it was split by the sign of the current."]
