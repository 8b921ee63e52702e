"""Ridge regression on standardised descriptors; its penalty is chosen on the training cells."""

import numpy as np
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import Pipeline

from models.preparation import prepared

COMPLEXITY, USES_CENSORED, HAS_SD = 1, False, False
PENALTIES = np.logspace(-3, 3, 25)


def build(seed: int) -> Pipeline:
    """Return an unfitted ridge pipeline."""
    return prepared(RidgeCV(PENALTIES))
