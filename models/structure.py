"""Compiled models as a tree of named pieces, and their arrays by path."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from numpy.typing import NDArray

from features.errors import BrokenBundle
from models.compiled import KINDS, Model, Piece

KIND = "kind"


def taken_apart(piece: Piece, path: str) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Return which pieces a model is made of, and all arrays by path, such as ``model.weight``."""
    tree: dict[str, Any] = {KIND: piece.kind}
    arrays = {f"{path}.{name}": array for name, array in piece.arrays.items()}
    for name, part in piece.parts.items():
        if isinstance(part, tuple):
            pairs = [taken_apart(each, f"{path}.{name}.{n}") for n, each in enumerate(part)]
            tree[name] = [below for below, _ in pairs]
        else:
            pairs = [taken_apart(part, f"{path}.{name}")]
            tree[name] = pairs[0][0]
        for _, below in pairs:
            arrays |= below
    return tree, arrays


def put_together(tree: Any, arrays: dict[str, NDArray[Any]], path: str) -> Model:
    """Return the model of a tree; its arrays are taken out of ``arrays``.

    Raises
    ------
    BrokenBundle
        If a piece is unknown, lacks something, has something more, or does not agree.
    """
    model = _piece(tree, arrays, path)
    if not isinstance(model, Model):
        raise BrokenBundle(f"'{path}' is {model.kind}, which gives no answers; train again.")
    return model


def _piece(tree: Any, arrays: dict[str, NDArray[Any]], path: str) -> Piece:
    if not isinstance(tree, Mapping) or tree.get(KIND) not in KINDS:
        raise BrokenBundle(f"'{path}' is no piece of a model known here; train again.")
    cls = KINDS[tree[KIND]]
    names = {field.name for field in fields(cls)}
    parts = {name: below for name, below in tree.items() if name != KIND}
    own = {name: arrays.pop(f"{path}.{name}", None) for name in names - set(parts)}
    missing = sorted(name for name, array in own.items() if array is None)
    if missing or not set(parts) <= names:
        raise BrokenBundle(f"'{path}' lacks {missing} or has more than it should; train again.")
    below = {name: _part(part, arrays, f"{path}.{name}") for name, part in parts.items()}
    return cls(**own, **below)


def _part(tree: Any, arrays: dict[str, NDArray[Any]], path: str) -> Piece | tuple[Piece, ...]:
    if isinstance(tree, list):
        return tuple(_piece(each, arrays, f"{path}.{n}") for n, each in enumerate(tree))
    return _piece(tree, arrays, path)
