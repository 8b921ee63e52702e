"""Files that no entry refers to: what a crash between raw data and entry leaves behind."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, select

from store.blobs import BlobFile, Blobs
from store.cell_tables import blobs as blob_rows
from store.database import Database

#: A part that was written to this lately may be of an upload on its way, whatever was asked for.
YOUNGEST_PART = timedelta(hours=1)
#: Files removed while writers wait.
BATCH = 100


@dataclass(frozen=True)
class Swept:
    """What was removed."""

    n_files: int
    n_bytes: int


def sweep(database: Database, blobs: Blobs, older_than: timedelta) -> Swept:
    """Remove orphans last written longer ago than ``older_than``, and parts an hour old at least.

    Whoever enters a cell holds the same lock and looks again whether its files are there, so
    no sweep, however timed, takes a file away from an entry.
    """
    now = datetime.now(UTC)
    with database.reading() as connection:
        kept = set(connection.scalars(select(blob_rows.c.name)))
    orphans = [
        file
        for file in blobs.files()
        if file.name not in kept and now - file.modified_at >= _least_age(file, older_than)
    ]
    n_files = n_bytes = 0
    for start in range(0, len(orphans), BATCH):
        with database.writing("cells") as connection:
            for file in _still_orphans(connection, orphans[start : start + BATCH]):
                blobs.remove(file)
                n_files, n_bytes = n_files + 1, n_bytes + file.n_bytes
    return Swept(n_files, n_bytes)


def _least_age(file: BlobFile, older_than: timedelta) -> timedelta:
    return max(older_than, YOUNGEST_PART) if file.is_part else older_than


def _still_orphans(connection: Connection, files: list[BlobFile]) -> list[BlobFile]:
    names = [file.name for file in files]
    kept = set(connection.scalars(select(blob_rows.c.name).where(blob_rows.c.name.in_(names))))
    return [file for file in files if file.name not in kept]
