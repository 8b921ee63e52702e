"""PAR PowerSuite text: three columns below their names, lines that end with two carriage returns.

    Frequency    Zre          Zimg
    0.1          423929.46    -49014.063

Tabs between cells. "Zimg" has its own sign.
"""

from pathlib import Path

from features.parsing.impedance_text import Piece, read_impedance
from features.parsing.reading import Reading
from features.parsing.text_format import Column, TextFormat
from features.parsing.text_lines import as_utf8

FORMAT = "PowerSuite text"
LAYOUT = TextFormat(
    FORMAT,
    columns={
        "frequency": Column("frequency_hertz", "Hz"),
        "zre": Column("real_impedance_ohm", "Ohm"),
        "zimg": Column("imaginary_impedance_ohm", "Ohm"),
    },
    signatures=(frozenset({"frequency", "zre", "zimg"}),),
)


def matches(path: Path, head: bytes) -> bool:
    """Tell whether a file is text with the column names of PowerSuite."""
    return LAYOUT.matches(head)


def read(path: Path) -> Reading:
    """Return the spectra of a file."""
    # Otherwise every second line would be empty, and a refusal name the wrong one.
    data = path.read_bytes().replace(b"\r\r\n", b"\n")
    return read_impedance(LAYOUT, path, [Piece(as_utf8(data))])
