import numpy as np
import pytest

from features import describe
from training.cohorts import load_cohort
from training.data_folders import has_data

pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(not has_data("hea_interphase_ce"), reason="its data set is not here"),
]


@pytest.fixture(scope="module")
def cohort():
    return load_cohort("hea_interphase")


def test_nineteen_recipes_are_nineteen_groups(cohort):
    assert len(cohort.cells) == len(set(cohort.groups)) == 19
    assert cohort.kinds == {"literature": 19}


def test_efficiencies_are_those_of_the_table(cohort):
    """Between 83.3 and 98.3 %, as its provenance says."""
    ce = cohort.outcomes["ce_fraction"]
    assert (ce.min(), ce.max()) == (pytest.approx(0.83286), pytest.approx(0.98287))


def test_every_recipe_is_told_by_how_it_was_sputtered(cohort):
    """Its inputs survive the way through a recipe's words: 20 to 100 W, 1 to 10 min."""
    names = ["log10_sputter_power_W", "log10_sputter_time_s", "substrate_rotation_Hz"]
    values = describe(cohort.cells, names).values
    assert not values.isna().any(axis=None)
    power_W, time_s = 10 ** values.iloc[:, 0], 10 ** values.iloc[:, 1]
    assert (power_W.min(), power_W.max()) == (pytest.approx(20), pytest.approx(100))
    assert (time_s.min(), time_s.max()) == (pytest.approx(60), pytest.approx(600))
    assert np.isclose(values.iloc[:, 2].max(), 10 / 60)
