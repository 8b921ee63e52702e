"""Instrument files sent as multipart: kept aside while they are read, unpacked within bounds."""

import gzip
import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath, PureWindowsPath

import anyio
from anyio import to_thread
from fastapi import Request

from serving.bodies import content_encoding
from serving.errors import (
    BodyTooLarge,
    InvalidRequest,
    Problem,
    SlowBody,
    UnsupportedBody,
)
from serving.multipart import FACTS, FILE, Parts, read_parts
from serving.settings import Settings
from store.facts import Original

MULTIPART = "multipart/form-data"
#: What a compressed file may unpack to, over what it takes itself, and at most.
MOST_EXPANSION = 100
CHUNK = 1 << 20


@dataclass(frozen=True)
class Upload:
    """A multipart body: the JSON of a cell, and its files."""

    facts: bytes
    files: tuple[Original, ...]


def is_multipart(request: Request) -> bool:
    """Tell whether a request carries files."""
    return request.headers.get("content-type", "").split(";")[0].strip().lower() == MULTIPART


async def read_upload(request: Request, settings: Settings) -> Upload:
    """Return what a multipart request carries.

    Raises
    ------
    MalformedBody
        If the parts cannot be told apart, or the last one has no end.
    InvalidRequest
        If the part with the cell is missing or comes twice, or a part is unknown.
    InvalidRecord
        If a file has no usable name.
    BodyTooLarge
        If the JSON is longer than it may be alone, or a file unpacks to too much.
    UnsupportedBody
        If the body is packed as a whole; single files may be. Or if it is not in UTF-8.
    """
    if content_encoding(request) != "identity":
        raise UnsupportedBody("Pack the files, each by itself, not the body that carries them.")
    try:
        with anyio.fail_after(settings.upload_timeout_s):
            parts = await read_parts(request, settings)
    except TimeoutError:
        raise SlowBody(
            f"The body took more than {settings.upload_timeout_s} s to arrive."
        ) from None
    try:
        upload = await _upload_of(parts)
    finally:
        await parts.close()
    # Up to some seconds for the largest: too long for the loop, which others wait for.
    await to_thread.run_sync(_check_expansion, upload.files, settings)
    return upload


async def _upload_of(parts: Parts) -> Upload:
    """Return the one cell among the parts, which may have a filename or none, and its files."""
    facts = [content for name, content in parts.fields if name == FACTS]
    facts += [await file.read() for name, file in parts.files if name == FACTS]
    for name in _unknown(parts):
        text = f"is no part of a cell; parts are '{FACTS}', and '{FILE}' with a filename."
        raise InvalidRequest([Problem(name, text)])
    if len(facts) != 1:
        came = f"comes {len(facts)} times; send one" if facts else "is missing"
        text = f"the part '{FACTS}' {came}; it holds the JSON of the cell"
        raise InvalidRequest([Problem(FACTS, text)])
    files = [
        Original(_plain_name(file.filename or ""), await file.read())
        for name, file in parts.files
        if name == FILE
    ]
    return Upload(facts[0], tuple(files))


def _unknown(parts: Parts) -> Iterator[str]:
    """Yield the names of parts that are neither the cell nor a file."""
    yield from (name for name, _ in parts.fields if name != FACTS)
    yield from (name for name, _ in parts.files if name not in {FACTS, FILE})


def _plain_name(stated: str) -> str:
    """Return a file's name without the folders that a client may have put before it."""
    return PurePosixPath(PureWindowsPath(stated).name).name


def _check_expansion(files: Sequence[Original], settings: Settings) -> None:
    """Raise if a compressed file unpacks to more than is bearable; nothing is kept of it."""
    for file in files:
        allowed = min(MOST_EXPANSION * len(file.content), settings.max_unpacked_bytes)
        if _unpacked_bytes(file.content, allowed) > allowed:
            raise BodyTooLarge(
                f"'{file.name}' unpacks to more than {allowed} bytes; send it as plain text, or "
                f"in parts."
            )


def _unpacked_bytes(content: bytes, enough: int) -> int:
    """Return what a file unpacks to, counting no further than needed; 0 if it is not packed."""
    if content[:2] == b"\x1f\x8b":
        return _gunzipped_bytes(content, enough)
    if content[:4] == b"PK\x03\x04":
        return _unzipped_bytes(content)
    return 0


def _gunzipped_bytes(content: bytes, enough: int) -> int:
    n_bytes = 0
    try:
        with gzip.open(io.BytesIO(content)) as file:
            while n_bytes <= enough and (chunk := file.read(CHUNK)):
                n_bytes += len(chunk)
    except (OSError, EOFError):
        return n_bytes  # the reader says what is wrong with it
    return n_bytes


def _unzipped_bytes(content: bytes) -> int:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, OSError, ValueError):
        return 0  # the reader says what is wrong with it
