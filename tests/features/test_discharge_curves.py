from dataclasses import replace

import numpy as np
import pytest

from features.discharge_curves import discharge_curves
from features.errors import NotMeasured
from features.recipe import CellDesign, Recipe


def with_capacity(cell, cycle, change):
    """Return the cell with one curve changed."""
    cycling = cell.cycling.copy()
    rows = cycling["cycle_count"] == cycle
    cycling.loc[rows, "discharging_capacity_ah"] = change(
        cycling.loc[rows, "discharging_capacity_ah"]
    )
    return replace(cell, cycling=cycling)


@pytest.mark.parametrize("has_current", [True, False])
def test_capacities_come_back_as_put_in(make_full_cell, has_current):
    curves = discharge_curves(make_full_cell(n_cycles=5, has_current=has_current))
    assert curves.cycle.tolist() == [1, 2, 3, 4, 5]
    assert curves.discharge_capacity_Ah == pytest.approx(1 - 0.001 * np.arange(5))
    assert curves.repaired == ()


def test_time_series_and_capacity_voltage_curves_agree(make_full_cell):
    """The same discharge, integrated here or by the cycler."""
    one, other = (discharge_curves(make_full_cell(has_current=has)) for has in (True, False))
    assert one.capacity_Ah == pytest.approx(other.capacity_Ah)
    assert np.array_equal(one.cycle, other.cycle)


def test_curves_of_other_voltages_are_put_on_one_falling_grid(make_full_cell):
    """Q(V) is a straight line from 3.6 V; what both curves cover is kept."""
    cell = make_full_cell(n_cycles=2, fade_Ah_per_cycle=0.0)
    cut = cell.cycling[(cell.cycling["cycle_count"] == 1) | (cell.cycling["voltage_volt"] > 2.5)]
    lowest_V = cut.loc[cut["cycle_count"] == 2, "voltage_volt"].min()
    curves = discharge_curves(replace(cell, cycling=cut))
    expected_Ah = np.linspace(0, (3.6 - lowest_V) / 1.6, 1000)
    assert curves.capacity_Ah == pytest.approx(np.stack([expected_Ah, expected_Ah]))


@pytest.mark.parametrize("change", [lambda q: q * 2, lambda q: q - 0.5])
def test_a_faulty_curve_becomes_the_mean_of_its_neighbours_and_is_told(make_full_cell, change):
    """Twice the capacity, or half an ampere hour below zero, is a fault of the export."""
    sound = make_full_cell(n_cycles=5)
    curves = discharge_curves(with_capacity(sound, 3, change))
    neighbours = discharge_curves(sound).capacity_Ah[[1, 3]]
    assert curves.repaired == (3,)
    assert curves.of(3) == pytest.approx(neighbours.mean(axis=0))


@pytest.mark.parametrize(("faulty", "neighbour"), [(1, 2), (5, 4)])
def test_a_faulty_curve_at_the_end_becomes_its_one_neighbour(make_full_cell, faulty, neighbour):
    curves = discharge_curves(with_capacity(make_full_cell(n_cycles=5), faulty, lambda q: q * 2))
    assert np.array_equal(curves.of(faulty), curves.of(neighbour))


def test_real_fade_is_not_repaired(make_full_cell):
    curves = discharge_curves(make_full_cell(n_cycles=5, capacity_Ah=[1.0, 1.1, 1.0, 0.5, 0.2]))
    assert curves.repaired == ()


def test_one_sound_curve_among_faults_is_not_measured(make_full_cell):
    cell = with_capacity(make_full_cell(n_cycles=2), 2, lambda q: q - 0.5)
    with pytest.raises(NotMeasured, match="fewer than two discharge curves are plausible"):
        discharge_curves(cell)


def test_one_curve_is_not_enough(make_full_cell):
    with pytest.raises(NotMeasured, match="there are 1"):
        discharge_curves(make_full_cell(n_cycles=1))


def test_curves_without_a_common_window_are_not_measured(make_full_cell):
    cell = make_full_cell(n_cycles=2)
    shifted_V = cell.cycling["voltage_volt"] - 2 * (cell.cycling["cycle_count"] - 1)
    with pytest.raises(NotMeasured, match="share no voltage window"):
        discharge_curves(replace(cell, cycling=cell.cycling.assign(voltage_volt=shifted_V)))


def test_a_cycle_that_is_not_there_is_told(make_full_cell):
    with pytest.raises(NotMeasured, match="no discharge curve of cycle 9"):
        discharge_curves(make_full_cell(n_cycles=5)).of(9)


def test_a_half_cell_has_no_discharge_curve(make_li_cu_cell):
    with pytest.raises(NotMeasured, match=r"Li\|\|Cu has no discharge curve"):
        discharge_curves(make_li_cu_cell())


def test_no_cycling_is_not_measured(make_full_cell):
    with pytest.raises(NotMeasured, match="no cycling data"):
        discharge_curves(make_full_cell(n_cycles=0))


def test_curves_with_a_current_but_no_time_are_read_as_curves(make_full_cell):
    """An export may carry the current beside finished curves."""
    cell = make_full_cell(n_cycles=3)
    with_current = replace(cell, cycling=cell.cycling.assign(current_ampere=-1.0))
    assert np.array_equal(
        discharge_curves(with_current).capacity_Ah, discharge_curves(cell).capacity_Ah
    )


@pytest.mark.parametrize("type", ["Li||LTO", "Li||NMC", "graphite||LFP", "graphite||LCO"])
def test_every_full_cell_is_read(make_full_cell, type):
    cell = make_full_cell(n_cycles=2, recipe=Recipe(CellDesign(type)))
    assert discharge_curves(cell).cycle.size == 2
