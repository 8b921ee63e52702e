import numpy as np
import pytest

from features.descriptors.full_cell import (
    charge_discharge_gap_V,
    early_capacity_slope_fraction_per_cycle,
    incremental_capacity_peak_Ah_per_V,
    incremental_capacity_peak_V,
    incremental_capacity_shift_V,
)
from features.errors import NotMeasured
from features.recipe import CellDesign, Recipe

NMC = Recipe(CellDesign("Li||NMC"))
OF_PEAKS = [
    incremental_capacity_peak_V,
    incremental_capacity_peak_Ah_per_V,
    incremental_capacity_shift_V,
]
WIDTH_V = 0.05


def logistic_steps(centres_V, gap_V=0.1):
    """Return cycles of 2 mAh cm-2 whose Q(V) is a logistic step, so dQ/dV peaks at Q / 4 w."""
    grid_V = np.linspace(4.0, 3.0, 2001)
    steps = []
    for centre_V in centres_V:
        q = 1 / (1 + np.exp((grid_V - centre_V) / WIDTH_V))
        share = np.linspace(q[0], q[-1], 801)
        falling_V = np.interp(share, q, grid_V)
        steps += [(1.0, 2.0, falling_V[::-1] + gap_V), (-1.0, 2.0, falling_V)]
    return steps


def test_the_gap_is_the_mean_distance_of_charge_and_discharge(make_steps_cell):
    cell = make_steps_cell(logistic_steps([3.5] * 3, gap_V=0.12), NMC)
    assert charge_discharge_gap_V(cell) == pytest.approx(0.12)


def test_a_half_cell_has_a_hysteresis_instead(make_li_cu_cell):
    with pytest.raises(NotMeasured, match="hysteresis"):
        charge_discharge_gap_V(make_li_cu_cell())


def test_a_logistic_step_peaks_at_its_centre_by_a_quarter_over_its_width(make_steps_cell):
    cell = make_steps_cell(logistic_steps([3.5] * 4), NMC)
    assert incremental_capacity_peak_V(cell) == pytest.approx(3.5, abs=2e-3)
    expected_Ah_V = 2e-3 / (4 * WIDTH_V)
    assert incremental_capacity_peak_Ah_per_V(cell) == pytest.approx(expected_Ah_V, rel=0.01)


def test_the_shift_is_the_way_of_the_peak_since_cycle_3(make_steps_cell):
    cell = make_steps_cell(logistic_steps([3.6, 3.6, 3.5, 3.48, 3.46]), NMC)
    assert incremental_capacity_shift_V(cell) == pytest.approx(-0.04, abs=2e-3)


@pytest.mark.parametrize("function", OF_PEAKS)
def test_a_straight_line_has_no_peak(make_full_cell, function):
    with pytest.raises(NotMeasured, match="no peak"):
        function(make_full_cell())


def test_the_early_fade_is_relative_to_cycle_3(make_full_cell):
    """From 2 Ah in cycle 3, 4 mAh a cycle is 0.2 %; what follows cycle 20 does not count."""
    capacity_Ah = 2.0 - 0.004 * (np.arange(40) - 2)
    capacity_Ah[20:] -= 0.5
    cell = make_full_cell(n_cycles=40, capacity_Ah=capacity_Ah, fade_Ah_per_cycle=0.0)
    assert early_capacity_slope_fraction_per_cycle(cell) == pytest.approx(-0.002)


def test_an_early_fade_needs_five_cycles_from_the_third(make_full_cell):
    with pytest.raises(NotMeasured, match="needs 5 discharges from cycle 3"):
        early_capacity_slope_fraction_per_cycle(make_full_cell(n_cycles=6))
