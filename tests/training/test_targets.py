from dataclasses import replace

import numpy as np
import pytest

from features.errors import InvalidRecord, UnknownName
from features.registry import catalogue
from models.scales import scale_of
from training.cohort import OUTCOME_COLUMNS
from training.targets import labels, target_of

TARGETS = ["cycle_life", "coulombic_efficiency"]


@pytest.fixture
def censored(cohort):
    """Return the cohort with every fourth test stopped before the cell died."""
    is_censored = np.arange(len(cohort.cells)) % 4 == 0
    return replace(cohort, outcomes=cohort.outcomes.assign(is_censored=is_censored))


def test_the_life_of_a_stopped_test_is_blank(censored):
    """It is a bound, not a life; learnt as a life it would teach that good cells die early."""
    life = labels(censored, target_of("cycle_life"))
    assert (np.isnan(life) == censored.outcomes["is_censored"]).all()
    known = ~np.isnan(life)
    assert (life[known] == censored.outcomes["cycle_life_cycles"][known]).all()


def test_efficiency_is_known_whether_or_not_the_cell_died(censored):
    efficiency = labels(censored, target_of("coulombic_efficiency"))
    assert (efficiency == censored.outcomes["ce_fraction"]).all()


def test_labels_leave_the_outcomes_alone(censored):
    before = censored.outcomes.copy()
    labels(censored, target_of("cycle_life"))[:] = -1
    assert before.equals(censored.outcomes)


def test_a_cohort_without_the_outcome_says_what_it_has(cohort):
    poor = replace(cohort, outcomes=cohort.outcomes[["ce_fraction"]])
    with pytest.raises(InvalidRecord, match=r"'cycle_life_cycles'.*'cycle_life'.*ce_fraction"):
        labels(poor, target_of("cycle_life"))


def test_an_unknown_target_is_answered_with_the_list():
    with pytest.raises(UnknownName, match=r"'happiness'.*cycle_life, coulombic_efficiency"):
        target_of("happiness")


@pytest.mark.parametrize("name", TARGETS)
def test_every_target_has_a_scale_an_outcome_and_a_source(name, cohort):
    target = target_of(name)
    assert target.column in OUTCOME_COLUMNS
    assert target.source.startswith("doi:") or target.source == "own"
    assert np.isfinite(scale_of(target.scale).forward(labels(cohort, target))).all()


@pytest.mark.parametrize("name", TARGETS)
def test_no_target_is_a_descriptor(name):
    """What is to be told must not be among what is known."""
    target = target_of(name)
    assert not {target.name, target.column} & set(catalogue())
