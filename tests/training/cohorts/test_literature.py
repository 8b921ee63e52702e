import numpy as np
import pytest

from features.errors import InvalidRecord
from training.cohorts import load_cohort
from training.fit import train
from training.run_config import load_config
from training.targets import labels, target_of


@pytest.fixture(scope="module")
def cohort():
    return load_cohort("literature")


def test_every_cell_names_its_paper(cohort):
    for cell, group in zip(cohort.cells, cohort.groups, strict=True):
        assert cell.source.kind == "literature"
        assert cell.source.doi.startswith("10.")
        assert cell.source.batch == group


def test_a_run_on_published_efficiencies_is_refused(cohort):
    """They carry no signal across papers; whoever tries is told to look up instead."""
    run = load_config("coulombic_efficiency-virtual-recipe")
    config = run.model_copy(update={"cohort": "literature"})
    with pytest.raises(InvalidRecord, match="look up the nearest recipe instead"):
        train(config, cohort)


def test_efficiencies_of_full_cells_are_left_out(cohort):
    """C0018 is inferred from Li||LTO: another quantity."""
    assert np.isnan(cohort.outcomes.loc["C0018", "ce_fraction"])
    assert cohort.outcomes.loc["C0003", "ce_fraction"] == 0.974


def test_more_than_n_cycles_is_a_bound(cohort):
    assert cohort.outcomes.loc["C0003", "is_censored"]
    assert not cohort.outcomes.loc["C0016", "is_censored"]


def test_a_coating_stands_beside_the_bare_electrode_of_its_paper(cohort):
    """Li||LTO of the founding paper: foil 20 cycles, coated host at least 90."""
    assert cohort.controls["C0019"] == "C0016"
    by_id = {cell.cell_id: cell for cell in cohort.cells}
    for coated, bare in cohort.controls.items():
        assert by_id[bare].recipe.coating.is_bare
        assert by_id[coated].source.batch == by_id[bare].source.batch
    ratio = labels(cohort, target_of("life_ratio"))
    row = [cell.cell_id for cell in cohort.cells].index("C0019")
    assert (ratio.values[row], ratio.is_censored[row]) == (4.5, True)
