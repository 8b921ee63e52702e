"""Gaussian processes with a Matern 3/2, a linear and a white term, and a centred target."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from features.errors import BrokenBundle
from models.compiled.arithmetic import exp_of_negative, total
from models.compiled.piece import Array, Model
from models.compiled.preparation import Preparation

SQRT_3 = float(np.sqrt(3.0))


@dataclass(frozen=True, eq=False)
class GaussianProcess(Model):
    """The posterior of a Gaussian process.

    Attributes
    ----------
    preparation : Preparation
    cells : float array of shape (n_models, n_cells, n_columns)
        Training cells; models with fewer of them end in cells that weigh nothing.
    weight : float array of shape (n_models, n_cells)
    curved_variance, length, linear_variance, noise : float arrays of shape (n_models,)
        Of the kernel.
    centre, spread : float arrays of shape (n_models,)
        Of the target.
    inverse_factor : float array of shape (n_models, n_cells, n_cells)
        Inverse of the Cholesky factor of the training covariance; of no cells where the
        standard deviation is never asked for.
    """

    kind: ClassVar[str] = "gaussian_process"
    preparation: Preparation
    cells: Array
    weight: Array
    curved_variance: Array
    length: Array
    linear_variance: Array
    noise: Array
    centre: Array
    spread: Array
    inverse_factor: Array

    def __post_init__(self) -> None:
        self.check_stack()
        n_models, n_cells = (*self.weight.shape, 0)[:2]
        self.check_shape("cells", n_models, n_cells, self.preparation.n_columns)
        self.check_shape("weight", n_models, n_cells)
        if self.inverse_factor.size:
            self.check_shape("inverse_factor", n_models, n_cells, n_cells)
        positive = ("curved_variance", "length", "linear_variance", "noise", "spread")
        for name in (*positive, "centre"):
            self.check_shape(name, n_models)
        self.check_finite(*positive, "centre", "cells", "weight", "inverse_factor")
        if not all((getattr(self, name) > 0).all() for name in positive):
            raise BrokenBundle("A variance of a Gaussian process is not positive; train again.")

    @property
    def numbers_per_row(self) -> int:
        """Return how many numbers it holds at once for each row."""
        return max(self.cells.size, self.inverse_factor.size)

    @property
    def has_sd(self) -> bool:
        """Return whether it keeps what the standard deviation needs."""
        return self.inverse_factor.size > 0

    def check_columns(self, n_columns: int) -> None:
        """Refuse any other number of descriptors."""
        self.preparation.check_shape("fill", self.n_models, n_columns)

    def band(self, n_columns: int) -> tuple[Array, Array]:
        """Return the bounds that the first model holds descriptors within."""
        return self.preparation.lower[0], self.preparation.upper[0]

    def of_rows(self, X: Array) -> tuple[Array, Array]:
        """Return mean and standard deviation, each (n_rows, n_models)."""
        columns = self.preparation.columns(X)
        likeness = self._likeness(columns)
        value = self.spread * total(likeness * self.weight) + self.centre
        if not self.has_sd:
            return value, np.ones_like(value)
        known = total(self.inverse_factor * likeness[:, :, None, :])
        prior = self.curved_variance + self.linear_variance * total(columns * columns) + self.noise
        variance = np.maximum(prior - total(known * known), 0.0)
        return value, np.sqrt(variance) * self.spread

    def _likeness(self, columns: Array) -> Array:
        """Return the covariance with every training cell, (n_rows, n_models, n_cells)."""
        apart = columns[:, :, None, :] - self.cells
        apart *= apart
        distance = np.sqrt(total(apart)) * (SQRT_3 / self.length)[:, None]
        curved = (1.0 + distance) * exp_of_negative(-distance)
        linear = total(columns[:, :, None, :] * self.cells)
        return np.asarray(
            self.curved_variance[:, None] * curved + self.linear_variance[:, None] * linear
        )
