"""Laws for every compiled model: as the fitted pipeline, in any company, and fast."""

import time

import numpy as np
import pytest

from features.errors import UnknownName
from models.compiled import KINDS, Model
from models.compiler import compiled
from models.estimators import build, estimator_names, fitted

NAMES = [*estimator_names(), "blend:tobit+svr+gradient_boosting"]
TREES = ("gradient_boosting", "boosted_survival")
N_TRAINING, N_COLUMNS, N_NEW = 41, 7, 10_000


@pytest.fixture(scope="module")
def training():
    """Return 41 cells as early-life sets have them, with gaps and one column nobody filled."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(N_TRAINING, N_COLUMNS))
    y = 2 + X[:, 0] - 0.3 * X[:, 1] ** 2 + 0.1 * rng.normal(size=N_TRAINING)
    X[rng.random(X.shape) < 0.15] = np.nan
    X[:, 6] = np.nan
    return X, y


@pytest.fixture(scope="module")
def new_rows():
    """Return rows in and far out of the range, half of their numbers missing."""
    rng = np.random.default_rng(1)
    X = 3 * rng.normal(size=(N_NEW, N_COLUMNS))
    X[rng.random(X.shape) < 0.5] = np.nan
    return X


@pytest.fixture(scope="module", params=NAMES)
def pair(request, training):
    """Return a fitted pipeline and its compiled form."""
    pipeline = fitted(build(request.param, 0), *training)
    return request.param, pipeline, compiled([pipeline], N_COLUMNS, with_sd=True)


@pytest.fixture(scope="module")
def stacks(training):
    """Return a function that makes the stack of all cells and of all but one each."""
    X, y = training
    made = {}

    def stack_of(name, *, with_sd=False):
        if (name, with_sd) not in made:
            rows = [
                np.arange(N_TRAINING),
                *(np.delete(np.arange(N_TRAINING), n) for n in range(41)),
            ]
            pipelines = [fitted(build(name, 0), X[kept], y[kept]) for kept in rows]
            made[name, with_sd] = pipelines, compiled(pipelines, N_COLUMNS, with_sd=with_sd)
        return made[name, with_sd]

    return stack_of


def test_ten_thousand_answers_are_those_of_the_fitted_pipeline(pair, new_rows, training):
    """Trees to the bit; sums may round otherwise than a library's matrix product."""
    name, pipeline, model = pair
    expected, (value, _) = pipeline.predict(new_rows), model.answers(new_rows)
    if name in TREES:
        assert (value[:, 0] == expected).all()
    # Where an answer is near zero its parts are not: they, and so the label's size, set the scale.
    size = np.maximum(np.abs(expected), np.abs(training[1]).mean())
    assert np.max(np.abs(value[:, 0] - expected) / size) < 1e-12


def test_standard_deviations_are_those_of_the_fitted_process(training, new_rows):
    pipeline = fitted(build("gaussian_process", 0), *training)
    _, expected = pipeline.predict(new_rows, return_std=True)
    _, sd = compiled([pipeline], N_COLUMNS, with_sd=True).answers(new_rows)
    assert np.max(np.abs(sd[:, 0] / expected - 1)) < 1e-12


def test_a_deviation_that_nobody_asked_for_is_not_kept(training):
    """It is most of a Gaussian process's bytes."""
    pipeline = fitted(build("gaussian_process", 0), *training)
    lean, full = (compiled([pipeline], N_COLUMNS, with_sd=with_sd) for with_sd in (False, True))
    assert not lean.has_sd
    assert full.has_sd
    assert (lean.answers(training[0])[0] == full.answers(training[0])[0]).all()
    assert (lean.answers(training[0])[1] == 1).all()


def test_a_row_gets_one_answer_alone_reversed_or_in_company(pair, new_rows):
    """To the bit: a batch is a convenience, not a reason for another prediction."""
    _, _, model = pair
    rows = new_rows[:700]
    together = model.answers(rows)
    backwards = model.answers(rows[::-1])
    for whole, reverse, at in zip(together, backwards, (0, 1), strict=True):
        assert (whole == reverse[::-1]).all()
        for n in range(0, 700, 50):
            assert (whole[n] == model.answers(rows[n : n + 1])[at]).all()
            assert (whole[n] == model.answers(rows[max(0, n - 3) : n + 1])[at][-1]).all()


@pytest.mark.parametrize("name", NAMES)
def test_a_stack_answers_as_its_models_do_alone(stacks, new_rows, name):
    """Folds of other gaps have other flags and other numbers of cells; none may bleed."""
    pipelines, stack = stacks(name)
    rows = new_rows[:50]
    value, _ = stack.answers(rows)
    for number in (0, 1, 17, 41):
        alone, _ = compiled([pipelines[number]], N_COLUMNS).answers(rows)
        assert value[:, number] == pytest.approx(alone[:, 0], rel=1e-13, abs=1e-13)
        assert (value[:, number] == stack.only([number]).answers(rows)[0][:, 0]).all()


@pytest.mark.parametrize("name", NAMES)
def test_a_blank_that_one_fold_alone_has_not_seen_keeps_its_place(training, name):
    """Left out, the only cell with a gap takes the gap's flag along; the others have it still."""
    X, y = np.nan_to_num(training[0]), training[1]
    X[5, 2] = np.nan
    rows = [np.arange(N_TRAINING), np.delete(np.arange(N_TRAINING), 5)]
    pipelines = [fitted(build(name, 0), X[kept], y[kept]) for kept in rows]
    stack = compiled(pipelines, N_COLUMNS)
    value, _ = stack.answers(X)
    for number, pipeline in enumerate(pipelines):
        assert value[:, number] == pytest.approx(pipeline.predict(X), rel=1e-12)
        assert (stack.only([number]).answers(X)[0][:, 0] == value[:, number]).all()


def test_memory_order_changes_no_bit(pair, new_rows):
    _, _, model = pair
    rows = new_rows[:40]
    strided = np.repeat(rows, 2, axis=0)[::2]
    for other in (np.asfortranarray(rows), strided):
        assert (model.answers(rows)[0] == model.answers(other)[0]).all()


def test_no_row_no_answer(pair):
    _, _, model = pair
    value, sd = model.answers(np.empty((0, N_COLUMNS)))
    assert value.shape == sd.shape == (0, 1)


def test_rows_are_left_as_they_were(pair, new_rows):
    rows = new_rows[:5].copy()
    pair[2].answers(rows)
    assert np.array_equal(rows, new_rows[:5], equal_nan=True)


@pytest.mark.parametrize(("name", "factor"), [("ridge", 50), ("gaussian_process", 15)])
def test_forty_two_models_at_once_cost_a_fraction_of_the_pipelines(stacks, name, factor):
    """Times on a shared machine mean little; a ratio of both says what was gained."""
    pipelines, stack = stacks(name, with_sd=name == "gaussian_process")
    row = np.zeros((1, N_COLUMNS))
    options = {"return_std": True} if name == "gaussian_process" else {}

    def seconds(function, n_times):
        start = time.process_time()
        for _ in range(n_times):
            function()
        return (time.process_time() - start) / n_times

    fast = min(seconds(lambda: stack.answers(row), 40) for _ in range(5))
    slow = min(seconds(lambda: [p.predict(row, **options) for p in pipelines], 2) for _ in range(3))
    assert slow > factor * fast


def test_a_step_without_a_compiled_form_is_refused_by_name(training):
    from sklearn.pipeline import make_pipeline  # noqa: PLC0415  only this test needs them
    from sklearn.preprocessing import QuantileTransformer  # noqa: PLC0415
    from sklearn.tree import DecisionTreeRegressor  # noqa: PLC0415

    X, y = np.nan_to_num(training[0]), training[1]
    with pytest.raises(UnknownName, match=r"DecisionTreeRegressor.*models/compiled"):
        compiled([make_pipeline(DecisionTreeRegressor()).fit(X, y)], N_COLUMNS)
    odd = make_pipeline(QuantileTransformer(n_quantiles=5), build("ridge", 0)[-1]).fit(X, y)
    with pytest.raises(UnknownName, match="QuantileTransformer"):
        compiled([odd], N_COLUMNS)


def test_every_kind_has_a_name_of_its_own():
    assert all(KINDS[kind].kind == kind for kind in KINDS)
    assert sum(issubclass(piece, Model) for piece in KINDS.values()) == len(KINDS) - 1
