"""A copy of a store while it is in use: the database first, then the raw files.

Raw files never change and none that has an entry is ever removed, so those copied after the
database hold all that the copied database refers to.

<folder>/seicast.db      SQLite, or <folder>/seicast.dump made by pg_dump beforehand
<folder>/cells/          raw files; copied once, so the next backup into this folder is short
"""

import os
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from features.errors import InvalidSetting
from store.blobs import Blobs
from store.cell_tables import blobs as blob_rows
from store.cells import CellStore


@dataclass(frozen=True)
class Backup:
    """What a backup holds; ``n_copied`` of the raw files are new in it."""

    database: Path
    n_files: int
    n_copied: int


def back_up(store: CellStore, folder: Path, tell: Callable[[int, int], None]) -> Backup:
    """Copy a store into a folder; ``tell`` learns how many raw files are done, of how many.

    Raises
    ------
    InvalidSetting
        If the store is on PostgreSQL and its dump does not stand in the folder yet.
    BrokenStore
        If a raw file is gone or altered.
    """
    folder.mkdir(parents=True, exist_ok=True)
    database = _copy_sqlite(store, folder) if store.database.is_sqlite else _dump(store, folder)
    with store.database.reading() as connection:
        names = list(connection.scalars(select(blob_rows.c.name).order_by(blob_rows.c.name)))
    copy = Blobs(str(folder / "cells"))
    there = {file.name for file in copy.files()}
    n_copied = 0
    for number, name in enumerate(names, start=1):
        if name not in there:
            copy.keep({name: store.blobs.fetch(name)})
            n_copied += 1
        tell(number, len(names))
    return Backup(database, len(names), n_copied)


def _copy_sqlite(store: CellStore, folder: Path) -> Path:
    """Copy the database as it is at one moment, without stopping its writers."""
    path, partial = folder / "seicast.db", folder / ".seicast.db.partial"
    partial.unlink(missing_ok=True)
    source = sqlite3.connect(store.database.path)
    target = sqlite3.connect(partial)
    try:
        source.backup(target)
    finally:
        source.close()
        target.close()
    with partial.open("rb") as file:
        os.fsync(file.fileno())
    return partial.replace(path)


def _dump(store: CellStore, folder: Path) -> Path:
    path = folder / "seicast.dump"
    if not path.is_file():
        raise InvalidSetting(
            f"The store is on PostgreSQL, which copies itself. First run: pg_dump --format=custom "
            f"--file={path} {store.database.engine.url.database}. Then run this again; it copies "
            f"the raw files."
        )
    return path
