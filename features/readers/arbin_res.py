"""Arbin MITS Pro results, .res or .res.gz: an Access database, one row a point.

    Channel_Normal_Table    Test_ID, Data_Point, Test_Time (s), Cycle_Index, Current (A),
                            Voltage (V), Charge_Capacity (Ah), Discharge_Capacity (Ah), ...
    Auxiliary_Table         Test_ID, Data_Point, Auxiliary_Index, Data_Type (1: temperature,
                            degC, as in the order of Global_Table's Mapped_Aux_ columns), X

I > 0 charges. The capacity counters run on within a cycle or over the whole test, as the schedule
resets them. Layout: seen in the files of cellpy, navani and batterydf; the pages underneath are
told in ``features.parsing.jet_database``.
"""

import gzip
import zlib
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.errors import UnreadableFile
from features.parsing.cycling_rows import cycling_table
from features.parsing.foreign_library import refusing_damage
from features.parsing.jet_database import (
    Table,
    as_pages,
    find_tables,
    is_database,
    open_pages,
    read_columns,
)
from features.parsing.reading import Reading

FORMAT = "Arbin .res"
COLUMNS = {
    "Test_Time": "test_time_second",
    "Current": "current_ampere",
    "Voltage": "voltage_volt",
    "Cycle_Index": "cycle_count",
    "Charge_Capacity": "charging_capacity_ah",
    "Discharge_Capacity": "discharging_capacity_ah",
}
ORDER = ("Test_ID", "Data_Point")
AUXILIARY = ("Test_ID", "Data_Point", "Auxiliary_Index", "Data_Type", "X")
TEMPERATURE_TYPE = 1
GZIP_MAGIC = b"\x1f\x8b"
GZIP_WINDOW = 31  # zlib's number for "a gzip stream with the largest window"
#: About three million rows; a gzip stream of a few kilobytes can unpack to far more.
MOST_UNPACKED_BYTES = 512 * 2**20
HEADER_BYTES = 64

Bytes = NDArray[np.uint8]
Columns = dict[str, NDArray[np.float64]]


def matches(path: Path, head: bytes) -> bool:
    """Tell whether a file is an Access database called .res, packed or not."""
    endings = [ending.lower() for ending in path.suffixes]
    if endings[-1:] == [".res"]:
        return is_database(head)
    if endings[-2:] == [".res", ".gz"] and head.startswith(GZIP_MAGIC):
        return is_database(_first_bytes(head))
    return False


def read(path: Path) -> Reading:
    """Return the cycling of a file.

    Raises
    ------
    UnreadableFile
        If it is damaged, unpacks to too much, or holds no rows, or several tests.
    """
    pages = _unpacked(path) if path.suffix.lower() == ".gz" else open_pages(path)
    table = _normal_table(path, pages)
    raw = read_columns(path.name, pages, table, [*ORDER, *COLUMNS])
    order = _order(path, raw)
    columns = {ours: raw[name][order] for name, ours in COLUMNS.items()}
    temperature = _temperature_degC(path, pages, raw["Data_Point"][order])
    if temperature is not None:
        columns["ambient_temperature_celsius"] = temperature
    cycling, notes = cycling_table(path.name, columns)
    understood = {name: ours for name, ours in COLUMNS.items() if ours in cycling}
    if "ambient_temperature_celsius" in cycling:
        understood["Auxiliary_Table.X"] = "ambient_temperature_celsius"
    return Reading(FORMAT, cycling=cycling, columns=understood, notes=notes)


def _first_bytes(head: bytes) -> bytes:
    try:
        return zlib.decompressobj(GZIP_WINDOW).decompress(head, HEADER_BYTES)
    except zlib.error:
        return b""


def _unpacked(path: Path) -> Bytes:
    with refusing_damage(path, FORMAT), gzip.open(path) as file:
        content = file.read(MOST_UNPACKED_BYTES + 1)
    if len(content) > MOST_UNPACKED_BYTES:
        raise UnreadableFile(
            f"'{path.name}' unpacks to more than {MOST_UNPACKED_BYTES // 2**20} MiB; "
            f"unpack it and read the .res."
        )
    return as_pages(path.name, np.frombuffer(content, dtype=np.uint8))


def _normal_table(path: Path, pages: Bytes) -> Table:
    needed = [*ORDER, *COLUMNS]
    tables = [table for table in find_tables(pages, needed) if table.n_rows]
    if len(tables) != 1:
        raise UnreadableFile(
            f"'{path.name}' has {len(tables)} tables with rows of {needed}; one is needed. Either "
            f"no point was recorded, or the database is damaged, encrypted or not Arbin's."
        )
    return tables[0]


def _order(path: Path, raw: Columns) -> NDArray[np.intp]:
    tests = np.unique(raw["Test_ID"])
    if tests.size != 1:
        raise UnreadableFile(
            f"'{path.name}' holds {tests.size} tests (Test_ID {tests[:5].tolist()}); "
            f"export each to a file of its own."
        )
    return np.argsort(raw["Data_Point"], kind="stable")


def _temperature_degC(
    path: Path, pages: Bytes, points: NDArray[np.float64]
) -> NDArray[np.float64] | None:
    """Return the first thermometer at the recorded points, NaN between its readings."""
    tables = [table for table in find_tables(pages, AUXILIARY) if table.n_rows]
    if len(tables) != 1:
        return None
    raw = read_columns(path.name, pages, tables[0], AUXILIARY)
    is_temperature = raw["Data_Type"] == TEMPERATURE_TYPE
    if not is_temperature.any():
        return None
    is_first = is_temperature & (
        raw["Auxiliary_Index"] == raw["Auxiliary_Index"][is_temperature].min()
    )
    read_at = pd.Series(raw["X"][is_first], index=raw["Data_Point"][is_first])
    read_at = read_at[~read_at.index.duplicated()]
    return read_at.reindex(points).to_numpy(dtype=float)
