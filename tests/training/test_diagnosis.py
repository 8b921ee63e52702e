from dataclasses import replace

import numpy as np
import pytest

from training.described import described
from training.diagnosis import diagnose
from training.selection import Candidate


@pytest.fixture(scope="module")
def data(cohort, config):
    return described(config, cohort)[0]


def candidate(*descriptors, model="ridge"):
    return Candidate(model, "some", descriptors)


def test_a_learning_curve_counts_groups_and_ends_with_all_but_a_fold(config, data):
    found = diagnose(config, data, candidate("log10_ce_loss_fraction"))
    assert list(found.learning_curve) == sorted(found.learning_curve)
    assert max(found.learning_curve) == pytest.approx(20 * 2 / 3, abs=1)
    assert all(rmse > 0 for rmse in found.learning_curve.values())


def test_shuffling_what_a_model_needs_costs_and_the_mean_needs_nothing(config, data):
    names = ("log10_ce_loss_fraction", "hysteresis_mV")
    needed = diagnose(config, data, candidate(*names)).importance
    assert needed["log10_ce_loss_fraction"] > 0.05
    unneeded = diagnose(config, data, candidate(*names, model="mean")).importance
    assert unneeded == {name: pytest.approx(0) for name in names}


def test_the_executor_changes_no_number(config, data):
    one, two = (
        diagnose(config, data, candidate("log10_ce_loss_fraction"), executor)
        for executor in ("local:1", "local:2")
    )
    assert one == two


def test_few_groups_have_no_curve(config, data):
    few = data.rows(np.arange(10))
    assert not diagnose(config, few, candidate("log10_ce_loss_fraction")).learning_curve


def test_bounds_are_learnt_from_but_not_scored(config, data):
    """Their true value is unknown."""
    is_censored = np.arange(40) % 5 == 0
    some = replace(data, is_censored=is_censored)
    found = diagnose(config, some, candidate("log10_ce_loss_fraction", model="tobit"))
    assert all(np.isfinite(rmse) for rmse in found.learning_curve.values())
