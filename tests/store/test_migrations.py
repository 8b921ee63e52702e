from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Column, Integer, Table, inspect, select, text

from features.errors import BrokenStore, NewerStore
from store import CellStore, migrations
from store.audit import AuditLog
from store.cell_tables import cells
from store.migrations import MIGRATIONS, add_column, make_tables, open_database
from store.schema import Name, metadata, schema_version


def columns_of(database):
    """Return the columns of every table, in no order."""
    with database.reading() as connection:
        look = inspect(connection)
        return {
            table: {column["name"] for column in look.get_columns(table)}
            for table in look.get_table_names()
        }


def numbers_in(database):
    with database.reading() as connection:
        return list(connection.scalars(select(schema_version.c.number)))


@pytest.fixture
def extra_table():
    """Return a table that a later version of this program might add."""
    table = Table("extras", metadata, Column("number", Integer, primary_key=True))
    yield table
    metadata.remove(table)


def test_a_new_store_has_every_table_as_it_is_defined(database_url):
    database = open_database(database_url)
    assert columns_of(database) == {
        table.name: {column.name for column in table.columns} for table in metadata.sorted_tables
    }
    assert numbers_in(database) == list(range(1, len(MIGRATIONS) + 1))
    database.close()


def test_opening_again_changes_nothing(database_url):
    for _ in range(2):
        database = open_database(database_url)
        assert numbers_in(database) == list(range(1, len(MIGRATIONS) + 1))
        database.close()


@pytest.mark.parametrize("schema", range(1, len(MIGRATIONS)))
def test_a_store_of_every_earlier_schema_is_brought_forward_with_its_cells(
    place, monkeypatch, schema, make_cell, assert_same
):
    monkeypatch.setattr(migrations, "MIGRATIONS", MIGRATIONS[:schema])
    monkeypatch.setattr(AuditLog, "append_in", lambda *_: None)  # no cell had a line then
    earlier = CellStore.open(place.url, place.root)
    earlier.add(make_cell())
    earlier.close()
    monkeypatch.undo()
    store = CellStore.open(place.url, place.root)
    assert numbers_in(store.database) == list(range(1, len(MIGRATIONS) + 1))
    assert_same(store.get("A1"), make_cell())
    store.delete("A1", "the log is there too")
    assert store.audit.verify() == []
    store.close()


def test_a_later_step_may_add_tables_and_columns(place, monkeypatch, extra_table, make_cell):
    """And may find them there already: in a new store, tables are made as they are today."""
    store = CellStore.open(place.url, place.root)
    store.add(make_cell())
    store.close()
    column = Column("note", Name)
    cells.append_column(column)
    monkeypatch.setattr(
        migrations,
        "MIGRATIONS",
        [
            *MIGRATIONS,
            lambda connection: make_tables(connection, extra_table),
            lambda connection: add_column(connection, column),
            lambda connection: add_column(connection, column),
        ],
    )
    try:
        database = open_database(place.url)
        found = columns_of(database)
        assert "note" in found["cells"]
        assert found["extras"] == {"number"}
        database.close()
    finally:
        cells._columns.remove(column)


def test_a_newer_store_is_refused_and_left_alone(database_url, monkeypatch, extra_table):
    """Half of a newer program's facts would be lost without a word."""
    newer = [*MIGRATIONS, lambda connection: make_tables(connection, extra_table)]
    monkeypatch.setattr(migrations, "MIGRATIONS", newer)
    open_database(database_url).close()
    monkeypatch.undo()
    known = len(MIGRATIONS)
    with pytest.raises(
        NewerStore, match=rf"has schema {known + 1}, this version .* knows {known};"
    ):
        open_database(database_url)


def test_a_file_that_is_no_database_and_a_server_that_is_down_are_named(tmp_path):
    (tmp_path / "seicast.db").write_bytes(b"no database at all" * 100)
    with pytest.raises(BrokenStore, match="cannot be used: file is not a database"):
        open_database(f"sqlite:///{tmp_path / 'seicast.db'}")
    with pytest.raises(BrokenStore, match="cannot be used") as error:
        open_database("postgresql://ana:secret@127.0.0.1:1/name")
    assert "secret" not in str(error.value)


@pytest.mark.parametrize("statement", ["", " WHERE number = 1"])
def test_a_store_that_lost_its_schema_version_is_not_made_anew(database_url, statement):
    """Taken for an empty one, it would be changed by steps it has behind it."""
    database = open_database(database_url)
    with database.writing() as connection:
        connection.execute(text("DELETE FROM schema_version" + statement))
    database.close()
    with pytest.raises(BrokenStore, match="does not know its own schema"):
        open_database(database_url)


def test_a_step_that_fails_leaves_the_store_as_it_was(database_url, monkeypatch, extra_table):
    def fail(connection):
        make_tables(connection, extra_table)
        raise RuntimeError("disk full")

    open_database(database_url).close()
    monkeypatch.setattr(migrations, "MIGRATIONS", [*MIGRATIONS, fail])
    with pytest.raises(RuntimeError, match="disk full"):
        open_database(database_url)
    monkeypatch.undo()
    database = open_database(database_url)
    assert "extras" not in columns_of(database)
    database.close()


def test_eight_threads_may_open_a_fresh_store_at_once(database_url):
    with ThreadPoolExecutor(8) as pool:
        opened = list(pool.map(open_database, [database_url] * 8))
    for database in opened:
        with database.reading() as connection:
            assert connection.scalar(text("SELECT count(*) FROM cells")) == 0
        database.close()
