"""Raw data by content: each file is named by its SHA-256, and never changes.

<root>/blobs/<first two digits>/<sha256>.parquet     cycling, or spectra
<root>/blobs/<first two digits>/<sha256>.raw         an instrument's own file, as uploaded

In a folder a file is written under a temporary name, synced to disk, renamed, and the folder
synced; object stores show an object when it is whole. So under a final name there is never a part.
"""

import hashlib
import os
import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import fsspec
from fsspec.implementations.local import LocalFileSystem

from features.errors import BrokenStore, InvalidSetting

BLOB_NAME = re.compile(r"[0-9a-f]{64}\.(?:parquet|raw)")
PARTIAL_NAME = re.compile(r"\.[0-9a-f]{64}\.(?:parquet|raw)\.[0-9a-f]{32}\.partial")
CHUNK_BYTES = 1024 * 1024
#: File systems on which an object appears whole or not at all.
WHOLE_AT_ONCE = {"memory", "s3", "s3a", "gs", "gcs", "abfs", "abfss", "az"}
#: Under which key a file system tells when a file was last written.
_MODIFIED = ("mtime", "LastModified", "last_modified", "updated", "created")


@dataclass(frozen=True)
class BlobFile:
    """A file under the root, whether any cell knows it or not.

    Attributes
    ----------
    name : str
    path : str
    n_bytes : int
    modified_at : datetime
        Now where the file system does not tell, so that it never counts as old.
    """

    name: str
    path: str
    n_bytes: int
    modified_at: datetime

    @property
    def is_part(self) -> bool:
        """Tell whether it was not renamed to its final name yet."""
        return bool(PARTIAL_NAME.fullmatch(self.name))


class Blobs:
    """Raw files under one root.

    Parameters
    ----------
    root : str
        A folder, or an address that fsspec knows (``s3://bucket/cells``).

    Raises
    ------
    InvalidSetting
        If nothing here can reach such an address.
    """

    def __init__(self, root: str) -> None:
        try:
            # What another process added or swept is seen at once.
            self._files, self.root = fsspec.url_to_fs(root, use_listings_cache=False)
        except (ImportError, ValueError) as error:
            raise InvalidSetting(
                f"Raw data cannot be kept at '{root}': {error}. Send a folder, or an address "
                f"whose driver is installed (S3: pip install 'seicast[s3]')."
            ) from error
        self._settled: set[Path] = set()

    def keep(self, contents: Mapping[str, bytes]) -> None:
        """Write what is not there yet, each under its name.

        What stands under the name with other content (a disk that rots, an outage of a file
        system that cannot rename) is replaced.
        """
        for name, content in contents.items():
            if not self._holds(name, content):
                self._write(self._path(name), content)
        if isinstance(self._files, LocalFileSystem):
            self._settle({Path(self._path(name)).parent for name in contents})

    def restore_lost(self, contents: Mapping[str, bytes]) -> None:
        """Write again what was swept away since ``keep``."""
        lost = {name: content for name, content in contents.items() if not self.has(name)}
        if lost:
            self.keep(lost)

    def has(self, name: str) -> bool:
        """Tell whether there is a file of that name."""
        return bool(self._files.exists(self._path(name)))

    def fetch(self, name: str) -> bytes:
        """Return a file.

        Raises
        ------
        BrokenStore
            If it is gone, cannot be read, or does not have the SHA-256 it was kept under.
        """
        path = self._path(name)
        try:
            content: bytes = self._files.cat_file(path)
        except FileNotFoundError:
            raise BrokenStore(f"{path} is missing; restore it from a backup.") from None
        except OSError as error:
            raise BrokenStore(f"{path} cannot be read: {error}") from error
        if hashlib.sha256(content).hexdigest() != name[:64]:
            raise BrokenStore(f"{path} was altered; restore it from a backup.")
        return content

    def chunks(self, name: str) -> Iterator[bytes]:
        """Yield a file in pieces; the last one only if the whole has its SHA-256.

        Raises
        ------
        BrokenStore
            As in ``fetch``, after all but the last piece.
        """
        path = self._path(name)
        if not self.has(name):
            raise BrokenStore(f"{path} is missing; restore it from a backup.")
        digest, held = hashlib.sha256(), b""
        with self._files.open(path, "rb") as file:
            while chunk := file.read(CHUNK_BYTES):
                if held:
                    yield held
                digest.update(chunk)
                held = chunk
        if digest.hexdigest() != name[:64]:
            raise BrokenStore(f"{path} was altered; restore it from a backup.")
        yield held

    def files(self) -> Iterator[BlobFile]:
        """Yield every file that this class has ever written, also what a crash left."""
        found = self._files.find(f"{self.root}/blobs", detail=True)
        for path, info in found.items():
            name = str(path).rpartition("/")[2]
            if BLOB_NAME.fullmatch(name) or PARTIAL_NAME.fullmatch(name):
                yield BlobFile(name, str(path), int(info["size"] or 0), _modified_at(info))

    def remove(self, file: BlobFile) -> None:
        """Remove a file that no cell refers to."""
        try:
            self._files.rm_file(file.path)
        except FileNotFoundError:
            return  # another sweep was faster

    def _settle(self, folders: set[Path]) -> None:
        """Sync the folders' own entries to disk, and once each what leads to them."""
        for folder in folders:
            _sync(folder)
            if folder not in self._settled:
                for above in (folder.parent, folder.parent.parent, folder.parent.parent.parent):
                    _sync(above)
                self._settled.add(folder)

    def _path(self, name: str) -> str:
        return f"{self.root}/blobs/{name[:2]}/{name}"

    def _holds(self, name: str, content: bytes) -> bool:
        try:
            kept: bytes = self._files.cat_file(self._path(name))
        except FileNotFoundError:
            return False
        return kept == content

    def _write(self, path: str, content: bytes) -> None:
        folder, _, name = path.rpartition("/")
        partial = f"{folder}/.{name}.{uuid.uuid4().hex}.partial"
        if isinstance(self._files, LocalFileSystem):
            _write_synced(Path(partial), Path(path), content)
        elif WHOLE_AT_ONCE & set(_protocols(self._files)):
            self._files.pipe_file(path, content)
        else:
            self._files.makedirs(folder, exist_ok=True)
            self._files.pipe_file(partial, content)
            self._files.mv(partial, path)


def _write_synced(partial: Path, path: Path, content: bytes) -> None:
    partial.parent.mkdir(parents=True, exist_ok=True)
    try:
        with partial.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _protocols(files: Any) -> tuple[str, ...]:
    protocol = files.protocol
    return (protocol,) if isinstance(protocol, str) else tuple(protocol)


def _modified_at(info: Mapping[str, Any]) -> datetime:
    for key in _MODIFIED:
        moment = info.get(key)
        if isinstance(moment, int | float):
            return datetime.fromtimestamp(moment, UTC)
        if isinstance(moment, datetime):
            return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return datetime.now(UTC)
