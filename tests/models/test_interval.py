import math
from itertools import pairwise

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.pipeline import make_pipeline

from features.errors import LevelNotSupported
from models.calibration import calibrated, group_folds
from models.estimators import build
from models.fitting import fitted_stack, rows_of_models
from models.held_out import held_out_errors
from models.interval import (
    DEFAULT_LEVEL,
    GroupInterval,
    _weighted_quantile,
    group_weights,
    groups_needed,
)

#: Groups that each simulated cohort is asked about.
N_NEW = 5


def interval_of(n_groups):
    """Return an interval without models; enough to ask which levels it carries."""
    weight = np.full(n_groups, 1 / (n_groups + 1))
    return GroupInterval(
        np.arange(n_groups), np.arange(n_groups), np.zeros(n_groups), weight, n_groups, False
    )


class Fitted:
    """An interval with the models behind it."""

    def __init__(self, pipeline, X, y, groups, *, is_scaled, seed):
        folds, alive = group_folds(groups, seed), np.zeros(len(y), bool)
        self.stack = fitted_stack(pipeline, X, y, rows_of_models(folds), with_sd=is_scaled)
        errors = held_out_errors(self.stack, X, y, alive, folds)
        self.interval = calibrated(errors, alive, folds, groups, is_scaled=is_scaled)
        self.residual = self.interval.residual

    def bounds(self, X, level):
        value, sd = self.stack.answers(X)
        return self.interval.bounds(value[:, 1:], sd[:, 1:], level)


def brute_force_jackknife_plus(X, y, X_new, level):
    """Return the jackknife+ bounds of one new row, as its paper writes them."""
    n = len(y)
    lower, upper = [], []
    for left_out in range(n):
        rest = [row for row in range(n) if row != left_out]
        model = LinearRegression().fit(X[rest], y[rest])
        error = abs(y[left_out] - model.predict(X[[left_out]])[0])
        centre = model.predict(X_new)[0]
        lower.append(centre - error)
        upper.append(centre + error)
    # The floor(alpha (n+1))-th smallest, and the ceil((1 - alpha) (n+1))-th smallest.
    return (
        sorted(lower)[math.floor((1 - level) * (n + 1) + 1e-9) - 1],
        sorted(upper)[math.ceil(level * (n + 1) - 1e-9) - 1],
    )


@pytest.mark.parametrize(("level", "needed"), [(0.5, 1), (0.8, 4), (0.9, 9), (0.95, 19)])
def test_a_level_needs_so_many_groups(level, needed):
    """With n exchangeable groups the new one is the worst with probability 1/(n+1)."""
    assert groups_needed(level) == needed


@pytest.mark.parametrize("n_groups", [2, 8])
def test_a_level_beyond_the_groups_is_refused_with_the_number_needed(n_groups):
    with pytest.raises(LevelNotSupported, match=rf"level 0\.9 needs 9 groups.*are {n_groups}"):
        interval_of(n_groups).check_level(0.9)
    interval_of(9).check_level(0.9)


@pytest.mark.parametrize("n_groups", range(1, 100))
def test_the_level_that_a_refusal_advises_is_carried(n_groups):
    """A way out that is refused in turn is none."""
    interval = interval_of(n_groups)
    with pytest.raises(LevelNotSupported) as refusal:
        interval.check_level(0.9999)
    advised = float(str(refusal.value).rsplit("ask for ", 1)[1].split(" ")[0])
    interval.check_level(advised)


@pytest.mark.parametrize("n_groups", range(1, 30))
def test_where_no_level_is_asked_for_one_is_given_that_the_groups_carry(n_groups):
    """A lab that trained on its first six recipes is to be answered, by default too."""
    interval = interval_of(n_groups)
    level = interval.level_for(None)
    interval.check_level(level)
    assert bool(interval.why_lowered) == (level < DEFAULT_LEVEL) == (n_groups < 9)


@pytest.mark.parametrize("level", [-1.0, 0.0, 1.0, 1.5, math.nan, math.inf])
def test_a_level_that_is_no_probability_is_refused(level):
    """Certainty has no finite interval, and above it nothing has a meaning."""
    with pytest.raises(LevelNotSupported, match="between 0 and 1"):
        interval_of(1000).check_level(level)


def test_held_out_errors_come_from_models_blind_to_the_group():
    """A group of one value apart: a model that had seen it would not miss it so far."""
    X = np.zeros((12, 1))
    y = np.repeat([0.0, 0.0, 0.0, 12.0], 3)
    groups = np.repeat(list("abcd"), 3)
    interval = Fitted(build("mean", 0), X, y, groups, is_scaled=False, seed=0)
    assert interval.residual == pytest.approx([4] * 9 + [12] * 3)


def test_singleton_groups_give_the_jackknife_plus_of_the_paper():
    """Barber et al. 2021, equation 1.4, on a case small enough to write down."""
    rng = np.random.default_rng(11)
    X = rng.normal(size=(12, 2))
    y = X @ [1.0, -2.0] + rng.normal(size=12)
    interval = Fitted(
        make_pipeline(LinearRegression()),
        X,
        y,
        [str(n) for n in range(12)],
        is_scaled=False,
        seed=0,
    )
    for X_new in rng.normal(size=(5, 1, 2)):
        for level in (0.5, 0.7, 0.9):
            lower, upper = interval.bounds(X_new, level)
            expected = brute_force_jackknife_plus(X, y, X_new, level)
            assert (lower[0], upper[0]) == pytest.approx(expected)


def test_a_group_counts_once_however_often_it_was_measured():
    """Ten replicates of one recipe are one recipe: they may not shrink the next one's interval."""
    groups = [f"recipe {number}" for number in range(20)]
    repeated = [group for group in groups for _ in range(10)]
    assert group_weights(repeated).sum() == pytest.approx(group_weights(groups).sum())
    x = np.linspace(-1, 1, 20)[:, None]
    y = x[:, 0] + np.sin(37 * np.arange(20))
    new = np.array([[0.3]])
    unfitted = make_pipeline(LinearRegression())
    once = Fitted(unfitted, x, y, groups, is_scaled=False, seed=0)
    often = Fitted(
        unfitted, np.repeat(x, 10, axis=0), np.repeat(y, 10), repeated, is_scaled=False, seed=0
    )
    assert np.ravel(often.bounds(new, 0.9)) == pytest.approx(np.ravel(once.bounds(new, 0.9)))


@pytest.mark.parametrize("level", [0.5, 0.61, 0.8, 0.9, 0.95])
@pytest.mark.parametrize("n_cells_a_group", [1, 3])
def test_errors_that_weigh_alike_need_no_weighing(level, n_cells_a_group):
    """The short way to a quantile leads to the same number as the long one."""
    n_groups = 40
    groups = np.repeat(np.arange(n_groups), n_cells_a_group)
    rng = np.random.default_rng(4)
    n_errors = groups.size
    interval = GroupInterval(
        np.arange(n_errors),
        rng.integers(0, 5, n_errors),
        rng.exponential(size=n_errors),
        group_weights([str(group) for group in groups]),
        n_groups,
        False,
    )
    value = rng.normal(size=(30, 5)).round(1)
    lower, upper = interval.bounds(value, np.ones((30, 5)), level)
    centre = value[:, interval.fold]
    expected = _weighted_quantile(centre + interval.residual, interval.weight, level)
    assert (upper == expected).all()
    expected = -_weighted_quantile(interval.residual - centre, interval.weight, level)
    assert (lower == expected).all()


def test_wider_levels_hold_narrower_ones():
    rng = np.random.default_rng(5)
    X = rng.normal(size=(40, 2))
    y = X[:, 0] + rng.normal(size=40)
    groups = [str(n // 2) for n in range(40)]
    interval = Fitted(build("ridge", 0), X, y, groups, is_scaled=False, seed=0)
    bounds = [interval.bounds(X[:5], level) for level in (0.5, 0.7, 0.9, 0.95)]
    for (low, high), (lower, higher) in pairwise(bounds):
        assert (lower <= low).all()
        assert (higher >= high).all()


@pytest.mark.parametrize(("n_groups", "n_repeats"), [(15, 70), (60, 40)])
def test_ninety_percent_intervals_hold_the_truth_of_new_groups_nine_times_in_ten(
    n_groups, n_repeats
):
    """Groups are exchangeable, cells inside a group are not independent: the law to keep."""
    covered = []
    for repeat in range(n_repeats):
        rng = np.random.default_rng([n_groups, repeat])
        group = np.repeat(np.arange(n_groups + N_NEW), 2)
        of_group = rng.normal(size=(n_groups + N_NEW, 4))[group]
        y = of_group @ [1.0, 0.5, 0.0, 0.5] + 0.3 * rng.normal(size=group.size)
        X, old = of_group[:, :3], group < n_groups
        names = [str(number) for number in group[old]]
        interval = Fitted(make_pipeline(Ridge()), X[old], y[old], names, is_scaled=False, seed=0)
        lower, upper = interval.bounds(X[~old], 0.9)
        covered.append(np.mean((lower <= y[~old]) & (y[~old] <= upper)))
    assert 0.88 <= np.mean(covered) <= 0.97


def test_scaled_widths_follow_the_models_own_standard_deviation():
    """A Gaussian process knows where it has seen nothing; there the interval must be wider."""
    rng = np.random.default_rng(2)
    X = rng.uniform(-1, 1, size=(24, 1))
    y = np.sin(3 * X[:, 0]) + 0.05 * rng.normal(size=24)
    groups = [str(n % 12) for n in range(24)]
    near_and_far = np.array([[0.0], [1.5]])
    widths = {}
    for is_scaled in (False, True):
        interval = Fitted(build("gaussian_process", 0), X, y, groups, is_scaled=is_scaled, seed=0)
        lower, upper = interval.bounds(near_and_far, 0.9)
        widths[is_scaled] = (upper - lower)[1] / (upper - lower)[0]
    assert widths[True] > 2 * widths[False]


def test_fitting_leaves_the_pipeline_unfitted():
    """Folds clone it; a fitted one handed on would remember the last fold."""
    pipeline = build("ridge", 0)
    X, y = np.arange(12.0)[:, None], np.arange(12.0)
    Fitted(pipeline, X, y, [str(n) for n in y], is_scaled=False, seed=0)
    assert not hasattr(pipeline[-1], "coef_")
    assert clone(pipeline).get_params().keys() == pipeline.get_params().keys()
