"""PAR Parstat text: one header line, one row a point; direct current and sweeps in one table.

    Potential (V)  Current (A)  Elapsed Time (s)  Frequency (Hz)  Zre (ohms)  Zim (ohms)  |Vac| (V)
    3.4932         -0.14996     10                0               0           0           0
    3.5003          0.02457     7750.2            10              0.02709     -0.003998   0.004926

Tabs between cells, one more at the end of a line. I > 0 is an oxidation at the working electrode,
which charges a cell whose working electrode is positive. Rows with a frequency above 0 are
impedance; "Zim" has its own sign.
"""

from pathlib import Path

from features.parsing.reading import Reading
from features.parsing.text_cycling import read_text
from features.parsing.text_format import Column, TextFormat

FORMAT = "Parstat text"
LAYOUT = TextFormat(
    FORMAT,
    columns={
        "elapsed time": Column("test_time_second", "s"),
        "current": Column("current_ampere", "A"),
        "potential": Column("voltage_volt", "V"),
        "frequency": Column("frequency_hertz", "Hz"),
        "zre": Column("real_impedance_ohm", "Ohm"),
        "zim": Column("imaginary_impedance_ohm", "Ohm"),
    },
    signatures=(frozenset({"potential", "current", "elapsed time", "frequency", "zre", "zim"}),),
)


def matches(path: Path, head: bytes) -> bool:
    """Tell whether a file is text with the column names of a Parstat."""
    return LAYOUT.matches(head)


def read(path: Path) -> Reading:
    """Return the cycling and the spectra of a file."""
    return read_text(LAYOUT, path)
