import threading
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from features.errors import InvalidRecord
from store.audit import AuditEvent, AuditLog
from store.migrations import open_database

TRIGGERS = {
    "sqlite": ["DROP TRIGGER audit_log_no_update", "DROP TRIGGER audit_log_no_delete"],
    "postgresql": ["DROP TRIGGER audit_log_no_change ON audit_log"],
}
COLUMNS = ("at", "actor", "action", "subject", "reason", "details", "previous_sha256", "sha256")


@pytest.fixture
def log(database):
    """Return a log of five lines."""
    log = AuditLog(database)
    for number in range(1, 6):
        log.append(AuditEvent("ana", "promote", f"model {number}", "better", {"rmse": 0.1}))
    return log


def tamper(database, statement, **values):
    """Change the log behind its back, as someone with the database's password could."""
    with database.writing() as connection:
        for trigger in TRIGGERS[connection.dialect.name]:
            connection.execute(text(trigger))
        connection.execute(text(statement), values)


def test_what_was_written_is_read_in_its_order(log):
    entries = log.entries()
    assert [entry.subject for entry in entries] == [f"model {n}" for n in range(1, 6)]
    assert [entry.number for entry in entries] == [1, 2, 3, 4, 5]
    assert entries[0].details == '{"rmse": 0.1}'
    assert log.entries(after=3) == entries[3:]
    assert log.entries(limit=2) == entries[:2]
    assert log.head() == entries[-1]
    assert entries[0].moment <= entries[-1].moment
    assert log.verify() == []


def test_a_new_log_is_empty_and_whole(database):
    log = AuditLog(database)
    assert (log.head(), log.entries(), log.verify()) == (None, (), [])


@pytest.mark.parametrize(
    "statement", ["UPDATE audit_log SET actor = 'me'", "DELETE FROM audit_log"]
)
def test_the_database_itself_refuses_to_change_a_line(log, database, statement):
    with pytest.raises(DatabaseError, match="append-only"), database.writing() as connection:
        connection.execute(text(statement))
    assert log.verify() == []


@pytest.mark.parametrize("number", [1, 3, 5])
@pytest.mark.parametrize("column", COLUMNS)
def test_every_change_of_every_line_is_found(log, database, column, number):
    tamper(database, f"UPDATE audit_log SET {column} = 'x' WHERE number = :n", n=number)
    assert any(f"audit line {number}:" in problem for problem in log.verify())


@pytest.mark.parametrize("number", [1, 2, 4])
def test_a_line_that_was_removed_is_found(log, database, number):
    tamper(database, "DELETE FROM audit_log WHERE number = :n", n=number)
    assert any("missing" in problem for problem in log.verify())


def test_lines_that_were_numbered_anew_are_found(log, database):
    tamper(database, "DELETE FROM audit_log WHERE number = 1")
    with database.writing() as connection:
        connection.execute(text("UPDATE audit_log SET number = number - 1"))
    assert log.verify()


def test_a_cut_off_end_is_found_by_who_kept_the_head(log, database):
    """The chain alone cannot tell: whatever is left of it fits."""
    head = log.head()
    anchor = (head.number, head.sha256)
    log.append(AuditEvent("ana", "retrain", "model 6"))
    assert log.verify(anchor) == []
    tamper(database, "DELETE FROM audit_log WHERE number > 3")
    assert log.verify() == []
    assert log.verify(anchor) == ["audit line 5: is not the one that was kept elsewhere"]


def test_a_forged_end_is_found_by_who_kept_the_head(log, database):
    head = log.head()
    tamper(database, "DELETE FROM audit_log WHERE number = 5")
    log.append(AuditEvent("eve", "promote", "model 5", "better", {"rmse": 0.1}))
    assert log.verify() == []
    assert log.verify((head.number, head.sha256))


def test_a_line_is_kept_with_what_it_tells_or_not_at_all(database):
    log = AuditLog(database)

    def fail():
        with database.writing() as connection:
            log.append_in(connection, AuditEvent("ana", "delete", "cell A1"))
            raise RuntimeError("half-way")

    with pytest.raises(RuntimeError, match="half-way"):
        fail()
    assert log.head() is None


def test_writers_at_once_make_one_chain(database):
    logs = [AuditLog(database) for _ in range(8)]

    def write(number):
        for line in range(10):
            logs[number].append(AuditEvent(f"thread {number}", "test", f"{line}"))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    entries = logs[0].entries(limit=1000)
    assert [entry.number for entry in entries] == list(range(1, 81))
    assert logs[0].verify() == []
    for number in range(8):
        own = [entry.subject for entry in entries if entry.actor == f"thread {number}"]
        assert own == [str(line) for line in range(10)]


@pytest.mark.parametrize("details", [{"x": float("nan")}, {"x": {1, 2}}, {"x": object()}])
def test_details_that_json_cannot_hold_are_refused(folder_place, details):
    log = AuditLog(open_database(folder_place.url))
    with pytest.raises(InvalidRecord, match="details are not JSON"):
        log.append(AuditEvent("ana", "test", "x", details=details))
    assert log.head() is None


@given(st.text(max_size=30), st.text(max_size=30))
@settings(deadline=None)
def test_no_two_lines_share_a_seal(one, other):
    """Words must not move from one field to the next unseen."""
    from store.audit import AuditEntry  # noqa: PLC0415

    entry = AuditEntry(1, "at", one, other, "subject", "", "{}", "0", "")
    moved = replace(entry, actor=one + other, action="")
    assert (entry.seal == moved.seal) == (entry == moved)
