"""Models that are a weighted sum of columns: ridge, and the medians of linear survival models."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from models.compiled.arithmetic import total
from models.compiled.piece import Array, Model
from models.compiled.preparation import Preparation


@dataclass(frozen=True, eq=False)
class Linear(Model):
    """A weighted sum.

    Attributes
    ----------
    preparation : Preparation
    weight : float array of shape (n_models, n_columns)
    intercept : float array of shape (n_models,)
    """

    kind: ClassVar[str] = "linear"
    preparation: Preparation
    weight: Array
    intercept: Array

    def __post_init__(self) -> None:
        self.check_stack()
        self.check_shape("weight", self.n_models, self.preparation.n_columns)
        self.check_shape("intercept", self.n_models)
        self.check_finite("weight", "intercept")

    @property
    def numbers_per_row(self) -> int:
        """Return how many numbers it holds at once for each row."""
        return self.weight.size

    @property
    def is_additive(self) -> bool:
        """Return whether an answer is a sum over descriptors."""
        return True

    def check_columns(self, n_columns: int) -> None:
        """Refuse any other number of descriptors."""
        self.preparation.check_shape("fill", self.n_models, n_columns)

    def band(self, n_columns: int) -> tuple[Array, Array]:
        """Return the bounds that the first model holds descriptors within."""
        return self.preparation.lower[0], self.preparation.upper[0]

    def of_rows(self, X: Array) -> tuple[Array, Array]:
        """Return value and 1, each (n_rows, n_models)."""
        value = total(self.preparation.columns(X) * self.weight) + self.intercept
        return value, np.ones_like(value)
