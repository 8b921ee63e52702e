"""Autolab (Metrohm) text: exports of NOVA, and the "Z60W" files that NOVA and FRA write for ZView.

    Index;Frequency (Hz);Z' (Ω);-Z'' (Ω);Z (Ω);-Phase (°);Time (s)          NOVA
    1;100000;12.5;3.1;12.9;13.9;4.2

    "Z60W Data File: Version 1.1"                                            Z60W
    ""                                                      (seven lines of remarks)
    0,2,0,1,0.1,10000
    41                                                      (points)
    "  Freq (Hz)    Ampl     Bias   Time(Sec)   Z'(a)    Z''(b)    GD   Err   Range"
    10000,0,0,0,0.013785863964281,0.007191946305823,0,0,0

Of NOVA both the imaginary part and the phase are turned in sign, as the names say; "Z''(b)" has its
own sign. Numbers of NOVA have a point or a comma.
"""

import re
from pathlib import Path

from features.errors import UnreadableFile
from features.parsing.impedance_text import Piece, read_impedance
from features.parsing.reading import Reading
from features.parsing.text_format import Column, TextFormat
from features.parsing.text_lines import as_utf8, first_lines, head_lines, header_in

FORMAT = "Autolab text (NOVA, Z60W)"
LAYOUT = TextFormat(
    FORMAT,
    columns={
        "frequency": Column("frequency_hertz", "Hz"),
        "freq": Column("frequency_hertz", "Hz"),
        "z'": Column("real_impedance_ohm", "Ohm"),
        "z'(a)": Column("real_impedance_ohm", "Ohm"),
        "-z''": Column("imaginary_impedance_ohm", "Ohm", scale=-1.0),
        "z''(b)": Column("imaginary_impedance_ohm", "Ohm"),
        "z": Column("modulus_ohm", "Ohm"),
    },
    signatures=(
        frozenset({"frequency", "z'", "-z''", "z", "-phase"}),
        frozenset({"freq", "z'(a)", "z''(b)", "gd"}),
    ),
)
Z60W = re.compile(r'"?Z60W? Data File\b.*', re.IGNORECASE)
HEADER = re.compile(rb'^"?[ \t]*(Freq \(Hz\)[^"\n]*?)[ \t]*"?[ \t]*$', re.MULTILINE | re.IGNORECASE)
POINTS = re.compile(rb"(?:^|\n)[ \t]*(\d{1,9})[ \t]*\n\Z")


def matches(path: Path, head: bytes) -> bool:
    """Tell whether a file starts as a Z60W file, or has the header of NOVA."""
    lines = head_lines(head)
    if lines and Z60W.fullmatch(lines[0].strip()):
        return True
    return header_in(lines, LAYOUT.signatures[:1]) is not None


def read(path: Path) -> Reading:
    """Return the spectra of a file."""
    data = as_utf8(path.read_bytes())
    if not Z60W.fullmatch(first_lines(data)[0].strip()):
        return read_impedance(LAYOUT, path, [Piece(data)])
    header = HEADER.search(data)
    if header is None:
        raise UnreadableFile(
            f"'{path.name}' ({FORMAT}) has no line with the names of its columns, 'Freq (Hz) ... "
            f"Z'(a) Z''(b) ...'; it broke off, or is damaged. Export it again."
        )
    names = b",".join(re.split(rb"\s{2,}|\t", header[1]))
    above = data[: header.start()]
    points = POINTS.search(above)
    content = b"\n" * above.count(b"\n") + names + data[header.end() :]
    return read_impedance(LAYOUT, path, [Piece(content, 1, int(points[1]) if points else None)])
