"""The folder of published predictors: what training puts there, the service takes.

    trained/<name>/v<version>/       a bundle, see models.bundle
    trained/<name>/v<version>.json   its run and its hash
    trained/<name>/champion.json     which version answers
    trained/<name>/history.jsonl     which ones did, a line each, the latest last

The champion file is replaced in one step, last; a reader sees the old one or the new one.
"""

import json
import os
import shutil
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from filelock import FileLock

from features.errors import BrokenBundle, UnknownName
from models.bundle import bundle_sha256
from models.predictor import Predictor

CHAMPION, HISTORY = "champion.json", "history.jsonl"
#: Is told who is about to answer, when all is checked and nothing has moved; may refuse by raising.
Note = Callable[["Entry"], object]


@dataclass(frozen=True)
class Entry:
    """Which version of a name answers, and where it came from."""

    name: str
    version: int
    run_id: str
    bundle_sha256: str

    def __post_init__(self) -> None:
        if [type(value) for value in asdict(self).values()] != [str, int, str, str]:
            raise TypeError(f"an entry of the shelf cannot be {asdict(self)}")


@dataclass(frozen=True, eq=False)
class Champion:
    """A predictor ready to answer, with its entry on the shelf."""

    entry: Entry
    predictor: Predictor


def publish(shelf: Path, entry: Entry, bundle: Path) -> None:
    """Copy a bundle to the shelf and make it the champion of its name."""
    store(shelf, entry, bundle)
    promote(shelf, entry)


def store(shelf: Path, entry: Entry, bundle: Path) -> None:
    """Copy a bundle to the shelf, where it waits for its promotion.

    Raises
    ------
    BrokenBundle
        If the bundle is not the one that the entry names.
    """
    folder = shelf / entry.name / f"v{entry.version}"
    # A name of its own: two trainings may end in the same moment.
    aside = folder.with_name(f".{folder.name}.{uuid.uuid4().hex}.partial")
    shutil.copytree(bundle, aside)
    if bundle_sha256(aside) != entry.bundle_sha256:
        shutil.rmtree(aside)
        raise BrokenBundle(
            f"Bundle of '{entry.name}' changed while it was copied; publish it again."
        )
    with _moves(shelf, entry.name):
        shutil.rmtree(folder, ignore_errors=True)
        aside.rename(folder)
        _replace(folder.with_suffix(".json"), _text(entry))


def _noted_nowhere(_: Entry) -> None:
    """Write nothing down."""


def promote(shelf: Path, entry: Entry, note: Note = _noted_nowhere) -> None:
    """Make a stored version the champion of its name.

    Raises
    ------
    UnknownName
        If this version is not on the shelf.
    """
    if entry not in versions(shelf, entry.name):
        raise UnknownName(
            f"Version {entry.version} of '{entry.name}' is not on the shelf; it holds "
            f"{[each.version for each in versions(shelf, entry.name)]}."
        )
    with _moves(shelf, entry.name):
        folder = shelf / entry.name
        if not (folder / HISTORY).is_file():  # a shelf of before there was a history
            for before in _readable([folder / CHAMPION]):
                _write_line(folder / HISTORY, {**asdict(before), "is_rollback": False})
        note(entry)
        _move(shelf, entry)


def rollback(shelf: Path, name: str, note: Note = _noted_nowhere) -> Entry:
    """Make the champion before the present one answer again, and return its entry.

    Raises
    ------
    UnknownName
        If there was none before.
    """
    with _moves(shelf, name):
        line = _line_of_succession(shelf, name)
        if len(line) < 2:
            raise UnknownName(f"No other version of '{name}' has answered before; none to go to.")
        entry = line[-2]
        if not (shelf / name / f"v{entry.version}").is_dir():
            raise UnknownName(f"Version {entry.version} of '{name}' is no longer on the shelf.")
        note(entry)
        _move(shelf, entry, is_rollback=True)
    return entry


def history(shelf: Path, name: str) -> list[Entry]:
    """Return every champion that a name has had, the latest last, rolled-back ones among them."""
    return [entry for entry, _ in _history(shelf, name)]


def versions(shelf: Path, name: str) -> list[Entry]:
    """Return the versions of a name on the shelf, the oldest first."""
    # The champion of a shelf of before versions had entries of their own is one as well.
    found = _readable([*(shelf / name).glob("v*.json"), shelf / name / CHAMPION])
    kept = {each for each in found if (shelf / name / f"v{each.version}").is_dir()}
    return sorted(kept, key=lambda entry: entry.version)


def entries(shelf: Path) -> list[Entry]:
    """Return the champions' entries, by name."""
    return [_entry(path) for path in sorted(shelf.glob(f"*/{CHAMPION}"))]


def load_champion(shelf: Path, name: str) -> Champion:
    """Return the champion of a name.

    Raises
    ------
    UnknownName
        If nothing of this name is on the shelf.
    BrokenBundle, StaleBundle
        If its files were altered, or were made by other descriptor versions.
    """
    return load_version(shelf, champion_entry(shelf, name))


def champion_entry(shelf: Path, name: str) -> Entry:
    """Return the entry of the champion of a name.

    Raises
    ------
    UnknownName
        If nothing of this name is on the shelf.
    BrokenBundle
        If its file cannot be read.
    """
    path = shelf / name / CHAMPION
    if not path.is_file():
        known = ", ".join(entry.name for entry in entries(shelf)) or "none yet; run: seicast demo"
        raise UnknownName(f"No trained model is called '{name}'; there are: {known}.")
    return _entry(path)


def load_version(shelf: Path, entry: Entry) -> Champion:
    """Return a version on the shelf, ready to answer.

    Raises
    ------
    BrokenBundle, StaleBundle
        If its files were altered, or were made by other descriptor versions.
    """
    folder = shelf / entry.name / f"v{entry.version}"
    if bundle_sha256(folder) != entry.bundle_sha256:
        raise BrokenBundle(
            f"Bundle {folder} is not the one that was published; train '{entry.name}' again."
        )
    return Champion(entry, Predictor.load(folder))


@contextmanager
def _moves(shelf: Path, name: str) -> Iterator[None]:
    """Let one process at a time move the champions of a name."""
    folder = shelf / name
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / ".moves.lock"):
        yield


def _move(shelf: Path, entry: Entry, *, is_rollback: bool = False) -> None:
    """Write down, then replace: a crash in between leaves the old champion and a line too many."""
    folder = shelf / entry.name
    _write_line(folder / HISTORY, {**asdict(entry), "is_rollback": is_rollback})
    _replace(folder / CHAMPION, _text(entry))


def _line_of_succession(shelf: Path, name: str) -> list[Entry]:
    """Return the champions that led to the present one, without those rolled back."""
    present = champion_entry(shelf, name)
    line: list[Entry] = []
    for entry, is_rollback in _history(shelf, name):
        if is_rollback and len(line) > 1:
            line.pop()
        elif not line or line[-1] != entry:
            line.append(entry)
    # A move that was cut short is written down, and never happened.
    while line and line[-1] != present:
        line.pop()
    return line or [present]


def _history(shelf: Path, name: str) -> list[tuple[Entry, bool]]:
    path = shelf / name / HISTORY
    if not path.is_file():
        return []
    try:
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        return [(Entry(**line), flag) for line in lines for flag in [line.pop("is_rollback")]]
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise BrokenBundle(f"{path} cannot be read: {error}; mend it by hand.") from error


def _readable(paths: Iterable[Path]) -> list[Entry]:
    """Return the entries of those files that are there and whole."""
    found = []
    for path in paths:
        with suppress(BrokenBundle, FileNotFoundError):
            found.append(_entry(path))
    return found


def _entry(path: Path) -> Entry:
    try:
        return Entry(**json.loads(path.read_text()))
    except (ValueError, TypeError) as error:
        raise BrokenBundle(f"{path} cannot be read: {error}; train the model again.") from error


def _text(entry: Entry) -> str:
    return json.dumps(asdict(entry), indent=2)


def _write_line(path: Path, line: dict[str, object]) -> None:
    with path.open("a") as file:
        file.write(json.dumps(line) + "\n")
        file.flush()
        os.fsync(file.fileno())


def _replace(path: Path, text: str) -> None:
    """Write a file so that no reader ever sees a part of it."""
    partial = path.with_name(f".{path.name}.{uuid.uuid4().hex}.partial")
    with partial.open("w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
