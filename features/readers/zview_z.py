"""ZPlot and ZView .z: many lines about the experiment, the names of the columns, then rows.

    ZPLOT2 ASCII
      Measured Data, ZPlot:       3.2c
      ...
      Data Points:                48
      Freq(Hz)  Ampl  Bias  Time(Sec)  Z'(a)  Z''(b)  GD  Err  Range
    End Comments
    5.000000E+04  1.0000E-02  0.0000E+00  2.590000E+00  2.9036E+01  6.3662E-01  0.0000E+00  0  4

Tabs or commas between cells. "Z''(b)" has its own sign.
"""

import re
from pathlib import Path

from features.errors import UnreadableFile
from features.parsing.impedance_text import Piece, read_impedance
from features.parsing.reading import Reading
from features.parsing.text_format import Column, TextFormat
from features.parsing.text_lines import as_utf8, head_lines

FORMAT = "ZPlot/ZView .z"
LAYOUT = TextFormat(
    FORMAT,
    columns={
        "freq": Column("frequency_hertz", "Hz"),
        "frequency": Column("frequency_hertz", "Hz"),
        "z'(a)": Column("real_impedance_ohm", "Ohm"),
        "z''(b)": Column("imaginary_impedance_ohm", "Ohm"),
    },
    signatures=(frozenset({"freq", "z'(a)"}), frozenset({"freq", "z''(b)"})),
    is_ragged=True,
)
FIRST_LINE = re.compile(r"\s*ZPLOT2? ASCII\s*", re.IGNORECASE)
END = re.compile(rb"^[ \t]*End Comments[ \t]*$", re.MULTILINE)
ANNOUNCED = re.compile(rb"^[ \t]*Data Points:[ \t]*(\d{1,9})[ \t]*$", re.MULTILINE)


def matches(path: Path, head: bytes) -> bool:
    """Tell whether a file starts as those of ZPlot do."""
    return FIRST_LINE.fullmatch(next(iter(head_lines(head)), "")) is not None


def read(path: Path) -> Reading:
    """Return the spectra of a file."""
    data = as_utf8(path.read_bytes())
    end = END.search(data)
    if end is None:
        raise UnreadableFile(
            f"'{path.name}' ({FORMAT}) has no line 'End Comments' above its rows; it broke off, or "
            f"is damaged. Save it again."
        )
    announced = ANNOUNCED.search(data, 0, end.start())
    content = data[: end.start()] + data[end.end() :]
    return read_impedance(
        LAYOUT, path, [Piece(content, 1, int(announced[1]) if announced else None)]
    )
