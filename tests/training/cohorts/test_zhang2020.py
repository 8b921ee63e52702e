import pytest

from features import describe
from training.cohorts import load_cohort
from training.data_folders import has_data
from training.run_config import load_config

pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(not has_data("zhang2020_eis"), reason="its data set is not here"),
]


@pytest.fixture(scope="module")
def cohort():
    return load_cohort("zhang2020")


def test_a_group_is_a_coin_cell_for_its_cycles_resemble_each_other(cohort):
    assert set(cohort.groups) == {f"25C0{number}" for number in range(1, 7)}
    for cell, group in zip(cohort.cells, cohort.groups, strict=True):
        assert cell.cell_id.startswith(group)
        assert cell.source.kind == "measured"


def test_retention_starts_at_one_and_falls_to_eighteen_percent(cohort):
    retention = cohort.outcomes["capacity_retention_fraction"]
    assert retention.max() == 1
    assert retention.min() == pytest.approx(0.184, abs=0.02)


def test_every_cell_is_one_spectrum_that_can_be_read(cohort):
    names = load_config("capacity_retention-zhang2020").descriptor_names
    assert all(len(cell.spectra) == 1 for cell in cohort.cells)
    assert not describe(cohort.cells, names).values.isna().any(axis=None)
