from dataclasses import replace

import numpy as np
import pytest

from features.end_of_life import end_of_life
from features.errors import InvalidRecord
from training.virtual_lab import founding_recipe, simulate
from training.virtual_lab.li_lto import delivered_mAh_cm2, full_cycles
from training.virtual_lab.recipes import ELECTRODEPOSITED_LTO, HOST_LTO, LI_LTO


def lto_recipe(coating):
    return founding_recipe(
        coating, cell=LI_LTO, current_density_mA_cm2=1.5, areal_capacity_mAh_cm2=3.0
    )


def passed_mAh_cm2(half_cycles, area_cm2):
    """Return the charge of every half-cycle of constant current."""
    duration_s = half_cycles["test_time_second"].max() - half_cycles["test_time_second"].min()
    current_A = half_cycles["current_ampere"].first().abs()
    return (duration_s * current_A).to_numpy() / 3.6 / area_cm2


@pytest.mark.parametrize(
    ("ce_fraction", "published_cycles"),
    [(0.883, 20), (0.70, 8), (0.964, 65), (0.974, 90), (0.90, 23), (0.80, 12)],
)
def test_lithium_excess_lasts_as_published(ce_fraction, published_cycles):
    """10 mAh/cm2 of lithium against 3 mAh/cm2 of LTO, doi:10.1002/adma.201605531."""
    cycles = full_cycles(np.full(200, ce_fraction), lithium_mAh_cm2=10, capacity_mAh_cm2=3)
    assert cycles == pytest.approx(published_cycles, abs=1)


@pytest.mark.parametrize("coating", ["bare", "Cu3N+SBR"])
@pytest.mark.parametrize("seed", range(5))
def test_life_ends_with_the_cycle_that_uses_up_the_excess(coating, seed):
    """With a falling CE the law holds as a sum: N - 1 cycles lose less than the excess, N more."""
    virtual = simulate(lto_recipe(coating), seed=seed)
    lost_mAh_cm2 = 3 * (1 - virtual.ce_per_cycle_fraction)
    life = virtual.true_cycle_life_cycles
    assert lost_mAh_cm2[: life - 1].sum() <= 7
    assert lost_mAh_cm2[:life].sum() > 7


@pytest.mark.parametrize("coating", ["bare", "Cu3N+SBR"])
def test_recorded_discharge_first_falls_short_after_the_true_life(coating):
    """The label and the raw data must tell the same story."""
    virtual = simulate(lto_recipe(coating), seed=2, n_cycles=150)
    discharge = virtual.cell.cycling.query("current_ampere < 0").groupby("cycle_count")
    is_full = passed_mAh_cm2(discharge, 0.5) > 0.999999 * 3
    assert np.argmin(is_full) == virtual.true_cycle_life_cycles


def test_capacity_is_full_up_to_the_end_of_life_and_falls_after_it():
    ce_fraction = np.full(100, 0.95)
    life = full_cycles(ce_fraction, 10, 3)
    delivered = delivered_mAh_cm2(ce_fraction, 10, 3)
    assert delivered[:life] == pytest.approx(3)
    assert delivered[life] < 3
    assert np.all(np.diff(delivered[life:]) < 0)


def test_lossless_lithium_never_runs_out():
    assert full_cycles(np.ones(2000), 10, 3) is None


def test_recorded_discharge_is_the_delivered_capacity():
    virtual = simulate(lto_recipe("bare"), seed=0, area_cm2=2.0)
    discharge = virtual.cell.cycling.query("current_ampere < 0").groupby("cycle_count")
    expected = delivered_mAh_cm2(virtual.ce_per_cycle_fraction[:50], 10, 3)
    assert passed_mAh_cm2(discharge, 2.0) == pytest.approx(expected)


def test_lithium_free_positive_is_discharged_first_between_its_cutoffs():
    cycling = simulate(lto_recipe("bare"), seed=0).cell.cycling
    assert cycling["current_ampere"].iloc[0] < 0
    assert cycling["voltage_volt"].between(1.0, 2.5).all()


def test_more_capacity_than_lithium_is_refused():
    recipe = lto_recipe("bare")
    poor = replace(recipe, cell=replace(recipe.cell, lithium_capacity_mAh_cm2=2.0))
    with pytest.raises(InvalidRecord, match=r"lithium is 2\.0 mAh/cm2"):
        simulate(poor, seed=0)


def test_the_first_two_cycles_are_slow():
    """0.2 C, then 0.5 C (doi:10.1002/adma.201605531)."""
    cycling = simulate(lto_recipe("bare"), seed=0, area_cm2=1.0, n_cycles=4).cell.cycling
    current_A = cycling["current_ampere"].abs().groupby(cycling["cycle_count"]).max()
    assert current_A.to_numpy() == pytest.approx([0.6e-3, 0.6e-3, 1.5e-3, 1.5e-3])


@pytest.mark.parametrize("design", [LI_LTO, ELECTRODEPOSITED_LTO, HOST_LTO])
def test_the_project_counts_as_many_full_cycles(design):
    """The label is the rule ``lithium_exhausted`` of ``features.end_of_life``."""
    recipe = replace(lto_recipe("bare"), cell=design)
    virtual = simulate(recipe, seed=0, n_cycles=120)
    seen = end_of_life(virtual.cell)
    assert seen.event == "lithium_exhausted"
    assert seen.cycle == virtual.true_cycle_life_cycles


def test_moss_dies_before_foil_and_foil_before_a_host():
    """doi:10.1002/adma.201605531: 8, 20 and 65 cycles."""
    lives = [
        simulate(replace(lto_recipe("bare"), cell=design), seed=0).true_cycle_life_cycles
        for design in (ELECTRODEPOSITED_LTO, LI_LTO, HOST_LTO)
    ]
    assert lives == sorted(lives)
