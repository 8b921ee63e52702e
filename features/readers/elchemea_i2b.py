"""Elchemea .i2b: remarks of any length, the number of points, then three numbers a row.

    Some remarks
    29
    10000.0 109.00918219439028 -26.55567987651522

Spaces between cells: frequency in Hz, real and imaginary part in ohm, the latter with its own sign.
"""

import re
from pathlib import Path

from features.errors import UnreadableFile
from features.parsing.impedance_text import Piece, read_impedance
from features.parsing.reading import Reading
from features.parsing.text_format import Column, TextFormat
from features.parsing.text_lines import as_utf8, head_lines

FORMAT = "Elchemea .i2b"
LAYOUT = TextFormat(
    FORMAT,
    columns={
        "frequency": Column("frequency_hertz", "Hz"),
        "real part": Column("real_impedance_ohm", "Ohm"),
        "imaginary part": Column("imaginary_impedance_ohm", "Ohm"),
    },
    signatures=(frozenset({"frequency", "real part", "imaginary part"}),),
)
HEADER = b"frequency\treal part\timaginary part\n"
ROW = re.compile(r"\s*[-+.\d]\S*\s+[-+.\d]\S*\s+[-+.\d]\S*\s*", re.ASCII)
COUNT = re.compile(rb"^[ \t]*(\d{1,9})[ \t]*\n(?=[ \t]*[-+.\d])", re.MULTILINE)


def matches(path: Path, head: bytes) -> bool:
    """Tell whether a text is called .i2b and has a line of three numbers."""
    has_row = any(map(ROW.fullmatch, head_lines(head)))
    return path.suffix.lower() == ".i2b" and has_row


def read(path: Path) -> Reading:
    """Return the spectra of a file."""
    data = as_utf8(path.read_bytes())
    count = COUNT.search(data)
    if count is None:
        raise UnreadableFile(
            f"'{path.name}' ({FORMAT}) has no line with the number of points above its rows; it "
            f"broke off, or is damaged. Export it again."
        )
    rows = (b"\t".join(line.split()) for line in data[count.end() :].split(b"\n"))
    line = data.count(b"\n", 0, count.end())
    piece = Piece(HEADER + b"\n".join(rows), line, int(count[1]))
    return read_impedance(LAYOUT, path, [piece])
