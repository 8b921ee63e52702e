import numpy as np
import pytest

from features.descriptors.discharge_curve import (
    discharge_capacity_cycle_2_Ah,
    discharge_capacity_last_Ah,
    discharge_capacity_rise_Ah,
    discharge_fade_Ah_per_cycle,
    discharge_late_fade_Ah_per_cycle,
    log10_discharge_difference_variance_Ah2,
    log10_discharge_slope_minimum_Ah,
    log10_discharge_slope_variance_Ah2,
)
from features.errors import NotMeasured
from features.table import describe

OF_CHANGE = [
    log10_discharge_difference_variance_Ah2,
    log10_discharge_slope_variance_Ah2,
    log10_discharge_slope_minimum_Ah,
]
#: Variance of x over 41 points from 0 to 1.
UNIT_VARIANCE = 42 / (12 * 40)

both_inputs = pytest.mark.parametrize("has_current", [True, False])


@both_inputs
def test_straight_curves_that_fade_steadily_change_by_a_known_straight_line(
    make_full_cell, has_current
):
    """Q(V) = c x, c falling by f a cycle: from cycle 10 to 30 it changes by -20 f x."""
    cell = make_full_cell(n_cycles=30, fade_Ah_per_cycle=0.002, has_current=has_current)
    variance = np.log10(0.04**2 * UNIT_VARIANCE)
    assert log10_discharge_difference_variance_Ah2(cell) == pytest.approx(variance)
    assert log10_discharge_slope_variance_Ah2(cell) == pytest.approx(variance)
    assert log10_discharge_slope_minimum_Ah(cell) == pytest.approx(np.log10(0.04))


@both_inputs
def test_capacities_of_a_steadily_fading_cell(make_full_cell, has_current):
    cell = make_full_cell(n_cycles=30, fade_Ah_per_cycle=0.002, has_current=has_current)
    assert discharge_capacity_cycle_2_Ah(cell) == pytest.approx(1 - 0.002)
    assert discharge_capacity_last_Ah(cell) == pytest.approx(1 - 29 * 0.002)
    assert discharge_capacity_rise_Ah(cell) == pytest.approx(0.002)
    assert discharge_fade_Ah_per_cycle(cell) == pytest.approx(-0.002)
    assert discharge_late_fade_Ah_per_cycle(cell) == pytest.approx(-0.002)


def test_the_late_fade_sees_the_last_ten_cycles_alone(make_full_cell):
    """Flat for 20 cycles, then a step and a fall: the knee is what the late slope is for."""
    capacity_Ah = np.concatenate([np.full(20, 1.1), 1 - 0.005 * np.arange(1, 11)])
    cell = make_full_cell(capacity_Ah=capacity_Ah, fade_Ah_per_cycle=0)
    assert discharge_late_fade_Ah_per_cycle(cell) == pytest.approx(-0.005)
    assert discharge_fade_Ah_per_cycle(cell) < -0.006


def test_the_first_nine_cycles_count_for_no_change(make_full_cell):
    """They form the cell."""
    capacity_Ah = 1 - 0.001 * np.arange(30)
    forming_Ah = np.where(np.arange(30) < 9, 0.9, capacity_Ah)
    steady, forming = (
        make_full_cell(capacity_Ah=each, fade_Ah_per_cycle=0) for each in (capacity_Ah, forming_Ah)
    )
    for function in (*OF_CHANGE, discharge_fade_Ah_per_cycle):
        assert function(forming) == pytest.approx(function(steady))


def test_a_rise_is_counted_to_the_highest_capacity(make_full_cell):
    capacity_Ah = [0.9, 0.95, 1.0, 1.05, 1.02]
    cell = make_full_cell(n_cycles=5, capacity_Ah=capacity_Ah, fade_Ah_per_cycle=0)
    assert discharge_capacity_rise_Ah(cell) == pytest.approx(0.1)


def test_the_slope_forgives_one_odd_curve_that_a_difference_of_two_does_not(make_full_cell):
    """One curve of 21 moves a least-squares line a little, and the difference wholly."""
    capacity_Ah = 1 - 0.002 * np.arange(30)
    odd_Ah = np.where(np.arange(30) == 29, capacity_Ah * 0.9, capacity_Ah)
    shifts = [
        abs(
            function(make_full_cell(capacity_Ah=odd_Ah, fade_Ah_per_cycle=0))
            - function(make_full_cell(capacity_Ah=capacity_Ah, fade_Ah_per_cycle=0))
        )
        for function in (
            log10_discharge_slope_variance_Ah2,
            log10_discharge_difference_variance_Ah2,
        )
    ]
    assert shifts[0] < shifts[1] / 2


@pytest.mark.parametrize("function", OF_CHANGE)
def test_a_cell_that_does_not_change_has_no_logarithm_of_change(make_full_cell, function):
    with pytest.raises(NotMeasured, match=r"not change|equal"):
        function(make_full_cell(fade_Ah_per_cycle=0, capacity_Ah=1.0))


@pytest.mark.parametrize("function", [*OF_CHANGE, discharge_fade_Ah_per_cycle])
def test_nine_cycles_tell_no_change_since_the_tenth(make_full_cell, function):
    with pytest.raises(NotMeasured, match=r"cycle 10|needs three cycles"):
        function(make_full_cell(n_cycles=9))


def test_two_capacities_are_no_late_fade(make_full_cell):
    with pytest.raises(NotMeasured, match="needs three cycles, has 2"):
        discharge_late_fade_Ah_per_cycle(make_full_cell(n_cycles=2))


def test_only_what_early_cycles_tell_is_known_before_the_window_ends(make_full_cell):
    """A cell that has run 25 of 30 cycles has no last one."""
    table = describe([make_full_cell(n_cycles=25)], n_cycles=30)
    measured = [name for name in table.names if (0, name) not in table.reasons]
    assert measured == ["discharge_capacity_cycle_2_Ah", "early_capacity_slope_fraction_per_cycle"]
