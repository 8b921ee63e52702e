"""What all compiled models have in common: arrays, the models of a stack along the first axis."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from features.errors import BrokenBundle
from models.compiled.arithmetic import rows_at_once

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Piece:
    """A part of a compiled model; every array has one entry a model along its first axis."""

    #: What it is called in a bundle.
    kind: ClassVar[str]

    @property
    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return its own arrays by name."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in values.items() if isinstance(value, np.ndarray)}

    @property
    def parts(self) -> "dict[str, Piece | tuple[Piece, ...]]":
        """Return the pieces it is made of by name."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in values.items() if not isinstance(value, np.ndarray)}

    @property
    def n_models(self) -> int:
        """Return how many models stand in the stack."""
        return next(_counts(self))

    def only(self, models: NDArray[np.intp] | list[int]) -> Self:
        """Return the stack of some models, by number."""
        changed: dict[str, Any] = {name: each[models] for name, each in self.arrays.items()}
        for name, part in self.parts.items():
            if isinstance(part, tuple):
                changed[name] = tuple(each.only(models) for each in part)
            else:
                changed[name] = part.only(models)
        return replace(self, **changed)

    def check_stack(self) -> None:
        """Refuse arrays that speak of different numbers of models."""
        counts = set(_counts(self))
        if len(counts) != 1 or 0 in counts:
            raise BrokenBundle(
                f"Pieces of '{self.kind}' hold {sorted(counts)} models; train again."
            )

    def check_shape(self, name: str, *shape: int) -> None:
        """Refuse an array of another shape."""
        found = getattr(self, name).shape
        if found != shape:
            raise BrokenBundle(
                f"Array '{name}' of '{self.kind}' has shape {found}, not {shape}; train again."
            )

    def check_finite(self, *names: str) -> None:
        """Refuse arrays with NaN or infinity, or that hold no floating-point numbers."""
        for name in names:
            array = getattr(self, name)
            if array.dtype.kind != "f" or not np.isfinite(array).all():
                raise BrokenBundle(
                    f"Array '{name}' of '{self.kind}' must hold finite numbers; train again."
                )

    def check_dtype(self, name: str, dtype: Any) -> None:
        """Refuse an array of another type of number."""
        found = getattr(self, name).dtype
        if found != np.dtype(dtype):
            raise BrokenBundle(
                f"Array '{name}' of '{self.kind}' holds {found}, not {np.dtype(dtype)}; "
                "train again."
            )


@dataclass(frozen=True, eq=False)
class Model(Piece, ABC):
    """A stack of models that answers for rows of descriptors."""

    @property
    @abstractmethod
    def numbers_per_row(self) -> int:
        """Return how many numbers it holds at once for each row."""

    @property
    def has_sd(self) -> bool:
        """Return whether it knows its own standard deviation."""
        return False

    @property
    def is_additive(self) -> bool:
        """Return whether an answer is a sum over descriptors."""
        return False

    @abstractmethod
    def check_columns(self, n_columns: int) -> None:
        """Refuse any other number of descriptors."""

    @abstractmethod
    def band(self, n_columns: int) -> tuple[Array, Array]:
        """Return the bounds that the first model holds descriptors within, each (n_columns,)."""

    @abstractmethod
    def of_rows(self, X: Array) -> tuple[Array, Array]:
        """Return value and standard deviation (1 if unknown), each (n_rows, n_models)."""

    def answers(self, X: Array) -> tuple[Array, Array]:
        """Return value and standard deviation (1 if unknown), each (n_rows, n_models).

        Parameters
        ----------
        X : float array of shape (n_rows, n_descriptors)
            NaN where not measured.
        """
        step = rows_at_once(self.numbers_per_row)
        if len(X) <= step:
            return self.of_rows(X)
        parts = [self.of_rows(X[start : start + step]) for start in range(0, len(X), step)]
        values, sds = zip(*parts, strict=True)
        return np.concatenate(values), np.concatenate(sds)

    def told_apart(self, X: Array) -> tuple[NDArray[np.intp], NDArray[np.intp]] | None:
        """Return the rows that differ to the model, and which of them each row is alike.

        Rows alike get the same answer and lack the same descriptors. None where it is not
        cheaper to know than to answer.
        """
        return None

    def keys(self, X: Array) -> list[bytes] | None:
        """Return keys of rows that are equal where the rows are alike, see ``told_apart``."""
        return None

    def along(self, X: Array, start: Array, orders: NDArray[np.intp]) -> Array:
        """Return the first model's values on the way from one row to others.

        Parameters
        ----------
        X : float array of shape (n_rows, n_descriptors)
        start : float array of shape (n_descriptors,)
        orders : int array of shape (n_orders, n_descriptors)
            In which the descriptors change, one after the other.

        Returns
        -------
        float array of shape (n_rows, n_orders, n_descriptors + 1)
        """
        steps = np.where(is_reached(orders), X[:, None, None, :], start)
        values = self.answers(steps.reshape(-1, X.shape[1]))[0][:, 0]
        return values.reshape(steps.shape[:3])


def is_reached(orders: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Return which descriptors have changed after each step, (n_orders, n + 1, n)."""
    place = np.argsort(orders, axis=1)
    return place[:, None, :] < np.arange(orders.shape[1] + 1)[None, :, None]


def first_of_each(rows: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the first of each kind of row, and the kind of every row; numbers are not negative.

    Examples
    --------
    >>> first, kind = first_of_each(np.array([[7, 1], [2, 1], [7, 1]]))
    >>> first.tolist(), kind.tolist()
    ([1, 0], [1, 0, 1])
    """
    key, n_keys = np.zeros(len(rows), np.int64), 1
    for column in rows.T[(rows != rows[:1]).any(axis=0)]:
        size = int(column.max(initial=0)) + 1
        if n_keys * size >= 2**62:
            key, n_keys = np.unique(key, return_inverse=True)[1], len(rows)
        key, n_keys = key * size + column, n_keys * size
    if n_keys == 1:
        return key[:1], key
    _, first, kind = np.unique(key, return_index=True, return_inverse=True)
    return first, kind


def _counts(piece: Piece) -> Iterator[int]:
    """Yield the number of models that each array of a piece and of its parts speaks of."""
    for array in piece.arrays.values():
        yield array.shape[0] if array.ndim else 0
    for part in piece.parts.values():
        for each in part if isinstance(part, tuple) else (part,):
            yield from _counts(each)
