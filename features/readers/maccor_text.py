"""Maccor text export: some lines about the test, a header line, one row a point.

    Today''s Date   03/28/2022 12:50:27 PM
    Rec#  Cyc#  Step  TestTime         StepTime  mAmp-hr  mWatt-hr  mAmps   Volts      State  ...
    1     0     1       0d 00:00:00.00 ...       0.0      0.0       0.0     1853.8186  R      ...

Separated by tabs or commas, with decimal points or commas; tests call the file .txt, .csv or .001
upwards. The unit of current is its name ("Amps", "mAmps") or stands behind it; beside "mAmps" the
"Volts" may be millivolts, which their size tells. The time is a clock, or a number whose unit is
written ("Test (Min)") or told by the dates ("DPT Time"). "State" or "Md" is C, D, R (rest) and
gives the sign where the current has none; I > 0 charges. One capacity counter ("Amp-hr",
"mAmp-hr", "Cap. [Ah]", or "Capacity" in Ah) serves both directions and starts anew in each: it is
split by the sign of the current.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np

from features.parsing.column_units import name_key, unquoted
from features.parsing.reading import Reading
from features.parsing.text_cells import TextCells
from features.parsing.text_cycling import read_text
from features.parsing.text_format import Column, TextFormat
from features.parsing.text_table import text_table

FORMAT = "Maccor text"
LAYOUT = TextFormat(
    FORMAT,
    columns={
        "testtime": Column("test_time_second"),
        "test time": Column("test_time_second"),
        "test": Column("test_time_second"),
        "current": Column("current_ampere", "A"),
        "amps": Column("current_ampere", "A"),
        "mamps": Column("current_ampere", "mA"),
        "voltage": Column("voltage_volt", "V"),
        "volts": Column("voltage_volt", "V"),
        "cycle c": Column("cycle_count"),
        "cyc": Column("cycle_count"),
        "cycle": Column("cycle_count"),
        "step": Column("step"),
        "state": Column("state"),
        "md": Column("state"),
        "capacity": Column("either_capacity_ah", "Ah"),
        "cap.": Column("either_capacity_ah", "Ah"),
        "amp-hr": Column("either_capacity_ah", "Ah"),
        "mamp-hr": Column("either_capacity_ah", "mAh"),
        "temp 1": Column("ambient_temperature_celsius", "C"),
        "dpt time": Column("date"),
        "dpt": Column("date"),
    },
    signatures=(
        frozenset({"rec", "step", "amps", "volts"}),
        frozenset({"rec", "step", "mamps", "volts"}),
        frozenset({"rec", "step", "current", "voltage"}),
    ),
    may_lack_sign=True,
)
IN_MILLIVOLT = replace(LAYOUT, columns={**LAYOUT.columns, "volts": Column("voltage_volt", "mV")})
#: More than any cell of these instruments, less than any cell in millivolts is for long.
HIGHEST_VOLTS = 20.0


def matches(path: Path, head: bytes) -> bool:
    """Tell whether a file is text with the column names of Maccor."""
    return LAYOUT.matches(head)


def read(path: Path) -> Reading:
    """Return the cycling of a file."""
    if not _writes_millivolts(path):
        return read_text(LAYOUT, path)
    reading = read_text(IN_MILLIVOLT, path)
    note = "'Volts' stands beside 'mAmps' and exceeds 20: read as millivolts."
    return replace(reading, notes=(*reading.notes, note))


def _writes_millivolts(path: Path) -> bool:
    table = text_table(path, LAYOUT.signatures)
    names = [name_key(unquoted(name)) for name in table.names[: table.n_cells]]
    if not {"mamps", "volts"} <= set(names):
        return False
    index = names.index("volts")
    volts = TextCells(table, [index]).numbers(index)
    return bool(volts.size and np.nanmax(np.abs(volts)) > HIGHEST_VOLTS)
