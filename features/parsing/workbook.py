"""Sheets of an Excel workbook (.xlsx) as lines of text, for the readers of text formats.

Cells become tab-separated; numbers keep all their digits, dates and durations become words such
as "2020-10-19 11:31:46.582000" and "26:03:10.5". Parsed by python-calamine (MIT), which makes
room for every cell up to the last one that a sheet names: one stray reference to XFD1048576 would
end the whole process. So a sheet's references are looked through first.
"""

import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from html import unescape
from pathlib import Path
from typing import Any

from python_calamine import CalamineWorkbook

from features.errors import UnreadableFile
from features.parsing.foreign_library import refusing_damage

FORMAT = "an Excel workbook"
ENDINGS = (".xlsx", ".xlsm")
ZIP_MAGIC = b"PK\x03\x04"
#: A full sheet of 1,048,576 rows is about 600 MB; a zip of a few kilobytes can unpack to more.
MOST_UNPACKED_BYTES = 2**30
#: A full sheet of 28 columns; each cell takes 32 bytes.
MOST_CELLS = 30_000_000
STEP_BYTES = 2**20
REFERENCE = re.compile(rb"""\br\s*=\s*["'][\s$]*([A-Za-z]*)[\s$]*(\d+)""")
LONGEST_REFERENCE = 64
SHEET = re.compile(rb"""<(?:\w+:)?sheet\b[^>]*?\bname\s*=\s*(?:"([^"]*)"|'([^']*)')""")
LARGEST_INDEX_BYTES = 2**20
#: What zipfile raises on a damaged archive.
DAMAGES = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    KeyError,
    NotImplementedError,
    OSError,
    RuntimeError,
    ValueError,
)
#: Day 0 of Excel; a duration formatted as a date counts from here.
EPOCH, LAST_YEAR_OF_DURATIONS = datetime(1899, 12, 30), 1910


def sheet_names(path: Path, head: bytes) -> tuple[str, ...]:
    """Return the names of a workbook's sheets in their order; none if the file is no workbook.

    Parameters
    ----------
    path : Path
    head : bytes
        The first bytes of the file.
    """
    if path.suffix.lower() not in ENDINGS or not head.startswith(ZIP_MAGIC):
        return ()
    status = path.stat()
    return _sheet_names(path, status.st_mtime_ns, status.st_size)


def sheets_text(path: Path, names: Sequence[str]) -> bytes:
    """Return the rows of sheets, one sheet behind the other, as tab-separated UTF-8 lines.

    Raises
    ------
    UnreadableFile
        If the workbook is damaged, or too large once unpacked.
    """
    return b"".join(text for _, text in sheet_texts(path, names))


def sheet_texts(path: Path, names: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    """Yield the name and the rows of each sheet, as ``sheets_text`` does."""
    _check_size(path)
    with refusing_damage(path, FORMAT):
        workbook = CalamineWorkbook.from_path(path)
    for name in names:
        with refusing_damage(path, FORMAT):
            rows = workbook.get_sheet_by_name(name).iter_rows()
            lines = ["\t".join(map(_word, row)) for row in rows]
        yield name, "\n".join([*lines, ""]).encode()


@lru_cache(maxsize=8)
def _sheet_names(path: Path, mtime_ns: int, size: int) -> tuple[str, ...]:
    """Look into the index alone; several readers ask. A changed file asks anew."""
    try:
        with zipfile.ZipFile(path) as archive, archive.open("xl/workbook.xml") as index:
            found = SHEET.findall(index.read(LARGEST_INDEX_BYTES))
    except DAMAGES:
        return ("",)  # a workbook by its name: the reader says what is wrong with it
    return tuple(unescape((double or single).decode(errors="replace")) for double, single in found)


def _check_size(path: Path) -> None:
    with refusing_damage(path, FORMAT), zipfile.ZipFile(path) as archive:
        n_bytes = sum(member.file_size for member in archive.infolist())
        if n_bytes > MOST_UNPACKED_BYTES:
            raise _too_large(path, f"{n_bytes / 2**20:.0f} MiB unpacked")
        for member in archive.infolist():  # a sheet may have any name
            _check_extent(path, archive, member)


def _check_extent(path: Path, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    """Refuse a sheet whose references span more cells than there is room for."""
    n_rows, n_columns, tail = 1, 1, b""
    with archive.open(member) as sheet:
        while piece := sheet.read(STEP_BYTES):
            if piece.startswith((b"\xff\xfe", b"\xfe\xff")):
                raise UnreadableFile(f"'{path.name}' has a sheet in UTF-16; save it anew.")
            found = set(REFERENCE.findall(tail + piece))
            n_rows = max(n_rows, _largest(int(row[-9:]) for _, row in found))
            n_columns = max(n_columns, _largest(_number(letters) for letters, _ in found))
            tail = piece[-LONGEST_REFERENCE:]
            if n_rows * n_columns > MOST_CELLS:
                raise _too_large(path, f"a sheet of {n_rows} rows and {n_columns} columns")


def _largest(numbers: Iterable[int]) -> int:
    return max(numbers, default=0)


def _number(letters: bytes) -> int:
    """Return the number of a column, such as 28 for AB."""
    number = 0
    for letter in letters.upper()[:6]:
        number = 26 * number + letter - 64
    return number


def _too_large(path: Path, size: str) -> UnreadableFile:
    return UnreadableFile(
        f"'{path.name}' has {size}; at most {MOST_UNPACKED_BYTES // 2**20} MiB and "
        f"{MOST_CELLS} cells a sheet are read. Export it as CSV."
    )


def _word(cell: Any) -> str:
    if isinstance(cell, float):
        return repr(cell)
    if isinstance(cell, str):
        return " ".join(cell.replace('"', "'").split())
    if isinstance(cell, datetime):
        return _moment(cell)
    if isinstance(cell, timedelta):
        return _clock(cell.total_seconds())
    return cell.isoformat() if isinstance(cell, date | time) else str(cell)


def _moment(moment: datetime) -> str:
    """Return a date, or the duration that a spreadsheet shows as one."""
    if moment.year < LAST_YEAR_OF_DURATIONS:
        return _clock((moment - EPOCH).total_seconds())
    return moment.isoformat(" ", "microseconds")


def _clock(seconds: float) -> str:
    """Return a duration as hours, minutes and seconds."""
    minutes, rest_s = divmod(round(seconds, 6), 60)
    hours, minutes = divmod(int(minutes), 60)
    return f"{hours}:{minutes:02d}:{rest_s:09.6f}"
