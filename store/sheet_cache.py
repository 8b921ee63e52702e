"""Described files at rest: a batch that was stopped goes on where it stopped.

<root>/<key>.json      one described file; the key hashes all that its descriptors rest on
"""

import json
from typing import Any

import fsspec


class SheetCache:
    """Small JSON records under content-made keys.

    Parameters
    ----------
    root : str
        A folder, or an address that fsspec knows.
    """

    def __init__(self, root: str) -> None:
        self._files, self._root = fsspec.url_to_fs(root)
        self._files.makedirs(self._root, exist_ok=True)

    def get(self, key: str) -> dict[str, Any] | None:
        """Return a record, None where there is none that can be read."""
        try:
            record = json.loads(self._files.cat_file(self._path(key)))
        except (FileNotFoundError, ValueError):
            return None
        return record if isinstance(record, dict) else None

    def put(self, key: str, record: dict[str, Any]) -> None:
        """Keep a record; no reader ever sees a part of it."""
        partial = f"{self._path(key)}.{id(record)}.partial"
        self._files.pipe_file(partial, json.dumps(record).encode())
        self._files.mv(partial, self._path(key))

    def _path(self, key: str) -> str:
        return f"{self._root}/{key}.json"
