"""Boosted trees: worth their while from a hundred cells up, or where many inputs are missing."""

from sklearn.pipeline import Pipeline, make_pipeline

from models.boosting import BoostedTrees
from models.guard_band import GuardBand

COMPLEXITY, USES_CENSORED, HAS_SD = 6, False, False


def build(seed: int) -> Pipeline:
    """Return an unfitted pipeline of boosted trees."""
    return make_pipeline(GuardBand(), BoostedTrees(seed))
