import numpy as np
import pytest

from features.errors import UnknownName
from models import Predictor
from models.estimators import answer, build, estimator_names, fitted

N_ROWS = 60


@pytest.fixture(scope="module")
def gappy_table():
    """Return descriptors with every third blank in one column, and a target of two of them."""
    rng = np.random.default_rng(7)
    X = rng.normal(size=(N_ROWS, 4))
    y = 2 + X[:, 0] - 0.5 * X[:, 1] + 0.1 * rng.normal(size=N_ROWS)
    X[::3, 2] = np.nan
    X[:, 3] = np.nan
    return X, y


@pytest.fixture(params=estimator_names())
def name(request):
    """Return the name of each estimator there is; a new one is tested without further writing."""
    return request.param


def held_out_rmse(name, X, y):
    is_out = np.arange(len(y)) % 2 == 0
    value, _ = answer(fitted(build(name, 0), X[~is_out], y[~is_out]), X[is_out])
    return np.sqrt(np.mean((value - y[is_out]) ** 2))


def test_the_dummy_and_two_contenders_are_there():
    assert {"mean", "ridge", "gaussian_process"} <= set(estimator_names())


def test_every_estimator_fits_a_table_with_blanks_and_is_no_worse_than_the_mean(name, gappy_table):
    """Labs do not measure everything; a model that needs it all answers nobody."""
    rmse, dummy = held_out_rmse(name, *gappy_table), held_out_rmse("mean", *gappy_table)
    assert np.isfinite(rmse)
    assert rmse <= dummy
    if name != "mean":
        assert rmse < 0.5 * dummy


def test_every_estimator_answers_for_a_cell_of_which_nothing_is_known(name, gappy_table):
    pipeline = fitted(build(name, 0), *gappy_table)
    value, _ = answer(pipeline, np.full((1, 4), np.nan))
    assert np.isfinite(value).all()


def test_no_estimator_runs_away_outside_what_it_learnt(name, gappy_table):
    """The guard band holds a mistyped unit near the range; linear models would go to infinity."""
    X, y = gappy_table
    value, _ = answer(fitted(build(name, 0), X, y), np.full((1, 4), 1e6))
    assert abs(value[0] - y.mean()) < 4 * np.ptp(y)


def test_a_seed_makes_a_fit_repeatable(name, gappy_table):
    first, second = (answer(fitted(build(name, 5), *gappy_table), gappy_table[0]) for _ in "ab")
    assert (first[0] == second[0]).all()


def test_every_estimator_survives_saving(name, predictor_maker, training_cells, tmp_path, numbers):
    """What answers is what was loaded, never what was fitted."""
    predictor = predictor_maker(name)
    predictor.save(tmp_path / "bundle")
    loaded = Predictor.load(tmp_path / "bundle")
    assert numbers(loaded.predict(training_cells)) == numbers(predictor.predict(training_cells))


def test_one_row_gets_one_answer_alone_or_in_company(name, gappy_table):
    """Matrix products round differently with the size of a batch."""
    X, y = gappy_table
    pipeline = fitted(build(name, 0), X, y)
    together, _ = answer(pipeline, X)
    assert (together == [answer(pipeline, row)[0][0] for row in X[:, None]]).all()
    assert (together[::-1] == answer(pipeline, X[::-1])[0]).all()


def test_an_unknown_estimator_is_answered_with_the_list():
    with pytest.raises(UnknownName, match=r"'crystal_ball'.*gaussian_process.*ridge"):
        build("crystal_ball", 0)
