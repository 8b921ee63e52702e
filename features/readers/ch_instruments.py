"""CH Instruments text of A.C. impedance: date, settings, a header line, rows with commas.

    Feb. 20, 2020   15:55:08
    A.C. Impedance
    Instrument Model:  CHI660E
    ...
    Freq/Hz, Z'/ohm, Z"/ohm, Z/ohm, Phase/deg

    9.961e+4, 9.891e+1, -2.748e+0, 9.894e+1, -1.6

Z" has its own sign; "Z" must be the modulus of the two.
"""

from pathlib import Path

from features.parsing.impedance_text import Piece, read_impedance
from features.parsing.reading import Reading
from features.parsing.text_format import Column, TextFormat
from features.parsing.text_lines import as_utf8, head_lines, header_in

FORMAT = "CH Instruments text"
LAYOUT = TextFormat(
    FORMAT,
    columns={
        "freq": Column("frequency_hertz", "Hz"),
        "z'": Column("real_impedance_ohm", "Ohm"),
        'z"': Column("imaginary_impedance_ohm", "Ohm"),
        "z": Column("modulus_ohm", "Ohm"),
    },
    signatures=(frozenset({"freq", "z'", 'z"'}), frozenset({"freq", "z", "phase"})),
)


def matches(path: Path, head: bytes) -> bool:
    """Tell whether a file says that it is A.C. impedance, and has the columns of it."""
    lines = head_lines(head)
    is_told = any(line.strip().startswith("A.C. Impedance") for line in lines[:10])
    return is_told and header_in(lines, LAYOUT.signatures) is not None


def read(path: Path) -> Reading:
    """Return the spectra of a file."""
    return read_impedance(LAYOUT, path, [Piece(as_utf8(path.read_bytes()))])
