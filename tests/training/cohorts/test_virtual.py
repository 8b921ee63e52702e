from collections import Counter

import pandas as pd
import pytest

from training.cohort import OUTCOME_COLUMNS
from training.cohorts import load_cohort


@pytest.fixture(scope="module")
def cohort():
    return load_cohort("virtual")


def test_every_cell_is_simulated(cohort):
    """Nobody may mistake the cohort for a measurement."""
    assert cohort.kinds == {"simulated": len(cohort.cells)}
    assert "simulated" in cohort.citation


def test_replicates_of_a_recipe_form_one_group(cohort):
    """A split that parts replicates lets the test set be remembered."""
    assert cohort.group_kind == "recipe"
    assert set(Counter(cohort.groups).values()) == {2}
    assert list(cohort.groups) == [cell.recipe.recipe_id for cell in cohort.cells]


def test_every_outcome_is_known_and_possible(cohort):
    assert set(cohort.outcomes.columns) == set(OUTCOME_COLUMNS)
    assert cohort.outcomes["ce_fraction"].between(0, 1, inclusive="neither").all()
    assert (cohort.outcomes["cycle_life_cycles"] >= 1).all()
    assert not cohort.outcomes.isna().any(axis=None)


def test_every_cell_states_how_its_efficiency_is_measured(cohort):
    """CE without method, current and capacity cannot be compared."""
    for cell in cohort.cells:
        protocol = cell.recipe.protocol
        assert protocol.ce_method == "cycle_average"
        assert None not in (
            protocol.current_density_mA_cm2,
            protocol.areal_capacity_mAh_cm2,
            protocol.upper_cutoff_V,
        )


def test_every_cell_has_fifty_cycles_and_a_series_of_spectra(cohort):
    for cell in cohort.cells:
        assert cell.area_cm2 == 0.5
        assert cell.cycling["cycle_count"].max() == 50
        assert [spectrum.cycle for spectrum in cell.spectra] == [0, 10, 20, 30, 40, 50]


def test_loading_twice_gives_the_same_cells(cohort):
    again = load_cohort("virtual")
    pd.testing.assert_frame_equal(again.outcomes, cohort.outcomes)
    assert again.cells[-1].cycling.equals(cohort.cells[-1].cycling)


def test_efficiency_and_life_spread_wide_enough_to_learn_from(cohort):
    """A cohort of equals teaches nothing."""
    low, high = cohort.outcomes["ce_fraction"].quantile([0.1, 0.9])
    assert high - low > 0.03
    short, long = cohort.outcomes["cycle_life_cycles"].quantile([0.1, 0.9])
    assert long > 5 * short
