"""Answers of a fitted predictor for cells held out, with those of its baselines."""

from dataclasses import replace

import numpy as np

from models.estimators import build, fitted
from models.predictor import Predictor
from models.scales import scale_of
from training.described import Described
from training.evaluation import HeldOut, holds
from training.run_config import RunConfig
from training.target import Array
from training.targets import target_of

BASELINES = ("dummy", "baseline")
#: Levels at which coverage is measured beside that of the reported interval.
FURTHER_LEVELS = (0.5, 0.8)


def score(
    config: RunConfig, split: str, predictor: Predictor, learnt: Described, part: Described
) -> HeldOut:
    """Return a predictor's answers for cells that it has not seen, beside both baselines."""
    # What the groups cannot carry is not asked for; the score tells its level.
    level = predictor.interval.default_level
    found = predictor.predict(part.cohort.cells, level, explain=False)
    held_out = HeldOut(
        split=split,
        cell_ids=tuple(prediction.cell_id for prediction in found),
        groups=part.cohort.groups,
        truth=part.labels,
        value=np.array([prediction.value for prediction in found]),
        lower=np.array([prediction.lower for prediction in found]),
        upper=np.array([prediction.upper for prediction in found]),
        level=level,
        in_domain=np.array([prediction.in_domain for prediction in found]),
        has_kin=np.isin(part.cohort.groups, learnt.cohort.groups),
        is_censored=part.is_censored,
        baselines=baselines_of(config, learnt, part),
    )
    covered = {level: holds(held_out.lower, held_out.upper, held_out)}
    for further in (each for each in FURTHER_LEVELS if each < level):
        found = predictor.predict(part.cohort.cells, further, explain=False)
        lower, upper = (
            np.array([getattr(each, end) for each in found]) for end in ("lower", "upper")
        )
        covered[further] = holds(lower, upper, held_out)
    return replace(held_out, covered=covered)


def baselines_of(config: RunConfig, learnt: Described, part: Described) -> dict[str, Array]:
    """Return the answers of the dummy and of the physics baseline for the same cells."""
    scale = scale_of(target_of(config.target).scale)
    known = ~learnt.is_censored
    y = scale.forward(learnt.labels[known])
    names = list(config.baseline)
    X, X_new = (of.table.values[names].to_numpy(dtype=float) for of in (learnt, part))
    return {
        name: scale.inverse(fitted(build(model, config.seed), X[known], y).predict(X_new))
        for name, model in zip(BASELINES, ("mean", "ridge"), strict=True)
    }
