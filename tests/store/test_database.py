import threading
from contextlib import ExitStack

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from features.errors import BusyStore, InvalidSetting
from store.database import Database, engine_of, words_of
from store.migrations import open_database


@pytest.fixture
def database(database):
    """Return a database with a table of its own to write into."""
    with database.writing() as connection:
        connection.execute(text("CREATE TABLE notes (number INTEGER PRIMARY KEY)"))
    return database


def count(connection):
    return connection.scalar(text("SELECT count(*) FROM notes"))


@pytest.mark.parametrize("url", ["", "cells.db", "sqlite://", "sqlite:///:memory:"])
def test_what_is_no_place_for_a_store_is_refused_with_what_is(url):
    with pytest.raises(InvalidSetting, match=r"sqlite:///path/of/seicast\.db"):
        engine_of(url)


def test_another_kind_of_database_is_refused_by_name():
    with pytest.raises(InvalidSetting, match=r"cannot be on 'mysql'; it can be on sqlite or postg"):
        engine_of("mysql://user@host/name")


def test_a_missing_driver_is_named_with_the_way_to_it(monkeypatch):
    """The password in the URL is nobody's business."""
    monkeypatch.setitem(__import__("sys").modules, "psycopg", None)
    with pytest.raises(InvalidSetting, match=r"pip install 'seicast\[postgres\]'") as error:
        engine_of("postgresql://ana:secret@host/name")
    assert "secret" not in str(error.value)


def test_names_of_databases_show_no_password():
    assert "secret" not in Database("postgresql://ana:secret@host/name").name


def test_the_folder_of_a_new_store_is_made(tmp_path):
    database = open_database(f"sqlite:///{tmp_path / 'a' / 'b' / 'seicast.db'}")
    assert database.path.is_file()
    database.close()


def test_sqlite_logs_ahead_syncs_every_commit_and_guards_references(folder_place):
    database = open_database(folder_place.url)
    with database.reading() as connection:
        pragma = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert pragma == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "busy_timeout": 30_000,
    }
    database.close()


def test_a_transaction_is_kept_whole_or_not_at_all(database):
    def fail_half_way():
        with database.writing() as connection:
            connection.execute(text("INSERT INTO notes VALUES (1)"))
            raise RuntimeError("half-way")

    with pytest.raises(RuntimeError, match="half-way"):
        fail_half_way()
    with database.reading() as connection:
        assert count(connection) == 0


def test_a_writer_waits_for_others_as_long_as_its_patience_lasts(database_url):
    """Without an end to it, one process that hangs would hang all that write."""
    other, hurried = open_database(database_url), open_database(database_url, patience_s=0.2)
    with (
        other.writing("cells"),
        pytest.raises(BusyStore, match=r"held the store for 0\.2 s; ask again"),
        hurried.writing("cells"),
    ):
        pytest.fail("two writers at once")
    with hurried.writing("cells"):
        pass
    for each in (other, hurried):
        each.close()


def test_a_database_that_does_not_answer_is_told_without_its_address():
    """What the driver says names host and port, which are no client's business."""
    database = Database("postgresql://ana:secret@127.0.0.1:1/name")
    for transaction in (database.reading, database.writing):
        with pytest.raises(BusyStore, match="does not answer") as error, transaction():
            pytest.fail("nobody listens there")
        assert "127.0.0.1" not in str(error.value)
        assert "secret" not in str(error.value)
        assert "127.0.0.1" in words_of(error.value)


def test_connections_that_are_all_taken_are_waited_for_and_then_asked_for_again(database_url):
    database = open_database(database_url, patience_s=0.1)
    with ExitStack() as stack:
        taken = range(database.engine.pool.size() + database.engine.pool._max_overflow)
        for _ in taken:
            stack.enter_context(database.reading())
        with pytest.raises(BusyStore, match="are taken; ask again"), database.reading():
            pytest.fail("one more than there are")
    database.close()


def test_what_refers_to_nothing_is_refused(store):
    """A version without its cell would be nobody's."""
    statement = text(
        "INSERT INTO cell_versions (cell_id, version, content_sha256, facts, made_at) "
        "VALUES ('nobody', 1, '', '', '')"
    )
    with pytest.raises(IntegrityError), store.database.writing() as connection:
        connection.execute(statement)


def test_those_who_read_then_write_do_not_lose_each_others_work(database):
    """Eight threads count and add one: with a late write lock, some would count the same."""
    errors = []

    def add_some():
        try:
            for _ in range(10):
                with database.writing("cells") as connection:
                    number = count(connection)
                    connection.execute(text("INSERT INTO notes VALUES (:n)"), {"n": number})
        except Exception as error:  # noqa: BLE001  a thread's error must reach the test
            errors.append(error)

    threads = [threading.Thread(target=add_some) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    with database.reading() as connection:
        assert count(connection) == 80


def test_readers_see_one_moment_while_others_write(database):
    with database.reading() as connection:
        assert count(connection) == 0
        with database.writing() as writer:
            writer.execute(text("INSERT INTO notes VALUES (1)"))
        if database.is_sqlite:
            assert count(connection) == 0
    with database.reading() as connection:
        assert count(connection) == 1


def test_a_whole_file_has_no_problems_and_a_damaged_one_does(folder_store, make_cell):
    for number in range(60):
        folder_store.add(make_cell(f"c{number}"))
    assert folder_store.database.integrity() == []
    path = folder_store.database.path
    folder_store.close()
    with folder_store.database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        root = connection.exec_driver_sql(
            "SELECT rootpage FROM sqlite_master WHERE name = 'cell_versions'"
        ).scalar()
    folder_store.close()
    with path.open("r+b") as file:
        file.seek(4096 * (root - 1))
        file.write(bytes(512))
    assert folder_store.database.integrity() != []
