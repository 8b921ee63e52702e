from dataclasses import replace

import numpy as np
import pytest

from features.descriptors.voltage_shape import (
    arcing_ratio,
    log10_plating_shape_variance_ratio,
    mass_transfer_overpotential_mV,
    peaking_ratio,
    stripping_knee_fraction,
    stripping_tail_fraction,
)
from features.errors import NotMeasured
from features.recipe import CellDesign, Recipe

LI_CU, LI_LI = Recipe(CellDesign("Li||Cu")), Recipe(CellDesign("Li||Li"))
Q = np.linspace(0, 1, 201)
FLAT_V = np.full(201, 0.03)
OF_STRIPPING = [peaking_ratio, arcing_ratio, stripping_tail_fraction, stripping_knee_fraction]


@pytest.fixture
def make_cell(make_steps_cell):
    """Return the builder of cells whose platings and strippings have given shapes."""

    def build(plating_V=-FLAT_V, stripping_V=FLAT_V, n_cycles=5, recipe=LI_CU, **kwargs):
        shapes = [plating_V] * n_cycles if np.ndim(plating_V) == 1 else plating_V
        steps = [step for shape in shapes for step in ((-1.0, 1.0, shape), (1.0, 1.0, stripping_V))]
        return make_steps_cell(steps, recipe, **kwargs)

    return build


def test_an_early_peak_half_as_high_again_peaks_by_a_half(make_cell):
    """The first tenth at 45 mV, the rest at 30 mV."""
    cell = make_cell(stripping_V=np.where(Q < 0.1, 0.045, 0.03))
    assert peaking_ratio(cell) == pytest.approx(0.5, abs=1e-6)


def test_an_arc_from_20_to_90_percent_is_counted_over_its_start(make_cell):
    """20 + 20 q mV is 24 mV at 20 % and 38 mV at 90 %."""
    cell = make_cell(stripping_V=0.02 + 0.02 * Q)
    assert arcing_ratio(cell) == pytest.approx(14 / 24)


def test_mass_transfer_is_the_rise_of_plating_from_20_to_95_percent(make_cell):
    cell = make_cell(plating_V=-(0.02 + 0.02 * Q))
    assert mass_transfer_overpotential_mV(cell) == pytest.approx(15)


def test_a_shape_that_tilts_has_the_variance_of_the_tilt(make_cell):
    """A line of slope s over 100 bins of one percent has variance s^2 (100^2 - 1) / 12e4."""
    tilted = [-0.02 * (1 + (0.1 if cycle == 9 else 0) * (Q - 0.5)) for cycle in range(10)]
    variance = 0.1**2 * (100**2 - 1) / 12e4
    answer = log10_plating_shape_variance_ratio(make_cell(tilted))
    assert answer == pytest.approx(np.log10(variance), abs=1e-6)


def test_twice_the_overpotential_in_the_same_shape_is_no_change_of_shape(make_cell):
    shapes = [-0.02 * (1 + cycle) * (1 + Q) for cycle in range(10)]
    with pytest.raises(NotMeasured, match="same shape"):
        log10_plating_shape_variance_ratio(make_cell(shapes))


def test_a_change_of_shape_needs_ten_cycles(make_cell):
    with pytest.raises(NotMeasured, match="needs 10 finished cycles, has 9"):
        log10_plating_shape_variance_ratio(make_cell(n_cycles=9))


def test_the_tail_is_the_charge_above_the_plateau_by_100_mV(make_cell):
    """From 30 mV at 80 % up to 430 mV: 130 mV are left at 85 %."""
    cell = make_cell(stripping_V=0.03 + 2 * np.maximum(Q - 0.8, 0))
    assert stripping_tail_fraction(cell) == pytest.approx(0.15, abs=1e-3)


def test_an_early_peak_is_no_tail(make_cell):
    cell = make_cell(stripping_V=np.where(Q < 0.1, 0.5, 0.03))
    assert stripping_tail_fraction(cell) == 0
    with pytest.raises(NotMeasured, match="no knee"):
        stripping_knee_fraction(cell)


@pytest.mark.parametrize("knee", [0.605, 0.755, 0.905])
def test_the_knee_is_where_a_bent_line_bends(make_cell, knee):
    cell = make_cell(stripping_V=0.03 + 5 * np.maximum(Q - knee, 0))
    assert stripping_knee_fraction(cell) == pytest.approx(knee, abs=0.0101)


@pytest.mark.parametrize("function", OF_STRIPPING)
def test_noise_of_a_millivolt_moves_a_shape_little(make_cell, function):
    """Means over bins and the median over five cycles take it out."""
    shape = 0.05 + 0.02 * np.exp(-Q / 0.05) + 0.02 * Q + 3 * np.maximum(Q - 0.9, 0)
    quiet, noisy = make_cell(stripping_V=shape), make_cell(stripping_V=shape)
    noise_V = np.random.default_rng(0).normal(0, 1e-3, len(noisy.cycling))
    noisy.cycling["voltage_volt"] += noise_V
    assert function(noisy) == pytest.approx(function(quiet), abs=0.06)


def test_a_symmetric_cell_is_not_stripped_to_a_cutoff(make_cell):
    cell = make_cell(recipe=LI_LI)
    assert arcing_ratio(cell) == pytest.approx(0, abs=1e-9)
    for function in (stripping_tail_fraction, stripping_knee_fraction):
        with pytest.raises(NotMeasured, match="symmetric"):
            function(cell)


@pytest.mark.parametrize("function", [*OF_STRIPPING, mass_transfer_overpotential_mV])
def test_a_shape_needs_thirty_rows(make_li_cu_cell, function):
    with pytest.raises(NotMeasured, match="30 rows"):
        function(make_li_cu_cell(n_rows=29))


@pytest.mark.parametrize("function", [stripping_tail_fraction, stripping_knee_fraction])
def test_a_tail_is_told_from_a_plateau_that_has_rows(make_steps_cell, function):
    """A clock that stands still but once passes all charge between two rows."""
    cell = make_steps_cell([(-1.0, 1.0, -FLAT_V), (1.0, 1.0, FLAT_V)] * 3, LI_CU)
    time_s = 3600.0 * ((np.arange(len(cell.cycling)) + 100) // 201)
    leaping = cell.cycling.assign(test_time_second=time_s)
    with pytest.raises(NotMeasured, match="no stripping has a row on its plateau"):
        function(replace(cell, cycling=leaping))


@pytest.mark.parametrize("function", [peaking_ratio, arcing_ratio])
def test_a_cell_without_overpotential_has_no_shape(make_cell, function):
    with pytest.raises(NotMeasured, match="short circuit"):
        function(make_cell(stripping_V=np.full(201, -1e-3)))


@pytest.mark.parametrize("function", [*OF_STRIPPING, mass_transfer_overpotential_mV])
def test_a_full_cell_shows_its_positive_electrode(make_full_cell, function):
    with pytest.raises(NotMeasured, match="no overpotential of lithium"):
        function(make_full_cell(has_current=True))
