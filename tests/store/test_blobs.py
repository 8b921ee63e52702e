import hashlib
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import fsspec
import pytest

from features.errors import BrokenStore, InvalidSetting
from store.blobs import CHUNK_BYTES, Blobs


def named(content, ending="raw"):
    return {f"{hashlib.sha256(content).hexdigest()}.{ending}": content}


@pytest.fixture(params=["folder", "memory", "s3"])
def root(request, tmp_path):
    """Return an empty root of each kind of file system."""
    if request.param == "s3":
        return request.getfixturevalue("s3_root")
    return str(tmp_path / "raw") if request.param == "folder" else f"memory://{tmp_path.name}/raw"


@pytest.fixture
def blobs(root):
    return Blobs(root)


@pytest.mark.parametrize("n_bytes", [0, 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES])
def test_a_file_comes_back_whole_and_in_pieces(blobs, n_bytes):
    (name,) = kept = named(os.urandom(n_bytes))
    blobs.keep(kept)
    assert blobs.has(name)
    assert blobs.fetch(name) == b"".join(blobs.chunks(name)) == kept[name]
    (file,) = blobs.files()
    assert (file.name, file.n_bytes) == (name, n_bytes)
    assert abs(datetime.now(UTC) - file.modified_at) < timedelta(minutes=1)


def test_what_is_there_already_is_not_written_again(blobs, monkeypatch):
    blobs.keep(named(b"abc"))
    monkeypatch.setattr(Blobs, "_write", None)
    blobs.keep(named(b"abc"))


def test_a_damaged_file_is_refused_and_healed_by_who_has_it_whole(blobs, root):
    (name,) = kept = named(b"abc")
    blobs.keep(kept)
    files, path = fsspec.url_to_fs(root)
    files.pipe_file(f"{path}/blobs/{name[:2]}/{name}", b"abd")
    for read in (blobs.fetch, lambda name: list(blobs.chunks(name))):
        with pytest.raises(BrokenStore, match=f"{name} was altered"):
            read(name)
    blobs.keep(kept)
    assert blobs.fetch(name) == b"abc"


def test_the_last_piece_of_a_damaged_file_is_never_sent(blobs, root):
    """A client counts bytes: a file that breaks off is seen, an altered one is not."""
    (name,) = kept = named(bytes(2 * CHUNK_BYTES))
    blobs.keep(kept)
    files, path = fsspec.url_to_fs(root)
    files.pipe_file(f"{path}/blobs/{name[:2]}/{name}", b"1" + bytes(2 * CHUNK_BYTES - 1))
    pieces = blobs.chunks(name)
    assert len(next(pieces)) == CHUNK_BYTES
    with pytest.raises(BrokenStore, match="was altered"):
        next(pieces)


def test_a_missing_file_is_named(blobs):
    (name,) = named(b"abc")
    assert not blobs.has(name)
    for read in (blobs.fetch, lambda name: list(blobs.chunks(name))):
        with pytest.raises(BrokenStore, match=f"{name} is missing"):
            read(name)


def test_a_file_that_may_not_be_read_is_named(blobs, monkeypatch):
    (name,) = kept = named(b"abc")
    blobs.keep(kept)

    def forbidden(path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(blobs._files, "cat_file", forbidden)
    with pytest.raises(BrokenStore, match=f"{name} cannot be read: .*denied"):
        blobs.fetch(name)


def test_what_was_swept_meanwhile_is_written_again(blobs):
    kept = named(b"abc") | named(b"def")
    blobs.keep(kept)
    blobs.remove(next(blobs.files()))
    blobs.restore_lost(kept)
    assert {file.name for file in blobs.files()} == set(kept)


def test_removing_what_another_has_removed_is_no_error(blobs):
    blobs.keep(named(b"abc"))
    (file,) = blobs.files()
    blobs.remove(file)
    blobs.remove(file)
    assert list(blobs.files()) == []


def test_files_of_others_are_not_ours(blobs, root):
    """A sweep must never see what somebody else put beside the cells."""
    files, path = fsspec.url_to_fs(root)
    for name in ("blobs/ab/notes.txt", "blobs/README", "A1/cell.json", "blobs/ab/abc.parquet"):
        files.makedirs(f"{path}/{name}".rpartition("/")[0], exist_ok=True)
        files.pipe_file(f"{path}/{name}", b"x")
    assert list(blobs.files()) == []


def test_under_a_final_name_there_is_never_a_part(tmp_path, monkeypatch):
    """The disk fills half-way: the name stays free, and nothing is left beside it."""

    def fail(_):
        raise OSError("No space left on device")

    blobs = Blobs(str(tmp_path))
    monkeypatch.setattr("store.blobs.os.fsync", fail)
    with pytest.raises(OSError, match="No space left"):
        blobs.keep(named(b"abc"))
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_file_is_on_the_disk_before_it_has_its_name(tmp_path, monkeypatch):
    """Renamed first, a power failure would leave an empty file under a good name."""
    steps = []
    sync, rename = os.fsync, Path.replace
    monkeypatch.setattr("store.blobs.os.fsync", lambda file: (steps.append("sync"), sync(file)))

    def renamed(path, target):
        steps.append("rename")
        return rename(path, target)

    monkeypatch.setattr(Path, "replace", renamed)
    Blobs(str(tmp_path)).keep(named(b"abc"))
    assert steps[:3] == ["sync", "rename", "sync"]


@pytest.mark.parametrize("root", ["nonsense://bucket/cells", "s4://x"])
def test_an_address_nobody_can_reach_is_refused(root):
    with pytest.raises(InvalidSetting, match=r"cannot be kept at .*seicast\[s3\]"):
        Blobs(root)
