import numpy as np
import pytest

from features.end_of_life import end_of_life
from features.half_cycles import cycle_number, half_cycle_number
from training.virtual_lab import founding_recipe, random_recipe, simulate


def half_cycle_charges_Ah(cycling):
    """Return the charge of every half-cycle, as anyone would integrate it."""
    half_cycles = cycling.groupby(half_cycle_number(cycling["current_ampere"].to_numpy()))
    return np.array(
        [
            np.trapezoid(rows["current_ampere"].abs(), rows["test_time_second"]) / 3600
            for _, rows in half_cycles
        ]
    )


@pytest.mark.parametrize("coating", ["bare", "Cu3N+SBR"])
def test_integrated_current_gives_the_true_efficiency(coating):
    """Stripped over plated charge of the same cycle is the CE, within the cycler's scatter."""
    virtual = simulate(founding_recipe(coating), seed=3)
    plated, stripped = half_cycle_charges_Ah(virtual.cell.cycling).reshape(-1, 2).T
    assert stripped / plated == pytest.approx(virtual.ce_per_cycle_fraction[:50], abs=1e-3)


def test_every_plating_passes_exactly_the_stated_capacity():
    """Both ends of a step are recorded, so the trapezoid is exact."""
    recipe = founding_recipe("bare", areal_capacity_mAh_cm2=2.0)
    plated = half_cycle_charges_Ah(simulate(recipe, seed=0, area_cm2=0.5).cell.cycling)[::2]
    assert plated == pytest.approx(2e-3 * 0.5, rel=1e-9)


def test_the_counter_in_the_file_agrees_with_the_current():
    cycling = simulate(founding_recipe("bare"), seed=0).cell.cycling
    assert np.array_equal(
        cycle_number(cycling["current_ampere"].to_numpy()), cycling["cycle_count"]
    )


def test_copper_is_plated_first_with_negative_current_and_voltage():
    first = simulate(founding_recipe("Cu3N+SBR"), seed=0).cell.cycling.iloc[:20]
    assert (first["current_ampere"] < 0).all()
    assert (first["voltage_volt"] < 0).all()


def test_nucleation_is_deepest_in_the_first_cycle():
    """Later platings find lithium left behind to grow on."""
    cycling = simulate(founding_recipe("Cu3N+SBR"), seed=0).cell.cycling
    lowest_V = cycling.groupby("cycle_count")["voltage_volt"].min()
    assert lowest_V.loc[1] < lowest_V.loc[2:20].min() - 0.02


@pytest.mark.parametrize("seed", range(10))
def test_cutoff_voltages_are_respected_and_reached(seed):
    """Stripping ends when the voltage reaches the cutoff, within the noise."""
    recipe = random_recipe(np.random.default_rng(seed))
    highest_V = (
        simulate(recipe, seed=seed).cell.cycling.groupby("cycle_count")["voltage_volt"].max()
    )
    assert highest_V.max() <= recipe.protocol.upper_cutoff_V
    assert highest_V.min() > recipe.protocol.upper_cutoff_V - 0.01


def test_a_coated_cell_outlives_a_hundred_cycles_and_a_bare_one_does_not():
    """As published for 1 mA/cm2, 1 mAh/cm2 (doi:10.1002/adma.201605531)."""
    bare, coated = (simulate(founding_recipe(c), seed=1) for c in ("bare", "Cu3N+SBR"))
    assert bare.true_cycle_life_cycles < 50
    assert coated.true_cycle_life_cycles > 100


@pytest.mark.parametrize("seed", range(8))
def test_the_project_finds_the_true_death_in_the_record(seed):
    """The label is the rule ``ce_collapse`` of ``features.end_of_life``, and nothing else."""
    recipe = random_recipe(np.random.default_rng(seed))
    life = simulate(recipe, seed=seed).true_cycle_life_cycles
    seen = end_of_life(simulate(recipe, seed=seed, n_cycles=life + 2).cell)
    assert (seen.event, seen.cycle) == ("ce_collapse", life)


def test_deposits_never_polarise_quite_alike():
    """So a small trend over a few cycles drowns in what a spectrum at rest does not see."""
    cycling = simulate(founding_recipe("Cu3N+SBR"), seed=0, n_cycles=20).cell.cycling
    plating = cycling.query("current_ampere < 0").groupby("cycle_count")["voltage_volt"].median()
    assert 0.01 < plating.iloc[2:].std() / abs(plating.iloc[2:].mean()) < 0.06
