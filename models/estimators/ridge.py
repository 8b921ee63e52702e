"""Ridge regression on standardised descriptors; its penalty is chosen on the training cells."""

import numpy as np
from sklearn.impute import SimpleImputer
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from models.guard_band import GuardBand

PENALTIES = np.logspace(-3, 3, 25)


def build(seed: int) -> Pipeline:
    """Return an unfitted ridge pipeline."""
    return make_pipeline(
        GuardBand(),
        SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True),
        StandardScaler(),
        RidgeCV(PENALTIES),
    )
