"""Models that answer the same for every cell."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from models.compiled.piece import Array, Model


@dataclass(frozen=True, eq=False)
class Constant(Model):
    """One number a model.

    Attributes
    ----------
    value : float array of shape (n_models,)
    """

    kind: ClassVar[str] = "constant"
    value: Array

    def __post_init__(self) -> None:
        self.check_stack()
        self.check_shape("value", self.n_models)
        self.check_finite("value")

    @property
    def numbers_per_row(self) -> int:
        """Return how many numbers it holds at once for each row."""
        return self.value.size

    @property
    def is_additive(self) -> bool:
        """Return whether an answer is a sum over descriptors."""
        return True

    def check_columns(self, n_columns: int) -> None:
        """Take any number of descriptors: it looks at none."""

    def band(self, n_columns: int) -> tuple[Array, Array]:
        """Return no bounds: it looks at no descriptor."""
        return np.full(n_columns, -np.inf), np.full(n_columns, np.inf)

    def of_rows(self, X: Array) -> tuple[Array, Array]:
        """Return value and 1, each (n_rows, n_models)."""
        value = np.repeat(self.value[None, :], len(X), axis=0)
        return value, np.ones_like(value)
