"""PAR .P00: a few remarks, the names of the columns, the number of points, then rows.

    Procedure : Some title
    01.02.2020 10:00:00 - 01.02.2020 11:00:00 i(init)= 183.1nA - i(end)= 7.88nA
    Description
    t =  736.4 s
     f/Hz        Z'/Ohm      -Z''/Ohm    time/s      Edc/V       Idc/A
     29
     10.000e+03  10.900e+01  26.556e+00  59.300e+00  30.981e-02  18.311e-08

Tabs between cells, one more at the end of a line. The imaginary part is turned in sign, as its
name says.
"""

import re
from pathlib import Path

from features.parsing.impedance_text import Piece, read_impedance
from features.parsing.reading import Reading
from features.parsing.text_format import Column, TextFormat
from features.parsing.text_lines import as_utf8, head_lines, header_in

FORMAT = "PAR .P00"
LAYOUT = TextFormat(
    FORMAT,
    columns={
        "f": Column("frequency_hertz", "Hz"),
        "z'": Column("real_impedance_ohm", "Ohm"),
        "-z''": Column("imaginary_impedance_ohm", "Ohm", scale=-1.0),
    },
    signatures=(frozenset({"f", "z'", "-z''", "edc", "idc"}),),
    is_ragged=True,
)
COUNT = re.compile(rb"(^[ \t]*f/Hz[^\n]*\n)[ \t]*(\d{1,9})[ \t]*\n", re.MULTILINE)


def matches(path: Path, head: bytes) -> bool:
    """Tell whether a file has the header of such a file."""
    return header_in(head_lines(head), LAYOUT.signatures) is not None


def read(path: Path) -> Reading:
    """Return the spectra of a file."""
    data = as_utf8(path.read_bytes())
    count = COUNT.search(data)
    if count is None:
        return read_impedance(LAYOUT, path, [Piece(data)])
    content = data[: count.end(1)] + b"\n" + data[count.end() :]
    return read_impedance(LAYOUT, path, [Piece(content, 1, int(count[2]))])
