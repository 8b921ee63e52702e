"""Battery Data Format: CSV or Parquet, one header line, the unit is the end of a column's name.

    test_time_second,current_ampere,voltage_volt,cycle_count        cycling
    0.0,-0.0005,0.012,1

    frequency_hertz,real_impedance_ohm,imaginary_impedance_ohm      spectrum
    100000.0,4.1,-0.3

A column cycle_count beside these tells the cycles finished: a spectrum for each.

Older files say "test_time_millisecond" or "cycle_dimensionless"; labels for people, such as
"Test Time / h", are known as well. I > 0 charges the test object. The time runs on over the whole
test: rows that step back are refused. Columns that no descriptor uses are left out, and so are
temperatures of nothing but 0.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from features.errors import UnreadableFile
from features.parsing.elapsed_time import elapsed_time_s
from features.parsing.parquet_cells import ParquetCells, parquet_names
from features.parsing.reading import Reading
from features.parsing.sweep_rows import sweeps_in
from features.parsing.text_cells import TextCells
from features.parsing.text_checks import counter_leaps, optional_columns, require_limits
from features.parsing.text_format import Column, FoundColumn, TextFormat, found_columns
from features.parsing.text_lines import DELIMITERS, head_lines, listed, split
from features.parsing.text_rows import Array, TextRows
from features.parsing.text_sweeps import require_frequencies
from features.parsing.text_table import TextTable, text_table
from features.records import COLUMN_SETS, CYCLING_COLUMNS

FORMAT = "Battery Data Format CSV or Parquet"
SPECTRUM_COLUMNS = ["frequency_hertz", "real_impedance_ohm", "imaginary_impedance_ohm"]
#: Name without unit.
NAMES = {
    "test time": Column("test_time_second"),
    "current": Column("current_ampere"),
    "voltage": Column("voltage_volt"),
    "cycle count": Column("cycle_count"),
    "cycle": Column("cycle_count"),
    "charging capacity": Column("charging_capacity_ah"),
    "discharging capacity": Column("discharging_capacity_ah"),
    "ambient temperature": Column("ambient_temperature_celsius"),
    "frequency": Column("frequency_hertz"),
    "real impedance": Column("real_impedance_ohm"),
    "imaginary impedance": Column("imaginary_impedance_ohm"),
}
LAYOUT = TextFormat(FORMAT, NAMES, tuple(frozenset({name}) for name in NAMES))
LEGACY = {
    *(f"test_time_{unit}" for unit in ("millisecond", "minute", "hour")),
    *("current_milliampere", "voltage_millivolt", "cycle_dimensionless"),
}
KNOWN = {*CYCLING_COLUMNS, *SPECTRUM_COLUMNS, *LEGACY}
#: "Voltage / V", but neither "Voltage" nor "Voltage (V)"; a "Frequency / Hz" alone is anybody's.
LABELLED = "|".join(name for name in NAMES if name != "frequency")
LABEL = re.compile(rf"({LABELLED}) / \S+", re.IGNORECASE)

Found = Mapping[str, Sequence[FoundColumn]]


def matches(path: Path, head: bytes) -> bool:
    """Tell whether a file is Battery Data Format, by its ending and its column names."""
    if path.suffix.lower() == ".parquet":
        return head.startswith(b"PAR1")
    if path.suffix.lower() != ".csv":
        return False
    header = next(
        (line for line in head_lines(head) if line.strip() and not line.startswith("#")), ""
    )
    names = [name.strip() for delimiter in DELIMITERS for name in split(header, delimiter)]
    return any(name.casefold() in KNOWN or LABEL.fullmatch(name) for name in names)


def read(path: Path) -> Reading:
    """Return the cycling or the spectrum of a file.

    Raises
    ------
    UnreadableFile
        If columns are missing, a cell is no number, or the time steps back.
    """
    is_parquet = path.suffix.lower() == ".parquet"
    rows, table = _parquet(path) if is_parquet else _csv(path)
    if set(SPECTRUM_COLUMNS) <= set(rows.found):
        return _spectrum(rows, table.notes)
    needed = next((names for names in COLUMN_SETS if set(names) <= set(rows.found)), None)
    if needed is None:
        raise UnreadableFile(
            f"'{path.name}' has columns {listed(table.names)}; cycling needs all of "
            f"{list(COLUMN_SETS[0])}, or all of {list(COLUMN_SETS[1])}; a spectrum needs "
            f"{SPECTRUM_COLUMNS}."
        )
    return _cycling(rows, needed, table.notes)


def _csv(path: Path) -> tuple[TextRows, TextTable]:
    table = text_table(path, LAYOUT.signatures)
    found = found_columns(LAYOUT, table)
    cells = TextCells(table, _indexes(found))
    return TextRows(cells, found), table


def _parquet(path: Path) -> tuple[TextRows, TextTable]:
    header = TextTable(path.name, parquet_names(path))
    found = found_columns(LAYOUT, header)
    return TextRows(ParquetCells(path, header.names, _indexes(found)), found), header


def _indexes(found: Found) -> list[int]:
    return [column.index for columns in found.values() for column in columns]


def _spectrum(rows: TextRows, notes: Sequence[str]) -> Reading:
    frequency = rows.found[SPECTRUM_COLUMNS[0]][0]
    require_frequencies(rows.cells, frequency)
    is_point = rows.numbers(frequency) > 0
    points = TextRows(rows.cells, rows.found, np.flatnonzero(is_point))
    optional, useless = optional_columns(points)
    cycle, counter = optional.get("cycle_count", (None, None))
    if cycle is not None:
        require_limits(points, cycle, "cycle_count", counter)
    reading = sweeps_in(points, [] if cycle is None else [cycle], cycle)
    left_out = [f"{np.sum(~is_point)} rows at 0 Hz were left out."] if not is_point.all() else []
    columns = [rows.found[quantity][0] for quantity in SPECTRUM_COLUMNS]
    columns += [] if counter is None else [counter]
    notes = (*notes, *reading.notes, *left_out, *useless)
    return replace(reading, format=FORMAT, columns=_meanings(columns), notes=notes)


def _cycling(rows: TextRows, needed: Sequence[str], notes: Sequence[str]) -> Reading:
    quantities: dict[str, tuple[Array, FoundColumn]] = {}
    for quantity in needed:
        column = rows.found[quantity][0]
        quantities[quantity] = rows.whole_numbers(column), column
    if "test_time_second" in rows.found:
        time_s, column, more = elapsed_time_s(rows)
        quantities["test_time_second"] = time_s, column
        notes = [*notes, *more]
    optional, left_out = optional_columns(rows)
    quantities = optional | quantities
    for quantity, (values, column) in quantities.items():
        require_limits(rows, values, quantity, column)
    table = {name: quantities[name][0] for name in CYCLING_COLUMNS if name in quantities}
    return Reading(
        FORMAT,
        cycling=pd.DataFrame(table, copy=False),
        columns=_meanings([column for _, column in quantities.values()]),
        notes=(*notes, *left_out, *counter_leaps(rows)),
    )


def _meanings(columns: Sequence[FoundColumn]) -> dict[str, str]:
    return {
        column.header: column.quantity if column.factor == 1 else column.meaning
        for column in columns
    }
