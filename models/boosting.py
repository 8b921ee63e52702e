"""Boosted trees of XGBoost, behind scikit-learn's interface; the only place that imports it.

Blanks go down the branch that was learnt for them. One seed gives the same trees on any
number of threads.
"""

import os
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, RegressorMixin

# Idle OpenMP threads that spin cost a factor of ten on few cores; read when XGBoost is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
import xgboost

Array = NDArray[np.float64]
N_TREES = 250
#: Shallow and slow, half of it at random: tens of cells carry no more.
SETTINGS: dict[str, Any] = {
    "max_depth": 3,
    "eta": 0.05,
    "subsample": 0.8,
    "colsample_bytree": 0.8,
    "min_child_weight": 2.0,
    "lambda": 1.0,
    "tree_method": "hist",
    "nthread": 1,
    "verbosity": 0,
}
LN10 = float(np.log(10.0))


class BoostedTrees(RegressorMixin, BaseEstimator):
    """Trees that add up to the target, less its mean.

    Parameters
    ----------
    seed : int

    Attributes
    ----------
    booster_ : xgboost.Booster
    centre_ : float
        Added to the sum of the trees.
    gain_ : float
        By which that sum is multiplied first.
    """

    uses_censored = False

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Grow the trees."""
        labels = np.asarray(y, dtype=float)
        self.centre_, self.gain_ = float(labels.mean()), 1.0
        data = xgboost.DMatrix(np.asarray(X, dtype=np.float32), label=labels - self.centre_)
        own = {"objective": "reg:squarederror", "base_score": 0.0}
        self._grow(data, own)
        return self

    def predict(self, X: ArrayLike) -> Array:
        """Return the prediction for every row."""
        data = xgboost.DMatrix(np.asarray(X, dtype=np.float32))
        margin = self.booster_.predict(data, output_margin=True)
        return np.asarray(margin.astype(np.float64) * self.gain_ + self.centre_)

    def _grow(self, data: xgboost.DMatrix, own: dict[str, Any]) -> None:
        self.n_features_in_ = data.num_col()
        self.booster_ = xgboost.train({**SETTINGS, **own, "seed": self.seed}, data, N_TREES)


class BoostedSurvival(BoostedTrees):
    """Trees that add up to log life; a test that was stopped says only "longer than".

    Barnwal, Cho, Hocking, J. Comput. Graph. Stat. 31, 1292 (2022),
    doi:10.1080/10618600.2022.2067548. Normal errors of ``scale`` on the natural logarithm.
    """

    uses_censored = True

    def __init__(self, seed: int = 0, scale: float = 0.2) -> None:
        super().__init__(seed)
        self.scale = scale

    def fit(self, X: ArrayLike, y: ArrayLike, is_censored: ArrayLike | None = None) -> Self:
        """Grow the trees on decadic logarithms of lives and bounds."""
        labels = np.asarray(y, dtype=float)
        is_bound = np.zeros(labels.size, bool) if is_censored is None else np.asarray(is_censored)
        self.centre_, self.gain_ = float(labels[~is_bound].mean()), 1 / LN10
        life = 10.0 ** (labels - self.centre_)
        data = xgboost.DMatrix(np.asarray(X, dtype=np.float32))
        data.set_float_info("label_lower_bound", life)
        data.set_float_info("label_upper_bound", np.where(is_bound, np.inf, life))
        own = {
            "objective": "survival:aft",
            "aft_loss_distribution": "normal",
            "aft_loss_distribution_scale": self.scale,
            # The logarithm of 1: the trees start from the centre.
            "base_score": 1.0,
        }
        self._grow(data, own)
        return self
