"""A store that moves is the same store elsewhere: every version, key, job and audit line."""

import pytest

from features.errors import BrokenStore, InvalidSetting
from store import CellStore, Original
from store.checks import problems_of
from store.jobs import JobQueue
from store.keys import KeyStore
from store.moving import move

SILENT = lambda *_: None  # noqa: E731


@pytest.fixture
def filled(folder_store, make_cell):
    """Return a store in a folder with something in every table."""
    folder_store.add(make_cell("A1"), originals=[Original("A1.csv", b"abc")], idempotency_key="k")
    folder_store.add(make_cell("B2", spectra=()))
    folder_store.correct("A1", make_cell("A1", area_cm2=0.6), "area was read wrongly")
    folder_store.delete("B2", "no longer wanted")
    queue = JobQueue(folder_store.database)
    queue.take("w") if queue.submit({"target": "cycle_life"}, actor="kim") else None
    return folder_store


@pytest.fixture
def target(database_url, tmp_path):
    """Return an empty store on either database."""
    url = database_url.replace("/home/", "/new home/")
    opened = CellStore.open(url, str(tmp_path / "new cells"))
    yield opened
    opened.close()


def test_every_version_job_key_and_audit_line_moves(filled, target, assert_same, make_cell):
    key = KeyStore(filled.database).add("boss", ["admin"], actor="kim")
    told = []
    moved = move(filled, target, lambda *counts: told.append(counts))
    assert (moved.n_cells, moved.n_files) == (2, 3)
    assert told[-1] == (3, 3)
    assert problems_of(target, (filled.audit.head().number, filled.audit.head().sha256)) == []
    assert target.audit.entries() == filled.audit.entries()
    assert target.versions("A1") == filled.versions("A1")
    for version in (1, 2):
        assert_same(target.get("A1", version), filled.get("A1", version))
    assert target.raw_bytes("A1") == b"abc"
    (job,) = JobQueue(target.database).latest()
    assert job == JobQueue(filled.database).get(job.job_id)
    assert KeyStore(target.database).holder_of(key).name == "boss"
    target.add(make_cell("C3"))  # and life goes on: the log is chained to what was carried
    assert target.audit.verify() == []


def test_a_store_that_holds_anything_is_not_written_over(filled, target, make_cell):
    target.add(make_cell("X"))
    with pytest.raises(InvalidSetting, match="already"):
        move(filled, target, SILENT)
    assert target.count() == 1


def test_a_move_that_breaks_off_leaves_no_row_and_can_be_done_again(filled, target, monkeypatch):
    fetch, n_fetched = filled.blobs.fetch, []

    def broken(name):
        if n_fetched:
            raise BrokenStore("the disk rots")
        n_fetched.append(name)
        return fetch(name)

    monkeypatch.setattr(filled.blobs, "fetch", broken)
    with pytest.raises(BrokenStore, match="rots"):
        move(filled, target, SILENT)
    assert target.count() == 0
    assert target.audit.head() is None
    monkeypatch.setattr(filled.blobs, "fetch", fetch)
    assert move(filled, target, SILENT).n_cells == 2


def test_a_store_does_not_move_onto_itself(filled):
    with pytest.raises(InvalidSetting, match="already"):
        move(filled, filled, SILENT)
