import subprocess
import threading

import pytest

from features.errors import BrokenStore, InvalidSetting
from store import CellStore, Original
from store.backup import back_up
from store.checks import problems_of

SILENT = lambda *_: None  # noqa: E731


def restored(folder):
    return CellStore.open(f"sqlite:///{folder / 'seicast.db'}", str(folder / "cells"))


@pytest.fixture
def filled(folder_store, make_cell):
    folder_store.add(make_cell("A1"), originals=[Original("A1.csv", b"abc")])
    folder_store.add(make_cell("B2", spectra=()))
    folder_store.correct("A1", make_cell("A1", area_cm2=0.6), "area was read wrongly")
    folder_store.delete("B2", "no longer wanted")
    return folder_store


def test_a_backup_is_a_store_with_every_version_and_the_log(filled, tmp_path, assert_same):
    told = []
    made = back_up(filled, tmp_path / "copy", lambda *counts: told.append(counts))
    assert (made.n_files, made.n_copied) == (3, 3)
    assert told[-1] == (3, 3)
    copy = restored(tmp_path / "copy")
    assert problems_of(copy) == []
    assert copy.versions("A1") == filled.versions("A1")
    assert copy.audit.head() == filled.audit.head()
    assert copy.raw_bytes("A1") == b"abc"
    for version in (1, 2):
        assert_same(copy.get("A1", version), filled.get("A1", version))
    copy.close()


def test_a_second_backup_copies_only_what_is_new(filled, tmp_path, make_cell):
    back_up(filled, tmp_path / "copy", SILENT)
    filled.add(make_cell("C3"), originals=[Original("C3.csv", b"new")])
    assert back_up(filled, tmp_path / "copy", SILENT).n_copied == 1
    copy = restored(tmp_path / "copy")
    assert problems_of(copy) == []
    assert copy.count() == 2
    copy.close()


def test_a_backup_made_while_cells_are_added_is_whole(folder_store, make_cell, tmp_path):
    """Database first, raw files after: whatever the database knows is there."""
    stop = threading.Event()

    def add():
        number = 0
        while not stop.is_set():
            cycling = make_cell().cycling * (1 - number / 10_000)
            folder_store.add(make_cell(f"c{number}", cycling=cycling))
            number += 1

    adder = threading.Thread(target=add)
    adder.start()
    try:
        for number in range(5):
            back_up(folder_store, tmp_path / f"copy {number}", SILENT)
    finally:
        stop.set()
        adder.join()
    for number in range(5):
        copy = restored(tmp_path / f"copy {number}")
        assert problems_of(copy) == []
        copy.close()


def test_damaged_raw_data_are_not_copied_over_good_ones(filled, tmp_path):
    back_up(filled, tmp_path / "good", SILENT)
    (name,) = [each.name for each in filled.blobs.files() if each.name.endswith(".raw")]
    path = next(each.path for each in filled.blobs.files() if each.name == name)
    with open(path, "wb") as file:  # noqa: PTH123
        file.write(b"abd")
    back_up(filled, tmp_path / "good", SILENT)
    copy = restored(tmp_path / "good")
    assert problems_of(copy) == []
    copy.close()
    with pytest.raises(BrokenStore, match="was altered"):
        back_up(filled, tmp_path / "new", SILENT)


def test_a_store_on_postgresql_is_dumped_first_and_restored_from_that(
    postgresql_url, tmp_path, make_cell, assert_same
):
    """The drill of the operator's page, with the server's own programs."""
    store = CellStore.open(postgresql_url, str(tmp_path / "cells"))
    store.add(make_cell())
    store.delete("A1", "to have a line in the log")
    store.add(make_cell("B2"))
    folder = tmp_path / "copy"
    with pytest.raises(InvalidSetting, match="First run: pg_dump --format=custom"):
        back_up(store, folder, SILENT)
    run("pg_dump", "--format=custom", f"--file={folder / 'seicast.dump'}", postgresql_url)
    back_up(store, folder, SILENT)
    versions, head = store.versions("B2"), store.audit.head()
    store.close()

    server, _, name = postgresql_url.rpartition("/")
    run("createdb", f"--maintenance-db={server}/postgres", f"{name}_drill")
    try:
        run("pg_restore", f"--dbname={server}/{name}_drill", str(folder / "seicast.dump"))
        copy = CellStore.open(f"{server}/{name}_drill", str(folder / "cells"))
        assert problems_of(copy, (head.number, head.sha256)) == []
        assert copy.versions("B2") == versions
        assert_same(copy.get("B2"), make_cell("B2"))
        copy.close()
    finally:
        run("dropdb", f"--maintenance-db={server}/postgres", f"{name}_drill")


def run(*words):
    reply = subprocess.run(words, capture_output=True, text=True, check=False)
    assert reply.returncode == 0, reply.stderr
