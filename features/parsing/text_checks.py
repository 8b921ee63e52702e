"""What must hold for the columns of a cycling file, and what may be left out."""

import numpy as np

from features.errors import UnreadableFile
from features.extremes import extremes
from features.parsing.text_format import FoundColumn
from features.parsing.text_rows import Array, TextRows
from features.records import CYCLING_COLUMNS

TEMPERATURE = "ambient_temperature_celsius"
OPTIONAL = ("cycle_count", "charging_capacity_ah", "discharging_capacity_ah", TEMPERATURE)


def optional_columns(rows: TextRows) -> tuple[dict[str, tuple[Array, FoundColumn]], list[str]]:
    """Return the optional columns that hold a number in every row, and why others do not."""
    kept: dict[str, tuple[Array, FoundColumn]] = {}
    notes = []
    for quantity in OPTIONAL:
        for column in rows.found.get(quantity, ()):
            values = rows.numbers(column)
            reason = _useless(quantity, values)
            if not reason and quantity not in kept:
                kept[quantity] = values, column
            elif reason:
                notes.append(f"'{column.header}' {reason} and was left out.")
    return kept, notes


def _useless(quantity: str, values: Array) -> str:
    n_empty = int(np.isnan(values).sum())
    if n_empty:
        return f"is empty in {n_empty} of {values.size} rows"
    if quantity == TEMPERATURE and not values.any():
        return "is 0 in all rows, so nothing was measured,"
    return ""


def require_limits(
    rows: TextRows, values: Array, quantity: str, column: FoundColumn | None
) -> None:
    """Refuse the first value that no battery of a lab has."""
    if column is None or not values.size:
        return
    low, high = CYCLING_COLUMNS[quantity]
    lowest, highest = extremes(values)
    if low <= lowest and highest <= high:
        return
    row = int(np.argmin((values >= low) & (values <= high)))
    raise UnreadableFile(
        f"'{rows.file}', {rows.place(row)}, column {column.header}: {quantity} is "
        f"{values[row]:g}; allowed is {low:g} to {high:g}. Check the unit in the header."
    )


def counter_leaps(rows: TextRows) -> list[str]:
    """Return where the cycle counter of a file, sweeps among it, leaps or falls."""
    column = rows.column("cycle_count")
    if column is None:
        return []
    everything = TextRows(rows.cells, rows.found)
    counter = everything.numbers(column)
    steps = np.diff(counter)
    odd = np.flatnonzero((steps > 1) | (steps < 0))
    if not odd.size:
        return []
    row = int(odd[0])
    return [
        f"'{column.header}' goes from {counter[row]:g} to {counter[row + 1]:g} in "
        f"{everything.place(row + 1)}; cycles may be missing."
    ]
