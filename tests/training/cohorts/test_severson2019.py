from collections import Counter

import numpy as np
import pytest

from features import describe
from training.cohorts.severson2019 import load
from training.data_folders import has_data

pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(
        not has_data("severson2019"), reason="the data set severson2019 is not on this machine"
    ),
]

VARIANCE = "log10_discharge_difference_variance_Ah2"
#: RMSE in cycles of the published one-descriptor model, doi:10.1149/1945-7111/ac2704.
PUBLISHED = {"train": 104, "test1": 138, "test2": 196}


@pytest.fixture(scope="module")
def cohort():
    return load()


@pytest.fixture(scope="module")
def table(cohort):
    return describe(cohort.cells, [VARIANCE], n_cycles=100)


def test_all_124_cells_stand_in_their_published_split(cohort):
    assert len(cohort.cells) == 124
    assert {name: len(ids) for name, ids in cohort.splits.items()} == {
        "train": 41,
        "test1": 43,
        "test2": 40,
    }
    ids = [cell_id for split in cohort.splits.values() for cell_id in split]
    assert sorted(ids) == sorted(cell.cell_id for cell in cohort.cells)


def test_every_cell_is_measured_and_says_so(cohort):
    """Not lithium metal: the type of cell keeps these models away from coated cells."""
    assert cohort.kinds == {"measured": 124}
    assert {cell.recipe.cell.type for cell in cohort.cells} == {"graphite||LFP"}
    assert {cell.source.doi for cell in cohort.cells} == {"10.1038/s41560-019-0356-8"}


def test_lives_are_those_published(cohort):
    """148 to 2237 cycles, the shortest of them in the first test."""
    life = cohort.outcomes["cycle_life_cycles"]
    assert (life.min(), life.max()) == (148, 2237)
    assert life.idxmin() in cohort.splits["test1"]
    assert not cohort.outcomes["is_censored"].any()


def test_cells_of_one_charging_policy_form_a_group(cohort):
    assert cohort.group_kind == "charging policy"
    assert max(Counter(cohort.groups).values()) > 1
    for cell, group in zip(cohort.cells, cohort.groups, strict=True):
        assert cell.recipe.protocol.charging == group


def test_curves_stand_for_cycles_2_to_100(cohort):
    for cell in cohort.cells[::20]:
        count = cell.cycling["cycle_count"]
        assert (count.min(), count.max()) == (2, 100)


def test_the_variance_descriptor_is_there_for_every_cell(table):
    assert table.reasons == {}


@pytest.mark.parametrize("split", PUBLISHED)
def test_the_variance_model_makes_the_published_error(cohort, table, split):
    """A straight line of log10 life on log10 var(Q100 - Q10): the field's own yardstick."""
    life, rows = cohort.outcomes["cycle_life_cycles"], list(cohort.splits["train"])
    x = table.values[VARIANCE]
    line = np.polyfit(x[rows], np.log10(life[rows]), 1)
    asked = list(cohort.splits[split])
    rmse = np.sqrt(np.mean((10 ** np.polyval(line, x[asked]) - life[asked]) ** 2))
    assert rmse == pytest.approx(PUBLISHED[split], abs=2)
