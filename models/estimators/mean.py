"""The dummy: the training mean, whatever the cell. Its score stands beside every other."""

from sklearn.dummy import DummyRegressor
from sklearn.pipeline import Pipeline, make_pipeline

COMPLEXITY, USES_CENSORED, HAS_SD = 0, False, False


def build(seed: int) -> Pipeline:
    """Return an unfitted dummy."""
    return make_pipeline(DummyRegressor(strategy="mean"))
