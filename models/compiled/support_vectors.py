"""Support vector machines with a radial kernel, and a standardised target."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from features.errors import BrokenBundle
from models.compiled.arithmetic import exp_of_negative, total
from models.compiled.piece import Array, Model
from models.compiled.preparation import Preparation


@dataclass(frozen=True, eq=False)
class SupportVectors(Model):
    """A weighted sum of bells around some training cells.

    Attributes
    ----------
    preparation : Preparation
    cells : float array of shape (n_models, n_cells, n_columns)
        Support vectors; models with fewer of them end in cells that weigh nothing.
    weight : float array of shape (n_models, n_cells)
    sharpness : float array of shape (n_models,)
        Factor of the squared distance.
    intercept : float array of shape (n_models,)
    centre, spread : float arrays of shape (n_models,)
        Of the target.
    """

    kind: ClassVar[str] = "support_vectors"
    preparation: Preparation
    cells: Array
    weight: Array
    sharpness: Array
    intercept: Array
    centre: Array
    spread: Array

    def __post_init__(self) -> None:
        self.check_stack()
        n_models, n_cells = (*self.weight.shape, 0)[:2]
        self.check_shape("cells", n_models, n_cells, self.preparation.n_columns)
        self.check_shape("weight", n_models, n_cells)
        for name in ("sharpness", "intercept", "centre", "spread"):
            self.check_shape(name, n_models)
        self.check_finite(*self.arrays)
        if not ((self.sharpness > 0).all() and (self.spread > 0).all()):
            raise BrokenBundle("A radial kernel is not positive; train again.")

    @property
    def numbers_per_row(self) -> int:
        """Return how many numbers it holds at once for each row."""
        return self.cells.size

    def check_columns(self, n_columns: int) -> None:
        """Refuse any other number of descriptors."""
        self.preparation.check_shape("fill", self.n_models, n_columns)

    def band(self, n_columns: int) -> tuple[Array, Array]:
        """Return the bounds that the first model holds descriptors within."""
        return self.preparation.lower[0], self.preparation.upper[0]

    def of_rows(self, X: Array) -> tuple[Array, Array]:
        """Return value and 1, each (n_rows, n_models)."""
        apart = self.preparation.columns(X)[:, :, None, :] - self.cells
        apart *= apart
        bells = exp_of_negative(-self.sharpness[:, None] * total(apart))
        value = (total(bells * self.weight) + self.intercept) * self.spread + self.centre
        return value, np.ones_like(value)
