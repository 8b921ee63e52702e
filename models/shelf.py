"""The folder of published predictors: what training puts there, the service takes.

    trained/<name>/v<version>/      a bundle, see models.bundle
    trained/<name>/champion.json    which version answers, its run and its hash

The champion file is replaced in one step, last; a reader sees the old one or the new one.
"""

import json
import os
import shutil
import uuid
from dataclasses import asdict, dataclass
from pathlib import Path

from features.errors import BrokenBundle, UnknownName
from models.bundle import bundle_sha256
from models.predictor import Predictor


@dataclass(frozen=True)
class Entry:
    """Which version of a name answers, and where it came from."""

    name: str
    version: int
    run_id: str
    bundle_sha256: str


@dataclass(frozen=True, eq=False)
class Champion:
    """A predictor ready to answer, with its entry on the shelf."""

    entry: Entry
    predictor: Predictor


def publish(shelf: Path, entry: Entry, bundle: Path) -> None:
    """Copy a bundle to the shelf and make it the champion of its name."""
    folder = shelf / entry.name / f"v{entry.version}"
    aside = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(aside, ignore_errors=True)
    shutil.copytree(bundle, aside)
    if bundle_sha256(aside) != entry.bundle_sha256:
        raise BrokenBundle(
            f"Bundle of '{entry.name}' changed while it was copied; publish it again."
        )
    shutil.rmtree(folder, ignore_errors=True)
    aside.rename(folder)
    _replace(folder.parent / "champion.json", json.dumps(asdict(entry), indent=2))


def entries(shelf: Path) -> list[Entry]:
    """Return the champions' entries, by name."""
    return [_entry(path) for path in sorted(shelf.glob("*/champion.json"))]


def load_champion(shelf: Path, name: str) -> Champion:
    """Return the champion of a name.

    Raises
    ------
    UnknownName
        If nothing of this name is on the shelf.
    BrokenBundle, StaleBundle
        If its files were altered, or were made by other descriptor versions.
    """
    path = shelf / name / "champion.json"
    if not path.is_file():
        known = ", ".join(entry.name for entry in entries(shelf)) or "none yet; run: seicast demo"
        raise UnknownName(f"No trained model is called '{name}'; there are: {known}.")
    entry = _entry(path)
    folder = path.parent / f"v{entry.version}"
    if bundle_sha256(folder) != entry.bundle_sha256:
        raise BrokenBundle(
            f"Bundle {folder} is not the one that was published; train '{name}' again."
        )
    return Champion(entry, Predictor.load(folder))


def _entry(path: Path) -> Entry:
    try:
        return Entry(**json.loads(path.read_text()))
    except (ValueError, TypeError) as error:
        raise BrokenBundle(f"{path} cannot be read: {error}; train the model again.") from error


def _replace(path: Path, text: str) -> None:
    """Write a file so that no reader ever sees a part of it."""
    # A name of its own: two trainings may end in the same moment.
    partial = path.with_name(f".{path.name}.{uuid.uuid4().hex}.partial")
    with partial.open("w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
