"""Log-normal survival (Tobit): log life is linear in the descriptors, with even normal errors."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr
from sklearn.pipeline import Pipeline

from models.preparation import prepared
from models.survival import LinearSurvival

COMPLEXITY, USES_CENSORED, HAS_SD = 2, True, False
Array = NDArray[np.float64]
HALF_LOG_2PI = 0.5 * np.log(2 * np.pi)


class Tobit(LinearSurvival):
    """Normal errors of log life (Tobin 1958, doi:10.2307/1907382)."""

    _median = 0.0

    def _log_density(self, z: Array) -> tuple[Array, Array]:
        return -0.5 * z**2 - HALF_LOG_2PI, -z

    def _log_survival(self, z: Array) -> tuple[Array, Array]:
        log_survival = log_ndtr(-z)
        return log_survival, -np.exp(-0.5 * z**2 - HALF_LOG_2PI - log_survival)


def build(seed: int) -> Pipeline:
    """Return an unfitted Tobit pipeline."""
    return prepared(Tobit())
