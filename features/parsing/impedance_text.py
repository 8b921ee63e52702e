"""A text file of nothing but impedance to a reading: one table, or several below each other."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from features.errors import UnreadableFile
from features.parsing.preamble import facts_in
from features.parsing.reading import Reading
from features.parsing.sweep_checks import FREQUENCY
from features.parsing.sweep_rows import lacking, sweeps_in
from features.parsing.text_cells import TextCells
from features.parsing.text_format import TextFormat, found_columns
from features.parsing.text_lines import listed
from features.parsing.text_rows import TextRows
from features.parsing.text_sweeps import require_frequencies
from features.parsing.text_table import TextTable, text_table

#: Lines of nothing but delimiters, as spreadsheets write.
EMPTY = re.compile(rb"^[ \t,;]+$", re.MULTILINE)


@dataclass(frozen=True)
class Piece:
    """A part of a file that holds one table.

    Attributes
    ----------
    content : bytes
        In UTF-8, with line feeds.
    line : int
        Number of its first line in the file.
    n_announced : int or None
        Points, where the file says how many.
    """

    content: bytes
    line: int = 1
    n_announced: int | None = None


def read_impedance(layout: TextFormat, path: Path, pieces: Sequence[Piece]) -> Reading:
    """Return the spectra of the tables of a file.

    Parameters
    ----------
    layout : TextFormat
    path : Path
    pieces : sequence of Piece

    Raises
    ------
    UnreadableFile
        If a column is missing, or a cell is not what its column says.
    """
    readings = [_read(layout, path, piece) for piece in pieces]
    spectra = tuple(spectrum for reading in readings for spectrum in reading.spectra)
    if not spectra:
        raise UnreadableFile(
            f"'{path.name}' ({layout.name}) holds no rows of impedance; nothing was measured, or "
            f"the file broke off. Export it again."
        )
    notes = [note for reading in readings for note in reading.notes if note]
    return Reading(
        layout.name,
        spectra=spectra,
        columns={own: read for reading in readings for own, read in reading.columns.items()},
        notes=tuple(dict.fromkeys(notes)),
        facts=readings[0].facts,
    )


def _read(layout: TextFormat, path: Path, piece: Piece) -> Reading:
    table = text_table(path, layout.signatures, EMPTY.sub(b"", piece.content))
    table = replace(table, first_line=table.first_line + piece.line - 1)
    found = found_columns(layout, table)
    _require_columns(layout, table, lacking(found))
    indexes = [column.index for same in found.values() for column in same]
    cells = TextCells(table, indexes, is_ragged=layout.is_ragged)
    if cells.n_rows == 0:
        return Reading(layout.name, facts=facts_in(table.preamble))
    rows = TextRows(cells, found)
    frequency = found[FREQUENCY][0]
    require_frequencies(cells, frequency)
    is_point = rows.numbers(frequency) > 0
    rows = TextRows(cells, found, np.flatnonzero(is_point))
    reading = sweeps_in(rows, [rows.numbers(column) for column in found.get("loop", ())])
    notes = (*table.notes, *reading.notes, *_left_out(cells.n_rows, rows.n_rows, piece))
    return replace(reading, notes=notes, facts=facts_in(table.preamble))


def _require_columns(layout: TextFormat, table: TextTable, missing: Sequence[str]) -> None:
    if missing:
        raise UnreadableFile(
            f"'{table.file}' ({layout.name}), line {table.first_line - 1}: there is no column of "
            f"{list(missing)} among {listed(table.names)}; a spectrum needs the frequency, and "
            f"real and imaginary part or modulus and phase. Name them such as freq/Hz, Z'/ohm, "
            f"-Z''/ohm."
        )


def _left_out(n_rows: int, n_points: int, piece: Piece) -> list[str]:
    notes = []
    if n_points < n_rows:
        notes.append(f"{n_rows - n_points} rows at 0 Hz were left out.")
    if piece.n_announced is not None and piece.n_announced != n_rows:
        notes.append(
            f"The file announces {piece.n_announced} points and holds {n_rows}: the measurement "
            f"or a copy broke off."
        )
    return notes
