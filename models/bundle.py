"""A predictor on disk: no pickle, and nothing is parsed before its checksum agrees.

    manifest.json     what it is, and the SHA-256 of every other file
    pipelines.skops   the fitted pipeline, and those of the interval's folds
    interval.json     held-out errors of the training cells

The bundle's own hash is the SHA-256 of ``manifest.json``, which covers all the rest.
"""

import hashlib
import io
import json
import os
import re
import shutil
import zipfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import sklearn
import skops.io
from skops.io.exceptions import UntrustedTypesFoundException

from features.errors import BrokenBundle, StaleBundle, UnknownName
from features.registry import select
from models.domain import Range
from models.interval import GroupInterval
from models.prediction import Provenance
from models.predictor import Predictor, Task

FORMAT = 1
MANIFEST = "manifest.json"
SCHEMA = "schema.json"
#: Types that a bundle may hold beyond those that skops trusts; a list in code, not in the file.
TRUSTED_TYPES = [
    "models.guard_band.GuardBand",
    "numpy.dtype",
    "sklearn.gaussian_process.kernels.ConstantKernel",
    "sklearn.gaussian_process.kernels.DotProduct",
    "sklearn.gaussian_process.kernels.Matern",
    "sklearn.gaussian_process.kernels.Product",
    "sklearn.gaussian_process.kernels.Sum",
    "sklearn.gaussian_process.kernels.WhiteKernel",
]


def write_bundle(predictor: Predictor, folder: Path) -> str:
    """Write a predictor into a new folder, whole or not at all, and return the bundle's SHA-256."""
    files = {
        "pipelines.skops": _skops_bytes([predictor.pipeline, *predictor.interval.pipelines]),
        "interval.json": _json_bytes(_interval_dict(predictor.interval)),
    }
    manifest = _json_bytes(_manifest(predictor, files))
    aside = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    for name, content in {**files, MANIFEST: manifest}.items():
        _write(aside / name, content)
    shutil.rmtree(folder, ignore_errors=True)
    aside.rename(folder)
    return hashlib.sha256(manifest).hexdigest()


def bundle_sha256(folder: Path) -> str:
    """Return the hash of a bundle's manifest."""
    if not (folder / MANIFEST).is_file():
        raise BrokenBundle(f"There is no bundle in {folder}: {MANIFEST} is missing.")
    return hashlib.sha256((folder / MANIFEST).read_bytes()).hexdigest()


def read_bundle(folder: Path) -> Predictor:
    """Return the predictor of a bundle.

    Raises
    ------
    BrokenBundle
        If a file is missing or does not have the checksum of the manifest, or holds a
        type that is not in ``TRUSTED_TYPES``.
    StaleBundle
        If it was made by another format, scikit-learn, or version of a descriptor.
    """
    manifest = _read_manifest(folder)
    try:
        _check_versions(manifest, folder)
        return _rebuilt(manifest, folder)
    except (KeyError, TypeError, IndexError) as error:
        raise BrokenBundle(f"{folder} is incomplete: {error!r}; train again.") from error


def _rebuilt(manifest: dict[str, Any], folder: Path) -> Predictor:
    content = {name: _checked(folder / name, sha256) for name, sha256 in manifest["files"].items()}
    pipelines = _pipelines(content["pipelines.skops"], folder)
    interval = json.loads(content["interval.json"])
    return Predictor(
        task=Task(**manifest["task"]),
        n_cycles=manifest["n_cycles"],
        descriptor_versions=manifest["descriptor_versions"],
        pipeline=pipelines[0],
        interval=GroupInterval(
            pipelines=pipelines[1:],
            fold_of_row=np.array(interval["fold_of_row"], dtype=np.int64),
            residual=np.array(interval["residual"], dtype=float),
            weight=np.array(interval["weight"], dtype=float),
            n_groups=interval["n_groups"],
            is_scaled=interval["is_scaled"],
        ),
        ranges={name: _range(values) for name, values in manifest["ranges"].items()},
        provenance=_provenance(manifest["provenance"]),
    )


def _pipelines(content: bytes, folder: Path) -> list[Any]:
    try:
        pipelines: list[Any] = skops.io.loads(content, trusted=TRUSTED_TYPES)
    except UntrustedTypesFoundException as error:
        raise BrokenBundle(f"{folder} was refused: {error} Train again.") from error
    return pipelines


def _manifest(predictor: Predictor, files: Mapping[str, bytes]) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "scikit_learn": sklearn.__version__,
        "task": asdict(predictor.task),
        "n_cycles": predictor.n_cycles,
        "descriptor_versions": dict(predictor.descriptor_versions),
        "ranges": {name: _range_dict(learnt) for name, learnt in predictor.ranges.items()},
        "provenance": asdict(predictor.provenance),
        "files": {name: hashlib.sha256(content).hexdigest() for name, content in files.items()},
    }


def _read_manifest(folder: Path) -> dict[str, Any]:
    bundle_sha256(folder)
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_bytes())
    except ValueError as error:
        raise BrokenBundle(f"{folder / MANIFEST} is no JSON: {error}; train again.") from error
    if not isinstance(manifest, dict) or "format" not in manifest:
        raise BrokenBundle(f"{folder / MANIFEST} is no manifest; train again.")
    return manifest


def _check_versions(manifest: dict[str, Any], folder: Path) -> None:
    if manifest["format"] != FORMAT:
        raise StaleBundle(
            f"{folder} has format {manifest['format']}, this code reads {FORMAT}; train again."
        )
    if manifest["scikit_learn"] != sklearn.__version__:
        raise StaleBundle(
            f"{folder} was made with scikit-learn {manifest['scikit_learn']}, this is "
            f"{sklearn.__version__}; train again."
        )
    _check_descriptors(manifest["descriptor_versions"], folder)


def _check_descriptors(versions: Mapping[str, int], folder: Path) -> None:
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


def _checked(path: Path, sha256: str) -> bytes:
    if not path.is_file():
        raise BrokenBundle(f"{path} is missing; train again.")
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != sha256:
        raise BrokenBundle(f"{path} does not have the checksum of its manifest; train again.")
    return content


def _skops_bytes(pipelines: list[Any]) -> bytes:
    """Return skops bytes that depend on the content alone, not on the clock or on addresses."""
    source = zipfile.ZipFile(io.BytesIO(skops.io.dumps(pipelines)))
    schema = source.read(SCHEMA).decode()
    address = dict.fromkeys(re.findall(r'"(?:__id__|file)": "?(\d+)', schema))
    number = {old: str(new) for new, old in enumerate(address)}
    renumbered = re.sub(
        r'("(?:__id__|file)": "?)(\d+)', lambda found: found[1] + number[found[2]], schema
    )
    arrays = {f"{number[name[:-4]]}.npy": name for name in source.namelist() if name != SCHEMA}
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, old in sorted(arrays.items()):
            archive.writestr(zipfile.ZipInfo(name), source.read(old), zipfile.ZIP_DEFLATED)
        archive.writestr(zipfile.ZipInfo(SCHEMA), renumbered, zipfile.ZIP_DEFLATED)
    return target.getvalue()


def _json_bytes(content: dict[str, Any]) -> bytes:
    return json.dumps(content, indent=2, allow_nan=False).encode()


def _interval_dict(interval: GroupInterval) -> dict[str, Any]:
    return {
        "fold_of_row": interval.fold_of_row.tolist(),
        "residual": interval.residual.tolist(),
        "weight": interval.weight.tolist(),
        "n_groups": interval.n_groups,
        "is_scaled": interval.is_scaled,
    }


def _range_dict(learnt: Range) -> dict[str, Any]:
    """Return a range for JSON, where NaN is null."""
    return {key: None if np.isnan(value) else value for key, value in asdict(learnt).items()}


def _range(values: dict[str, Any]) -> Range:
    filled: dict[str, Any] = {k: np.nan if v is None else v for k, v in values.items()}
    return Range(**filled)


def _provenance(values: dict[str, Any]) -> Provenance:
    return Provenance(**{**values, "cell_types": tuple(values["cell_types"])})


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
