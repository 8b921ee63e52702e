from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from features.window import first_cycles, last_cycle, row_cycles


@pytest.mark.parametrize("n_cycles", range(1, 6))
@pytest.mark.parametrize("rest_s", [0.0, 60.0])
def test_a_cut_cell_is_the_cell_recorded_only_so_far(make_li_cu_cell, n_cycles, rest_s):
    cut = first_cycles(make_li_cu_cell(n_cycles=5, rest_s=rest_s), n_cycles)
    recorded = make_li_cu_cell(n_cycles=n_cycles, rest_s=rest_s)
    pd.testing.assert_frame_equal(cut.cycling, recorded.cycling)
    assert last_cycle(cut) == n_cycles


def test_no_cycles_leave_no_cycling(make_li_cu_cell):
    cut = first_cycles(make_li_cu_cell(), 0)
    assert cut.cycling is None
    assert last_cycle(cut) == 0


def test_a_negative_window_is_a_mistake_of_the_caller(make_li_cu_cell):
    with pytest.raises(ValueError, match="0 or more, got -1"):
        first_cycles(make_li_cu_cell(), -1)


@pytest.mark.parametrize("shift", [0, -1])
def test_a_counter_may_start_at_zero_or_one(make_full_cell, shift):
    """Cyclers differ; the first cycle of the record is cycle 1."""
    cell = make_full_cell(n_cycles=4)
    count = cell.cycling["cycle_count"] + shift
    shifted = replace(cell, cycling=cell.cycling.assign(cycle_count=count))
    assert sorted(set(row_cycles(shifted))) == [1, 2, 3, 4]
    assert len(first_cycles(shifted, 3).cycling) == 3 / 4 * len(cell.cycling)


def test_cutting_twice_is_cutting_once(make_full_cell):
    """A counter from 0 is not shifted again in a cell that was cut before."""
    cell = make_full_cell(n_cycles=6)
    cell = replace(cell, cycling=cell.cycling.assign(cycle_count=cell.cycling["cycle_count"] - 1))
    twice, once = first_cycles(first_cycles(cell, 4), 2), first_cycles(cell, 2)
    pd.testing.assert_frame_equal(twice.cycling, once.cycling)


def test_the_current_numbers_a_time_series_whatever_its_counter_says(make_li_cu_cell):
    cell = make_li_cu_cell(n_cycles=3)
    wrong = replace(cell, cycling=cell.cycling.assign(cycle_count=7))
    assert np.array_equal(row_cycles(wrong), cell.cycling["cycle_count"])


def test_curves_with_a_current_but_no_time_are_numbered_by_their_counter(make_full_cell):
    """Half-cycles need the time; a lone column of current is no time series."""
    cell = make_full_cell(n_cycles=3)
    with_current = replace(cell, cycling=cell.cycling.assign(current_ampere=-1.0))
    assert last_cycle(with_current) == 3


def test_spectra_after_the_window_or_of_unknown_cycle_go(make_li_cu_cell, make_spectrum):
    """What cannot be shown to lie inside the window does not."""
    spectra = [make_spectrum(cycle=cycle) for cycle in (0, 2, 3, None)]
    cut = first_cycles(make_li_cu_cell(spectra=spectra), 2)
    assert [spectrum.cycle for spectrum in cut.spectra] == [0, 2]


def test_spectra_go_though_all_cycles_stay(make_li_cu_cell, make_spectrum):
    """A spectrum may be taken at cycle 9 of a cell whose cycling was sent to cycle 2."""
    cell = make_li_cu_cell(n_cycles=2, spectra=[make_spectrum(cycle=9)])
    assert first_cycles(cell, 5).spectra == ()


def test_a_cell_inside_the_window_stays_the_same_cell(make_li_cu_cell):
    """Its cached half-cycles are used again."""
    cell = make_li_cu_cell(n_cycles=2)
    assert first_cycles(cell, 2) is cell


def test_cutting_leaves_the_cell_unchanged(make_li_cu_cell):
    cell = make_li_cu_cell()
    first_cycles(cell, 1)
    pd.testing.assert_frame_equal(cell.cycling, make_li_cu_cell().cycling)
