"""Arbin MITS Pro exports to Excel: the points of a channel on one sheet, or on several.

    Global_Info      channel, start, schedule, creator
    Channel_11_1     header line and points: Date_Time, Test_Time(s), Step_Time(s), Step_Index,
                     Cycle_Index, Voltage(V), Current(A), Charge_Capacity(Ah), ...
    Channel_11_2     what did not fit on the sheet before; its header is repeated

I > 0 charges. The capacity counters run on as the schedule resets them. Sheets of statistics and
charts are left out. MITS Pro 8 writes "Test Time (s)", earlier versions "Test_Time(s)".
"""

import re
from dataclasses import replace
from pathlib import Path

from features.errors import UnreadableFile
from features.parsing.reading import Reading
from features.parsing.text_cycling import read_text
from features.parsing.workbook import sheet_names, sheets_text
from features.readers import arbin_csv

FORMAT = "Arbin .xlsx"
CHANNEL = re.compile(r"(?P<channel>channel[ _-]?\d[\d-]*)(?:_(?P<part>\d+))?", re.IGNORECASE)
LAYOUT = replace(
    arbin_csv.LAYOUT,
    name=FORMAT,
    signatures=(frozenset({"test time", "current", "voltage"}),),
    is_ragged=False,
)


def matches(path: Path, head: bytes) -> bool:
    """Tell whether a file is a workbook with the sheet of a channel."""
    return any(map(CHANNEL.fullmatch, sheet_names(path, head)))


def read(path: Path) -> Reading:
    """Return the cycling of a workbook.

    Raises
    ------
    UnreadableFile
        If it holds several channels, or a sheet or cell is not what the layout says.
    """
    sheets = _sheets(path)
    return read_text(LAYOUT, path, sheets_text(path, sheets))


def _sheets(path: Path) -> list[str]:
    """Return the sheets of the one channel, part by part."""
    with path.open("rb") as file:
        names = sheet_names(path, file.read(4))
    parts = [match for name in names if (match := CHANNEL.fullmatch(name))]
    channels = sorted({match["channel"] for match in parts})
    if len(channels) != 1:
        raise UnreadableFile(
            f"'{path.name}' holds the channels {channels}; one file a cell is read. "
            f"Export each channel to a workbook of its own."
        )
    return [match.string for match in sorted(parts, key=lambda match: int(match["part"] or 0))]
