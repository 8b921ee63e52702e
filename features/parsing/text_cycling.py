"""A text file of a known layout to a reading: units, sign, order and limits in one place."""

from pathlib import Path

import numpy as np
import pandas as pd

from features.errors import UnreadableFile
from features.parsing.column_units import readings_of
from features.parsing.current_sign import checked_without_state, directions, signed_current_A
from features.parsing.elapsed_time import elapsed_time_s
from features.parsing.preamble import facts_in
from features.parsing.reading import Reading
from features.parsing.single_counter import add_split_counter
from features.parsing.text_cells import TextCells
from features.parsing.text_checks import counter_leaps, optional_columns, require_limits
from features.parsing.text_format import FoundColumn, TextFormat, found_columns
from features.parsing.text_lines import listed
from features.parsing.text_rows import Array, TextRows
from features.parsing.text_sweeps import SPECTRUM, is_swept, swept
from features.parsing.text_table import TextTable, text_table
from features.records import CYCLING_COLUMNS

Found = dict[str, list[FoundColumn]]

TIMES = ("test_time_second", "step_time_second", "date")


def read_text(
    layout: TextFormat, path: Path, content: bytes | None = None, *, is_rest: bool = False
) -> Reading:
    """Return what a text file holds.

    Parameters
    ----------
    layout : TextFormat
    path : Path
    content : bytes, optional
        In place of what is in the file.
    is_rest : bool
        Whether no current flows by the nature of the test, so none need be recorded.

    Raises
    ------
    UnreadableFile
        If a column, a cell, the order of the rows or a size is not what the layout says; the
        message names file, line and column.
    """
    table = text_table(path, layout.signatures, content)
    found = found_columns(layout, table)
    has_cycling = _has_cycling(layout, table, found)
    if has_cycling:
        _require_columns(layout, table, found, is_rest=is_rest)
    cells = _cells(layout, table, found)
    if cells.n_rows == 0:
        raise UnreadableFile(
            f"'{path.name}' ({layout.name}) holds no rows below its header in line "
            f"{table.first_line - 1}; nothing was recorded."
        )
    in_sweep = is_swept(cells, found)
    sweeps = swept(cells, found, in_sweep, has_cycling=has_cycling)
    cycling: pd.DataFrame | None = None
    columns: dict[str, str] = {}
    notes: list[str] = []
    if has_cycling and not in_sweep.all():
        kept = np.flatnonzero(~in_sweep) if in_sweep.any() else None
        cycling, columns, notes = _cycling(layout, TextRows(cells, found, kept))
    elif not in_sweep.all():
        notes = [f"{np.sum(~in_sweep)} rows at 0 Hz were left out."]
    return Reading(
        layout.name,
        cycling,
        sweeps.spectra,
        columns | dict(sweeps.columns),
        tuple(filter(None, (*table.notes, *sweeps.notes, *notes))),
        facts_in(table.preamble),
    )


def _has_cycling(layout: TextFormat, table: TextTable, found: Found) -> bool:
    if set(SPECTRUM) <= set(found) and not {"voltage_volt", "current_ampere"} & set(found):
        return False
    names = {name for cell in table.names for name, _ in readings_of(cell)}
    return not layout.cycling_marks or bool(layout.cycling_marks & names)


def _require_columns(layout: TextFormat, table: TextTable, found: Found, *, is_rest: bool) -> None:
    missing = [
        quantity
        for quantity in ("voltage_volt", "current_ampere")
        if quantity not in found and not (is_rest and quantity == "current_ampere")
    ]
    if not any(quantity in found for quantity in TIMES):
        missing.append("test_time_second")
    if missing:
        raise UnreadableFile(
            f"'{table.file}' ({layout.name}), line {table.first_line - 1}: there is no column of "
            f"{missing} among {listed(table.names)}; export it with time, current and voltage."
        )


def _cells(layout: TextFormat, table: TextTable, found: Found) -> TextCells:
    columns = [column for same in found.values() for column in same]
    return TextCells(
        table,
        numeric=[column.index for column in columns if not column.is_worded],
        worded=[column.index for column in columns if column.is_worded],
        is_ragged=layout.is_ragged,
    )


def _cycling(layout: TextFormat, rows: TextRows) -> tuple[pd.DataFrame, dict[str, str], list[str]]:
    """Return the cycling table, what its columns were in the file, and notes."""
    time_s, time, notes = elapsed_time_s(rows)
    voltage = rows.found["voltage_volt"][0]
    voltage_V = rows.whole_numbers(voltage)
    current_A, sign = _current_A(layout, rows, voltage_V)
    optional, left_out = optional_columns(rows)
    left_out += add_split_counter(rows, current_A, optional)
    current = rows.column("current_ampere")
    quantities = {
        "test_time_second": (time_s, time),
        "current_ampere": (current_A, current),
        "voltage_volt": (voltage_V, voltage),
        **optional,
    }
    for quantity, (values, column) in quantities.items():
        require_limits(rows, values, quantity, column)
    cycling = pd.DataFrame(
        {name: quantities[name][0] for name in CYCLING_COLUMNS if name in quantities}, copy=False
    )
    columns = {column.header: column.meaning for _, column in quantities.values() if column}
    if not time.unit:
        columns[time.header] = "test_time_second, unit told by the dates"
    elif time.quantity != "test_time_second":
        columns[time.header] = f"test_time_second from {time.unit} of {time.quantity}"
    return cycling, columns, [*notes, sign, *left_out, *counter_leaps(rows)]


def _current_A(layout: TextFormat, rows: TextRows, voltage_V: Array) -> tuple[Array, str]:
    column, state = rows.column("current_ampere"), rows.column("state")
    if column is None:
        return np.zeros(rows.n_rows), "An open circuit: the current is 0 by nature."
    current_A = rows.whole_numbers(column)
    if state is None and layout.may_lack_sign:
        return current_A, checked_without_state(current_A, voltage_V, rows.file)
    if state is None:
        return current_A, "I > 0 charges, as in the file."
    return signed_current_A(current_A, directions(*rows.codes(state)), rows.file)
