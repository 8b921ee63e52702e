"""Any delimited text with a spectrum: names that people use, or three columns without names.

    freq/Hz,Z'/ohm,-Z''/ohm     f;Z';Z''        frequency real imag     Freq (Hz),|Z|,phase/deg
    100000,4.1,0.3              1e5;4,1;-0,3    1e5 4.1 -0.3            1e5,4.11,-4.18

Tabs, semicolons, commas or spaces between cells; a decimal point or comma; anything above the
header. ``features/parsing/impedance_names.py`` lists the names; a "-" before the imaginary part or
the phase turns its sign. "imag" says nothing of its sign: the slow half of the points must be
capacitive. Modulus and phase (degree or radian) do as well. Other columns are left out.

Without a header the columns must be frequency, real and imaginary part, the first of them positive,
in order, over two decades and more, and spaced as a sweep is; anything else is refused.
"""

from dataclasses import replace
from pathlib import Path

from features.errors import UnreadableFile
from features.parsing.bode_relation import LARGEST_MISFIT_DEGREE, bode_misfit_degree, fits_as_polar
from features.parsing.column_units import readings_of
from features.parsing.impedance_names import IMPEDANCE_COLUMNS
from features.parsing.impedance_text import Piece, read_impedance
from features.parsing.loose_table import (
    SPACES,
    LooseTable,
    bare_table,
    cells_of,
    named_table,
)
from features.parsing.reading import Reading
from features.parsing.text_format import TextFormat
from features.parsing.text_lines import as_utf8, first_lines, head_lines
from features.readers import readers
from features.records import Spectrum

FORMAT = "impedance as delimited text"
LAYOUT = TextFormat(FORMAT, IMPEDANCE_COLUMNS, signatures=())
BARE_NAMES = ("frequency", "real part", "imaginary part", "fourth column")


def matches(path: Path, head: bytes) -> bool:
    """Tell whether a text has a table of impedance, and no other reader has a claim to it."""
    lines = head_lines(head)
    if not lines or (named_table(lines) is None and bare_table(lines) is None):
        return False
    others = [reader for reader in readers() if reader.__name__ != __name__]
    return not any(reader.matches(path, head) for reader in others)


def read(path: Path) -> Reading:
    """Return the spectra of a file.

    Raises
    ------
    UnreadableFile
        If a column is missing, or a cell is not what its column says.
    """
    data = as_utf8(path.read_bytes())
    return read_delimited(path, data)


def read_delimited(path: Path, data: bytes, layout: TextFormat = LAYOUT) -> Reading:
    """Return the spectra of delimited text in UTF-8.

    Parameters
    ----------
    path : Path
        For messages.
    data : bytes
    layout : TextFormat
        Its columns are known by name; whatever header is found becomes its signature.
    """
    lines = tuple(first_lines(data))
    table = named_table(lines) or bare_table(lines)
    if table is None:
        raise UnreadableFile(
            f"'{path.name}' ({layout.name}) has no header with the frequency, and real and "
            f"imaginary part or modulus and phase. Put one above the rows, such as "
            f"freq/Hz,Z'/ohm,-Z''/ohm."
        )
    if table.names:
        return read_impedance(_with_header(layout, table.names), path, [_piece(data, table)])
    first_row = cells_of(lines[table.line].rstrip(" \t"), table.delimiter)
    table = replace(table, names=BARE_NAMES[: len(first_row)])
    reading = read_impedance(
        _with_header(layout, table.names), path, [_piece(data, table, has_header=False)]
    )
    for spectrum in reading.spectra:
        _require_impedance(path, spectrum)
    note = "There is no header: the columns were taken as frequency, real and imaginary part."
    return replace(reading, notes=(note, *reading.notes))


def _with_header(layout: TextFormat, names: tuple[str, ...]) -> TextFormat:
    return replace(layout, signatures=(frozenset(_key(name) for name in names if name.strip()),))


def _key(name: str) -> str:
    return readings_of(name)[0][0]


def _piece(data: bytes, table: LooseTable, *, has_header: bool = True) -> Piece:
    """Return the table with plain names, cells apart by one delimiter, lines where they were."""
    lines = data.split(b"\n")
    above, rows = lines[: table.line], lines[table.line + has_header :]
    delimiter = table.delimiter
    if delimiter == SPACES:
        delimiter, rows = "\t", [b"\t".join(row.split()) for row in rows]
    names = (name.replace(delimiter, " ") for name in table.names)
    header = delimiter.join(names).encode()
    return Piece(b"\n".join([*above, header, *rows]), 1 if has_header else 0)


def _require_impedance(path: Path, spectrum: Spectrum) -> None:
    """Refuse columns without names that are no passive cell, or one as modulus and phase."""
    frequency_Hz, impedance_ohm = spectrum.frequency_Hz, spectrum.impedance_ohm
    is_polar = fits_as_polar(frequency_Hz, impedance_ohm)
    if is_polar or bode_misfit_degree(frequency_Hz, impedance_ohm) > LARGEST_MISFIT_DEGREE:
        what = "like modulus and phase" if is_polar else "like something else"
        raise UnreadableFile(
            f"'{path.name}' has no header, and its columns look {what} rather than frequency, real "
            f"and imaginary part. Put a header above them, such as freq/Hz,|Z|/ohm,phase/deg."
        )
