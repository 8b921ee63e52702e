from dataclasses import replace

import numpy as np
import pytest

from models.estimators import build
from models.fitting import fitted_stack, rows_of_models
from models.held_out import held_out_errors
from models.open_end import OPEN_FACTOR, ceiling, is_open, open_note, opened
from models.scales import scale_of
from models.training_cells import TrainingCells

LIVES = np.array([100.0, 300.0, 500.0, 520.0])
LOG10 = scale_of("log10")
N_OLD, N_NEW = 40, 200


def cells_of(is_censored, lives=LIVES):
    n = len(lives)
    return TrainingCells(
        tuple(f"cell-{row}" for row in range(n)),
        np.zeros((n, 1)),
        np.asarray(lives, dtype=float),
        np.asarray(is_censored, dtype=bool),
        np.ones(n, dtype=bool),
    )


STOPPED = cells_of([False, False, False, True])
ENDED = cells_of([False] * 4)


def test_where_every_test_ended_nothing_is_open():
    upper = np.array([10.0, 1e6])
    assert ceiling(ENDED, LOG10) == np.inf
    assert (opened(ENDED, upper) == upper).all()
    assert not is_open(ENDED, upper).any()
    assert open_note(ENDED, 1e6, "cycles") == ()


def test_a_stop_that_all_others_outlived_opens_nothing():
    """What the longest lived is known then."""
    assert ceiling(cells_of([True, False, False, False]), LOG10) == np.inf


def test_bounds_below_the_longest_that_ended_stand():
    """There every test was watched to its end, so the bound is one of the life itself."""
    assert opened(STOPPED, np.array([120.0, 499.0])).tolist() == [120.0, 499.0]


def test_a_bound_that_reaches_the_longest_that_ended_is_open():
    assert ceiling(STOPPED, LOG10) == pytest.approx(np.log10(500))
    upper = opened(STOPPED, 10.0 ** np.array([np.log10(500), 3.0, 5.0]))
    assert upper == pytest.approx([OPEN_FACTOR * 500, OPEN_FACTOR * 500, 1e5])
    (note,) = open_note(STOPPED, float(upper[0]), "cycles")
    assert "open above" in note
    assert "beyond 500 cycles, 1 were stopped" in note


def test_what_lies_beyond_the_ceiling_is_no_error():
    """A cell stopped at the ceiling and predicted beyond it is held exactly."""
    folds, y = np.arange(4), np.array([1.0, 3.0, 3.0, 3.0])
    stack = fitted_stack(build("mean", 0), np.zeros((4, 1)), y, rows_of_models(folds))
    alive = np.array([False, False, True, True])
    errors = held_out_errors(stack, np.zeros((4, 1)), y, alive, folds, ceiling=2.0)
    # Held out, the first is predicted 3, taken for 2; the others 7/3, taken for 2 as they are.
    assert errors == pytest.approx([1.0, 0.0, 0.0, 0.0])


def test_no_lower_bound_lies_beyond_what_was_seen_to_end(predictor_maker):
    """Long lives are told to be long, not how long: half of the tests were stopped."""
    table, lives, groups = predictor_maker.data()
    stop = float(np.median(lives))
    is_cut = lives > stop
    predictor = predictor_maker.fit(
        "tobit", table, np.minimum(lives, stop), groups, is_censored=is_cut
    )
    found = predictor.answers(table.array, 0.9)
    longest = predictor.cells.longest_ended
    assert found.value.max() > 1.5 * longest
    assert found.lower.max() <= longest * (1 + 1e-9)
    assert (found.upper[is_cut] >= OPEN_FACTOR * longest * (1 - 1e-9)).all()


def lives_of(rng, n):
    """Return a descriptor and log lives that spread and bend upward beyond the stop."""
    x = rng.uniform(-1, 1, n)
    y = 2.6 + 0.1 * x + 0.02 * rng.standard_normal(n)
    beyond = np.maximum(y - 2.6, 0.0)
    return x[:, None], y + 3 * beyond * rng.uniform(0.5, 1.5, n)


@pytest.mark.slow
@pytest.mark.parametrize("model", ["tobit", "weibull"])
def test_lives_beyond_the_stop_are_held_whatever_they_do_there(predictor_maker, model):
    """What bends where nobody looked cannot be told; nine in ten must be held all the same."""
    covered, closed = [], []
    table, _, _ = predictor_maker.data()
    for repeat in range(5):
        rng = np.random.default_rng([5, repeat])
        X, y = lives_of(rng, N_OLD + N_NEW)
        old, new = X[:N_OLD], X[N_OLD:]
        stop = float(np.quantile(y[:N_OLD], 0.5))
        described = replace(
            table,
            cell_ids=tuple(f"cell-{row}" for row in range(N_OLD)),
            array=np.hstack([old, old**0, old**0]),
            blanks=({},) * N_OLD,
        )
        predictor = predictor_maker.fit(
            model,
            described,
            10 ** np.minimum(y[:N_OLD], stop),
            [str(row) for row in range(N_OLD)],
            is_censored=y[:N_OLD] > stop,
        )
        found = predictor.answers(np.hstack([new, new**0, new**0]), 0.9)
        life = 10 ** y[N_OLD:]
        covered.append(np.mean((found.lower <= life) & (life <= found.upper)))
        closed.append(np.mean(~is_open(predictor.cells, found.upper)))
    assert np.mean(covered) >= 0.84
    assert np.mean(closed) > 0
