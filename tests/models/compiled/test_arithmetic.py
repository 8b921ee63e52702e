import numpy as np
import pytest

from models.compiled.arithmetic import LOWEST, exp_of_negative, rows_at_once, total


def test_the_exponential_is_right_to_two_units_in_the_last_place():
    x = -np.concatenate([np.geomspace(1e-300, 699, 20_000), np.linspace(0, 50, 20_000)])
    error = np.abs(exp_of_negative(x) - np.exp(x)) / np.spacing(np.exp(x))
    assert error.max() <= 2


def test_the_exponential_of_zero_is_one_and_far_below_it_vanishes():
    assert exp_of_negative(np.array([0.0, -0.0])).tolist() == [1.0, 1.0]
    assert 0 < exp_of_negative(np.array([10 * LOWEST]))[0] < 1e-300


def test_the_exponential_falls():
    x = -np.linspace(0, 100, 10_001)
    assert (np.diff(exp_of_negative(x)) < 0).all()


@pytest.mark.parametrize("n", [1, 2, 7, 8, 9, 17, 64, 127, 129, 1000])
def test_sums_do_not_depend_on_company_or_memory_order(n):
    numbers = np.random.default_rng(n).normal(size=(13, 5, n))
    sums = total(numbers)
    assert (sums == total(np.asfortranarray(numbers))).all()
    assert (sums == np.array([[total(row) for row in block] for block in numbers])).all()
    assert sums == pytest.approx(numbers.sum(axis=2))


def test_at_least_one_row_is_worked_on_at_a_time():
    assert rows_at_once(10**12) == 1
    assert rows_at_once(0) > 1000
