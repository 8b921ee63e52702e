"""What stands before every linear or kernel model: guard band, blanks filled, one scale."""

from sklearn.base import BaseEstimator
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from models.guard_band import GuardBand


def prepared(regressor: BaseEstimator) -> Pipeline:
    """Return an unfitted pipeline that hands standardised descriptors without blanks on.

    A blank becomes the training median, and a column of its own says that it was one.
    """
    return make_pipeline(
        GuardBand(),
        SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True),
        StandardScaler(),
        regressor,
    )
