"""Any other Excel workbook: one sheet with a header line that names quantities and units.

    Time (s)    Voltage (V)    Current (mA)    Cycle          cycling
    0           0.012          -0.5            1

    Frequency (Hz)    Z' (ohm)    -Z'' (ohm)                  impedance, with the names of
                                                              delimited_spectrum.py

Lines above the header are passed over. A current or voltage without a unit is refused. I > 0
charges; an unsigned current needs a column of states (charge, discharge). The first sheet with
such a header is read.
"""

from dataclasses import replace
from itertools import product
from pathlib import Path

from features.errors import UnreadableFile
from features.parsing.impedance_names import IMPEDANCE_COLUMNS
from features.parsing.loose_table import named_table
from features.parsing.reading import Reading
from features.parsing.text_cycling import read_text
from features.parsing.text_format import Column, TextFormat
from features.parsing.text_lines import head_lines
from features.parsing.workbook import sheet_names, sheet_texts
from features.readers import arbin_xlsx, neware_xlsx
from features.readers.delimited_spectrum import read_delimited

FORMAT = "Excel workbook"
MOST_SHEETS = 20
TIMES = ("time", "test time", "total time", "elapsed time")
CURRENTS = ("current", "i")
VOLTAGES = ("voltage", "potential", "u", "e", "ewe")
LAYOUT = TextFormat(
    name=FORMAT,
    columns={
        **IMPEDANCE_COLUMNS,
        **{name: Column("test_time_second") for name in TIMES},
        **{name: Column("current_ampere") for name in CURRENTS},
        **{name: Column("voltage_volt") for name in VOLTAGES},
        **{name: Column("cycle_count") for name in ("cycle", "cycle number", "cycle index")},
        **{name: Column("step") for name in ("step", "step index", "step number")},
        **{name: Column("state") for name in ("state", "status", "step type")},
        "charge capacity": Column("charging_capacity_ah"),
        "discharge capacity": Column("discharging_capacity_ah"),
        **{name: Column("ambient_temperature_celsius") for name in ("temperature", "t")},
        **{name: Column("date") for name in ("date", "date time", "timestamp")},
    },
    signatures=tuple(map(frozenset, product(TIMES, CURRENTS, VOLTAGES))),
)
#: A sheet without time, current and voltage.
IMPEDANCE_LAYOUT = TextFormat(FORMAT, IMPEDANCE_COLUMNS, signatures=())


def matches(path: Path, head: bytes) -> bool:
    """Tell whether a file is a workbook, and of no instrument that is known."""
    known = arbin_xlsx.matches(path, head) or neware_xlsx.matches(path, head)
    return bool(sheet_names(path, head)) and not known


def read(path: Path) -> Reading:
    """Return the cycling or the spectra of a workbook.

    Raises
    ------
    UnreadableFile
        If no sheet has such a header, or a cell is not what it says.
    """
    with path.open("rb") as file:
        names = sheet_names(path, file.read(4))
    for name, content in sheet_texts(path, names[:MOST_SHEETS]):
        reading = _read(path, content)
        if reading is not None:
            left_out = [other for other in names if other != name]
            notes = (f"Sheet '{name}' was read; left out: {left_out}.",) if left_out else ()
            return replace(reading, notes=(*reading.notes, *notes))
    raise UnreadableFile(
        f"'{path.name}' has no header line with time, current and voltage, or frequency and "
        f"impedance, on the sheets {list(names[:MOST_SHEETS])}; head the columns such as "
        f"'Time (s)', 'Current (mA)', 'Voltage (V)'."
    )


def _read(path: Path, content: bytes) -> Reading | None:
    """Return what a sheet holds, if it has a header of cycling or of impedance."""
    if LAYOUT.matches(content):
        return read_text(LAYOUT, path, content)
    if named_table(head_lines(content)) is not None:
        return read_delimited(path, content, IMPEDANCE_LAYOUT)
    return None
