"""A store moved to another database, another root of raw data, or both: SQLite to a server, say.

Rows are copied as they are, the audit log line by line, so that whoever noted its last line
can still check it. Nothing is removed from where the store was.
"""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection, Table, func, select

from features.errors import InvalidSetting
from store.cell_tables import blobs as blob_rows
from store.cell_tables import cells
from store.cells import CellStore
from store.schema import metadata, schema_version

#: Rows carried at a time; the facts of a cell take some kB.
ROWS_AT_A_TIME = 500


@dataclass(frozen=True)
class Moved:
    """What was carried, and the database it was carried to; its password is left out."""

    database: str
    n_cells: int
    n_files: int


def move(source: CellStore, target: CellStore, tell: Callable[[int, int], None]) -> Moved:
    """Copy a store into an empty one.

    Raw files go first and the rows last, in one transaction: a move that breaks off leaves no
    row, and files that the next one need not carry again. What is written to the old store
    meanwhile, or later, stays there alone.

    Parameters
    ----------
    source, target : CellStore
        Both opened, so both have the tables of today.
    tell : callable
        Learns how many raw files are done, of how many.

    Raises
    ------
    InvalidSetting
        If the target holds anything already.
    BrokenStore
        If a raw file is gone or altered.
    """
    with source.database.reading() as rows, target.database.writing("schema") as places:
        _check_empty(places, target.database.name)
        names = list(rows.scalars(select(blob_rows.c.name).order_by(blob_rows.c.name)))
        _carry_files(source, target, names, tell)
        for table in _tables():
            _carry(rows, places, table)
        n_cells = int(places.scalar(select(func.count()).select_from(cells)) or 0)
    return Moved(target.database.name, n_cells, len(names))


def _tables() -> list[Table]:
    """Return the tables that are carried, those first that others refer to."""
    return [table for table in metadata.sorted_tables if table is not schema_version]


def _check_empty(connection: Connection, name: str) -> None:
    for table in _tables():
        if connection.execute(select(table).limit(1)).first() is not None:
            raise InvalidSetting(
                f"The store {name} holds rows in '{table.name}' already; move to an empty one, "
                f"or import the cells there from their files: seicast cells import."
            )


def _carry_files(
    source: CellStore, target: CellStore, names: list[str], tell: Callable[[int, int], None]
) -> None:
    there = {file.name for file in target.blobs.files()}
    for number, name in enumerate(names, start=1):
        if name not in there:
            target.blobs.keep({name: source.blobs.fetch(name)})
        tell(number, len(names))


def _carry(source: Connection, target: Connection, table: Table) -> None:
    found = source.execute(select(table).order_by(*table.primary_key.columns))
    for some in found.mappings().partitions(ROWS_AT_A_TIME):
        target.execute(table.insert(), [dict(row) for row in some])
