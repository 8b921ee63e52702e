"""PEC CSV export: lines of "name:,value", a header line, one row a point.

    Request Year:,2026
    Test,Cell,Rack,Shelf,...,Total Time (Hours in hh:mm:ss.xxx),...,Voltage (V),Current (A),...
    25205,1,ACT4,014,...,00:00:00.002,...,3.68,0,...

Every row ends with a delimiter. "Instruction Name" tells charge and discharge; I > 0 charges.
Capacities are in mAh. A file may hold several cells: such a file is refused.
"""

from pathlib import Path

from features.errors import UnreadableFile
from features.parsing.reading import Reading
from features.parsing.text_cells import TextCells
from features.parsing.text_cycling import read_text
from features.parsing.text_format import Column, TextFormat
from features.parsing.text_table import text_table

FORMAT = "PEC CSV"
LAYOUT = TextFormat(
    FORMAT,
    columns={
        "total time": Column("test_time_second", "s"),
        "step time": Column("step_time_second", "s"),
        "current": Column("current_ampere", "A"),
        "voltage": Column("voltage_volt", "V"),
        "cycle": Column("cycle_count"),
        "step": Column("step"),
        "instruction name": Column("state"),
        "charge capacity": Column("charging_capacity_ah", "Ah"),
        "discharge capacity": Column("discharging_capacity_ah", "Ah"),
        "temp": Column("ambient_temperature_celsius", "C"),
        "station temperature": Column("ambient_temperature_celsius", "C"),
        "real time": Column("date"),
    },
    signatures=(frozenset({"rack", "shelf", "total time", "voltage", "current"}),),
)


def matches(path: Path, head: bytes) -> bool:
    """Tell whether a file is text with the column names of PEC."""
    return LAYOUT.matches(head)


def read(path: Path) -> Reading:
    """Return the cycling of a file.

    Raises
    ------
    UnreadableFile
        If it holds several cells, or is damaged.
    """
    table = text_table(path, LAYOUT.signatures)
    names = [name.strip().casefold() for name in table.names]
    if "cell" in names:
        index = names.index("cell")
        cells = TextCells(table, [], [index]).codes(index)[1]
        if len(cells) > 1:
            raise UnreadableFile(
                f"'{path.name}' ({FORMAT}) holds the cells {cells[:10]}; export each to a file "
                f"of its own."
            )
    return read_text(LAYOUT, path)
