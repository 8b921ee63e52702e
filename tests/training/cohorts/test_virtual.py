from collections import Counter

import numpy as np
import pandas as pd
import pytest

from features.end_of_life import end_of_life
from features.table import describe
from features.window import last_cycle
from training.cohort import OUTCOME_COLUMNS
from training.cohorts import load_cohort
from training.cohorts.virtual import FAMILIES, family_of
from training.virtual_lab.recipes import FOUNDING_COATINGS


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
    assert set(cohort.outcomes.columns) < set(OUTCOME_COLUMNS)
    assert (cohort.outcomes["r_sei_growth_ratio"] > 1).all()
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


def test_every_cell_has_a_hundred_cycles_and_a_series_of_spectra(cohort):
    """How long a cell was tested must not tell how long it lived."""
    for cell in cohort.cells[::7]:
        assert cell.area_cm2 == 0.5
        assert last_cycle(cell) == 100
        assert [spectrum.cycle for spectrum in cell.spectra] == [0, 10, 20, 50, 100]


def test_every_coated_cell_names_its_uncoated_control(cohort):
    """The claim of a coating is what it adds to the same cell without it."""
    by_id = {cell.cell_id: cell for cell in cohort.cells}
    coated = [cell for cell in cohort.cells if not cell.recipe.coating.is_bare]
    assert set(cohort.controls) == {cell.cell_id for cell in coated}
    for cell in coated:
        control = by_id[cohort.controls[cell.cell_id]]
        assert control.recipe.coating.is_bare
        assert control.recipe.electrolyte == cell.recipe.electrolyte
        assert control.source.replicate == cell.source.replicate
        for fact in ("current_density_mA_cm2", "areal_capacity_mAh_cm2"):
            assert getattr(control.recipe.protocol, fact) == getattr(cell.recipe.protocol, fact)


def test_families_follow_the_foremost_inorganic_phase(cohort):
    """The hard score holds one of them out whole; each has enough cells to be scored."""
    assert cohort.family_kind == "phase family"
    counts = Counter(cohort.families)
    assert set(counts) == {"bare", "polymer", *FAMILIES.values()}
    assert min(counts.values()) >= 10
    assert family_of(FOUNDING_COATINGS["Cu3N+SBR"]) == "nitride"
    assert family_of(FOUNDING_COATINGS["SBR"]) == "polymer"


def test_coatings_from_copper_nitride_are_activated_first(cohort):
    """Else they would be plated before they are what their recipe says."""
    for cell in cohort.cells[::7]:
        has_nitride = any(phase.name == "Cu3N" for phase in cell.recipe.coating.phases)
        assert (cell.cycling["cycle_count"].max() == 110) == has_nitride


def test_the_label_is_what_the_project_finds_in_the_record(cohort):
    """One rule, ``ce_collapse``; a cell alive at the record's end died after it."""
    lives = cohort.outcomes["cycle_life_cycles"]
    for cell in cohort.cells[::7]:
        seen, life = end_of_life(cell), lives[cell.cell_id]
        if life < 100:
            assert (seen.event, seen.cycle) == ("ce_collapse", life)
        else:
            assert seen.is_censored


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


def test_replicates_of_one_recipe_live_differently(cohort):
    """What a recipe cannot tell is left to the first cycles and spectra."""
    log10_life = np.log10(cohort.outcomes["cycle_life_cycles"].to_numpy().reshape(-1, 2))
    assert 0.05 < np.abs(np.diff(log10_life, axis=1)).mean() < 0.4


def test_a_spectrum_tells_of_a_long_life_beyond_the_efficiency(cohort):
    """Microcracks fill with SEI before lithium grows through them."""
    names = ["log10_ce_loss_fraction", "arc_width_growth_ratio"]
    coated = [cell for cell in cohort.cells if not cell.recipe.coating.is_bare]
    x = describe(coated, names, n_cycles=20).values.to_numpy()
    y = np.log10(cohort.outcomes.loc[[c.cell_id for c in coated], "cycle_life_cycles"].to_numpy())
    ranks = np.argsort(np.argsort(np.column_stack([x, y]), axis=0), axis=0)
    correlation = np.corrcoef(ranks.T)
    by_ce = correlation[0, 2]
    beyond_ce = (correlation[1, 2] - by_ce * correlation[0, 1]) / np.sqrt(
        (1 - by_ce**2) * (1 - correlation[0, 1] ** 2)
    )
    assert abs(beyond_ce) > 0.1
