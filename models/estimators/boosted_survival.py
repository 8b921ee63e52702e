"""Boosted trees for lives of which some were cut short by the end of the test."""

from sklearn.pipeline import Pipeline, make_pipeline

from models.boosting import BoostedSurvival
from models.guard_band import GuardBand

COMPLEXITY, USES_CENSORED, HAS_SD = 7, True, False


def build(seed: int) -> Pipeline:
    """Return an unfitted pipeline of boosted trees for lives."""
    return make_pipeline(GuardBand(), BoostedSurvival(seed))
