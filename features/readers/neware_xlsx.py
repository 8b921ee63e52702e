"""Neware BTS exports to Excel: the points on the sheets of records.

    BTS 8    sheets unit, test, cycle, step, record (record2, ... where one is full), log;
             record: DataPoint, Cycle Index, Step Index, Step Type, Time, Total Time, Current(A),
             Voltage(V), Capacity(Ah), Chg. Cap.(Ah), DChg. Cap.(Ah), Date, ...
    BTS 7    sheets Info_.., Cycle_.., Statis_.., Detail_11_1_5 and its continuations;
             Detail: Record Index, Status, Cycle, Step, Current(mA), Voltage(V), CapaCity(mAh),
             Relative Time(h:min:s.ms), Absolute Time, ...

Both repeat the header on each sheet, count the time anew in each step, and name the unit in the
header. The state of a row (CC Chg, CC DChg, Rest) gives the current its sign where it has none.
Columns are those of ``features.readers.neware_csv``. Source: the header rows that cellpy
lists for both versions; no real file was at hand.
"""

import re
from dataclasses import replace
from pathlib import Path

from features.parsing.reading import Reading
from features.parsing.text_cycling import read_text
from features.parsing.text_format import Column
from features.parsing.workbook import sheet_names, sheets_text
from features.readers import neware_csv

FORMAT = "Neware .xlsx"
RECORDS = re.compile(r"(?:record|detail)[\d_-]*", re.IGNORECASE)
LAYOUT = replace(
    neware_csv.LAYOUT,
    name=FORMAT,
    columns={
        **neware_csv.LAYOUT.columns,
        "relative time": Column("step_time_second", "s"),
        "cur": Column("current_ampere"),
        "steps": Column("step"),
        "state": Column("state"),
    },
    signatures=(frozenset({"current", "voltage"}), frozenset({"cur", "voltage"})),
)


def matches(path: Path, head: bytes) -> bool:
    """Tell whether a file is a workbook with a sheet of records."""
    return any(map(RECORDS.fullmatch, sheet_names(path, head)))


def read(path: Path) -> Reading:
    """Return the cycling of a workbook.

    Raises
    ------
    UnreadableFile
        If a sheet or cell is not what the layout says.
    """
    with path.open("rb") as file:
        names = sheet_names(path, file.read(4))
    sheets = sorted(filter(RECORDS.fullmatch, names), key=_order)
    return read_text(LAYOUT, path, sheets_text(path, sheets))


def _order(name: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", name)]
