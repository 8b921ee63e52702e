"""The mean of several models, each with its own preparation."""

from collections.abc import Sequence
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.pipeline import Pipeline, make_pipeline

#: Above any single model; its members' own ranks are added.
COMPLEXITY = 10
DEFAULT_MEMBERS = ("ridge", "gaussian_process")
Array = NDArray[np.float64]


class Blend(RegressorMixin, BaseEstimator):
    """The mean of fitted pipelines.

    Parameters
    ----------
    members : sequence of (name, unfitted Pipeline)

    Attributes
    ----------
    members_ : list of fitted Pipeline
    """

    uses_censored = True

    def __init__(self, members: Sequence[tuple[str, Pipeline]]) -> None:
        self.members = members

    def fit(self, X: ArrayLike, y: ArrayLike, is_censored: ArrayLike | None = None) -> Self:
        """Fit every member; those that cannot use bounds leave them out."""
        from models.estimators import fitted  # noqa: PLC0415  it builds on this module

        columns, labels = np.asarray(X, dtype=float), np.asarray(y, dtype=float)
        is_bound = None if is_censored is None else np.asarray(is_censored)
        self.members_ = [
            fitted(clone(member), columns, labels, is_censored=is_bound)
            for _, member in self.members
        ]
        self.n_features_in_ = columns.shape[1]
        return self

    def predict(self, X: ArrayLike) -> Array:
        """Return the mean of the members' predictions."""
        return np.asarray(sum(member.predict(X) for member in self.members_) / len(self.members_))


def of(members: Sequence[tuple[str, Pipeline]]) -> Pipeline:
    """Return an unfitted blend of unfitted pipelines."""
    return make_pipeline(Blend(members))
