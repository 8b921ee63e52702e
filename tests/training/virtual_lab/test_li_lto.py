from dataclasses import replace

import numpy as np
import pytest

from features.errors import InvalidRecord
from training.virtual_lab import founding_recipe, simulate
from training.virtual_lab.li_lto import delivered_mAh_cm2, full_cycles
from training.virtual_lab.recipes import LI_LTO


def lto_recipe(coating):
    return founding_recipe(
        coating, cell=LI_LTO, current_density_mA_cm2=1.5, areal_capacity_mAh_cm2=3.0
    )


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
    duration_s = discharge["test_time_second"].max() - discharge["test_time_second"].min()
    is_full = duration_s.to_numpy() > 0.999999 * duration_s.iloc[0]
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
    duration_s = discharge["test_time_second"].max() - discharge["test_time_second"].min()
    expected = delivered_mAh_cm2(virtual.ce_per_cycle_fraction[:50], 10, 3)
    assert duration_s.to_numpy() * 1.5 / 3600 == pytest.approx(expected)


def test_lithium_free_positive_is_discharged_first_between_its_cutoffs():
    cycling = simulate(lto_recipe("bare"), seed=0).cell.cycling
    assert cycling["current_ampere"].iloc[0] < 0
    assert cycling["voltage_volt"].between(1.0, 2.5).all()


def test_more_capacity_than_lithium_is_refused():
    recipe = lto_recipe("bare")
    poor = replace(recipe, cell=replace(recipe.cell, lithium_capacity_mAh_cm2=2.0))
    with pytest.raises(InvalidRecord, match=r"lithium is 2\.0 mAh/cm2"):
        simulate(poor, seed=0)
