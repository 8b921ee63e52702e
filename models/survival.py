"""Linear survival models: location and scale of log life, with bounds taken as bounds.

A life that ended adds the density at its value to the likelihood, a test that was stopped
the probability of living longer. Coefficients pay a quadratic penalty, one of a few, chosen
by its evidence (MacKay 1992, doi:10.1162/neco.1992.4.3.415, with Laplace's approximation):
the penalty is a normal prior of the coefficients, and the best prior is the one under which
the training cells are likeliest. Cross-validation would choose among the short lives that are
known, where strong penalties do no harm, for the long ones that are not.
"""

from abc import ABC, abstractmethod
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize
from sklearn.base import BaseEstimator, RegressorMixin

Array = NDArray[np.float64]
PENALTIES = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0)
#: Of the scale over the spread of the labels: a perfect fit must not drive it to zero.
LEAST_SCALE = 1e-3
#: Of the parameters, by which slopes are compared to find the curvature.
STEP = 1e-5


class LinearSurvival(RegressorMixin, BaseEstimator, ABC):
    """A linear model of log life whose errors have a distribution of their own.

    Parameters
    ----------
    penalties : tuple of float
        On half the squared coefficients, for standardised descriptors and labels.

    Attributes
    ----------
    coef_ : float array of shape (n_columns,)
    intercept_ : float
        Such that the prediction is the median life.
    scale_, penalty_ : float
    """

    uses_censored = True

    def __init__(self, penalties: tuple[float, ...] = PENALTIES) -> None:
        self.penalties = penalties

    @abstractmethod
    def _log_density(self, z: Array) -> tuple[Array, Array]:
        """Return the log density of the standard error, and its slope."""

    @abstractmethod
    def _log_survival(self, z: Array) -> tuple[Array, Array]:
        """Return the log probability of a larger standard error, and its slope."""

    @property
    @abstractmethod
    def _median(self) -> float:
        """Return the median of the standard error."""

    def fit(self, X: ArrayLike, y: ArrayLike, is_censored: ArrayLike | None = None) -> Self:
        """Choose the penalty and fit."""
        columns, labels = np.asarray(X, dtype=float), np.asarray(y, dtype=float)
        is_bound = np.zeros(labels.size, bool) if is_censored is None else np.asarray(is_censored)
        # A scale of one for labels makes the penalties mean the same for every target.
        centre, spread = labels[~is_bound].mean(), labels[~is_bound].std() or 1.0
        standard = (labels - centre) / spread
        self.penalty_, found = self._best(columns, standard, is_bound)
        self.coef_ = spread * found[:-2]
        self.scale_ = float(spread * _scale(found))
        self.intercept_ = float(centre + spread * found[-2] + self.scale_ * self._median)
        self.n_features_in_ = columns.shape[1]
        return self

    def predict(self, X: ArrayLike) -> Array:
        """Return the median of log life."""
        return np.asarray(np.asarray(X, dtype=float) @ self.coef_ + self.intercept_)

    def _best(self, X: Array, y: Array, is_bound: NDArray[np.bool_]) -> tuple[float, Array]:
        """Return the penalty of highest evidence, and its parameters."""
        found: list[tuple[float, float, Array]] = []
        parameters = np.zeros(X.shape[1] + 2)
        for penalty in sorted(self.penalties, reverse=True):
            parameters = self._solved(X, y, is_bound, penalty, parameters)
            found.append((self._cost(parameters, X, y, is_bound, penalty), penalty, parameters))
        # Of equals the stronger penalty, which comes first: it claims less.
        _, penalty, parameters = min(found, key=lambda each: each[0])
        return penalty, parameters

    def _cost(
        self, parameters: Array, X: Array, y: Array, is_bound: NDArray[np.bool_], penalty: float
    ) -> float:
        """Return the negative log evidence of a penalty at its least penalised loss."""
        steps = STEP * np.eye(parameters.size)
        slopes = [
            self._penalised(parameters + step, X, y, is_bound, penalty)[1]
            - self._penalised(parameters - step, X, y, is_bound, penalty)[1]
            for step in steps
        ]
        curvature = np.array(slopes) / (2 * STEP)
        sign, log_volume = np.linalg.slogdet((curvature + curvature.T) / 2)
        if sign <= 0:
            return np.inf
        loss, _ = self._penalised(parameters, X, y, is_bound, penalty)
        return float(loss - 0.5 * X.shape[1] * np.log(penalty) + 0.5 * log_volume)

    def _penalised(
        self, parameters: Array, X: Array, y: Array, is_bound: NDArray[np.bool_], penalty: float
    ) -> tuple[float, Array]:
        """Return the loss with its penalty, and its slope by each parameter."""
        loss, slope = self._loss(parameters, X, y, is_bound)
        weight = parameters[:-2]
        slope[:-2] += penalty * weight
        return loss + 0.5 * penalty * float(weight @ weight), slope

    def _solved(
        self, X: Array, y: Array, is_bound: NDArray[np.bool_], penalty: float, start: Array
    ) -> Array:
        """Return coefficients, location and log scale of the least penalised loss."""
        found = minimize(
            self._penalised,
            start,
            args=(X, y, is_bound, penalty),
            jac=True,
            method="L-BFGS-B",
            options={"maxiter": 1000, "ftol": 1e-13, "gtol": 1e-8},
        )
        return np.asarray(found.x)

    def _loss(
        self, parameters: Array, X: Array, y: Array, is_bound: NDArray[np.bool_]
    ) -> tuple[float, Array]:
        """Return the negative log likelihood, and its slope by each parameter."""
        scale = _scale(parameters)
        z = (y - X @ parameters[:-2] - parameters[-2]) / scale
        ended, of_ended = self._log_density(z[~is_bound])
        alive, of_alive = self._log_survival(z[is_bound])
        by_z = np.empty_like(z)
        by_z[~is_bound], by_z[is_bound] = of_ended, of_alive
        n_ended = ended.size
        loss = n_ended * np.log(scale) - ended.sum() - alive.sum()
        # dz/dlocation = -1/scale, dz/dlog scale = -z; the floor of the scale slows the latter.
        by_log_scale = (n_ended + by_z @ z) * (1 - LEAST_SCALE / scale)
        slope = np.concatenate([by_z @ X / scale, [by_z.sum() / scale], [by_log_scale]])
        return float(loss), slope


def _scale(parameters: Array) -> float:
    return LEAST_SCALE + float(np.exp(np.clip(parameters[-1], -30.0, 30.0)))
