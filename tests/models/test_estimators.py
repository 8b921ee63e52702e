import numpy as np
import pytest

from features.errors import InvalidRecord, UnknownName
from models import Predictor
from models.compiler import compiled
from models.estimators import (
    blend_of,
    build,
    complexity,
    estimator_names,
    fitted,
    has_sd,
    uses_censored,
)

N_ROWS = 60
NAMES = [*estimator_names(), "blend:tobit+gradient_boosting"]
#: Trees answer with steps; they need not reach the corners of sixty cells.
STEPWISE = ("boosted_survival", "gradient_boosting")


@pytest.fixture(scope="module")
def gappy_table():
    """Return descriptors with every third blank in one column, and a target of two of them."""
    rng = np.random.default_rng(7)
    X = rng.normal(size=(N_ROWS, 4))
    y = 2 + X[:, 0] - 0.5 * X[:, 1] + 0.1 * rng.normal(size=N_ROWS)
    X[::3, 2] = np.nan
    X[:, 3] = np.nan
    return X, y


@pytest.fixture(params=NAMES)
def name(request):
    """Return the name of each estimator there is; a new one is tested without further writing."""
    return request.param


def answer(pipeline, X):
    """Return what would be served: the answers of the compiled model."""
    return compiled([pipeline], X.shape[1]).answers(X)[0][:, 0]


def held_out_rmse(name, X, y):
    is_out = np.arange(len(y)) % 2 == 0
    value = answer(fitted(build(name, 0), X[~is_out], y[~is_out]), X[is_out])
    return np.sqrt(np.mean((value - y[is_out]) ** 2))


def test_the_dummy_and_the_contenders_are_there():
    linear = {"mean", "ridge", "tobit", "weibull"}
    others = {"svr", "gaussian_process", "gradient_boosting", "boosted_survival", "blend"}
    assert linear | others <= set(estimator_names())


def test_every_estimator_fits_a_table_with_blanks_and_is_no_worse_than_the_mean(name, gappy_table):
    """Labs do not measure everything; a model that needs it all answers nobody."""
    rmse, dummy = held_out_rmse(name, *gappy_table), held_out_rmse("mean", *gappy_table)
    assert np.isfinite(rmse)
    assert rmse <= dummy
    if name != "mean":
        assert rmse < (0.8 if name in STEPWISE else 0.5) * dummy


def test_every_estimator_answers_for_a_cell_of_which_nothing_is_known(name, gappy_table):
    pipeline = fitted(build(name, 0), *gappy_table)
    value = answer(pipeline, np.full((1, 4), np.nan))
    assert np.isfinite(value).all()


def test_no_estimator_runs_away_outside_what_it_learnt(name, gappy_table):
    """The guard band holds a mistyped unit near the range; linear models would go to infinity."""
    X, y = gappy_table
    value = answer(fitted(build(name, 0), X, y), np.full((1, 4), 1e6))
    assert abs(value[0] - y.mean()) < 4 * np.ptp(y)


def test_a_seed_makes_a_fit_repeatable(name, gappy_table):
    first, second = (answer(fitted(build(name, 5), *gappy_table), gappy_table[0]) for _ in "ab")
    assert (first == second).all()


def test_every_estimator_survives_saving(name, predictor_maker, training_cells, tmp_path, numbers):
    """What answers is what was loaded, never what was fitted."""
    predictor = predictor_maker(name)
    predictor.save(tmp_path / "bundle")
    loaded = Predictor.load(tmp_path / "bundle")
    assert numbers(loaded.predict(training_cells)) == numbers(predictor.predict(training_cells))


def test_the_order_of_simplicity_starts_with_the_mean_and_ends_with_blends():
    """Of two that answer equally well, promotion takes the simpler."""
    simple_first = ["mean", "ridge", "gaussian_process", "gradient_boosting", "blend"]
    ranks = [complexity(name) for name in simple_first]
    assert ranks == sorted(ranks)
    singles = [name for name in estimator_names() if name != "blend"]
    assert len({complexity(name) for name in singles}) == len(singles)
    assert complexity("blend") == complexity("blend:ridge+gaussian_process")
    assert complexity("blend:ridge+svr+tobit") > complexity("blend:ridge+svr")


def test_a_blend_can_what_any_of_its_members_can():
    assert has_sd("blend:ridge+gaussian_process")
    assert not has_sd("blend:ridge+svr")
    assert uses_censored("blend:ridge+tobit")
    assert not uses_censored("blend:ridge+svr")
    assert [name for name in estimator_names() if uses_censored(name)] == [
        "boosted_survival",
        "tobit",
        "weibull",
    ]


def test_a_blend_answers_the_mean_of_its_members(gappy_table):
    X, y = gappy_table
    members = ["ridge", "svr", "gradient_boosting"]
    blended = answer(fitted(build(blend_of(members), 3), X, y), X)
    alone = [answer(fitted(build(name, 3), X, y), X) for name in members]
    assert blended == pytest.approx(np.mean(alone, axis=0), rel=1e-12)


@pytest.mark.parametrize("name", ["blend:", "blend:ridge", "blend:ridge+ridge"])
def test_a_blend_of_one_is_none(name):
    with pytest.raises(UnknownName, match="two or more different members"):
        build(name, 0)


def test_a_model_that_cannot_use_bounds_never_takes_one_as_a_life(name, gappy_table):
    """What a cell reached when it was stopped is no outcome of it."""
    X, y = gappy_table
    is_censored = y > np.quantile(y, 0.7)
    whole = fitted(build(name, 0), X, np.minimum(y, np.quantile(y, 0.7)), is_censored=is_censored)
    known = fitted(build(name, 0), X[~is_censored], y[~is_censored])
    if uses_censored(name):
        assert answer(whole, X[is_censored]).mean() > answer(known, X[is_censored]).mean()
    else:
        assert (answer(whole, X) == answer(known, X)).all()


def test_bounds_alone_are_nothing_to_learn_from(name, gappy_table):
    X, y = gappy_table
    with pytest.raises(InvalidRecord, match=r"60 training cells 59 were stopped alive"):
        fitted(build(name, 0), X, y, is_censored=np.arange(N_ROWS) > 0)


def test_an_unknown_estimator_is_answered_with_the_list():
    with pytest.raises(UnknownName, match=r"'crystal_ball'.*gaussian_process.*ridge"):
        build("crystal_ball", 0)
