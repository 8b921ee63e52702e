from dataclasses import replace

import numpy as np
import pytest

from features.end_of_life import EndOfLifeRules, end_of_life, first_confirmed
from features.errors import NotMeasured
from features.recipe import CellDesign, Protocol, Recipe

LI_LI = Recipe(CellDesign("Li||Li"))
LTO = Recipe(CellDesign("Li||LTO", None, 10.0, 3.0))


@pytest.mark.parametrize(
    ("failing", "first"),
    [([3], None), ([3, 4], 3), ([3, 5], 3), ([3, 6], None), ([3, 6, 8], 6), ([8, 9], 8)],
)
def test_two_of_three_consecutive_cycles_must_agree(failing, first):
    is_failing = np.zeros(10, dtype=bool)
    is_failing[failing] = True
    assert first_confirmed(is_failing) == first


def test_a_healthy_cell_was_stopped_and_is_censored(make_li_cu_cell):
    end = end_of_life(make_li_cu_cell(n_cycles=40))
    assert (end.event, end.cycle, end.is_censored) == ("stopped", 40, True)


@pytest.mark.parametrize("after", [[0.85, 0.97, 0.85], [0.85, 0.85, 0.97]])
def test_a_collapse_is_dated_by_its_first_cycle(make_li_cu_cell, after):
    ce = [0.97] * 19 + after + [0.97] * 5
    end = end_of_life(make_li_cu_cell(n_cycles=27, ce=ce))
    assert (end.event, end.cycle, end.is_censored) == ("ce_collapse", 20, False)
    assert "0.9" in end.reason


def test_one_bad_cycle_is_no_end(make_li_cu_cell):
    ce = [0.97] * 19 + [0.5] + [0.97] * 10
    assert end_of_life(make_li_cu_cell(n_cycles=30, ce=ce)).is_censored


def test_forming_the_sei_is_no_collapse(make_li_cu_cell):
    ce = [0.6, 0.8] + [0.97] * 10
    assert end_of_life(make_li_cu_cell(n_cycles=12, ce=ce)).is_censored


def test_a_plateau_left_by_two_points_is_a_collapse(make_li_cu_cell):
    """Three of five cycles at 0.95 pull their median down to it: cycle 23."""
    ce = [0.98] * 20 + [0.95] * 10
    cell = make_li_cu_cell(n_cycles=30, ce=ce)
    assert end_of_life(cell).cycle == 23
    assert end_of_life(cell, EndOfLifeRules(ce_drop_fraction=0.05)).is_censored


@pytest.mark.parametrize(
    ("later_mV", "event"), [(140.0, "stopped"), (160.0, "polarisation"), (600.0, "polarisation")]
)
def test_three_times_the_early_hysteresis_is_polarised(make_li_cu_cell, later_mV, event):
    level_mV = [50.0] * 10 + [later_mV] * 5
    cell = make_li_cu_cell(
        n_cycles=15, ce=1.0, plating_mV=level_mV, stripping_mV=level_mV, recipe=LI_LI
    )
    end = end_of_life(cell)
    assert (end.event, end.cycle) == (event, 15 if event == "stopped" else 11)


def test_half_a_volt_is_polarised_from_the_start(make_li_cu_cell):
    cell = make_li_cu_cell(n_cycles=4, ce=1.0, plating_mV=510.0, stripping_mV=510.0, recipe=LI_LI)
    assert end_of_life(cell).cycle == 1


def test_a_plating_cut_off_early_is_polarised(make_steps_cell):
    """It meets its cutoff of -0.3 V at two thirds of the charge."""
    full, cut = np.full(41, -0.05), np.linspace(-0.05, -0.3, 41)
    steps = []
    for cycle in range(12):
        hours, volts = (1.0, full) if cycle < 8 else (0.67, cut)
        steps += [(-1.0, hours, volts), (1.0, 0.97 * hours, -full)]
    recipe = Recipe(CellDesign("Li||Cu"), protocol=Protocol(lower_cutoff_V=-0.3))
    end = end_of_life(make_steps_cell(steps, recipe))
    assert (end.event, end.cycle) == ("polarisation", 9)


def test_a_hard_short_is_told_before_a_soft_one(make_li_cu_cell):
    level_mV = [50.0] * 10 + [0.1] * 5
    cell = make_li_cu_cell(
        n_cycles=15, ce=1.0, plating_mV=level_mV, stripping_mV=level_mV, recipe=LI_LI
    )
    end = end_of_life(cell)
    assert (end.event, end.cycle) == ("hard_short", 11)


def test_a_soft_short_that_stays_is_an_end(make_li_cu_cell):
    level_mV = [50.0] * 10 + [15.0] * 5
    cell = make_li_cu_cell(
        n_cycles=15, ce=1.0, plating_mV=level_mV, stripping_mV=level_mV, recipe=LI_LI
    )
    end = end_of_life(cell)
    assert (end.event, end.cycle) == ("soft_short", 11)


@pytest.mark.parametrize("has_current", [True, False])
def test_retention_is_against_cycles_2_to_4(make_full_cell, has_current):
    """Cycle 1 is larger by formation; of 1 Ah, 0.8 is left until cycle 21."""
    capacity_Ah = np.r_[1.2, np.ones(9), 1 - 0.0199 * np.arange(1, 21)]
    cell = make_full_cell(
        n_cycles=30, capacity_Ah=capacity_Ah, fade_Ah_per_cycle=0.0, has_current=has_current
    )
    end = end_of_life(cell)
    assert (end.event, end.cycle) == ("retention", 21)


def discharges(capacities, currents=None):
    falling_V = np.linspace(1.6, 1.2, 41)
    currents = np.full(len(capacities), 1.5) if currents is None else currents
    return [
        (sign * current, capacity / current, falling_V[::-sign])
        for capacity, current in zip(capacities, currents, strict=True)
        for sign in (-1, 1)
    ]


def test_lithium_is_exhausted_after_the_last_full_cycle(make_steps_cell):
    """Slow formation cycles give more and are no measure; 0.2 % is no fall, 2 % a cycle is."""
    capacities = [3.05, 3.05, *[3.0] * 15, 2.994, *[3.0] * 2, *3.0 * 0.98 ** np.arange(1, 6)]
    currents = [0.6, 0.6, *[1.5] * 23]
    end = end_of_life(make_steps_cell(discharges(capacities, currents), LTO))
    assert (end.event, end.cycle, end.is_censored) == ("lithium_exhausted", 20, False)


def test_a_first_discharge_that_lacks_little_counts_once_the_fall_is_confirmed(make_steps_cell):
    """Lithium runs out within cycle 11, which lacks 0.2 %; then 2 % a cycle."""
    capacities = [3.0] * 10 + [3.0 * 0.998, *3.0 * 0.98 ** np.arange(1, 5)]
    assert end_of_life(make_steps_cell(discharges(capacities), LTO)).cycle == 10


def test_slow_fade_of_the_positive_is_no_exhaustion(make_steps_cell):
    capacities = 3.0 * (1 - 5e-4) ** np.arange(80)
    assert end_of_life(make_steps_cell(discharges(capacities), LTO)).is_censored


def test_the_earliest_event_is_the_end(make_li_cu_cell):
    ce = [0.97] * 10 + [0.85] * 10
    level_mV = [20.0] * 15 + [600.0] * 5
    cell = make_li_cu_cell(n_cycles=20, ce=ce, plating_mV=level_mV)
    assert end_of_life(cell).event == "ce_collapse"


def test_rules_may_be_stricter(make_li_cu_cell):
    cell = make_li_cu_cell(n_cycles=10, ce=0.97)
    assert end_of_life(cell, EndOfLifeRules(lowest_ce_fraction=0.98)).cycle == 3


def test_a_cell_that_was_never_cycled_has_no_end(make_li_cu_cell):
    with pytest.raises(NotMeasured, match="no cycling data"):
        end_of_life(replace(make_li_cu_cell(), cycling=None))


def test_curves_without_a_current_tell_no_end_of_a_half_cell(make_full_cell):
    curves = make_full_cell(n_cycles=5)
    with pytest.raises(NotMeasured, match="no time series"):
        end_of_life(replace(curves, recipe=LI_LI))
