"""Neware BTS binaries, .nda and .ndax, read by the library fastnda (BSD-3-Clause, Empa).

    .nda     "NEWARE" and the version at byte 14, then records of fixed width
    .ndax    a zip: data.ndc (voltage, current), data_runInfo.ndc (time, charge),
             data_step.ndc (cycle, step), data_AUX_*.ndc (thermometers), TestInfo.xml

What fastnda gives, and what becomes of it: current in mA, I > 0 charges; the charge of a step in
mAh, negative on discharge, back at zero with each step; the time since the start, summed up over
the steps by fastnda because the files count it anew in each step; cycles counted as BTSDA counts
them, a charge after a discharge opens one.
"""

import re
import warnings
import zipfile
import zlib
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.errors import UnreadableFile
from features.parsing.cycling_rows import cycling_table
from features.parsing.foreign_library import refusing_damage
from features.parsing.reading import Reading

FORMAT = "Neware .nda or .ndax"
NDA_MAGIC, ZIP_MAGIC = b"NEWARE", b"PK\x03\x04"
#: fastnda's column -> ours, and the factor to our unit
COLUMNS = {
    "total_time_s": ("test_time_second", 1.0),
    "current_mA": ("current_ampere", 1e-3),
    "voltage_V": ("voltage_volt", 1.0),
    "cycle_count": ("cycle_count", 1.0),
}
CAPACITY = "capacity_mAh"
COUNTERS = {"charging_capacity_ah": 1e-3, "discharging_capacity_ah": -1e-3}
THERMOMETER = re.compile(r"(aux-?\d+_)?temperature_degC")
FACTS = {
    "SN": "serial number",
    "Barcode": "barcode",
    "Remark": "remark",
    "StepName": "protocol",
    "StartTime": "start",
    "barcode": "barcode",
    "remarks": "remark",
    "step_name": "protocol",
    "start_time": "start",
}
#: About ten million rows; a zip of a few kilobytes can unpack to far more.
MOST_UNPACKED_BYTES = 2**30
NOTES = (
    "The test time is the sum of the times in each step.",
    "A cycle is counted at each charge after a discharge, as Neware's own software does.",
)

Columns = dict[str, NDArray[np.float64]]


def matches(path: Path, head: bytes) -> bool:
    """Tell whether a file is one of Neware's, by its ending and its first bytes."""
    magics = {".nda": NDA_MAGIC, ".ndax": ZIP_MAGIC}
    magic = magics.get(path.suffix.lower())
    return magic is not None and head.startswith(magic)


def read(path: Path) -> Reading:
    """Return the cycling of a file.

    Raises
    ------
    UnreadableFile
        If it is damaged, of a version that fastnda does not know, or holds no rows.
    """
    with refusing_damage(path, FORMAT):
        _check_size(path)
        raw, warned = _raw_columns(path)
    columns, left_out = _columns(raw)
    cycling, notes = cycling_table(path.name, columns)
    facts, unread = _facts(path)
    understood = {name: ours for name, (ours, _) in COLUMNS.items()}
    understood[CAPACITY] = " and ".join(COUNTERS)
    understood |= dict.fromkeys(_thermometers(raw)[:1], "ambient_temperature_celsius")
    return Reading(
        FORMAT,
        cycling=cycling,
        columns=understood,
        notes=(*NOTES, *notes, *left_out, *warned, *unread),
        facts=facts,
    )


def _check_size(path: Path) -> None:
    if path.suffix.lower() != ".ndax":
        return
    with zipfile.ZipFile(path) as archive:
        n_bytes = sum(member.file_size for member in archive.infolist())
    if n_bytes > MOST_UNPACKED_BYTES:
        raise UnreadableFile(
            f"'{path.name}' unpacks to {n_bytes / 2**20:.0f} MiB; at most "
            f"{MOST_UNPACKED_BYTES // 2**20} MiB are read. Export it as CSV."
        )


def _raw_columns(path: Path) -> tuple[Columns, tuple[str, ...]]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        table = _fastnda().read(path, cycle_mode="chg")
    wanted = [name for name in table.columns if name in {*COLUMNS, CAPACITY}]
    wanted += [name for name in table.columns if THERMOMETER.fullmatch(name)]
    raw = {name: np.asarray(table[name].to_numpy(), dtype=float) for name in wanted}
    return raw, tuple(f"fastnda warns: {warning.message}" for warning in caught)


def _columns(raw: Columns) -> tuple[Columns, tuple[str, ...]]:
    columns = {ours: raw[name] * factor for name, (ours, factor) in COLUMNS.items() if name in raw}
    if CAPACITY in raw:
        columns |= {name: np.maximum(raw[CAPACITY] * f, 0.0) for name, f in COUNTERS.items()}
    thermometers = _thermometers(raw)
    if thermometers:
        columns["ambient_temperature_celsius"] = raw[thermometers[0]]
    if len(thermometers) < 2:
        return columns, ()
    return columns, (f"Of the thermometers {thermometers} the first was read.",)


def _thermometers(raw: Columns) -> list[str]:
    return [name for name in raw if THERMOMETER.fullmatch(name)]


def _facts(path: Path) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return what the file says about itself; damage there spares the rows."""
    try:
        with refusing_damage(path, "the description of a Neware test"):
            said = _fastnda().read_metadata(path)
            test: Any = said.get("TestInfo", said)
            test = test.get("TestInfo", test)
            return _named(test), ()
    except UnreadableFile as error:
        return {}, (str(error),)


def _named(test: Mapping[str, Any]) -> dict[str, str]:
    return {FACTS[name]: str(value) for name, value in test.items() if name in FACTS and value}


def _fastnda() -> ModuleType:
    """Import fastnda late, and undo that it swaps zlib's functions for the whole process."""
    plain = zlib.decompress, zlib.decompressobj
    import_module("fastnda.ndax")  # polars behind it takes half a second
    zlib.decompress, zlib.decompressobj = plain
    return import_module("fastnda")
