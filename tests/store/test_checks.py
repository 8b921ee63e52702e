import json
import random
import sqlite3

import pytest
from sqlalchemy import text

from features.errors import SeicastError
from store import CellStore, Original, Outcome
from store.audit import AuditEvent
from store.backup import back_up
from store.checks import problems_of

N_HOLES = 60


@pytest.fixture
def full(store, make_cell):
    """Return a store with everything a store can hold."""
    store.add(make_cell("A1"), originals=[Original("A1.csv", b"abc")])
    store.add(make_cell("B2", cycling=None, spectra=()), idempotency_key="k")
    store.correct("A1", make_cell("A1", area_cm2=0.6), "area was read wrongly")
    store.finish("B2", Outcome(12.0, False))
    store.add(make_cell("C3", spectra=()))
    store.delete("C3", "no longer wanted")
    return store


def change(store, statement, **values):
    with store.database.writing() as connection:
        connection.execute(text(statement), values)


def test_a_whole_store_has_no_problems(full):
    assert problems_of(full) == []


def test_every_raw_file_that_is_gone_or_altered_is_named_with_its_cells(full, place):
    """Also those of a deleted cell and of an earlier version: what is kept is watched."""
    files, paths = place.raw_files()
    assert len(paths) == 3
    for path in paths:
        content = files.cat_file(path)
        files.pipe_file(path, content + b" ")
        assert all(path.rpartition("/")[2] in line for line in problems_of(full))
        assert any("was altered" in line for line in problems_of(full))
        files.rm_file(path)
        assert any("is missing" in line for line in problems_of(full))
        files.pipe_file(path, content)
    assert problems_of(full) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"area_cm2": 0.6', '"area_cm2": 0.7'),
        ('"cycle_life_cycles": 12.0', '"cycle_life_cycles": 13.0'),
        ('"lab": "B"', '"lab": "C"'),
        ('"is_censored": false', '"is_censored": true'),
        ('"A1"', '"A2"'),
        ("{", "["),
        ("}", ""),
    ],
)
def test_facts_that_were_changed_behind_the_stores_back_are_found(full, old, new):
    change(full, "UPDATE cell_versions SET facts = replace(facts, :old, :new)", old=old, new=new)
    assert problems_of(full)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE cells SET lab = 'C' WHERE cell_id = 'A1'",
        "UPDATE cells SET phases = '' WHERE cell_id = 'A1'",
        "UPDATE cells SET cycle_life_cycles = 99 WHERE cell_id = 'B2'",
        "UPDATE cells SET version = 7 WHERE cell_id = 'A1'",
        "UPDATE cells SET version = 1 WHERE cell_id = 'B2'",
        "DELETE FROM cell_versions WHERE cell_id = 'C3'",
        "DELETE FROM cell_versions WHERE cell_id = 'A1' AND version = 2",
        "DELETE FROM blobs",
    ],
)
def test_lists_that_disagree_with_facts_are_found(full, statement):
    change(full, statement)
    assert problems_of(full)


def test_an_audit_log_cut_off_is_found_with_an_anchor(full):
    full.audit.append(AuditEvent("ana", "test", "x"))
    head = full.audit.head()
    assert problems_of(full, (head.number, head.sha256)) == []
    assert problems_of(full, (head.number + 1, head.sha256))


def test_every_hole_in_the_database_is_found_or_hurts_nothing(folder_store, make_cell, tmp_path):
    """512 zero bytes anywhere: SQLite alone notices most, hashes of content notice the rest."""
    for number in range(40):
        folder_store.add(make_cell(f"c{number}", area_cm2=0.5 + number / 100))
    folder_store.finish("c7", Outcome(12.0, False))
    back_up(folder_store, tmp_path / "copy", lambda *_: None)
    path = tmp_path / "copy" / "seicast.db"
    whole, draw = path.read_bytes(), random.Random(5)
    expected = contents(folder_store)
    n_found = 0
    for _ in range(N_HOLES):
        start = draw.randrange(0, len(whole) - 512)
        path.write_bytes(whole[:start] + bytes(512) + whole[start + 512 :])
        for side in (f"{path}-wal", f"{path}-shm"):
            type(path)(side).unlink(missing_ok=True)
        n_found += is_found(path, tmp_path / "copy" / "cells", expected)
    assert n_found > N_HOLES / 2


def contents(store):
    return {(each.cell_id, each.version): each for each in store.each()}


def is_found(path, root, expected):
    """Tell whether a check finds a hole; where it does not, assert that no cell has changed."""
    try:
        store = CellStore.open(f"sqlite:///{path}", str(root))
    except SeicastError:
        return True
    try:
        if problems_of(store):
            return True
        assert contents(store) == expected
        return False
    finally:
        store.close()


def test_sqlite_reads_the_facts_without_this_code(folder_store, make_cell):
    folder_store.add(make_cell())
    plain = sqlite3.connect(folder_store.database.path)
    (facts,) = plain.execute("SELECT facts FROM cell_versions").fetchone()
    plain.close()
    assert json.loads(facts)["cell_id"] == "A1"
