"""A model of what a prior mean leaves over; one descriptor holds that mean."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from features.errors import BrokenBundle
from models.compiled.piece import Array, Model


@dataclass(frozen=True, eq=False)
class Offset(Model):
    """Prior mean plus residual; the model of the residual does not see the prior.

    Attributes
    ----------
    residual : Model
    column : int array of shape (n_models,)
        Which descriptor holds the prior mean, the same for all.
    lower, upper, fill : float arrays of shape (n_models,)
        Guard band of the prior mean, and what stands for it where it is blank.
    """

    kind: ClassVar[str] = "offset"
    residual: Model
    column: NDArray[np.int64]
    lower: Array
    upper: Array
    fill: Array

    def __post_init__(self) -> None:
        if not isinstance(self.residual, Model):
            raise BrokenBundle("An offset has no model of the residual; train again.")
        self.check_stack()
        self.check_dtype("column", np.int64)
        for name in ("column", "lower", "upper", "fill"):
            self.check_shape(name, self.n_models)
        self.check_finite("lower", "upper", "fill")
        if (self.column != self.column[0]).any() or not (self.lower <= self.upper).all():
            raise BrokenBundle("A prior mean is out of order; train again.")

    @property
    def numbers_per_row(self) -> int:
        """Return how many numbers it holds at once for each row."""
        return self.residual.numbers_per_row

    @property
    def has_sd(self) -> bool:
        """Return whether the model of the residual knows its standard deviation."""
        return self.residual.has_sd

    @property
    def is_additive(self) -> bool:
        """Return whether an answer is a sum over descriptors."""
        return self.residual.is_additive

    def check_columns(self, n_columns: int) -> None:
        """Refuse any other number of descriptors."""
        if not 0 <= self.column[0] < n_columns:
            raise BrokenBundle(
                f"The prior mean is descriptor {self.column[0]} of {n_columns}; train again."
            )
        self.residual.check_columns(n_columns - 1)

    def band(self, n_columns: int) -> tuple[Array, Array]:
        """Return the bounds that the first model holds descriptors within."""
        lower, upper = self.residual.band(n_columns - 1)
        column = int(self.column[0])
        return np.insert(lower, column, self.lower[0]), np.insert(upper, column, self.upper[0])

    def of_rows(self, X: Array) -> tuple[Array, Array]:
        """Return value and standard deviation (1 if unknown), each (n_rows, n_models)."""
        column = int(self.column[0])
        prior = X[:, column, None]
        held = np.minimum(np.maximum(prior, self.lower), self.upper)
        value, sd = self.residual.of_rows(np.delete(X, column, axis=1))
        return np.where(np.isnan(prior), self.fill, held) + value, sd
