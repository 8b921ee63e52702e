"""A cell and the instrument's own files of it, put together."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from features.errors import InvalidRecord
from features.readers import read_file
from features.records import Cell


def cell_with_files(cell: Cell, paths: Sequence[Path]) -> tuple[Cell, tuple[str, ...]]:
    """Return a cell with what its files hold, and what the readers noted.

    Parameters
    ----------
    cell : Cell
        Its facts, perhaps with raw data already.
    paths : sequence of Path
        At most one of them holds cycling, any number impedance spectra.

    Raises
    ------
    UnreadableFile
        If no reader claims a file, or its content is not what the format says.
    InvalidRecord
        If there is more than one record of cycling, or one does not fit the cell.
    """
    readings = {path.name: read_file(path) for path in paths}
    cycling = {name: found.cycling for name, found in readings.items() if found.cycling is not None}
    if len(cycling) + (cell.cycling is not None) > 1:
        given = " and the cell itself" if cell.cycling is not None else ""
        raise InvalidRecord(
            f"Cell '{cell.cell_id}' has more than one record of cycling: {list(cycling)}{given}; "
            f"give each record a cell of its own."
        )
    spectra = tuple(spectrum for found in readings.values() for spectrum in found.spectra)
    notes = tuple(f"{name}: {note}" for name, found in readings.items() for note in found.notes)
    whole = replace(
        cell,
        cycling=next(iter(cycling.values()), cell.cycling),
        spectra=(*cell.spectra, *spectra),
    )
    return whole, notes
