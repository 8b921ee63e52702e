"""Weibull survival: lives are stretched by a factor that is log-linear in the descriptors."""

import numpy as np
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline

from models.preparation import prepared
from models.survival import LinearSurvival

COMPLEXITY, USES_CENSORED, HAS_SD = 3, True, False
Array = NDArray[np.float64]
#: A scale that shrinks on the way makes far errors overflow; beyond this they are as bad.
LARGEST_ERROR = 50.0


class Weibull(LinearSurvival):
    """Errors of log life of the smallest extreme value (Weibull 1951, doi:10.1115/1.4010337)."""

    _median = float(np.log(np.log(2)))

    def _log_density(self, z: Array) -> tuple[Array, Array]:
        hazard = np.exp(np.minimum(z, LARGEST_ERROR))
        return z - hazard, 1 - hazard

    def _log_survival(self, z: Array) -> tuple[Array, Array]:
        hazard = np.exp(np.minimum(z, LARGEST_ERROR))
        return -hazard, -hazard


def build(seed: int) -> Pipeline:
    """Return an unfitted Weibull pipeline."""
    return prepared(Weibull())
