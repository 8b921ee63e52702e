import numpy as np
import pytest

from models.companions import companions
from models.compiled import Model
from models.compiled.trees import Trees
from models.compiler import compiled
from models.estimators import build, fitted
from models.explanation import contributions


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(4)
    X = rng.normal(size=(60, 4))
    return X, X[:, 0] + X[:, 1] * X[:, 2]


@pytest.mark.parametrize("model", ["ridge", "gaussian_process", "svr", "gradient_boosting"])
def test_contributions_add_up_whatever_the_model(data, model):
    X, y = data
    stack = compiled([fitted(build(model, 0), X, y)], 4)
    for row in X[:5]:
        added = contributions(stack, row[None], X.mean(axis=0))[0]
        mean = stack.answers(X.mean(axis=0)[None])[0][0, 0]
        assert mean + added.sum() == pytest.approx(stack.answers(row[None])[0][0, 0], abs=1e-12)


def test_a_linear_model_credits_weight_times_departure(data):
    X, y = data
    pipeline = fitted(build("ridge", 0), X, y)
    added = contributions(compiled([pipeline], 4), X[3:4], X.mean(axis=0))[0]
    expected = pipeline[-1].coef_ * (X[3] - X.mean(axis=0)) / X.std(axis=0)
    assert added == pytest.approx(expected)


def test_what_the_model_ignores_gets_nothing(data):
    X, _ = data
    flat = compiled([fitted(build("gradient_boosting", 0), X, (X[:, 0] > 0) * 1.0)], 4)
    added = contributions(flat, np.array([[2.0, 0, 0, 5]]), np.array([-1.0, 0, 0, 0]))[0]
    assert abs(added[0]) > 10 * np.abs(added[1:]).max()


def test_partners_of_an_interaction_share_alike():
    """Neither came first; going there and back gives each half of what both do together."""
    X = np.random.default_rng(2).uniform(-1, 1, size=(80, 2))
    stack = compiled([fitted(build("gaussian_process", 0), X, X[:, 0] * X[:, 1])], 2)
    added = contributions(stack, np.array([[0.9, 0.9]]), np.zeros(2))[0]
    assert added[0] == pytest.approx(added[1], rel=0.05)


def test_a_descriptor_at_its_mean_adds_nothing(data):
    X, y = data
    stack = compiled([fitted(build("gaussian_process", 0), X, y)], 4)
    row = X[0].copy()
    row[2] = X[:, 2].mean()
    assert contributions(stack, row[None], X.mean(axis=0))[0, 2] == 0.0


@pytest.mark.parametrize("model", ["ridge", "gaussian_process", "gradient_boosting"])
def test_many_rows_are_explained_as_each_of_them(data, model):
    X, y = data
    stack = compiled([fitted(build(model, 0), X, y)], 4)
    together = contributions(stack, X, X.mean(axis=0))
    alone = [contributions(stack, row[None], X.mean(axis=0))[0] for row in X]
    assert (together == np.array(alone)).all()


def test_the_ways_of_trees_are_walked_as_any_models_are(data, monkeypatch):
    """Joined masks are a short cut through the very same stops."""
    X, y = data
    stack = compiled([fitted(build("gradient_boosting", 0), X, y)], 4)
    short = contributions(stack, X[:8], X.mean(axis=0))
    monkeypatch.setattr(Trees, "along", Model.along)
    assert (contributions(stack, X[:8], X.mean(axis=0)) == short).all()


def test_what_always_moved_together_shares_what_it_adds():
    """A model may set one against the other; no data told them apart."""
    rng = np.random.default_rng(6)
    x = rng.normal(size=60)
    X = np.stack([x, x + 1e-3 * rng.normal(size=60), rng.normal(size=60)], axis=1)
    y = x + X[:, 2]
    stack = compiled([fitted(build("ridge", 0), X, y)], 3)
    row = X[:1]
    added = contributions(stack, row, X.mean(axis=0), companions(X))[0]
    alone = contributions(stack, row, X.mean(axis=0))[0]
    assert added[0] == added[1]
    assert added[:2].sum() == pytest.approx(alone[:2].sum())
    assert added[2] == pytest.approx(alone[2])


@pytest.mark.parametrize("model", ["gaussian_process", "gradient_boosting"])
def test_companions_add_up_too(data, model):
    X, y = data
    X = np.column_stack([X, X[:, 1] + 0.1 * X[:, 3]])
    stack = compiled([fitted(build(model, 0), X, y)], 5)
    added = contributions(stack, X[:5], X.mean(axis=0), companions(X))
    expected = stack.answers(X[:5])[0][:, 0] - stack.answers(X.mean(axis=0)[None])[0][0, 0]
    assert added.sum(axis=1) == pytest.approx(expected, abs=1e-12)
    assert (added[:, 1] == added[:, 4]).all()
