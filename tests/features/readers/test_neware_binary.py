"""What surrounds the library that reads Neware's binaries."""

import zipfile
import zlib

import pytest

from features.errors import UnreadableFile
from features.readers import neware_binary, read_file


@pytest.mark.parametrize(
    ("name", "content"), [("a.nda", b"NEWARE" + bytes(5000)), ("a.ndax", b"PK\x03\x04" + bytes(99))]
)
def test_file_with_nothing_but_the_magic_is_refused_by_name(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UnreadableFile, match=rf"'{name}' cannot be read as Neware"):
        read_file(tmp_path / name)


def test_other_content_under_a_neware_ending_is_claimed_by_nobody(tmp_path):
    (tmp_path / "a.nda").write_bytes(bytes(100))
    with pytest.raises(UnreadableFile, match="No reader claims"):
        read_file(tmp_path / "a.nda")


def test_archive_that_unpacks_to_too_much_is_refused_unread(tmp_path, monkeypatch):
    monkeypatch.setattr(neware_binary, "MOST_UNPACKED_BYTES", 1000)
    with zipfile.ZipFile(tmp_path / "a.ndax", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data.ndc", bytes(10_000))
    with pytest.raises(UnreadableFile, match="unpacks to"):
        read_file(tmp_path / "a.ndax")


def test_archive_without_data_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.ndax", "w") as archive:
        archive.writestr("TestInfo.xml", "<root/>")
    with pytest.raises(UnreadableFile, match="cannot be read as Neware"):
        read_file(tmp_path / "a.ndax")


def test_the_library_leaves_zlib_as_it_was(tmp_path):
    """Its import swaps zlib's functions; other readers catch the errors of the true ones."""
    (tmp_path / "a.ndax").write_bytes(b"PK\x03\x04" + bytes(99))
    with pytest.raises(UnreadableFile):
        read_file(tmp_path / "a.ndax")
    neware_binary._fastnda()
    assert zlib.decompress.__module__ == "zlib"
    assert zlib.decompressobj.__module__ == "zlib"
