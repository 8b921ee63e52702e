"""Held-out answers as JSON beside a run, so that later models can be compared cell by cell."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from features.errors import UnreadableFile
from training.evaluation import HeldOut

FILE = "held_out.json"
NUMBERS = ("truth", "value", "lower", "upper")
FLAGS = ("in_domain", "has_kin", "is_censored")


@dataclass(frozen=True, eq=False)
class Contender:
    """A trained model as the gate sees it: how simple it is, and what it answered.

    Attributes
    ----------
    name : str
        With its version, where it has one.
    target, scale, model : str
    n_descriptors : int
    held_out : tuple of HeldOut
    """

    name: str
    target: str
    scale: str
    model: str
    n_descriptors: int
    held_out: tuple[HeldOut, ...]


def write_contender(contender: Contender, path: Path) -> None:
    """Write a contender; numbers read back to the same bits."""
    content = {**_plain(contender), "held_out": [_plain(part) for part in contender.held_out]}
    path.write_text(json.dumps(content))


def read_contender(path: Path) -> Contender:
    """Return the contender of a file.

    Raises
    ------
    UnreadableFile
        If it is none.
    """
    try:
        content = json.loads(path.read_text())
        parts = tuple(_part(part) for part in content.pop("held_out"))
        return Contender(**content, held_out=parts)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise UnreadableFile(f"{path.name} holds no held-out answers: {error!r}") from error


def _plain(record: Any) -> dict[str, Any]:
    """Return a dataclass with lists for arrays."""
    return {key: _listed(value) for key, value in asdict(record).items()}


def _listed(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, dict):
        return {str(key): _listed(each) for key, each in value.items()}
    return value


def _part(content: dict[str, Any]) -> HeldOut:
    arrays: dict[str, Any] = {name: np.array(content[name], dtype=float) for name in NUMBERS}
    arrays |= {name: np.array(content[name], dtype=bool) for name in FLAGS}
    baselines = {name: np.array(values, float) for name, values in content["baselines"].items()}
    covered = {float(level): np.array(each, bool) for level, each in content["covered"].items()}
    return HeldOut(
        split=content["split"],
        level=content["level"],
        baselines=baselines,
        covered=covered,
        cell_ids=tuple(content["cell_ids"]),
        groups=tuple(content["groups"]),
        **arrays,
    )
