"""One cycler file described, once: the row it gives is kept under a hash of all it rests on."""

import hashlib
import json
import math
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from features.errors import InvalidRecord, SeicastError
from features.readers import read_file
from features.records import Cell
from features.registry import select
from features.table import describe
from store.sheet_cache import SheetCache


@dataclass(frozen=True, eq=False)
class FileJob:
    """One file to describe.

    Attributes
    ----------
    path : Path
    name : str
        Relative to the folder; identifies the file in the table.
    cell : Cell or None
        Its facts, without raw data.
    problem : str
        Why there are no facts.
    n_cycles : int or None
    cache : str
        Root of the cache.
    """

    path: Path
    name: str
    cell: Cell | None
    problem: str
    n_cycles: int | None
    cache: str


def describe_file(job: FileJob) -> dict[str, Any]:
    """Return a file's descriptors and blanks, or its error; from the cache where it is there."""
    row: dict[str, Any] = {"file": job.name, "values": {}, "reasons": {}, "notes": [], "error": ""}
    if job.cell is None:
        return row | {"error": job.problem}
    cache = SheetCache(job.cache)
    key = _key(job.cell, job)
    kept = cache.get(key)
    if kept is not None:
        return kept
    try:
        row |= _described(job.cell, job)
    except SeicastError as error:
        row["error"] = str(error)
    cache.put(key, row)
    return row


def _described(cell: Cell, job: FileJob) -> dict[str, Any]:
    reading = read_file(job.path)
    if reading.cycling is None:
        raise InvalidRecord(f"'{job.name}' ({reading.format}) holds no cycling data.")
    filled = replace(cell, cycling=reading.cycling, spectra=(*cell.spectra, *reading.spectra))
    table = describe([filled], n_cycles=job.n_cycles)
    values = zip(table.names, table.array[0].tolist(), strict=True)
    return {
        "values": {name: value for name, value in values if not math.isnan(value)},
        "reasons": table.absent(0),
        "notes": list(reading.notes),
    }


def _key(cell: Cell, job: FileJob) -> str:
    """Return a hash of all that the descriptors of a file rest on."""
    digest = hashlib.sha256(job.path.read_bytes())
    versions = {each.name: each.version for each in select(None)}
    facts = [job.name, asdict(cell.recipe), asdict(cell.source), cell.area_cm2, job.n_cycles]
    digest.update(json.dumps([facts, versions], sort_keys=True).encode())
    return digest.hexdigest()
