"""Stores of version 0.1, which had no database; they are read, to be imported, and never written.

<root>/<cell_id>/cell.json          recipe, source, area; names and hashes of the rest
<root>/<cell_id>/<sha256>.parquet   cycling, or a spectrum, in Battery Data Format columns
"""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pandas as pd

from features.errors import BrokenStore
from features.recipe import recipe_from_dict
from features.records import Cell, Source, Spectrum
from store.raw_tables import SPECTRUM_COLUMNS, from_parquet

FACTS = "cell.json"
_SHA256 = re.compile(r"[0-9a-f]{64}")


def earlier_cells(root: Path) -> list[Path]:
    """Return the folders of all cells of an earlier store; empty if it is none."""
    return sorted(path.parent for path in root.glob(f"*/{FACTS}") if _is_earlier(path))


def files_of(folder: Path) -> list[Path]:
    """Return the files of a cell: its facts, then its raw data."""
    return [folder / FACTS, *sorted(folder.glob("*.parquet"))]


def read_earlier(folder: Path) -> Cell:
    """Return the cell of a folder.

    Raises
    ------
    BrokenStore
        If its raw data are gone, or do not have the hash they were kept under.
    """
    facts = json.loads((folder / FACTS).read_bytes())
    cycling = facts["cycling"]
    return Cell(
        cell_id=facts["cell_id"],
        recipe=recipe_from_dict(facts["recipe"]),
        source=Source(**facts["source"]),
        area_cm2=facts["area_cm2"],
        cycling=None if cycling is None else _table(folder, cycling),
        spectra=tuple(_spectrum(folder, kept) for kept in facts["spectra"]),
    )


def _is_earlier(path: Path) -> bool:
    """Tell whether a JSON names raw data by hash, which no service's body does."""
    try:
        facts = json.loads(path.read_bytes())
        hashes = [facts["cycling"], *(kept["sha256"] for kept in facts["spectra"])]
    except (OSError, ValueError, LookupError, TypeError):
        return False
    return facts.get("cell_id") == path.parent.name and all(map(_is_hash_or_null, hashes))


def _is_hash_or_null(value: object) -> bool:
    return value is None or (isinstance(value, str) and bool(_SHA256.fullmatch(value)))


def _table(folder: Path, sha256: str) -> pd.DataFrame:
    path = folder / f"{sha256}.parquet"
    if not path.is_file():
        raise BrokenStore(f"{path} is missing; restore it from a backup.")
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != sha256:
        raise BrokenStore(f"{path} was altered; restore it from a backup.")
    return from_parquet(content)


def _spectrum(folder: Path, kept: dict[str, Any]) -> Spectrum:
    table = _table(folder, kept["sha256"])
    frequency_Hz, real_ohm, imaginary_ohm = (
        table[name].to_numpy(dtype=float) for name in SPECTRUM_COLUMNS
    )
    impedance_ohm = real_ohm + 1j * imaginary_ohm
    facts = {name: kept[name] for name in ("cycle", "time_h", "n_interfaces")}
    return Spectrum(frequency_Hz, impedance_ohm, **facts)
