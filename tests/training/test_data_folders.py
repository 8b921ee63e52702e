import hashlib

import pytest

import training.data_folders
from features.errors import MissingData, UnknownName, UnreadableFile
from training.data_folders import (
    CHECKOUT,
    DATA_SETS,
    DataSet,
    candidate_folders,
    data_folder,
    fetch,
    has_data,
)

FILES = {"cells.csv": b"cell_id\nA1\n", "curves.parquet": b"PAR1"}


@pytest.fixture
def cache(monkeypatch, tmp_path):
    """Return an empty cache folder, used instead of the user's."""
    monkeypatch.setattr(training.data_folders, "cache_folder", lambda: tmp_path / "cache")
    monkeypatch.delenv("SEICAST_DATA", raising=False)
    return tmp_path / "cache"


@pytest.fixture
def toys(monkeypatch, tmp_path, cache):
    """Return a folder that holds a small data set which the code knows by checksum."""
    folder = tmp_path / "downloads" / "toys"
    folder.mkdir(parents=True)
    for name, content in FILES.items():
        (folder / name).write_bytes(content)
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in FILES.items()}
    known = {"toys": DataSet("handmade", "none", sums)}
    monkeypatch.setattr(training.data_folders, "DATA_SETS", known)
    return folder


def test_what_the_environment_says_is_the_only_place(monkeypatch, cache, tmp_path):
    """Who points somewhere does not want to be answered from elsewhere."""
    monkeypatch.setenv("SEICAST_DATA", str(tmp_path / "mine"))
    assert candidate_folders() == [tmp_path / "mine"]


def test_else_the_cache_comes_before_the_folder_beside_the_checkout(cache):
    assert candidate_folders() == [cache, CHECKOUT.parent / "shared" / "data"]


def test_the_first_folder_that_has_the_data_set_is_taken(toys, cache, monkeypatch):
    assert not has_data("toys")
    (cache / "toys").mkdir(parents=True)
    assert data_folder("toys") == cache / "toys"
    monkeypatch.setenv("SEICAST_DATA", str(toys.parent))
    assert data_folder("toys") == toys


def test_a_missing_data_set_is_answered_with_the_places_and_the_way_out(
    monkeypatch, cache, tmp_path
):
    monkeypatch.setenv("SEICAST_DATA", str(tmp_path))
    with pytest.raises(MissingData) as error:
        data_folder("severson2019")
    for fact in (str(tmp_path), "SEICAST_DATA", "seicast data fetch severson2019"):
        assert fact in str(error.value)


@pytest.mark.parametrize("is_parent", [True, False])
def test_fetch_copies_what_is_needed_from_the_folder_or_its_parent(toys, cache, is_parent):
    (toys / "unrelated.bin").write_bytes(b"x")
    assert fetch("toys", toys.parent if is_parent else toys) == cache / "toys"
    assert {path.name: path.read_bytes() for path in (cache / "toys").iterdir()} == FILES
    assert has_data("toys")


def test_a_file_of_another_checksum_is_refused_and_nothing_is_kept(toys, cache):
    (toys / "curves.parquet").write_bytes(b"PAR2")
    with pytest.raises(UnreadableFile, match=r"curves\.parquet.*SHA-256.*expected"):
        fetch("toys", toys)
    assert not cache.exists()


def test_a_missing_file_is_named_and_nothing_is_kept(toys, cache):
    (toys / "cells.csv").unlink()
    with pytest.raises(UnreadableFile, match=r"cells\.csv' is missing"):
        fetch("toys", toys)
    assert not cache.exists()


def test_a_copy_that_breaks_off_leaves_the_old_one(toys, cache, monkeypatch):
    """A full disk in the middle must not cost what was there."""
    fetch("toys", toys)
    copied = []

    def full_disk(source, target):
        if copied:
            raise OSError("No space left on device")
        copied.append(source)

    monkeypatch.setattr(training.data_folders.shutil, "copy2", full_disk)
    with pytest.raises(OSError, match="No space"):
        fetch("toys", toys)
    assert {path.name for path in (cache / "toys").iterdir()} == set(FILES)


def test_fetching_again_repairs_what_was_broken(toys, cache):
    fetch("toys", toys)
    (cache / "toys" / "cells.csv").write_bytes(b"")
    fetch("toys", toys)
    assert (cache / "toys" / "cells.csv").read_bytes() == FILES["cells.csv"]
    assert [path.name for path in cache.iterdir()] == ["toys"]


def test_fetching_from_the_cache_itself_loses_nothing(toys, cache):
    fetch("toys", toys)
    fetch("toys", cache)
    assert {path.name: path.read_bytes() for path in (cache / "toys").iterdir()} == FILES


def test_an_unknown_data_set_is_answered_with_the_list(tmp_path):
    with pytest.raises(UnknownName, match="'moon'; there are severson2019, kim2023_ce"):
        fetch("moon", tmp_path)


@pytest.mark.data
@pytest.mark.parametrize("name", DATA_SETS)
def test_the_files_on_this_machine_are_those_the_code_knows(name):
    """A cohort reads them unchecked, so the copy beside the checkout is checked here."""
    if not has_data(name):
        pytest.skip(f"the data set {name} is not on this machine")
    for file, sha256 in DATA_SETS[name].sha256.items():
        assert hashlib.sha256((data_folder(name) / file).read_bytes()).hexdigest() == sha256
