"""Cells from files: a JSON of the service's own form, with raw data beside it."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from features.errors import InvalidRecord, UnreadableFile
from features.readers import read_cycling, read_file
from features.records import Cell, Spectrum
from serving.bodies import parse_body, to_records
from serving.errors import InvalidRequest
from serving.schemas import DescriptorRequest
from serving.settings import Settings

CellFile = Annotated[Path, typer.Argument(help="JSON of one cell, or a request body.")]
Cycling = Annotated[Path | None, typer.Option(help="Raw cycling: a file that inspect reads.")]
Spectra = Annotated[list[Path] | None, typer.Option("--spectrum", help="Impedance spectrum.")]


def cells_from(path: Path, cycling: Path | None, spectra: Sequence[Path]) -> list[Cell]:
    """Return the cells of a JSON file: one cell, or a request body with several.

    Parameters
    ----------
    path : Path
    cycling : Path or None
        Raw cycling of the cell, where the JSON holds only one.
    spectra : sequence of Path
        Files of its spectra, one or several in each.
    """
    cells = _parsed(path)
    if cycling is None and not spectra:
        return cells
    if len(cells) != 1:
        raise InvalidRecord(f"'{path.name}' holds {len(cells)} cells; raw files go with one cell.")
    cell = cells[0]
    if cycling is not None:
        cell = replace(cell, cycling=read_cycling(cycling))
    measured = (spectrum for file in spectra for spectrum in _spectra_in(file))
    return [replace(cell, spectra=(*cell.spectra, *measured))]


def only(cells: Sequence[Cell]) -> Cell:
    """Return the one cell of a file; a picture and a sweep are of one."""
    if len(cells) != 1:
        raise InvalidRecord(f"The file holds {len(cells)} cells; send one with one cell.")
    return cells[0]


def _spectra_in(path: Path) -> Sequence[Spectrum]:
    """Return every spectrum of a file; one for each loop, where it loops."""
    reading = read_file(path)
    if not reading.spectra:
        raise UnreadableFile(
            f"'{path.name}' ({reading.format}) holds no impedance spectrum; if it holds cycling, "
            f"send it with --cycling."
        )
    return reading.spectra


def _parsed(path: Path) -> list[Cell]:
    """Return the cells of a file through the service's own checks."""
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise UnreadableFile(f"'{path}' cannot be read as JSON: {error}") from error
    cells = content["cells"] if isinstance(content, dict) and "cells" in content else [content]
    settings = Settings.from_environment()
    try:
        body = json.dumps({"cells": cells}).encode()
        return to_records(parse_body(body, DescriptorRequest, settings).cells, settings)
    except InvalidRequest as error:
        raise InvalidRecord(f"'{path.name}': {error.in_words}") from error
