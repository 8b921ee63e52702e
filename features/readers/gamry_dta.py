"""Gamry .DTA: tab-separated tags, then tables; those called "ZCURVE" are impedance.

    EXPLAIN
    TAG     EISPOT
    TITLE   LABEL   Potentiostatic EIS      Test &Identifier
    ...
    ZCURVE  TABLE   72
            Pt      Time    Freq    Zreal   Zimag   Zsig    Zmod    Zphz    Idc     Vdc     IERange
            #       s       Hz      ohm     ohm     V       ohm     °       A       V       #
            0       1       200015  825.8   -1367   1       1597    -58.9   -5.9E-6 -0.34   9

Rows begin with a tab. Numbers have a point or a comma, after the language of the computer. A file
may hold several such tables ("ZCURVE1", ...), each a spectrum. "Zimag" has its own sign, and "Zmod"
must be the modulus of the two. Tables of other measurements are left out.
"""

import re
from dataclasses import replace
from pathlib import Path

from features.errors import UnreadableFile
from features.parsing.impedance_text import Piece, read_impedance
from features.parsing.preamble import LONGEST_VALUE
from features.parsing.reading import Reading
from features.parsing.text_format import Column, TextFormat
from features.parsing.text_lines import as_utf8, head_lines

FORMAT = "Gamry .DTA"
LAYOUT = TextFormat(
    FORMAT,
    columns={
        "freq": Column("frequency_hertz", "Hz"),
        "zreal": Column("real_impedance_ohm", "Ohm"),
        "zimag": Column("imaginary_impedance_ohm", "Ohm"),
        "zmod": Column("modulus_ohm", "Ohm"),
    },
    signatures=(frozenset({"pt", "freq"}), frozenset({"freq", "zreal", "zimag"})),
)
TABLE = re.compile(rb"^(\w+)\tTABLE(?:\t *(\d*)[^\n]*)?\n((?:[\t ][^\n]*(?:\n|\Z))*)", re.MULTILINE)
IMPEDANCE = re.compile(rb"ZCURVE\d*")
ABORTED = re.compile(rb"^EXPERIMENTABORTED\tTOGGLE\tT", re.MULTILINE)
TAGS_TOLD = ("TAG", "TITLE", "DATE", "TIME", "PSTAT", "AREA", "VDC", "VAC", "IDC", "IAC")


def matches(path: Path, head: bytes) -> bool:
    """Tell whether a file starts as those of Gamry's Framework do."""
    lines = head_lines(head)
    return (
        bool(lines)
        and lines[0].strip() == "EXPLAIN"
        and any(line.startswith("TAG\t") for line in lines[:5])
    )


def read(path: Path) -> Reading:
    """Return the spectra of a file.

    Raises
    ------
    UnreadableFile
        If it holds no table of impedance, or a cell is not what its column says.
    """
    data = as_utf8(path.read_bytes())
    tables = list(TABLE.finditer(data))
    curves = [table for table in tables if IMPEDANCE.fullmatch(table[1])]
    if not curves:
        names = [table[1].decode() for table in tables]
        raise UnreadableFile(
            f"'{path.name}' ({FORMAT}) holds the tables {names[:20]} and none called ZCURVE; only "
            f"impedance is read from such files. Export cycling as CSV with a mapping file."
        )
    pieces = [_piece(data, table) for table in curves]
    reading = read_impedance(LAYOUT, path, pieces)
    notes = reading.notes
    if ABORTED.search(data):
        notes = (*notes, "The file says that the experiment was aborted.")
    return replace(reading, facts=_facts(data[: tables[0].start()]), notes=notes)


def _piece(data: bytes, table: re.Match[bytes]) -> Piece:
    n_announced = int(table[2][:9]) if table[2] else None
    return Piece(table[3], data.count(b"\n", 0, table.start(3)) + 1, n_announced)


def _facts(head: bytes) -> dict[str, str]:
    """Return the telling tags: a name, its type, its value, and words for people."""
    facts: dict[str, str] = {}
    for line in head.decode(errors="replace").split("\n"):
        cells = line.split("\t")
        if len(line) <= LONGEST_VALUE and len(cells) > 2 and cells[0] in TAGS_TOLD:
            facts.setdefault(cells[0], cells[2])
        elif len(cells) == 2 and cells[0] == "TAG":
            facts.setdefault("TAG", cells[1])
    return facts
