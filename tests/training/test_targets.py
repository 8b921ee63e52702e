from dataclasses import replace

import numpy as np
import pytest

from features import CellDesign, Protocol
from features.errors import InvalidRecord, UnknownName
from features.registry import catalogue
from models.scales import scale_of
from training.cohorts import load_cohort
from training.target import Labels
from training.targets import labels, target_names, target_of


@pytest.fixture
def censored(cohort):
    """Return the cohort with every fourth test stopped before the cell died."""
    is_censored = np.arange(len(cohort.cells)) % 4 == 0
    return replace(cohort, outcomes=cohort.outcomes.assign(is_censored=is_censored))


@pytest.fixture
def complete(cohort):
    """Return the cohort with every outcome known, replicates being each other's control."""
    ids = [cell.cell_id for cell in cohort.cells]
    outcomes = cohort.outcomes.assign(
        r_sei_growth_ratio=np.linspace(1, 3, 40), capacity_retention_fraction=0.9
    )
    return replace(cohort, outcomes=outcomes, controls=dict(zip(ids[1::2], ids[::2], strict=True)))


def test_the_life_of_a_stopped_test_is_a_bound(censored):
    """Learnt as a life it would teach that good cells die early."""
    found = labels(censored, target_of("cycle_life"))
    assert (found.is_censored == censored.outcomes["is_censored"]).all()
    assert (found.values == censored.outcomes["cycle_life_cycles"]).all()


def test_efficiency_is_known_whether_or_not_the_cell_died(censored):
    found = labels(censored, target_of("coulombic_efficiency"))
    assert (found.values == censored.outcomes["ce_fraction"]).all()
    assert not found.is_censored.any()


def test_labels_leave_the_outcomes_alone(censored):
    before = censored.outcomes.copy()
    found = labels(censored, target_of("cycle_life"))
    found.values[:] = -1
    found.is_censored[:] = True
    assert before.equals(censored.outcomes)


def test_a_gain_in_lce_is_the_difference_to_the_control(complete):
    """A tenth of the loss is one more on the lce scale."""
    ce = np.where(np.arange(40) % 2, 0.99, 0.9)
    some = replace(complete, outcomes=complete.outcomes.assign(ce_fraction=ce))
    found = labels(some, target_of("delta_lce"))
    assert found.values[1::2] == pytest.approx(1.0)
    assert np.isnan(found.values[::2]).all()


def test_a_gain_in_life_is_the_ratio_to_the_control(complete):
    life = np.where(np.arange(40) % 2, 80.0, 20.0)
    some = replace(complete, outcomes=complete.outcomes.assign(cycle_life_cycles=life))
    assert labels(some, target_of("life_ratio")).values[1::2] == pytest.approx(4.0)


def test_a_gain_is_a_bound_if_the_coated_cell_outlived_its_test(complete):
    """And unknown if its control did: the ratio is then below something, not above."""
    stopped = np.zeros(40, dtype=bool)
    stopped[[1, 2]] = True  # cell 1 is coated, cell 2 the control of cell 3
    some = replace(complete, outcomes=complete.outcomes.assign(is_censored=stopped))
    found = labels(some, target_of("life_ratio"))
    assert found.is_censored[1]
    assert np.isnan(found.values[3])
    assert np.isfinite(found.values[5])


def test_a_cohort_without_controls_cannot_teach_a_gain(cohort):
    with pytest.raises(InvalidRecord, match="no cell of cohort 'handmade' names one"):
        labels(cohort, target_of("delta_lce"))


@pytest.mark.parametrize(("life", "is_told"), [(46.0, False), (47.0, True)])
def test_a_life_twice_beyond_its_lithium_is_marked(cohort, life, is_told):
    """7 mAh/cm2 in excess, 3 cycled, 10 % lost: the excess lasts 7 / (3 * 0.1) = 23.3 cycles."""
    (cell,) = cohort.cells[:1]
    recipe = replace(
        cell.recipe,
        cell=CellDesign("Li||LTO", None, 10.0, 3.0),
        protocol=Protocol(areal_capacity_mAh_cm2=3.0),
    )
    cells = (replace(cell, recipe=recipe), *cohort.cells[1:])
    ce = cohort.outcomes["ce_fraction"].to_numpy(copy=True)
    lives = cohort.outcomes["cycle_life_cycles"].to_numpy(float, copy=True)
    ce[0], lives[0] = 0.9, life
    outcomes = cohort.outcomes.assign(ce_fraction=ce, cycle_life_cycles=lives)
    found = labels(replace(cohort, cells=cells, outcomes=outcomes), target_of("cycle_life"))
    assert (cell.cell_id in found.inconsistent) == is_told
    assert all("lasts 23" in why for why in found.inconsistent.values())


def test_published_averages_teach_no_efficiency():
    """They differ in method, current and window, and carry no signal across papers."""
    with pytest.raises(InvalidRecord, match="'literature' may not teach coulombic_efficiency"):
        labels(load_cohort("literature"), target_of("coulombic_efficiency"))


def test_a_cohort_without_the_outcome_says_what_it_has(cohort):
    poor = replace(cohort, outcomes=cohort.outcomes[["ce_fraction"]])
    with pytest.raises(InvalidRecord, match=r"'cycle_life_cycles'.*'cycle_life'.*ce_fraction"):
        labels(poor, target_of("cycle_life"))


def test_a_value_without_a_place_on_the_scale_is_named(cohort):
    perfect = replace(cohort, outcomes=cohort.outcomes.assign(ce_fraction=1.0))
    with pytest.raises(InvalidRecord, match=r"coulombic_efficiency is 1, which has no place"):
        labels(perfect, target_of("coulombic_efficiency"))


def test_an_unknown_target_is_answered_with_the_list():
    with pytest.raises(UnknownName, match=r"'happiness'.*coulombic_efficiency, cycle_life"):
        target_of("happiness")


@pytest.mark.parametrize("name", target_names())
def test_every_target_has_a_scale_an_outcome_and_a_source(name, complete):
    target = target_of(name)
    assert target.name == name
    assert target.source.startswith(("doi:", "own"))
    assert target.intended_use.endswith(".")
    found = labels(complete, target)
    assert isinstance(found, Labels)
    known = np.isfinite(found.values)
    assert known.any()
    assert np.isfinite(scale_of(target.scale).forward(found.values[known])).all()


@pytest.mark.parametrize("name", target_names())
def test_no_target_is_a_descriptor(name):
    """What is to be told must not be among what is known."""
    assert name not in catalogue()
