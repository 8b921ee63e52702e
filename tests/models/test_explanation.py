import numpy as np
import pytest

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
        added = contributions(stack, row, X.mean(axis=0))
        mean = stack.answers(X.mean(axis=0)[None])[0][0, 0]
        assert mean + added.sum() == pytest.approx(stack.answers(row[None])[0][0, 0], abs=1e-12)


def test_a_linear_model_credits_weight_times_departure(data):
    X, y = data
    pipeline = fitted(build("ridge", 0), X, y)
    added = contributions(compiled([pipeline], 4), X[3], X.mean(axis=0))
    expected = pipeline[-1].coef_ * (X[3] - X.mean(axis=0)) / X.std(axis=0)
    assert added == pytest.approx(expected)


def test_what_the_model_ignores_gets_nothing(data):
    X, _ = data
    flat = compiled([fitted(build("gradient_boosting", 0), X, (X[:, 0] > 0) * 1.0)], 4)
    added = contributions(flat, np.array([2.0, 0.0, 0.0, 5.0]), np.array([-1.0, 0, 0, 0]))
    assert abs(added[0]) > 10 * np.abs(added[1:]).max()


def test_partners_of_an_interaction_share_alike():
    """Neither came first; going there and back gives each half of what both do together."""
    X = np.random.default_rng(2).uniform(-1, 1, size=(80, 2))
    stack = compiled([fitted(build("gaussian_process", 0), X, X[:, 0] * X[:, 1])], 2)
    added = contributions(stack, np.array([0.9, 0.9]), np.zeros(2))
    assert added[0] == pytest.approx(added[1], rel=0.05)


def test_a_descriptor_at_its_mean_adds_nothing(data):
    X, y = data
    stack = compiled([fitted(build("gaussian_process", 0), X, y)], 4)
    row = X[0].copy()
    row[2] = X[:, 2].mean()
    assert contributions(stack, row, X.mean(axis=0))[2] == 0.0
