"""Guard band, blanks filled and flagged, one scale: what stands before linear and kernel models."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from features.errors import BrokenBundle
from models.compiled.piece import Array, Piece


@dataclass(frozen=True, eq=False)
class Preparation(Piece):
    """From raw descriptors to the columns that a model sees.

    Attributes
    ----------
    lower, upper : float arrays of shape (n_models, n_descriptors)
        Guard band; infinite where there is none.
    fill : float array of shape (n_models, n_descriptors)
        Stands for a blank.
    flagged : int array of shape (n_models, n_flags)
        Descriptors of which a column of its own may say that they are blank, the same for all.
    is_flagged : bool array of shape (n_models, n_flags)
        Whether the model has that column; to the others it is always zero.
    centre, scale : float arrays of shape (n_models, n_columns)
        Of the descriptors, then of the flags.
    """

    kind: ClassVar[str] = "preparation"
    lower: Array
    upper: Array
    fill: Array
    flagged: NDArray[np.int64]
    is_flagged: NDArray[np.bool_]
    centre: Array
    scale: Array

    def __post_init__(self) -> None:
        self.check_stack()
        n_models, n_descriptors = (*self.fill.shape, 0)[:2]
        n_flags = (*self.flagged.shape, 0)[1]
        for name in ("lower", "upper", "fill"):
            self.check_shape(name, n_models, n_descriptors)
        for name, dtype in {"flagged": np.int64, "is_flagged": bool}.items():
            self.check_dtype(name, dtype)
            self.check_shape(name, n_models, n_flags)
        for name in ("centre", "scale"):
            self.check_shape(name, n_models, n_descriptors + n_flags)
        self.check_finite("fill", "centre", "scale")
        if not (self.lower <= self.upper).all() or not (self.scale > 0).all():
            raise BrokenBundle("A guard band is upside down, or a scale not positive; train again.")
        is_known = (self.flagged >= 0) & (self.flagged < n_descriptors)
        if not (is_known & (self.flagged == self.flagged[:1])).all():
            raise BrokenBundle("A flag is of no descriptor, or not of the same one; train again.")

    @property
    def n_descriptors(self) -> int:
        """Return how many descriptors come in."""
        return int(self.fill.shape[1])

    @property
    def n_columns(self) -> int:
        """Return how many columns go out."""
        return int(self.centre.shape[1])

    def columns(self, X: Array) -> Array:
        """Return standardised columns without blanks, (n_rows, n_models, n_columns)."""
        is_blank = np.isnan(X)[:, None, :]
        held = np.minimum(np.maximum(X[:, None, :], self.lower), self.upper)
        columns = np.where(is_blank, self.fill, held)
        if self.flagged.size:
            flags = is_blank[:, :, self.flagged[0]] & self.is_flagged
            columns = np.concatenate([columns, flags], axis=2)
        columns -= self.centre
        columns /= self.scale
        return columns
