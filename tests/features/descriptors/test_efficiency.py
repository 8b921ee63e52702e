from dataclasses import replace

import numpy as np
import pytest

from features.descriptors.efficiency import (
    ce_mean_cycles_5_to_20_fraction,
    ce_mean_fraction,
    ce_noise_fraction,
    ce_slope_fraction_per_cycle,
    initial_ce_fraction,
    irreversible_charge_mAh_cm2,
    log10_ce_loss_fraction,
    mean_ce_fraction,
    n_cycles_ce_over_1,
    n_cycles_to_stabilise,
)
from features.errors import NotMeasured
from features.recipe import CellDesign, Recipe

ALL = [
    initial_ce_fraction,
    ce_mean_fraction,
    log10_ce_loss_fraction,
    ce_slope_fraction_per_cycle,
    ce_noise_fraction,
    n_cycles_ce_over_1,
    irreversible_charge_mAh_cm2,
    n_cycles_to_stabilise,
    ce_mean_cycles_5_to_20_fraction,
]
N_NEEDED = (1, 3, 3, 5, 7, 1, 1, 6, 20)


def test_the_first_cycle_stands_alone(make_li_cu_cell):
    """It forms the SEI; what follows neither raises nor lowers it."""
    cell = make_li_cu_cell(n_cycles=4, ce=[0.7, 0.9, 0.98, 0.98])
    assert initial_ce_fraction(cell) == pytest.approx(0.7)


def test_the_mean_is_over_cycles_from_the_third(make_li_cu_cell):
    cell = make_li_cu_cell(n_cycles=5, ce=[0.1, 0.2, 0.95, 0.97, 0.99])
    assert ce_mean_fraction(cell) == pytest.approx(0.97)


@pytest.mark.parametrize(("ce", "decades"), [(0.9, -1), (0.99, -2), (0.999, -3)])
def test_each_nine_of_efficiency_is_a_decade_of_loss(make_li_cu_cell, ce, decades):
    assert log10_ce_loss_fraction(make_li_cu_cell(ce=ce)) == pytest.approx(decades)


@pytest.mark.parametrize("ce", [1.0, 1.02])
def test_more_stripped_than_plated_is_no_loss(make_li_cu_cell, ce):
    """A short circuit passes charge that was never lithium."""
    with pytest.raises(NotMeasured, match="short circuit"):
        log10_ce_loss_fraction(make_li_cu_cell(ce=[ce] * 4 + [ce + 1e-9]))


def test_the_slope_of_a_straight_line_is_its_slope(make_li_cu_cell):
    ce = 0.9 + 0.002 * np.arange(10)
    ce[:2] = 0.5
    assert ce_slope_fraction_per_cycle(make_li_cu_cell(n_cycles=10, ce=ce)) == pytest.approx(0.002)


def test_one_bad_cycle_does_not_tilt_the_slope(make_li_cu_cell):
    """The median of all pairwise slopes forgives an outlier."""
    ce = 0.9 + 0.002 * np.arange(10)
    ce[7] = 0.4
    assert ce_slope_fraction_per_cycle(make_li_cu_cell(n_cycles=10, ce=ce)) == pytest.approx(0.002)


def test_a_steady_trend_is_no_noise(make_li_cu_cell):
    cell = make_li_cu_cell(n_cycles=10, ce=0.9 + 0.002 * np.arange(10))
    assert ce_noise_fraction(cell) == pytest.approx(0, abs=1e-12)


def test_a_zigzag_is_noise_of_known_size(make_li_cu_cell):
    """Up and down by d differs from its neighbours' mean by 2 d, at every cycle."""
    cell = make_li_cu_cell(n_cycles=8, ce=0.95 + 0.01 * (-1.0) ** np.arange(8))
    assert ce_noise_fraction(cell) == pytest.approx(1.4826 * 0.02 / np.sqrt(1.5))


def test_normal_noise_is_read_as_its_standard_deviation(make_li_cu_cell):
    ce = 0.95 + 0.003 * np.random.default_rng(0).standard_normal(4000)
    cell = make_li_cu_cell(n_cycles=4000, ce=ce, n_rows=3)
    assert ce_noise_fraction(cell) == pytest.approx(0.003, rel=0.05)


@pytest.mark.parametrize(("function", "n_needed"), list(zip(ALL, N_NEEDED, strict=True)))
def test_each_needs_so_many_finished_cycles(make_li_cu_cell, function, n_needed):
    """Two form the SEI; a mean then needs one, a slope three, a scatter five."""
    assert np.isfinite(function(make_li_cu_cell(n_cycles=n_needed)))
    with pytest.raises(NotMeasured, match=r"finished|no cycling"):
        function(make_li_cu_cell(n_cycles=n_needed - 1))


@pytest.mark.parametrize("function", ALL)
def test_a_symmetric_cell_shows_no_efficiency(make_li_cu_cell, function):
    """What one lithium electrode loses, the other supplies."""
    cell = make_li_cu_cell(recipe=Recipe(CellDesign("Li||Li")), ce=1.0)
    with pytest.raises(NotMeasured, match="symmetric"):
        function(cell)


def test_an_anode_free_cell_plates_while_it_charges(make_full_cell):
    """Its CE is discharge over charge, at whatever voltage."""
    cell = make_full_cell(has_current=True, recipe=Recipe(CellDesign("anode-free")))
    cycling = cell.cycling.copy()
    is_discharge = cycling["current_ampere"] < 0
    cycling.loc[is_discharge, "current_ampere"] *= 0.98
    assert ce_mean_fraction(replace(cell, cycling=cycling)) == pytest.approx(0.98)


def test_a_stated_mean_is_over_exactly_its_cycles(make_li_cu_cell):
    ce = np.r_[np.full(4, 0.5), np.linspace(0.90, 0.98, 16), np.full(5, 0.1)]
    cell = make_li_cu_cell(n_cycles=25, ce=ce)
    assert ce_mean_cycles_5_to_20_fraction(cell) == pytest.approx(0.94)
    assert mean_ce_fraction(cell, 21, 25) == pytest.approx(0.1)


def test_a_stated_mean_is_not_given_of_fewer_cycles(make_li_cu_cell):
    with pytest.raises(NotMeasured, match="has 15 of these 16"):
        ce_mean_cycles_5_to_20_fraction(make_li_cu_cell(n_cycles=19))


def test_a_cell_is_stable_once_a_cycle_is_like_the_next_five(make_li_cu_cell):
    ce = np.r_[0.80, 0.90, 0.96, np.full(7, 0.968)]
    assert n_cycles_to_stabilise(make_li_cu_cell(n_cycles=10, ce=ce)) == 4
    with pytest.raises(NotMeasured, match="no cycle yet"):
        n_cycles_to_stabilise(make_li_cu_cell(n_cycles=8, ce=0.8 + 0.02 * np.arange(8)))


def test_cycles_over_one_are_counted_beyond_half_a_percent(make_li_cu_cell):
    assert n_cycles_ce_over_1(make_li_cu_cell(n_cycles=4, ce=[0.97, 1.004, 1.006, 1.2])) == 2


@pytest.mark.parametrize("area_cm2", [0.5, 2.0])
def test_what_is_not_stripped_again_is_lost(make_li_cu_cell, area_cm2):
    """2 mAh cm-2 plated four times at 0.9, 0.95, 1 and 1: 0.3 mAh cm-2."""
    cell = make_li_cu_cell(
        n_cycles=4, ce=[0.9, 0.95, 1.0, 1.0], areal_capacity_mAh_cm2=2.0, area_cm2=area_cm2
    )
    assert irreversible_charge_mAh_cm2(cell) == pytest.approx(0.3)


def test_a_loss_per_area_needs_the_area(make_li_cu_cell):
    with pytest.raises(NotMeasured, match="area is not stated"):
        irreversible_charge_mAh_cm2(replace(make_li_cu_cell(), area_cm2=None))


def test_lithium_in_a_reservoir_is_not_lost(varied_cells):
    with pytest.raises(NotMeasured, match="reservoir"):
        irreversible_charge_mAh_cm2(varied_cells(30)["Aurbach"])
