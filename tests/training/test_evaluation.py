from dataclasses import replace

import numpy as np
import pytest

from models.scales import scale_of
from training.evaluation import (
    HeldOut,
    c_index,
    errors,
    pooled,
    r2,
    scores,
    squared_errors,
)

LOG10 = scale_of("log10")


@pytest.fixture
def held_out():
    """Return four cells with errors that can be had in the head."""
    return HeldOut(
        split="test",
        cell_ids=("a", "b", "c", "d"),
        groups=("one", "one", "two", "three"),
        truth=np.array([100.0, 100.0, 200.0, 400.0]),
        value=np.array([200.0, 50.0, 200.0, 400.0]),
        lower=np.array([150.0, 50.0, 100.0, 400.0]),
        upper=np.array([250.0, 100.0, 300.0, 400.0]),
        level=0.9,
        in_domain=np.array([True, True, False, True]),
        has_kin=np.array([True, False, True, False]),
        is_censored=np.zeros(4, dtype=bool),
        baselines={"dummy": np.full(4, 200.0)},
        covered={0.9: np.array([False, True, True, True])},
    )


def test_scores_are_those_written_by_hand(held_out):
    found = scores(held_out, LOG10)
    assert found["n_cells"] == 4
    assert found["rmse"] == pytest.approx(np.sqrt((100**2 + 50**2) / 4))
    assert found["mape"] == pytest.approx((1 + 0.5) / 4)
    assert found["rmse_scale"] == pytest.approx(np.sqrt(2 * np.log10(2) ** 2 / 4))
    assert found["coverage"] == 0.75  # the ends of an interval belong to it
    assert found["width"] == pytest.approx(np.median([0.5, 1.0, 1.0, 0.0]))
    assert found["flagged"] == 0.25
    assert found["with_kin"] == 0.5
    assert found["rmse_dummy"] == pytest.approx(np.sqrt((2 * 100**2 + 200**2) / 4))
    assert found["mape_dummy"] == pytest.approx((1 + 1 + 0 + 0.5) / 4)


def test_a_perfect_answer_has_no_error(held_out):
    perfect = scores(replace(held_out, value=held_out.truth), LOG10)
    assert (perfect["rmse"], perfect["mape"], perfect["rmse_scale"]) == (0, 0, 0)
    assert perfect["r2_scale"] == 1


def test_the_mean_of_the_truth_explains_nothing():
    """And where the truth does not vary, there is nothing to explain."""
    truth = np.array([1.0, 2.0, 3.0])
    assert r2(truth, np.full(3, 2.0)) == 0
    assert r2(truth, truth[::-1]) == pytest.approx(-3)
    assert r2(np.ones(3), np.zeros(3)) == 0


def test_relative_and_log_errors_do_not_see_the_unit(held_out):
    """Days or hours: the same model is as good as before."""
    one = errors(held_out.truth, held_out.value, LOG10)
    other = errors(24 * held_out.truth, 24 * held_out.value, LOG10)
    assert other["mape"] == pytest.approx(one["mape"])
    assert other["rmse_scale"] == pytest.approx(one["rmse_scale"])
    assert other["rmse"] == pytest.approx(24 * one["rmse"])


def test_every_baseline_stands_beside_the_score(held_out):
    """A score alone says nothing."""
    both = replace(held_out, baselines={**held_out.baselines, "baseline": held_out.truth})
    found = scores(both, LOG10)
    for metric in ("rmse", "mape", "rmse_scale"):
        assert {metric, f"{metric}_dummy", f"{metric}_baseline"} <= set(found)
    assert found["rmse_baseline"] == 0


def test_folds_pooled_are_one_split(held_out):
    """RMSE of all cells, not a mean of RMSEs: a small fold must not weigh like a large one."""
    parts = [_rows(held_out, [0]), _rows(held_out, [1, 2, 3])]
    again = pooled(parts, "test")
    assert again.cell_ids == held_out.cell_ids
    assert scores(again, LOG10) == scores(held_out, LOG10)


def test_a_bound_counts_for_order_and_coverage_alone(held_out):
    """A life of at least 200 is no error at 300, nor a miss of an interval that reaches beyond."""
    is_censored = np.array([False, False, True, True])
    found = scores(replace(held_out, is_censored=is_censored), LOG10)
    assert (found["n_cells"], found["n_censored"]) == (4, 2)
    assert found["rmse"] == pytest.approx(np.sqrt((100**2 + 50**2) / 2))
    assert found["coverage"] == 0.75


def test_an_answer_below_a_bound_misses_by_the_difference_at_least():
    truth, value = np.array([100.0, 100.0]), np.array([10.0, 1000.0])
    assert squared_errors(truth, value, np.array([True, True]), LOG10).tolist() == [1.0, 0.0]
    assert squared_errors(truth, value, np.array([False, False]), LOG10).tolist() == [1.0, 1.0]


def test_order_is_told_as_well_by_any_rising_function_of_the_answer():
    truth, value = np.array([1.0, 2.0, 3.0, 4.0]), np.array([1.0, 3.0, 2.0, 9.0])
    none = np.zeros(4, dtype=bool)
    assert c_index(truth, value, none) == c_index(truth, value**3, none) == pytest.approx(5 / 6)
    assert c_index(truth, -truth, none) == 0
    assert c_index(truth, np.ones(4), none) == 0.5
    assert c_index(truth, value, ~none) == 0.5  # nothing is known of bounds alone


def test_on_the_linear_scale_shares_are_of_the_spread(held_out):
    """A gain in lce may be 0, which nothing is a share of."""
    gains = replace(held_out, truth=np.array([0.0, 0.1, -0.1, 0.0]), value=np.zeros(4))
    found = scores(gains, scale_of("linear"))
    assert found["mape"] == pytest.approx(0.05 / np.std([0.0, 0.1, -0.1, 0.0]))


def _rows(held_out, rows):
    arrays = ("truth", "value", "lower", "upper", "in_domain", "has_kin", "is_censored")
    return replace(
        held_out,
        cell_ids=tuple(held_out.cell_ids[row] for row in rows),
        groups=tuple(held_out.groups[row] for row in rows),
        baselines={name: value[rows] for name, value in held_out.baselines.items()},
        covered={level: held[rows] for level, held in held_out.covered.items()},
        **{name: getattr(held_out, name)[rows] for name in arrays},
    )
