"""Where the front door keeps things; the environment may say otherwise."""

import os
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
EXAMPLE_REQUEST = CHECKOUT / "docs" / "examples" / "cu3n_sbr.json"


def home() -> Path:
    """Return the folder of runs and kept cells: ``SEICAST_HOME``, else ``.seicast`` here."""
    return Path(os.environ.get("SEICAST_HOME", CHECKOUT / ".seicast"))


def shelf() -> Path:
    """Return the folder of published predictors: ``SEICAST_SHELF``, else ``models/trained``."""
    return Path(os.environ.get("SEICAST_SHELF", CHECKOUT / "models" / "trained"))


def cells_root() -> str:
    """Return the root of kept cells: ``SEICAST_CELLS`` (any fsspec address), else in ``home()``."""
    return os.environ.get("SEICAST_CELLS", str(home() / "cells"))


def sheet_cache_root() -> str:
    """Return the root of described files: ``SEICAST_SHEETS``, else in ``home()``."""
    return os.environ.get("SEICAST_SHEETS", str(home() / "sheets"))
