"""Hold descriptors near the range that was learnt, so that no model runs away outside it."""

from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from models.domain import GUARD_BAND_SD


class GuardBand(TransformerMixin, BaseEstimator):
    """Clip every column to its training range, widened by some standard deviations.

    Parameters
    ----------
    n_sd : float
        Width of the band beyond the range. One SD lets long-lived cells extrapolate a
        little; none would cost more in cross-validation than it saves.

    Attributes
    ----------
    lower_, upper_ : float arrays of shape (n_columns,)
    """

    def __init__(self, n_sd: float = GUARD_BAND_SD) -> None:
        self.n_sd = n_sd

    def fit(self, X: ArrayLike, y: object = None) -> Self:
        """Learn the band; NaN is ignored, a column of NaN alone stays unbounded."""
        columns = np.asarray(X, dtype=float)
        self.n_features_in_ = columns.shape[1]
        filled = np.where(np.isnan(columns).all(axis=0), 0.0, columns)
        width = self.n_sd * np.nanstd(filled, axis=0)
        is_blank = np.isnan(columns).all(axis=0)
        self.lower_ = np.where(is_blank, -np.inf, np.nanmin(filled, axis=0) - width)
        self.upper_ = np.where(is_blank, np.inf, np.nanmax(filled, axis=0) + width)
        return self

    def transform(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return the columns inside the band; NaN stays NaN."""
        check_is_fitted(self)
        clipped: NDArray[np.float64] = np.clip(np.asarray(X, dtype=float), self.lower_, self.upper_)
        return clipped
