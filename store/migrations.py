"""The schema's history: numbered steps that bring any older store forward, and none back.

To add a table, define it on ``store.schema.metadata`` in the module of its noun and append a
step here. A step finds the store as the step before left it, or, in a new store, the tables as
they are defined today: ``make_tables`` and ``add_column`` leave alone what is there already.
"""

from collections.abc import Callable

from sqlalchemy import Column, Connection, Table, inspect, select, text
from sqlalchemy.schema import CreateColumn

from features.errors import BrokenStore, NewerStore
from store import audit_table, cell_tables, job_tables, key_table
from store.database import BUSY_TIMEOUT_S, NO_ANSWER, Database, words_of
from store.moments import now_in_text
from store.schema import metadata, schema_version


def open_database(url: str, patience_s: float = BUSY_TIMEOUT_S) -> Database:
    """Return the database at a URL, its tables made or brought up to date.

    Any number of processes may open a new store at the same time; one makes the tables.

    Parameters
    ----------
    url : str
    patience_s : float
        See ``store.database.engine_of``.

    Raises
    ------
    NewerStore
        If a newer version of this program has changed the tables.
    BrokenStore
        If the database cannot be reached, read or written.
    """
    database = Database(url, patience_s)
    try:
        with database.alone():
            database.write_ahead()
            with database.writing("schema") as connection:
                _bring_forward(connection, database.name)
    except NO_ANSWER as error:
        database.close()
        raise BrokenStore(
            f"The store {database.name} cannot be used: {words_of(error)}. Check that it can be "
            f"reached and written; a damaged one is restored from a backup, see docs/operating.md."
        ) from error
    except BaseException:
        database.close()
        raise
    return database


def make_tables(connection: Connection, *tables: Table) -> None:
    """Make tables with their indices where they are missing."""
    metadata.create_all(connection, tables=tables)


def add_column(connection: Connection, column: "Column[object]") -> None:
    """Add a column to a table made before the column was defined."""
    table = column.table.name
    if column.name in {each["name"] for each in inspect(connection).get_columns(table)}:
        return
    definition = CreateColumn(column).compile(dialect=connection.dialect)
    connection.execute(text(f"ALTER TABLE {table} ADD COLUMN {definition}"))


def _make_cells(connection: Connection) -> None:
    tables = (
        cell_tables.cells,
        cell_tables.cell_versions,
        cell_tables.blobs,
        cell_tables.idempotency_keys,
    )
    make_tables(connection, *tables)


def _make_audit_log(connection: Connection) -> None:
    make_tables(connection, audit_table.audit_log)
    audit_table.forbid_changes(connection)


def _make_keys(connection: Connection) -> None:
    make_tables(connection, key_table.api_keys)


def _make_jobs(connection: Connection) -> None:
    make_tables(connection, job_tables.jobs, job_tables.job_events)


#: Step n leads from schema n - 1 to schema n. Append; never edit, reorder or remove.
MIGRATIONS: list[Callable[[Connection], None]] = [
    _make_cells,
    _make_audit_log,
    _make_keys,
    _make_jobs,
]


def _bring_forward(connection: Connection, name: str) -> None:
    make_tables(connection, schema_version)
    numbers = list(connection.scalars(select(schema_version.c.number)))
    found = len(numbers)
    if sorted(numbers) != list(range(1, found + 1)) or (not found and _has_cells(connection)):
        raise BrokenStore(
            f"The store {name} does not know its own schema (steps {sorted(numbers)}); restore it "
            f"from a backup, see docs/operating.md."
        )
    if found > len(MIGRATIONS):
        raise NewerStore(
            f"The store {name} has schema {found}, this version of Seicast knows "
            f"{len(MIGRATIONS)}; install the newer version, or restore the backup made before it."
        )
    for number, step in enumerate(MIGRATIONS[found:], start=found + 1):
        step(connection)
        row = {"number": number, "applied_at": now_in_text()}
        connection.execute(schema_version.insert().values(row))


def _has_cells(connection: Connection) -> bool:
    return inspect(connection).has_table(cell_tables.cells.name)
