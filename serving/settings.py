"""What an operator may set; read once, when the service is made."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from features.errors import InvalidSetting

CHECKOUT = Path(__file__).resolve().parents[1]
MEBIBYTE = 1024 * 1024


@dataclass(frozen=True)
class Settings:
    """Where the models are and how much one request may ask.

    Attributes
    ----------
    shelf : Path
        Folder of published predictors, see ``models.shelf``.
    poll_ms : int
        How often the service looks for new models on the shelf.
    hosts : tuple of str
        Names the service answers to, without port.
    mlflow_url : str
        Where people open MLflow, for links to runs; empty for none.
    max_body_bytes, max_cells : int
        ``max_cells`` bounds every list that does not hold measured numbers.
    max_columnar_cells : int
        Cells of a columnar body.
    max_upload_bytes, max_unpacked_bytes : int
        Of a multipart body with instrument files, and of one such file unpacked.
    max_rows : int
        Rows of cycling and points of spectra, all cells of a request together.
    max_fields, max_depth : int
        Objects, lists and named fields in a body, and how deep its brackets may nest.
    max_at_once : int
        Requests worked on at once; more are refused with 503.
    max_streams : int
        Clients that may follow retraining jobs at once.
    max_queued_jobs : int
        Retraining jobs that may wait for a worker; more are refused with 503.
    requests_per_s : int
        What one key may ask, with bursts of twice as many; more are refused with 429.
    read_timeout_s, upload_timeout_s : int
        How long a client may take to send its body, plain or with instrument files.
    linger_s : int
        How long the service, told to stop, goes on answering while it says that it is not ready.
    """

    shelf: Path = CHECKOUT / "models" / "trained"
    poll_ms: int = 2000
    hosts: tuple[str, ...] = ("localhost", "127.0.0.1", "[::1]")
    mlflow_url: str = ""
    max_body_bytes: int = 8 * MEBIBYTE
    max_cells: int = 1000
    max_columnar_cells: int = 10_000
    max_upload_bytes: int = 100 * MEBIBYTE
    max_unpacked_bytes: int = 400 * MEBIBYTE
    max_rows: int = 2_000_000
    max_fields: int = 100_000
    max_depth: int = 16
    max_at_once: int = 20
    max_streams: int = 20
    max_queued_jobs: int = 100
    requests_per_s: int = 100
    read_timeout_s: int = 10
    upload_timeout_s: int = 60
    linger_s: int = 0

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """Return the settings with ``SEICAST_SHELF``, ``SEICAST_MAX_CELLS`` and so on applied."""
        stated = {name: environment.get(f"SEICAST_{name.upper()}") for name in _names()}
        shelf = stated.pop("shelf") or cls.shelf
        hosts = _listed(stated.pop("hosts") or "") or cls.hosts
        mlflow_url = _address("mlflow_url", stated.pop("mlflow_url") or "")
        limits = {name: _positive(name, text) for name, text in stated.items() if text is not None}
        return cls(shelf=Path(shelf), hosts=hosts, mlflow_url=mlflow_url, **limits)


def _names() -> list[str]:
    return [field.name for field in fields(Settings)]


def _listed(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _address(name: str, text: str) -> str:
    """Return an address that a page may link to: never a script."""
    if text and not text.startswith(("http://", "https://")):
        raise InvalidSetting(
            f"SEICAST_{name.upper()} is '{text[:80]}'; it must begin with http:// or https://."
        )
    return text.rstrip("/")


def _positive(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise InvalidSetting(
            f"SEICAST_{name.upper()} is '{text[:80]}'; it must be a whole number above 0."
        )
    return int(text)
