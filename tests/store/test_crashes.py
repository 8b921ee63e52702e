"""What is left after SIGKILL, and after many began at once."""

import os
import subprocess
import sys
from datetime import timedelta
from functools import partial
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

from features.errors import DeletedCell, UnknownName
from seicast.places import CHECKOUT
from store import CellStore
from store.blobs import BLOB_NAME
from store.checks import problems_of

NURSERY = Path(__file__).with_name("nursery.py")
N_KILLS = 30


@pytest.fixture(scope="module")
def nursery():
    """Return the module that made the cells."""
    spec = spec_from_file_location("nursery", NURSERY)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(mode, *arguments):
    reply = subprocess.run(
        [sys.executable, str(NURSERY), mode, *map(str, arguments)],
        cwd=CHECKOUT,
        env=os.environ | {"PYTHONPATH": str(CHECKOUT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert reply.returncode == 0, reply.stderr


@pytest.fixture
def assert_nothing_lost(nursery, assert_same, monkeypatch):
    """Return the assertion on what is left; it returns how many cells were acknowledged."""
    monkeypatch.setattr("store.sweeping.YOUNGEST_PART", timedelta(0))  # an hour has passed
    return partial(check_nothing_lost, nursery=nursery, assert_same=assert_same)


def check_nothing_lost(place, acknowledged, *, nursery, assert_same):
    """Assert that every acknowledged cell is there, whole, once, and that nothing else is wrong."""
    numbers = [int(line) for line in acknowledged.read_text().split()]
    assert numbers == list(range(len(numbers)))
    store = CellStore.open(place.url, place.root)
    assert problems_of(store) == []
    entries = list(store.each())
    # The last one may have been entered without a chance to say so.
    assert len(numbers) <= len(entries) <= len(numbers) + 1
    assert len({each.cell_id for each in entries}) == len(entries)
    for entry in entries:
        number = int(entry.cell_id[1:])
        assert entry.version == 1
        assert_same(store.get(entry.cell_id), nursery.cell_of(number))
        if number % 3 == 0:
            assert store.raw_bytes(entry.cell_id) == b"%d" % number * 5000
    store.sweep(timedelta(0))
    assert problems_of(store) == []
    names = {path.rpartition("/")[2] for path in place.raw_files()[1]}
    assert all(map(BLOB_NAME.fullmatch, names))
    assert len(names) == len(entries) + sum(bool(each.originals) for each in entries)
    nursery.add(store, len(numbers))  # and life goes on
    store.close()
    return len(numbers)


@pytest.mark.slow
def test_no_acknowledged_cell_is_lost_in_thirty_kills(place, tmp_path, assert_nothing_lost):
    acknowledged = tmp_path / "acknowledged"
    run("random", place.url, place.root, acknowledged, N_KILLS, 7)
    assert assert_nothing_lost(place, acknowledged) >= N_KILLS


def test_whatever_step_a_process_dies_in_nothing_is_half_done(
    folder_place, tmp_path, assert_nothing_lost
):
    acknowledged = tmp_path / "acknowledged"
    run("steps", folder_place.url, folder_place.root, acknowledged)
    assert assert_nothing_lost(folder_place, acknowledged) >= 1


@pytest.mark.parametrize("round_number", range(3))
def test_eight_processes_may_start_on_a_fresh_store_at_once(place, nursery, round_number):
    """The first start is when a cluster is most likely to start everything together."""
    run("together", place.url, place.root)
    store = CellStore.open(place.url, place.root)
    assert store.count() == nursery.N_PROCESSES * nursery.N_OWN + nursery.N_SHARED
    assert problems_of(store) == []
    lines = store.audit.entries(limit=1000)
    assert [line.number for line in lines] == list(range(1, len(lines) + 1))
    assert len(lines) == nursery.N_PROCESSES * nursery.N_LINES + store.count()  # one a cell
    store.close()


def test_a_deleted_cell_stays_deleted_for_those_who_knew_it(store, place, make_cell):
    """Two processes, one store: what one deletes the other no longer serves."""
    other = CellStore.open(place.url, place.root)
    store.add(make_cell())
    assert other.get("A1").area_cm2 == 0.5
    other.delete("A1", "mistake")
    with pytest.raises(DeletedCell):
        store.get("A1")
    with pytest.raises(UnknownName):
        other.get("A1")
    other.close()
