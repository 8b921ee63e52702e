"""The lines of a text file: its encoding, the first of them, and the one with the columns."""

import csv
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate

from features.parsing.column_units import readings_of

#: The longest preamble seen is 103 lines (BT-Lab).
MOST_LINES_ABOVE_HEADER = 250
#: A protocol in one line is no header.
LONGEST_HEADER = 20_000
DELIMITERS = "\t;,"
#: Byte order marks.
UTF_16 = (b"\xff\xfe", b"\xfe\xff")
#: Words of Chinese exports, which tell GBK from the code page of Western Windows: current, voltage.
CHINESE = ("电流", "电压")
HEAD_BYTES = 65_536
#: Letters of a column's name in a message, and of all of them: a few lines.
LONGEST_NAME, LONGEST_LIST = 80, 300


def as_utf8(data: bytes) -> bytes:
    """Return text as UTF-8 with line feeds, whatever wrote it."""
    if data.startswith(UTF_16):
        data = data.decode("utf-16", errors="replace").encode()
    data = data.removeprefix(b"\xef\xbb\xbf")
    if not data.isascii():
        data = _decoded(data).encode()
    return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in data else data


def _decoded(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        if error.end == len(data) and error.reason == "unexpected end of data":
            return data.decode(errors="replace")  # the head of a file ends within a letter
    if any(word in data[:HEAD_BYTES].decode("gb18030", errors="replace") for word in CHINESE):
        return data.decode("gb18030", errors="replace")
    # Instruments of Windows write cp1252; its few holes are control characters in Latin-1.
    return data.decode("cp1252", errors="replace")


@lru_cache(maxsize=4)
def head_lines(head: bytes) -> tuple[str, ...]:
    """Return the first lines of the head of a file; none where it is no text."""
    if b"\0" in head and not head.startswith(UTF_16):
        return ()
    if head.startswith(UTF_16):
        head = head[: len(head) // 2 * 2]
    return tuple(first_lines(as_utf8(head)))


def header_in(lines: Sequence[str], signatures: Sequence[frozenset[str]]) -> tuple[int, str] | None:
    """Return index and delimiter of the first line with all names of a signature."""
    for number, line in enumerate(lines):
        for delimiter in DELIMITERS:
            if delimiter in line:
                names = _names_in(line, delimiter)
                if any(signature <= names for signature in signatures):
                    return number, delimiter
    return None


@lru_cache(maxsize=2048)
def _names_in(line: str, delimiter: str) -> frozenset[str]:
    if len(line) > LONGEST_HEADER:
        return frozenset()
    return frozenset(name for cell in split(line, delimiter) for name, _ in readings_of(cell))


def split(line: str, delimiter: str) -> list[str]:
    """Return the cells of one line; quotes hold a cell together."""
    if '"' not in line:
        return line.split(delimiter)
    try:
        return next(csv.reader([line], delimiter=delimiter))
    except csv.Error:
        return line.split(delimiter)


def first_lines(data: bytes) -> list[str]:
    """Return the lines among which a header is looked for."""
    lines: list[str] = []
    start = 0
    while len(lines) < MOST_LINES_ABOVE_HEADER and start < len(data):
        stop = data.find(b"\n", start)
        stop = len(data) if stop < 0 else stop
        lines.append(data[start:stop].decode("utf-8", errors="replace"))
        start = stop + 1
    return lines


def listed(columns: Sequence[str]) -> str:
    """Return the names of columns for a message: those that have one, as many as one reads.

    Examples
    --------
    >>> listed(["time/s", "", " I/mA", ""])
    "['time/s', 'I/mA']"
    >>> listed([f"channel {number}" for number in range(1000)])[-12:]
    'and 975 more'
    """
    names = [repr(printable(name, LONGEST_NAME)) for name in columns if name.strip()]
    n_told = sum(length <= LONGEST_LIST for length in accumulate(map(len, names)))
    more = f" and {len(names) - n_told} more" if n_told < len(names) else ""
    return f"[{', '.join(names[:n_told])}]{more}"


def printable(text: str, longest: int = 40) -> str:
    """Return the start of a text for a message, without what would steer a terminal or a log."""
    return "".join(letter if letter.isprintable() else "?" for letter in text.strip()[:longest])
