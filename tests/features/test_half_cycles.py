from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.extremes import BLOCK_ROWS
from features.half_cycles import (
    current_sign,
    cycle_number,
    half_cycle_number,
    half_cycles_of,
    rows_reached,
)

currents = st.lists(
    st.sampled_from([-2e-3, -1e-3, 0.0, 1e-7, 1e-3]) | st.floats(-1, 1), min_size=1, max_size=40
).map(np.array)


def test_a_rest_belongs_to_the_half_cycle_before_it():
    current_A = np.array([0, 0, -1, 0, -1, 0, 1, 0, 1, 0, -1]) * 1e-3
    assert half_cycle_number(current_A).tolist() == [-1, -1, 0, 0, 0, 0, 1, 1, 1, 1, 2]
    assert cycle_number(current_A).tolist() == [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2]


def test_a_cycler_s_offset_is_no_current():
    """Nothing below a microampere flows, nor below 1 % of what flowed before."""
    assert current_sign(np.array([9e-7, -9e-7])).tolist() == [0, 0]
    assert current_sign(np.array([1.0, -0.009, 0.02])).tolist() == [1, 0, 1]


@given(currents, currents)
@settings(deadline=None)
def test_the_past_does_not_depend_on_the_future(past_A, future_A):
    """A threshold from the whole record would renumber the first cycles later on."""
    both_A = np.concatenate([past_A, future_A])
    for number in (current_sign, half_cycle_number, cycle_number):
        assert np.array_equal(number(both_A)[: past_A.size], number(past_A))


@given(currents)
@settings(deadline=None)
def test_swapped_cables_change_the_sign_and_nothing_else(current_A):
    assert np.array_equal(current_sign(-current_A), -current_sign(current_A))
    assert np.array_equal(half_cycle_number(-current_A), half_cycle_number(current_A))


@given(currents)
@settings(deadline=None)
def test_neighbouring_half_cycles_have_opposite_signs(current_A):
    number, sign = half_cycle_number(current_A), current_sign(current_A)
    signs = [set(sign[(number == k) & (sign != 0)]) for k in range(number.max() + 1)]
    assert all(len(each) == 1 for each in signs)
    assert all(one != other for one, other in pairwise(signs))


@pytest.mark.parametrize("rows_s", [[0, 3600], [0, 10, 1800, 3600], np.linspace(0, 3600, 100)])
def test_an_ampere_for_an_hour_is_an_ampere_hour_however_often_it_is_recorded(rows_s):
    time_s = np.asarray(rows_s, dtype=float)
    assert half_cycles_of(np.full(time_s.size, -1.0), time_s).charge_Ah == pytest.approx([1])


def test_a_ramp_of_current_passes_half_the_charge():
    """The trapezoid is exact where the current is straight."""
    time_s = np.linspace(0, 3600, 101)
    assert half_cycles_of(1 + time_s / 3600, time_s).charge_Ah == pytest.approx([1.5])


def test_rows_that_miss_the_switch_share_the_gap():
    """Sampled every ten seconds, a hundred rows of an ampere are a thousand ampere seconds."""
    current_A = np.tile(np.repeat([1.0, -1.0], 100), 3)
    charge_Ah = half_cycles_of(current_A, 10.0 * np.arange(current_A.size)).charge_Ah
    assert charge_Ah[1:-1] == pytest.approx(1000 / 3600)


def test_a_long_gap_passes_no_charge():
    """Whoever stops the cycler over night does not plate all night."""
    current_A = np.array([1.0, 1.0, 1.0, -1.0, -1.0])
    charge_Ah = half_cycles_of(current_A, np.array([0.0, 10.0, 20.0, 30_000.0, 30_010.0])).charge_Ah
    assert charge_Ah == pytest.approx([20 / 3600, 10 / 3600])


def test_one_row_passes_nothing():
    assert half_cycles_of(np.array([1.0]), np.array([0.0])).charge_Ah.tolist() == [0]


def test_a_record_of_rest_has_no_half_cycle():
    assert len(half_cycles_of(np.zeros(5), np.arange(5.0))) == 0


@given(st.lists(st.sampled_from([0.0, 1e-9, 1.0, 1e3]), min_size=1, max_size=60))
@settings(deadline=None)
def test_a_charge_is_found_where_it_is_reached_however_the_current_ran(steps_Ah):
    """The first look, by the share of the rows, only saves the search."""
    passed_Ah = np.cumsum(steps_Ah)
    share = np.linspace(0, 1, 7)
    first, last = np.array([[0]]), np.array([[passed_Ah.size - 1]])
    wanted_Ah = passed_Ah[first] + share * (passed_Ah[last] - passed_Ah[first])
    for highest in (last, last + 1):
        rows = rows_reached(passed_Ah, wanted_Ah, share, (first, last), (first, highest))
        assert np.array_equal(rows, np.minimum(np.searchsorted(passed_Ah, wanted_Ah), highest))


@pytest.mark.parametrize("n_rows", [2, 3, BLOCK_ROWS // 2 + 1, BLOCK_ROWS, 2 * BLOCK_ROWS + 5])
def test_the_charge_passed_so_far_is_the_same_whatever_comes_later(n_rows):
    """To the last bit, for a record that ends anywhere in a block of rows."""
    rng = np.random.default_rng(0)
    current_A = rng.uniform(0.5, 1.5, 3 * BLOCK_ROWS) * np.repeat([1.0, -1.0, 1.0], BLOCK_ROWS)
    time_s = np.cumsum(rng.uniform(0.5, 1.5, current_A.size))
    whole_Ah = half_cycles_of(current_A, time_s).passed_Ah
    begun_Ah = half_cycles_of(current_A[:n_rows], time_s[:n_rows]).passed_Ah
    assert np.array_equal(begun_Ah, whole_Ah[:n_rows])
    steps_Ah = np.diff(time_s) * np.abs(current_A[1:] + current_A[:-1]) / 7200
    steps_Ah[np.sign(current_A[1:]) != np.sign(current_A[:-1])] = 0.0
    assert whole_Ah[1:] == pytest.approx(np.cumsum(steps_Ah), rel=1e-12)
