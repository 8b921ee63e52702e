"""Frozen dataclasses from JSON and back: every key known, every value of its type."""

import types
import typing
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any, TypeVar

import numpy as np

from features.errors import BrokenBundle

T = TypeVar("T")


def to_facts(record: Any) -> dict[str, Any]:
    """Return a dataclass for JSON, where NaN is null and infinity has no place."""
    return {key: _said(value) for key, value in asdict(record).items()}


def from_facts(cls: type[T], values: Any, what: str) -> T:
    """Return a dataclass from JSON.

    Raises
    ------
    BrokenBundle
        If a key is missing or unknown, or a value is not of the field's type.
    """
    hints = typing.get_type_hints(cls)
    names = {field.name for field in fields(typing.cast(Any, cls))}
    if not isinstance(values, dict) or set(values) != names:
        raise BrokenBundle(f"The {what} in a manifest has other keys than {sorted(names)}.")
    return cls(
        **{name: _of(hints[name], value, f"{what}: {name}") for name, value in values.items()}
    )


def _said(value: Any) -> Any:
    return None if isinstance(value, float) and np.isnan(value) else value


def _of(hint: Any, value: Any, what: str) -> Any:
    """Return a value as its type asks for it, or refuse it."""
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        hint = next(each for each in inner if each is not type(None))
        return None if value is None else _of(hint, value, what)
    if origin is tuple and isinstance(value, list):
        return tuple(_of(inner[0], each, what) for each in value)
    if origin is not None and issubclass(origin, Mapping) and isinstance(value, dict):
        return {key: _of(inner[1], each, what) for key, each in value.items()}
    if hint is float and (value is None or type(value) in (int, float)):
        return float("nan") if value is None else value
    if hint in (str, int, bool) and type(value) is hint:
        return value
    raise BrokenBundle(f"A manifest holds {str(value)[:40]!r} as {what}; train again.")
