from dataclasses import replace

import numpy as np
import pytest

from features.descriptors.efficiency import (
    ce_mean_fraction,
    ce_noise_fraction,
    ce_slope_fraction_per_cycle,
    initial_ce_fraction,
    log10_ce_loss_fraction,
)
from features.errors import NotMeasured
from features.recipe import CellDesign, Recipe

ALL = [
    initial_ce_fraction,
    ce_mean_fraction,
    log10_ce_loss_fraction,
    ce_slope_fraction_per_cycle,
    ce_noise_fraction,
]


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


@pytest.mark.parametrize(("function", "n_needed"), list(zip(ALL, (1, 3, 3, 5, 7), strict=True)))
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
