"""A table inside a text file: found below any preamble, split, and ready for a fast parser.

The encoding, the delimiter, the decimal sign, a row of units, trailing delimiters and repeated
header lines are told from the file itself.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from features.errors import UnreadableFile
from features.parsing.column_units import is_unit
from features.parsing.text_lines import (
    MOST_LINES_ABOVE_HEADER,
    as_utf8,
    first_lines,
    header_in,
    printable,
    split,
)

DECIMAL_COMMA = re.compile(r"\s*[+-]?\d*,\d+(?:[eE][+-]?\d+)?\s*")
SAMPLE_BYTES = 65_536


@dataclass(frozen=True, eq=False)
class TextTable:
    """The rows below a header line.

    Attributes
    ----------
    file : str
        Name of the file, for messages.
    names, units : tuple of str
        Cells of the header line; units out of a second line, empty where there is none.
    body : bytes
        The rows in UTF-8; line ends are line feeds, lines that are no rows are empty.
    first_line : int
        Number of the body's first line in the file, from 1.
    n_cells : int
        Cells in a row.
    preamble : tuple of str
        The lines above the header.
    notes : tuple of str
        What was left out on the way.
    """

    file: str
    names: tuple[str, ...]
    units: tuple[str, ...] = ()
    body: bytes = b""
    first_line: int = 2
    delimiter: str = ","
    decimal: str = "."
    quote: str | bool = False
    n_cells: int = 0
    preamble: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Yield line number and cells of every row; slow, for messages and short looks."""
        start, number = 0, self.first_line
        while start < len(self.body):
            stop = self.body.find(b"\n", start)
            stop = len(self.body) if stop < 0 else stop
            if stop > start:
                line = self.body[start:stop].decode("utf-8", errors="replace")
                yield number, self._cells(line)
            start, number = stop + 1, number + 1

    def _cells(self, line: str) -> list[str]:
        return split(line, self.delimiter) if self.quote else line.split(self.delimiter)

    def row(self, index: int) -> tuple[int, list[str]]:
        """Return line number and cells of one row."""
        return next(islice(self.rows(), index, None))


def text_table(
    path: Path, signatures: Sequence[frozenset[str]], content: bytes | None = None
) -> TextTable:
    """Return the table of a text file.

    Parameters
    ----------
    path : Path
    signatures : sequence of frozenset of str
        The header line is the first that holds all names of one of these.
    content : bytes, optional
        In place of what is in the file.

    Raises
    ------
    UnreadableFile
        If there is no such line, or the rows have other cells than the header has names.
    """
    data = as_utf8(path.read_bytes() if content is None else content)
    lines = first_lines(data)
    found = header_in(lines, signatures)
    if found is None:
        wanted = " or ".join(str(sorted(signature)) for signature in signatures)
        raise UnreadableFile(
            f"'{path.name}' has no header line with the columns {wanted} among its first "
            f"{MOST_LINES_ABOVE_HEADER} lines; export it with its column names."
        )
    number, delimiter = found
    header = lines[number]
    start = len("\n".join([*lines[:number], ""]).encode()) + len(header.encode()) + 1
    body, repeated = _without_repeated(data[start:], header.encode())
    body, units = _without_units(body, delimiter)
    body, incomplete = _without_incomplete(body, delimiter)
    first_row = next((line for line in first_lines(body) if line), "")
    return TextTable(
        file=path.name,
        names=tuple(split(header, delimiter)),
        units=units,
        body=body,
        first_line=number + 2,
        delimiter=delimiter,
        decimal=_decimal(body, delimiter),
        quote='"' if '"' in first_row else False,
        n_cells=len(split(first_row, delimiter)) if first_row else 0,
        preamble=tuple(lines[:number]),
        notes=_notes(repeated, incomplete, has_end=data.endswith(b"\n")),
    )


def _notes(n_repeated: int, incomplete: str, *, has_end: bool) -> tuple[str, ...]:
    notes = []
    if n_repeated:
        notes.append(f"{n_repeated} repeated header lines were left out.")
    if incomplete:
        notes.append(f"The last row broke off and was left out: '{printable(incomplete)}'.")
    elif not has_end:
        notes.append("The last line has no line end; its last number may have broken off.")
    return tuple(notes)


def _without_repeated(body: bytes, header: bytes) -> tuple[bytes, int]:
    """Return the body with repeated header lines emptied, and their number."""
    line, n_repeated = b"\n" + header + b"\n", 0
    while line in body:
        n_repeated += body.count(line)
        body = body.replace(line, b"\n\n")  # an empty line keeps the count of lines true
    return body, n_repeated


def _without_units(body: bytes, delimiter: str) -> tuple[bytes, tuple[str, ...]]:
    """Return the body without a first row of units, and that row."""
    start, stop = _row_after(body, 0)
    cells = split(body[start:stop].decode("utf-8", errors="replace"), delimiter)
    has_digits = any(re.search(r"\d", cell) for cell in cells)
    if has_digits or sum(map(is_unit, cells)) < 2:
        return body, ()
    units = tuple(cell.strip().strip("[]()") for cell in cells)
    return b"\n" * start + body[stop:], units


def _without_incomplete(body: bytes, delimiter: str) -> tuple[bytes, str]:
    """Return the body without a last row that broke off, and that row."""
    start, stop = _row_before(body, len(body))
    previous = body[slice(*_row_before(body, start))]
    last, comma = body[start:stop], delimiter.encode()
    if previous and b'"' not in previous + last and last.count(comma) < previous.count(comma):
        return body[:start], last.decode("utf-8", errors="replace")
    return (body if stop >= len(body) - 1 else body[:stop]), ""


def _row_after(body: bytes, start: int) -> tuple[int, int]:
    """Return start and stop of the first line that is not empty."""
    while body[start : start + 1] == b"\n":
        start += 1
    stop = body.find(b"\n", start)
    return start, len(body) if stop < 0 else stop


def _row_before(body: bytes, stop: int) -> tuple[int, int]:
    """Return start and stop of the last line with more than delimiters."""
    while stop > 0:
        start = body.rfind(b"\n", 0, stop) + 1
        # Spreadsheets close with rows of nothing but delimiters; DOS closed files with a ^Z.
        if body[start:stop].strip(b" ,;\t\x1a"):
            return start, stop
        stop = start - 1
    return 0, 0


def _decimal(body: bytes, delimiter: str) -> str:
    """Return the decimal sign: a comma where cells of the first or last rows hold one."""
    if delimiter == ",":
        return "."
    sample = body[:SAMPLE_BYTES] + b"\n" + body[-SAMPLE_BYTES:]
    cells = re.split(rf"[{delimiter}\n]", sample.decode("utf-8", errors="replace"))
    return "," if any(map(DECIMAL_COMMA.fullmatch, cells)) else "."
