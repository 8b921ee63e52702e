"""Damaged, hostile and runnable bundles: all refused, nothing run, the process alive."""

import hashlib
import json
import os
import pickle
import shutil
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.figure import Bound, Figure
from features.errors import SeicastError
from models import arrays_file
from models.bundle import ARRAYS, DIGEST, MANIFEST, STRUCTURE, verify_bundle
from models.predictor import Predictor
from serving.verification import verified

N_TREES = 200
#: Where a tree may lead out of itself; a guard band, however wide, is no such place.
TREE_ARRAYS = ("descriptor", "left", "right", "threshold", "gain", "centre")
FILES = (MANIFEST, DIGEST, STRUCTURE, ARRAYS)


def figures(folder: Path, made: Predictor, n_damaged: int) -> list[Figure]:
    """Return how many of each kind were not refused."""
    whole = folder / "whole"
    made.save(whole)
    return [_damaged(whole, n_damaged), _hostile(folder, whole), _pickled(folder, whole)]


def is_refused(bundle: Path) -> bool:
    """Tell whether a bundle is refused by an error of our own."""
    try:
        verify_bundle(bundle)
    except SeicastError:
        return True
    return False


def _damaged(whole: Path, n_damaged: int) -> Figure:
    """Damage one file at a time: a bit, eight bytes, or its end."""
    random = np.random.default_rng(0)
    n_taken = 0
    for number in range(n_damaged):
        file = whole / FILES[number % len(FILES)]
        content = file.read_bytes()
        file.write_bytes(_damage(content, number // len(FILES) % 3, random))
        n_taken += not is_refused(whole)
        file.write_bytes(content)
    n_taken += is_refused(whole)  # the whole one must still be good
    return Figure(
        f"{n_damaged} damaged bundles: taken",
        n_taken,
        "",
        Bound(0, 0),
        note="a bit, eight bytes or the end of one of four files; in this very process",
    )


def _damage(content: bytes, kind: int, random: np.random.Generator) -> bytes:
    place = int(random.integers(len(content) - 8))
    if kind == 0:
        bit = 1 << int(random.integers(8))
        return content[:place] + bytes([content[place] ^ bit]) + content[place + 1 :]
    if kind == 1:
        noise = bytes(int(byte) ^ 0x55 for byte in content[place : place + 8])
        return content[:place] + noise + content[place + 8 :]
    return content[:place]


def _hostile(folder: Path, whole: Path) -> Figure:
    """Change numbers of the trees and make all checksums right again, as a forger would."""
    random = np.random.default_rng(1)
    bundles = []
    arrays = arrays_file.from_bytes((whole / ARRAYS).read_bytes())
    names = [f"model.{name}" for name in TREE_ARRAYS]
    for number in range(N_TREES):
        bundle = folder / "hostile" / f"{number}"
        shutil.copytree(whole, bundle)
        name = names[number % len(names)]
        changed = arrays | {name: _patched(arrays[name], random)}
        _forge(bundle, ARRAYS, arrays_file.to_bytes(changed))
        bundles.append(bundle)
    verdicts = verified(bundles)
    died = sum("ended the process" in (why or "") for why in verdicts.values())
    return Figure(
        f"{N_TREES} hostile trees behind right checksums: taken",
        sum(why is None for why in verdicts.values()),
        "",
        Bound(0, 0),
        note=f"children, features, thresholds, leaves out of bounds; {died} killed the process "
        f"that verifies, this one lives",
    )


def _patched(values: NDArray[Any], random: np.random.Generator) -> NDArray[Any]:
    """Return an array with an impossible number in a place, or in all of them."""
    is_index = np.issubdtype(values.dtype, np.integer)
    wrong = [-7, 2**31 - 1, 10**6] if is_index else [np.nan, np.inf, -np.inf]
    places = [int(random.integers(values.size))] if random.random() < 0.5 else slice(None)
    changed = values.copy()
    changed.reshape(-1)[places] = wrong[int(random.integers(len(wrong)))]
    return changed


def _forge(bundle: Path, name: str, content: bytes) -> None:
    (bundle / name).write_bytes(content)
    manifest = json.loads((bundle / MANIFEST).read_bytes())
    stated = {"sha256": hashlib.sha256(content).hexdigest(), "n_bytes": len(content)}
    manifest["files"] = {**manifest["files"], name: stated}
    text = json.dumps(manifest, indent=1).encode()
    (bundle / MANIFEST).write_bytes(text)
    (bundle / DIGEST).write_text(f"{hashlib.sha256(text).hexdigest()}  {MANIFEST}\n")


class _Marker:
    """Makes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[..., int], tuple[str]]:
        return os.system, (f"touch {self.path}",)


def _pickled(folder: Path, whole: Path) -> Figure:
    """Put pickles where a loader might look."""
    marker = folder / "was-run"
    payload = pickle.dumps(_Marker(marker))
    bundles = []
    for number, put in enumerate(_ways(payload, _Marker(marker))):
        bundle = folder / "pickled" / f"{number}"
        shutil.copytree(whole, bundle)
        put(bundle)
        bundles.append(bundle)
    n_taken = sum(not is_refused(bundle) for bundle in bundles)
    n_taken += sum(why is None for why in verified(bundles).values())
    return Figure(
        f"{len(bundles)} pickle payloads named as parts of a bundle: taken or run",
        n_taken + marker.exists(),
        "",
        Bound(0, 0),
        note="in this process and in the one that verifies",
    )


def _ways(payload: bytes, marker: _Marker) -> Iterator[Callable[[Path], object]]:
    """Yield functions that put a pickle into a bundle, twelve in all."""
    objects = BytesIO()
    np.savez(objects, allow_pickle=True, model=np.array([marker], dtype=object))
    zipped = BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("model.npy", payload)
    for name in (ARRAYS, STRUCTURE):
        yield partial(_forge, name=name, content=payload)
        yield partial(_written, name=name, content=payload)
    yield partial(_forge, name=ARRAYS, content=objects.getvalue())
    yield partial(_forge, name=ARRAYS, content=zipped.getvalue())
    yield partial(_sealed_manifest, content=payload)
    yield partial(_written, name=DIGEST, content=payload)
    for name in ("model.pkl", "model.joblib", "python_model.cloudpickle"):
        yield partial(_written, name=name, content=payload)
    yield partial(_forge, name="loader_module.py", content=b"import os; os.abort()")


def _written(bundle: Path, name: str, content: bytes) -> None:
    (bundle / name).write_bytes(content)


def _sealed_manifest(bundle: Path, content: bytes) -> None:
    (bundle / MANIFEST).write_bytes(content)
    (bundle / DIGEST).write_text(f"{hashlib.sha256(content).hexdigest()}  {MANIFEST}\n")
