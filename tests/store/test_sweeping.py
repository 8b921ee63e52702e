import hashlib
import threading
from datetime import timedelta

import pytest

from store.checks import problems_of

ORPHAN = {f"{hashlib.sha256(b'orphan').hexdigest()}.raw": b"orphan"}
PARTIAL = f".{'a' * 64}.parquet.{'b' * 32}.partial"


def leave_orphans(store, place):
    """Leave what a crash may leave: a whole file without an entry, and a part of one."""
    store.blobs.keep(ORPHAN)
    files, path = place.raw_files()[0], store.blobs.root
    files.makedirs(f"{path}/blobs/aa", exist_ok=True)
    files.pipe_file(f"{path}/blobs/aa/{PARTIAL}", b"part")


@pytest.fixture
def parts_are_old(monkeypatch):
    """Let an hour pass."""
    monkeypatch.setattr("store.sweeping.YOUNGEST_PART", timedelta(0))


@pytest.mark.usefixtures("parts_are_old")
def test_orphans_and_parts_go_and_cells_stay(store, place, make_cell, assert_same):
    store.add(make_cell())
    kept = place.raw_files()[1]
    leave_orphans(store, place)
    assert len(place.raw_files()[1]) == len(kept) + 2
    swept = store.sweep(timedelta(0))
    assert (swept.n_files, swept.n_bytes) == (2, len(b"orphan") + len(b"part"))
    assert place.raw_files()[1] == kept
    assert_same(store.get("A1"), make_cell())
    assert store.sweep(timedelta(0)).n_files == 0


def test_young_files_stay_for_they_may_be_of_a_cell_on_its_way(store, place):
    leave_orphans(store, place)
    assert store.sweep(timedelta(hours=1)).n_files == 0
    assert store.sweep().n_files == 0


def test_a_young_part_stays_whatever_was_asked_for(store, place):
    """Somebody is writing it; without it, the renaming would fail."""
    leave_orphans(store, place)
    assert store.sweep(timedelta(0)).n_files == 1
    (part,) = store.blobs.files()
    assert part.name == PARTIAL


def test_all_versions_of_a_cell_keep_their_raw_data(store, make_cell, assert_same):
    store.add(make_cell())
    other = make_cell().cycling.iloc[:2]
    store.correct("A1", make_cell(cycling=other), "was another cell's cycling")
    assert store.sweep(timedelta(0)).n_files == 0
    assert_same(store.get("A1", version=1), make_cell())


def test_a_cell_whose_orphans_are_swept_while_it_is_entered_is_whole(
    store, make_cell, assert_same, monkeypatch
):
    """The worst moment: its files are there from a crash, and go just before its entry."""
    keep = type(store.blobs).keep

    def swept_after(self, contents):
        keep(self, contents)
        monkeypatch.setattr(type(self), "keep", keep)
        assert store.sweep(timedelta(0)).n_files == 2

    monkeypatch.setattr(type(store.blobs), "keep", swept_after)
    store.add(make_cell())
    assert_same(store.get("A1"), make_cell())
    assert problems_of(store) == []


def test_adding_beside_a_sweeper_that_never_rests_loses_nothing(folder_store, make_cell):
    stop = threading.Event()

    def sweep():
        while not stop.is_set():
            folder_store.sweep(timedelta(0))

    sweeper = threading.Thread(target=sweep)
    sweeper.start()
    try:
        for number in range(40):
            folder_store.add(make_cell(f"c{number}", area_cm2=0.5 + number / 100))
            cycling = make_cell().cycling * (1 - number / 1000)
            folder_store.add(make_cell(f"d{number}", cycling=cycling))
    finally:
        stop.set()
        sweeper.join()
    assert folder_store.count() == 80
    assert problems_of(folder_store) == []
