"""Where the front door keeps things; the environment may say otherwise."""

import getpass
import os
from pathlib import Path

from seicast.following import Follower

CHECKOUT = Path(__file__).resolve().parent.parent
EXAMPLE_REQUEST = CHECKOUT / "docs" / "examples" / "cu3n_sbr.json"


def home() -> Path:
    """Return the folder of runs and kept cells: ``SEICAST_HOME``, else ``.seicast`` here."""
    return Path(os.environ.get("SEICAST_HOME", CHECKOUT / ".seicast"))


def shelf() -> Path:
    """Return the folder of published predictors: ``SEICAST_SHELF``, else ``models/trained``."""
    return Path(os.environ.get("SEICAST_SHELF", CHECKOUT / "models" / "trained"))


def database_url() -> str:
    """Return the database of the store: ``SEICAST_DATABASE``, else an SQLite file in ``home()``."""
    return os.environ.get("SEICAST_DATABASE", f"sqlite:///{home() / 'seicast.db'}")


def cells_root() -> str:
    """Return the root of raw data: ``SEICAST_CELLS`` (any fsspec address), else in ``home()``."""
    return os.environ.get("SEICAST_CELLS", str(home() / "cells"))


def follower() -> Follower:
    """Return what notices that MLflow is behind the shelf."""
    return Follower(shelf(), home() / "followed.json")


def sheet_cache_root() -> str:
    """Return the root of described files: ``SEICAST_SHEETS``, else in ``home()``."""
    return os.environ.get("SEICAST_SHEETS", str(home() / "sheets"))


def user() -> str:
    """Return who is logged in, for the audit log."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container's user may have no name
        return "unknown user of this machine"
