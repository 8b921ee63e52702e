"""Take a folder's cells into the store: resumable, with the reason of every file left out.

Files of one stem in one folder are one cell: ``A1.csv`` holds its cycling, ``A1.mpt`` its
spectra, ``A1.json`` its facts in the service's own form. Where ``A1.json`` is missing, the facts
are those of ``cell.json`` in the same folder, and the cell is named by its path. A store of
version 0.1 is imported as it is.
"""

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Literal

from features.errors import InvalidRecord, SeicastError, UnreadableFile
from features.readers import read_file
from features.records import Cell
from seicast.cell_files import cells_from
from seicast.folders import FACTS, NOT_RAW
from store import CellStore, Original
from store.earlier_layout import earlier_cells, files_of, read_earlier
from store.facts import sealed

State = Literal["kept", "there already", "would be kept", "left out"]


@dataclass(frozen=True)
class Parcel:
    """What makes one cell.

    Attributes
    ----------
    name : str
        Its files, relative to the folder.
    files : tuple of Path
        All that its content rests on.
    read : function
        Returns the cell, or raises why there is none.
    originals : tuple of Path
        The instrument's own files.
    """

    name: str
    files: tuple[Path, ...]
    read: Callable[[], Cell]
    originals: tuple[Path, ...] = ()

    @property
    def key(self) -> str:
        """Return the idempotency key: the same files under the same name, once."""
        digest = hashlib.sha256(self.name.encode())
        for path in self.files:
            digest.update(hashlib.sha256(path.read_bytes()).digest())
        return f"import-{digest.hexdigest()}"


@dataclass(frozen=True)
class Imported:
    """What became of a parcel; ``reason`` says why it was left out."""

    name: str
    state: State
    reason: str = ""


def parcels_in(folder: Path) -> list[Parcel]:
    """Return what makes each cell of a folder, in the order of their names.

    Raises
    ------
    UnreadableFile
        If there is no such folder, or nothing in it that may be a cell.
    """
    if not folder.is_dir():
        raise UnreadableFile(f"There is no folder '{folder}'.")
    earlier = earlier_cells(folder)
    if earlier:
        return [
            Parcel(each.name, tuple(files_of(each)), partial(read_earlier, each))
            for each in earlier
        ]
    groups: dict[Path, list[Path]] = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and _may_tell(path):
            groups.setdefault(path.with_suffix(""), []).append(path)
    if not groups:
        raise UnreadableFile(f"'{folder}' holds neither raw files nor cells as JSON.")
    return [_parcel(folder, stem, files) for stem, files in groups.items()]


def import_all(
    parcels: list[Parcel], store: CellStore, *, is_dry_run: bool = False, actor: str = "local"
) -> Iterator[Imported]:
    """Yield what became of each parcel; one that cannot be read does not stop the others."""
    for parcel in parcels:
        try:
            yield Imported(parcel.name, _take(parcel, store, is_dry_run=is_dry_run, actor=actor))
        except (SeicastError, OSError) as error:
            reason = error.in_words if isinstance(error, SeicastError) else str(error)
            yield Imported(parcel.name, "left out", reason)


def _take(parcel: Parcel, store: CellStore, *, is_dry_run: bool, actor: str) -> State:
    """Enter a parcel's cell; files entered under their key before are not read again."""
    key = parcel.key
    if store.entry_of_key(key) is not None:
        return "there already"
    cell = parcel.read()
    originals = [Original(path.name, path.read_bytes()) for path in parcel.originals]
    if is_dry_run:
        return "would be kept" if store.same_as(cell, originals) is None else "there already"
    new = sealed(cell, None, None, originals)
    is_new = store.enter(new, idempotency_key=key, actor=actor).is_new
    return "kept" if is_new else "there already"


def _may_tell(path: Path) -> bool:
    is_facts = path.suffix.lower() == ".json" and path.name != FACTS
    return is_facts or path.suffix.lower() not in NOT_RAW


def _parcel(folder: Path, stem: Path, files: list[Path]) -> Parcel:
    raw = tuple(path for path in files if path.suffix.lower() != ".json")
    own = next((path for path in files if path.suffix.lower() == ".json"), None)
    facts = own or stem.parent / FACTS
    name = ", ".join(path.relative_to(folder).as_posix() for path in files)
    if not facts.is_file():
        problem = f"no facts: neither '{stem.name}.json' nor '{FACTS}' stands beside it"
        return Parcel(name, raw, partial(_refuse, problem), raw)
    cell_id = None if own else _id_of(stem.relative_to(folder))
    return Parcel(name, (facts, *raw), partial(_read, facts, raw, cell_id), raw)


def _id_of(stem: Path) -> str:
    """Return a path as a cell id, which knows no slash."""
    return re.sub(r"[^A-Za-z0-9._ -]", "_", stem.as_posix()).lstrip("._ -")


def _refuse(problem: str) -> Cell:
    raise InvalidRecord(problem)


def _read(facts: Path, raw: tuple[Path, ...], cell_id: str | None) -> Cell:
    """Return the cell that facts and raw files make together."""
    cells = cells_from(facts, None, [])
    if len(cells) != 1:
        raise InvalidRecord(f"'{facts.name}' holds {len(cells)} cells, not one.")
    readings = [read_file(path) for path in raw]
    cycling = [found.cycling for found in readings if found.cycling is not None]
    given = cells[0] if cell_id is None else replace(cells[0], cell_id=cell_id)
    if len(cycling) + (given.cycling is not None) > 1:
        raise InvalidRecord(
            f"Cell '{given.cell_id}' has more than one record of cycling in "
            f"{[path.name for path in (facts, *raw)]}; give each its own name."
        )
    spectra = (*given.spectra, *(each for found in readings for each in found.spectra))
    return replace(given, cycling=cycling[0] if cycling else given.cycling, spectra=spectra)
