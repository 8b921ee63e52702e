from dataclasses import replace

import numpy as np
import pytest

from features.descriptors.polarisation import (
    hysteresis_growth_ratio,
    hysteresis_mV,
    hysteresis_slope_mV_per_cycle,
    nucleation_overpotential_mV,
    nucleation_tip_mV,
    plateau_resistance_ohm_cm2,
    plating_overpotential_mV,
    stripping_overpotential_mV,
)
from features.errors import NotMeasured
from features.recipe import CellDesign, Recipe


def test_each_plateau_is_read_positive_when_it_needs_driving(make_li_cu_cell):
    cell = make_li_cu_cell(plating_mV=21.0, stripping_mV=34.0)
    assert plating_overpotential_mV(cell) == pytest.approx(21)
    assert stripping_overpotential_mV(cell) == pytest.approx(34)
    assert hysteresis_mV(cell) == pytest.approx(55)


def test_one_odd_cycle_does_not_move_the_median(make_li_cu_cell):
    cell = make_li_cu_cell(plating_mV=[20, 20, 500, 20, 20], stripping_mV=[30, 30, 900, 30, 30])
    assert plating_overpotential_mV(cell) == pytest.approx(20)
    assert stripping_overpotential_mV(cell) == pytest.approx(30)
    assert hysteresis_mV(cell) == pytest.approx(50)


def test_the_ends_of_a_half_cycle_are_no_plateau(make_li_cu_cell):
    """Nucleation at its start and depletion at its end lie outside 30 to 70 %."""
    cell = make_li_cu_cell(n_cycles=1)
    cycling = cell.cycling.copy()
    cycling.loc[:40, "voltage_volt"] = -0.4
    cycling.loc[12:28, "voltage_volt"] = -np.linspace(0.020, 0.036, 17)
    assert plating_overpotential_mV(replace(cell, cycling=cycling)) == pytest.approx(28, abs=1)


def test_the_hysteresis_grows_by_what_both_plateaus_grow(make_li_cu_cell):
    n = np.arange(8)
    cell = make_li_cu_cell(n_cycles=8, plating_mV=20 + n, stripping_mV=30 + 2 * n)
    assert hysteresis_slope_mV_per_cycle(cell) == pytest.approx(3)


def test_the_first_two_cycles_do_not_tilt_the_slope(make_li_cu_cell):
    cell = make_li_cu_cell(n_cycles=6, plating_mV=[300, 100, 20, 20, 20, 20])
    assert hysteresis_slope_mV_per_cycle(cell) == pytest.approx(0)


def test_a_slope_needs_three_cycles_from_the_third(make_li_cu_cell):
    with pytest.raises(NotMeasured, match="has 2"):
        hysteresis_slope_mV_per_cycle(make_li_cu_cell(n_cycles=4))


@pytest.mark.parametrize("nucleation_mV", [0.0, 50.0, 200.0])
def test_nucleation_is_the_dip_below_the_plateau(make_li_cu_cell, nucleation_mV):
    """The tip counts from 0 V, the overpotential from the plateau of the same plating."""
    cell = make_li_cu_cell(plating_mV=[20, 60, 60, 60, 60], nucleation_mV=nucleation_mV)
    assert nucleation_tip_mV(cell) == pytest.approx(20 + nucleation_mV)
    assert nucleation_overpotential_mV(cell) == pytest.approx(nucleation_mV)


def test_nucleation_needs_only_the_first_plating(make_li_cu_cell):
    """It is over long before the cell strips."""
    cell = make_li_cu_cell(nucleation_mV=50.0)
    plating = replace(cell, cycling=cell.cycling.head(41))
    assert nucleation_overpotential_mV(plating) == pytest.approx(50)


def test_a_late_dip_is_no_nucleation(make_li_cu_cell):
    cell = make_li_cu_cell(plating_mV=20.0, nucleation_mV=50.0)
    cycling = cell.cycling.copy()
    cycling.loc[30, "voltage_volt"] = -0.9
    assert nucleation_tip_mV(replace(cell, cycling=cycling)) == pytest.approx(70)


@pytest.mark.parametrize(
    "function", [plating_overpotential_mV, stripping_overpotential_mV, hysteresis_mV]
)
def test_steps_recorded_at_both_ends_alone_have_no_plateau(make_li_cu_cell, function):
    with pytest.raises(NotMeasured, match="no half-cycle has a row on its plateau"):
        function(make_li_cu_cell(n_rows=2))


@pytest.mark.parametrize("function", [nucleation_tip_mV, nucleation_overpotential_mV])
def test_steps_recorded_at_both_ends_alone_have_no_nucleation(make_li_cu_cell, function):
    with pytest.raises(NotMeasured, match="first plating has no row"):
        function(make_li_cu_cell(n_rows=2))


OF_ONE_ELECTRODE = [
    plateau_resistance_ohm_cm2,
    plating_overpotential_mV,
    stripping_overpotential_mV,
    nucleation_tip_mV,
    nucleation_overpotential_mV,
]


@pytest.mark.parametrize("function", OF_ONE_ELECTRODE)
@pytest.mark.parametrize("type", ["anode-free", "Li||LFP"])
def test_the_voltage_of_a_full_cell_is_no_overpotential(make_full_cell, function, type):
    """An anode-free cell plates at 3.6 V, of which the positive makes nearly all."""
    cell = make_full_cell(has_current=True, recipe=Recipe(CellDesign(type)))
    with pytest.raises(NotMeasured, match="is no overpotential"):
        function(cell)


def test_the_hysteresis_is_compared_with_that_of_cycle_3(make_li_cu_cell):
    cell = make_li_cu_cell(n_cycles=5, plating_mV=[90, 50, 20, 70, 60], stripping_mV=30.0)
    assert hysteresis_growth_ratio(cell) == pytest.approx(90 / 50)


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({"n_cycles": 2}, "cycle 3 is not finished"),
        ({"plating_mV": 0.0, "stripping_mV": 0.0}, "no hysteresis"),
        ({"n_rows": 2}, "no hysteresis"),
    ],
)
def test_a_growth_needs_a_hysteresis_in_cycle_3(make_li_cu_cell, facts, why):
    with pytest.raises(NotMeasured, match=why):
        hysteresis_growth_ratio(make_li_cu_cell(**facts))


@pytest.mark.parametrize(("type", "n_electrodes"), [("Li||Cu", 1), ("Li||Li", 2)])
@pytest.mark.parametrize("area_cm2", [0.5, 2.0])
def test_the_plateau_resistance_is_the_hysteresis_over_both_currents(
    make_li_cu_cell, type, n_electrodes, area_cm2
):
    """60 mV over twice 2 mA cm-2 is 15 ohm cm2, shared by two electrodes of lithium."""
    cell = make_li_cu_cell(
        plating_mV=25.0,
        stripping_mV=35.0,
        current_density_mA_cm2=2.0,
        area_cm2=area_cm2,
        ce=1.0,
        recipe=Recipe(CellDesign(type)),
    )
    assert plateau_resistance_ohm_cm2(cell) == pytest.approx(15 / n_electrodes)


def test_a_plateau_resistance_needs_an_area(make_li_cu_cell):
    with pytest.raises(NotMeasured, match="area is not stated"):
        plateau_resistance_ohm_cm2(replace(make_li_cu_cell(), area_cm2=None))
