import numpy as np
import pytest

from models.calibration import (
    MOST_JACKKNIFE_GROUPS,
    N_FOLDS,
    calibrated,
    group_folds,
    redistributed,
)
from models.estimators import build
from models.fitting import fitted_stack, rows_of_models
from models.held_out import held_out_errors
from models.interval import group_weights

N_NEW = 10


@pytest.mark.parametrize("n_groups", [3, MOST_JACKKNIFE_GROUPS, MOST_JACKKNIFE_GROUPS + 1, 200])
def test_no_group_is_ever_split(n_groups):
    """A replicate in training would make held-out errors look small."""
    groups = [f"g{number % n_groups}" for number in range(3 * n_groups + 1)]
    folds = group_folds(groups, seed=1)
    assert len({(group, fold) for group, fold in zip(groups, folds, strict=True)}) == n_groups
    expected = n_groups if n_groups <= MOST_JACKKNIFE_GROUPS else N_FOLDS
    assert set(folds) == set(range(expected))


def test_a_prediction_beyond_a_bound_is_no_known_error():
    """The cell lived longer than the bound; how much longer nobody knows."""
    folds, y = np.arange(4), np.array([1.0, 1.0, 1.0, 9.0])
    stack = fitted_stack(build("mean", 0), np.zeros((4, 1)), y, rows_of_models(folds))
    alive = np.array([True, False, False, True])
    errors = held_out_errors(stack, np.zeros((4, 1)), y, alive, folds)
    # Held out, each is predicted the mean of the others: 11/3 for the first, 1 for the last.
    assert errors == pytest.approx([0.0, 8 / 3, 8 / 3, 8.0])


def test_a_bound_gives_its_weight_to_the_larger_errors():
    """Kaplan-Meier: five of ten seen to err by 1, the others by at least 1."""
    errors = np.array([1.0] * 10)
    is_bound = np.arange(10) >= 5
    weight = redistributed(errors, is_bound, np.full(10, 0.1))
    # The last bound has none larger, and stands for all it was given.
    assert weight[:5] == pytest.approx(0.1)
    assert weight[5:].sum() == pytest.approx(0.5)
    assert (weight[5:] > 0).sum() == 1


def test_an_error_of_which_nothing_is_known_is_as_good_as_left_out():
    rng = np.random.default_rng(0)
    errors = np.append(0.0, rng.uniform(1, 2, 9))
    weight = redistributed(errors, np.arange(10) == 0, np.full(10, 0.1))
    assert weight == pytest.approx([0.0, *[1 / 9] * 9])


def test_no_weight_is_lost_on_the_way():
    rng = np.random.default_rng(1)
    weight = rng.uniform(size=50)
    moved = redistributed(rng.normal(size=50) ** 2, rng.random(50) < 0.5, weight)
    assert moved.sum() == pytest.approx(weight.sum())
    assert (moved >= 0).all()


def test_without_bounds_every_cell_keeps_its_share():
    groups = ["a", "a", "b", "c"]
    errors, alive = np.array([1.0, 2.0, 3.0, 4.0]), np.zeros(4, bool)
    interval = calibrated(errors, alive, group_folds(groups, 0), groups, is_scaled=False)
    assert (interval.weight == group_weights(groups)).all()
    assert (interval.residual == errors).all()


def test_groups_of_which_nothing_is_known_carry_no_level():
    """Nine recipes of which eight were stopped on the first day are not nine recipes."""
    groups = [str(number) for number in range(9)]
    errors = np.array([*np.zeros(8), 1.0])
    alive = np.arange(9) < 8
    interval = calibrated(errors, alive, np.arange(9), groups, is_scaled=False)
    assert interval.n_groups == 1


@pytest.mark.slow
@pytest.mark.parametrize("model", ["tobit", "ridge"])
def test_ninety_percent_intervals_hold_nine_in_ten_though_a_third_was_stopped(model):
    """Tests stopped at one time: the bounds must neither narrow the interval nor blow it up."""
    covered = []
    for repeat in range(40):
        rng = np.random.default_rng([7, repeat])
        X = rng.normal(size=(30 + N_NEW, 3))
        y = X @ [1.0, 0.5, 0.0] + 0.3 * rng.normal(size=len(X))
        stop = np.quantile(y, 0.67)
        alive, old = y[:30] > stop, np.minimum(y[:30], stop)
        groups, folds = [str(n) for n in range(30)], np.arange(30)
        stack = fitted_stack(build(model, 0), X[:30], old, rows_of_models(folds), is_censored=alive)
        errors = held_out_errors(stack, X[:30], old, alive, folds)
        interval = calibrated(errors, alive, folds, groups, is_scaled=False)
        value, sd = stack.answers(X[30:])
        lower, upper = interval.bounds(value[:, 1:], sd[:, 1:], 0.9)
        covered.append(np.mean((lower <= y[30:]) & (y[30:] <= upper)))
    assert 0.84 <= np.mean(covered) <= 0.98
