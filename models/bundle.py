"""A predictor on disk: arrays and facts, nothing that runs, nothing parsed unchecked.

    manifest.json      what it is, golden answers, SHA-256 and size of the files below
    manifest.sha256    SHA-256 of the manifest
    structure.json     which compiled pieces the model is made of, and the training cells' names
    arrays.npz         every array of the model, of its interval and of the training cells

The bundle's own hash is the SHA-256 of ``manifest.json``, which covers all the rest. Loading
and answering take NumPy alone; scikit-learn and XGBoost stay with whoever trained.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.errors import BrokenBundle, SeicastError, StaleBundle, UnknownName
from features.registry import select
from models import arrays_file
from models.domain import Range
from models.facts import from_facts, to_facts
from models.golden import golden_answers
from models.interval import GroupInterval
from models.neighbours import Neighbourhood
from models.prediction import Provenance
from models.predictor import Predictor, Task
from models.scales import scale_names
from models.scope import Scope
from models.structure import put_together, taken_apart
from models.training_cells import TrainingCells

FORMAT = 3
MANIFEST, DIGEST = "manifest.json", "manifest.sha256"
STRUCTURE, ARRAYS = "structure.json", "arrays.npz"
CONTENT = (STRUCTURE, ARRAYS)
KEYS = {
    "format",
    "task",
    "n_cycles",
    "descriptor_versions",
    "ranges",
    "nearest_limit_sd",
    "interval",
    "provenance",
    "scope",
    "golden",
    "files",
}
#: No predictor here comes near; a larger file is no bundle.
MOST_BYTES = 1 << 30
ERRORS = ("row", "fold", "residual", "weight")
CELLS = ("descriptors", "labels", "is_censored", "is_learnt")
Arrays = dict[str, NDArray[Any]]


def write_bundle(predictor: Predictor, folder: Path) -> str:
    """Write a predictor into a new folder, whole or not at all, and return the bundle's SHA-256."""
    tree, arrays = taken_apart(predictor.model, "model")
    arrays |= {f"interval.{name}": getattr(predictor.interval, name) for name in ERRORS}
    arrays |= {f"cells.{name}": getattr(predictor.cells, name) for name in CELLS}
    arrays["neighbourhood.sd"] = predictor.neighbourhood.sd
    structure = {"model": tree, "cell_ids": predictor.cells.cell_ids}
    files = {STRUCTURE: _json_bytes(structure), ARRAYS: arrays_file.to_bytes(arrays)}
    manifest = _json_bytes(_manifest(predictor, files))
    sha256 = hashlib.sha256(manifest).hexdigest()
    aside = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    for name, content in {**files, MANIFEST: manifest, DIGEST: _digest_line(sha256)}.items():
        _write(aside / name, content)
    shutil.rmtree(folder, ignore_errors=True)
    aside.rename(folder)
    return sha256


def bundle_sha256(folder: Path) -> str:
    """Return the hash of a bundle's manifest."""
    return hashlib.sha256(_bytes(folder, MANIFEST)).hexdigest()


def read_bundle(folder: Path) -> Predictor:
    """Return the predictor of a bundle.

    Raises
    ------
    BrokenBundle
        If a file is missing, is one too many, is a link, or does not have the checksum of the
        manifest; if a piece is unknown or its arrays do not agree.
    StaleBundle
        If it was made by another format, or version of a descriptor.
    """
    try:
        return _rebuilt(_read_manifest(folder), folder)
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError) as error:
        if isinstance(error, SeicastError):
            raise
        raise BrokenBundle(f"{folder} is not what it says: {error!r}; train again.") from error


def verify_bundle(folder: Path) -> str:
    """Load a bundle, answer its golden rows again, and return its SHA-256.

    Raises
    ------
    BrokenBundle
        If it cannot be loaded, or a single bit of an answer differs.
    StaleBundle
        If it was made by another format, or version of a descriptor.
    """
    predictor = read_bundle(folder)
    expected = json.loads(_bytes(folder, MANIFEST))["golden"]
    if golden_answers(predictor) != expected:
        raise BrokenBundle(f"{folder} answers otherwise than when it was made; train again.")
    return bundle_sha256(folder)


# ----------------------------------------------------------------------------- writing


def _manifest(predictor: Predictor, files: Mapping[str, bytes]) -> dict[str, Any]:
    interval, limit_sd = predictor.interval, predictor.neighbourhood.limit_sd
    return {
        "format": FORMAT,
        "task": to_facts(predictor.task),
        "n_cycles": predictor.n_cycles,
        "descriptor_versions": dict(predictor.descriptor_versions),
        "ranges": {name: to_facts(learnt) for name, learnt in predictor.ranges.items()},
        "nearest_limit_sd": limit_sd if np.isfinite(limit_sd) else None,
        "interval": {"n_groups": interval.n_groups, "is_scaled": interval.is_scaled},
        "provenance": to_facts(predictor.provenance),
        "scope": to_facts(predictor.scope),
        "golden": golden_answers(predictor),
        "files": {
            name: {"sha256": hashlib.sha256(content).hexdigest(), "n_bytes": len(content)}
            for name, content in files.items()
        },
    }


def _json_bytes(content: dict[str, Any]) -> bytes:
    return json.dumps(content, indent=1, allow_nan=False).encode()


def _digest_line(sha256: str) -> bytes:
    """Return the line that ``sha256sum --check`` reads."""
    return f"{sha256}  {MANIFEST}\n".encode()


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


# ----------------------------------------------------------------------------- reading


def _read_manifest(folder: Path) -> dict[str, Any]:
    """Return a manifest whose checksum, format, keys and descriptor versions are right."""
    _check_folder(folder)
    content = _bytes(folder, MANIFEST)
    if _bytes(folder, DIGEST) != _digest_line(hashlib.sha256(content).hexdigest()):
        raise BrokenBundle(f"{folder / MANIFEST} does not have its checksum; train again.")
    try:
        manifest = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise BrokenBundle(f"{folder / MANIFEST} is no JSON: {error}; train again.") from error
    if not isinstance(manifest, dict) or "format" not in manifest:
        raise BrokenBundle(f"{folder / MANIFEST} is no manifest; train again.")
    _check_format(manifest["format"], folder)
    if set(manifest) != KEYS or set(manifest["files"]) != set(CONTENT):
        raise BrokenBundle(f"{folder / MANIFEST} has other keys than it should; train again.")
    _check_descriptors(manifest["descriptor_versions"], folder)
    return manifest


def _check_folder(folder: Path) -> None:
    """Refuse a folder that is a link, or holds anything but the files of a bundle."""
    if not folder.is_dir() or folder.is_symlink() or not (folder / MANIFEST).is_file():
        raise BrokenBundle(f"There is no bundle in {folder}: {MANIFEST} is missing.")
    if (folder / "pipelines.skops").exists():
        _check_format(1, folder)
    strange = {path.name for path in folder.iterdir()} - {MANIFEST, DIGEST, *CONTENT}
    if strange:
        raise BrokenBundle(f"{folder} holds {sorted(strange)} besides a bundle; take it away.")


def _check_format(found: Any, folder: Path) -> None:
    if found != FORMAT:
        raise StaleBundle(f"{folder} has format {found}, this code reads {FORMAT}; train again.")


def _check_descriptors(versions: Any, folder: Path) -> None:
    if not isinstance(versions, dict):
        raise BrokenBundle(f"{folder / MANIFEST} names no descriptors; train again.")
    try:
        known = {descriptor.name: descriptor.version for descriptor in select(versions)}
    except UnknownName as error:
        raise StaleBundle(
            f"{folder} uses descriptors that are gone: {error} Train again."
        ) from error
    changed = [
        f"{name} {old} (now {known[name]})" for name, old in versions.items() if old != known[name]
    ]
    if changed:
        raise StaleBundle(
            f"{folder} was made by other descriptor versions: {', '.join(changed)}; train again."
        )


def _rebuilt(manifest: dict[str, Any], folder: Path) -> Predictor:
    content = {name: _checked(folder, name, manifest["files"][name]) for name in CONTENT}
    structure = json.loads(content[STRUCTURE])
    if not isinstance(structure, dict) or set(structure) != {"model", "cell_ids"}:
        raise BrokenBundle(f"{folder / STRUCTURE} has other keys than it should; train again.")
    arrays = arrays_file.from_bytes(content[ARRAYS])
    versions = manifest["descriptor_versions"]
    task = from_facts(Task, manifest["task"], "task")
    if task.scale not in scale_names():
        raise BrokenBundle(f"{folder} was learnt on the scale '{task.scale}', which is unknown.")
    predictor = Predictor(
        task=task,
        n_cycles=_count(manifest["n_cycles"]),
        descriptor_versions=versions,
        model=put_together(structure["model"], arrays, "model"),
        interval=_interval(manifest["interval"], arrays),
        ranges={name: from_facts(Range, each, name) for name, each in manifest["ranges"].items()},
        neighbourhood=_neighbourhood(manifest["nearest_limit_sd"], arrays),
        cells=_cells(structure["cell_ids"], arrays),
        provenance=from_facts(Provenance, manifest["provenance"], "provenance"),
        scope=from_facts(Scope, manifest["scope"], "scope"),
    )
    if arrays:
        raise BrokenBundle(f"{folder / ARRAYS} holds {sorted(arrays)[:3]} as well; train again.")
    return predictor


def _interval(facts: dict[str, Any], arrays: Arrays) -> GroupInterval:
    if {key: type(value) for key, value in facts.items()} != {"n_groups": int, "is_scaled": bool}:
        raise BrokenBundle("The interval in a manifest has other keys than it should; train again.")
    return GroupInterval(**_taken(GroupInterval, "interval", ERRORS, arrays), **facts)


def _neighbourhood(limit_sd: Any, arrays: Arrays) -> Neighbourhood:
    if limit_sd is not None and not (type(limit_sd) in (int, float) and limit_sd >= 0):
        raise BrokenBundle(f"The distance of strangers is {limit_sd!r}; train again.")
    sd = arrays.pop("neighbourhood.sd")
    return Neighbourhood(sd, np.inf if limit_sd is None else float(limit_sd))


def _cells(cell_ids: Any, arrays: Arrays) -> TrainingCells:
    if not isinstance(cell_ids, list) or not all(isinstance(each, str) for each in cell_ids):
        raise BrokenBundle("The training cells have no names; train again.")
    return TrainingCells(tuple(cell_ids), **_taken(TrainingCells, "cells", CELLS, arrays))


def _taken(cls: type, path: str, names: tuple[str, ...], arrays: Arrays) -> dict[str, Any]:
    """Take the arrays of a dataclass out of all, each of the type that its field is of."""
    annotations = {field.name: str(field.type) for field in fields(cls)}
    taken = {name: arrays.pop(f"{path}.{name}") for name in names}
    for name, array in taken.items():
        hint = annotations[name]
        expected = "b" if "bool" in hint else "i" if "int64" in hint else "f"
        if array.dtype.kind != expected:
            raise BrokenBundle(f"Array '{path}.{name}' holds {array.dtype}; train again.")
    return taken


def _count(n_cycles: Any) -> int | None:
    if n_cycles is not None and not (type(n_cycles) is int and n_cycles >= 0):
        raise BrokenBundle(f"The window is {n_cycles!r} cycles; train again.")
    return n_cycles


def _checked(folder: Path, name: str, stated: Any) -> bytes:
    """Return the bytes of a file that has the size and the checksum stated."""
    content = _bytes(folder, name)
    found = {"sha256": hashlib.sha256(content).hexdigest(), "n_bytes": len(content)}
    if found != stated:
        raise BrokenBundle(f"{folder / name} does not have the checksum of its manifest.")
    return content


def _bytes(folder: Path, name: str) -> bytes:
    path = folder / name
    if path.is_symlink() or not path.is_file():
        raise BrokenBundle(f"{path} is missing, or no plain file; train again.")
    if path.stat().st_size > MOST_BYTES:
        raise BrokenBundle(f"{path} has {path.stat().st_size} bytes, no bundle has; train again.")
    return path.read_bytes()
