"""Ivium .ids and .idf: settings as text between bytes of binary, then the points as text.

    Method=Impedance
    ...
    primary_data
    3                                       columns
    29                                      rows
    1.09009E+02  -2.65557E+01 1.00000E+04   real and imaginary part in ohm, frequency in Hz

A file may hold several measurements (.ids: a data set), each with its settings above it; those of
impedance are read, each a spectrum. The imaginary part has its own sign. What follows the points
("osc_data" and more) is left out.
"""

import re
from dataclasses import replace
from pathlib import Path

from features.errors import UnreadableFile
from features.parsing.impedance_text import Piece, read_impedance
from features.parsing.reading import Reading
from features.parsing.text_format import Column, TextFormat
from features.parsing.text_lines import printable

FORMAT = "Ivium .ids"
LAYOUT = TextFormat(
    FORMAT,
    columns={
        "frequency": Column("frequency_hertz", "Hz"),
        "real part": Column("real_impedance_ohm", "Ohm"),
        "imaginary part": Column("imaginary_impedance_ohm", "Ohm"),
    },
    signatures=(frozenset({"frequency", "real part", "imaginary part"}),),
)
HEADER = b"real part\timaginary part\tfrequency\n"
ENDINGS = (".ids", ".idf")
METHOD = re.compile(rb"^Method=([^\r\n]{0,40})", re.MULTILINE)
FACT = re.compile(
    rb"^(Technique|Title|E start|starttime|serialnumber)=([^\r\n]{1,80})", re.MULTILINE
)
POINTS = re.compile(
    rb"^primary_data[ \t]*\r?\n[ \t]*(\d{1,3})[ \t]*\r?\n[ \t]*(\d{1,7})[ \t]*\r?\n", re.MULTILINE
)
IMPEDANCE = "impedance"


def matches(path: Path, head: bytes) -> bool:
    """Tell whether a file has such an ending and settings of a method."""
    return path.suffix.lower() in ENDINGS and METHOD.search(head) is not None


def read(path: Path) -> Reading:
    """Return the spectra of a file.

    Raises
    ------
    UnreadableFile
        If it holds no impedance, or a cell is no number.
    """
    data = path.read_bytes()
    pieces, others = [], []
    end = 0
    for points in POINTS.finditer(data):
        methods = METHOD.findall(data, end, points.start())
        method = printable(methods[-1].decode(errors="replace")) if methods else "unknown"
        if IMPEDANCE in method.lower() and int(points[1]) == len(LAYOUT.columns):
            pieces.append(_piece(data, points))
        else:
            others.append(f"{method} of {int(points[1])} columns")
        end = points.end()
    if not pieces:
        raise UnreadableFile(
            f"'{path.name}' ({FORMAT}) holds the measurements {others[:20]} and no impedance of "
            f"three columns; only impedance is read from such files. Export cycling as text."
        )
    reading = read_impedance(LAYOUT, path, pieces)
    left_out = (f"Left out: {', '.join(others[:20])}.",) if others else ()
    facts = {
        key.decode(): printable(value.decode(errors="replace"), 80)
        for key, value in FACT.findall(data)
    }
    return replace(reading, facts=facts, notes=(*reading.notes, *left_out))


def _piece(data: bytes, points: re.Match[bytes]) -> Piece:
    n_rows = int(points[2])
    lines = data[points.end() :].split(b"\n", n_rows)[:n_rows]
    rows = [b"\t".join(line.split()) for line in lines]
    line = data.count(b"\n", 0, points.end())
    return Piece(HEADER + b"\n".join(rows) + b"\n", line, n_rows)
