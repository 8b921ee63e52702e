from dataclasses import replace

import numpy as np
import pytest

from features.errors import InvalidRecord
from features.recipe import CellDesign
from features.window import first_cycles
from training.virtual_lab import founding_recipe, simulate, simulate_rest
from training.virtual_lab.life import HORIZON_CYCLES
from training.virtual_lab.recipes import LI_CU, LI_LI, LI_LTO

CYCLES = {"areal_capacity_mAh_cm2": 3.0}


def test_the_same_seed_gives_the_same_cell():
    one, again = (simulate(founding_recipe("bare"), seed=5, spectrum_cycles=(0,)) for _ in range(2))
    assert one.cell.cycling.equals(again.cell.cycling)
    assert np.array_equal(one.cell.spectra[0].impedance_ohm, again.cell.spectra[0].impedance_ohm)
    assert one.true_ce_fraction == again.true_ce_fraction


def test_another_seed_gives_a_replicate_that_differs():
    """Replicates of a recipe share its id and nothing of their scatter."""
    one, other = (simulate(founding_recipe("bare"), seed=seed) for seed in (5, 6))
    assert one.cell.recipe.recipe_id == other.cell.recipe.recipe_id
    assert one.cell.cell_id != other.cell.cell_id
    assert one.true_ce_fraction != other.true_ce_fraction


@pytest.mark.parametrize("design", [LI_CU, LI_LI, LI_LTO])
def test_every_cell_says_that_it_is_simulated(design):
    """Simulated cells never enter a score reported as measured."""
    virtual = simulate(founding_recipe("Cu3N+SBR", cell=design, **CYCLES), seed=0)
    assert virtual.cell.source.kind == "simulated"


def test_truth_does_not_depend_on_how_much_is_recorded():
    short, long = (simulate(founding_recipe("bare"), seed=0, n_cycles=n) for n in (3, 80))
    assert short.true_ce_fraction == long.true_ce_fraction
    assert short.true_cycle_life_cycles == long.true_cycle_life_cycles


@pytest.mark.parametrize("design", [LI_CU, LI_LI, LI_LTO])
def test_a_longer_test_extends_a_shorter_one(design):
    """Nothing in the first cycles may know how long the test will run."""
    recipe = founding_recipe("bare", cell=design, **CYCLES)
    short, long = (simulate(recipe, seed=0, n_cycles=n).cell for n in (20, 50))
    assert first_cycles(long, 20).cycling.equals(short.cycling)


def test_coating_improves_efficiency_and_life():
    bare, coated = (simulate(founding_recipe(c), seed=0) for c in ("bare", "Cu3N+SBR"))
    assert coated.true_ce_fraction > bare.true_ce_fraction
    assert coated.true_cycle_life_cycles > bare.true_cycle_life_cycles


def test_efficiency_is_averaged_from_cycle_5_to_death_or_cycle_50():
    bare, coated = (simulate(founding_recipe(c), seed=0) for c in ("bare", "Cu3N+SBR"))
    life = bare.true_cycle_life_cycles
    assert bare.true_ce_fraction == pytest.approx(bare.ce_per_cycle_fraction[4:life].mean())
    assert coated.true_ce_fraction == pytest.approx(coated.ce_per_cycle_fraction[4:50].mean())


def test_a_cell_that_outlives_the_horizon_is_censored_there():
    """Charge too small to move the surface never roughens it."""
    recipe = founding_recipe("Cu3N+SBR", current_density_mA_cm2=0.05, areal_capacity_mAh_cm2=0.05)
    virtual = simulate(recipe, seed=0)
    assert virtual.is_censored
    assert virtual.true_cycle_life_cycles == HORIZON_CYCLES


def test_a_cell_type_without_a_bench_is_refused():
    recipe = replace(founding_recipe("bare"), cell=CellDesign("graphite||LFP"))
    with pytest.raises(InvalidRecord, match=r"graphite.*Li.*Cu"):
        simulate(recipe, seed=0)


@pytest.mark.parametrize("n_cycles", [0, HORIZON_CYCLES + 1])
def test_an_impossible_number_of_cycles_is_refused(n_cycles):
    with pytest.raises(ValueError, match="n_cycles"):
        simulate(founding_recipe("bare"), seed=0, n_cycles=n_cycles)


@pytest.mark.parametrize("cycle", [-1, HORIZON_CYCLES + 1])
def test_a_spectrum_beyond_the_simulation_is_refused(cycle):
    with pytest.raises(ValueError, match="spectrum_cycles"):
        simulate(founding_recipe("bare"), seed=0, spectrum_cycles=(cycle,))


def test_growth_of_the_sei_tells_bare_from_coated():
    """doi:10.1002/adma.201605531."""
    bare, coated = (
        simulate(founding_recipe(c, cell=LI_LI, current_density_mA_cm2=0.5), seed=0)
        for c in ("bare", "Cu3N+SBR")
    )
    assert bare.true_r_sei_growth_ratio > 2
    assert 1 < coated.true_r_sei_growth_ratio < 1.2


def test_a_resting_cell_is_the_one_that_would_be_cycled():
    recipe = founding_recipe("bare", cell=LI_LI)
    resting = simulate_rest(recipe, seed=0, time_h=(0,)).spectra[0].impedance_ohm
    cycled = simulate(recipe, seed=0, spectrum_cycles=(0,)).cell.spectra[0].impedance_ohm
    assert resting == pytest.approx(cycled)


def test_only_symmetric_cells_rest():
    with pytest.raises(InvalidRecord, match="only Li"):
        simulate_rest(founding_recipe("bare"), seed=0, time_h=(0,))


def test_time_before_assembly_is_refused():
    with pytest.raises(ValueError, match="time_h"):
        simulate_rest(founding_recipe("bare", cell=LI_LI), seed=0, time_h=(-1,))
