import numpy as np
import pytest
from scipy.optimize import check_grad
from scipy.stats import norm

from models.compiler import compiled
from models.estimators import build, fitted
from models.estimators.tobit import Tobit
from models.estimators.weibull import Weibull

MODELS = [Tobit, Weibull]


@pytest.fixture(scope="module")
def lives():
    """Return descriptors and log lives, the longer half cut where the tests ended."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 3))
    life = 3 + X @ [0.3, -0.2, 0.0] + 0.08 * rng.normal(size=80)
    stop = np.median(life)
    return X, life, np.minimum(life, stop), life > stop


@pytest.mark.parametrize("model", MODELS)
def test_the_slope_of_the_loss_is_that_of_the_loss(model, lives):
    X, _, cut, alive = lives
    for seed in range(5):
        at = np.random.default_rng(seed).normal(size=5)
        error = check_grad(
            lambda p: model()._loss(p, X, cut, alive)[0],
            lambda p: model()._loss(p, X, cut, alive)[1],
            at,
        )
        assert error < 1e-5 * np.linalg.norm(model()._loss(at, X, cut, alive)[1])


@pytest.mark.parametrize("model", MODELS)
def test_density_and_survival_belong_together(model):
    """The density is the rate at which survival falls."""
    z, step = np.linspace(-4, 1.5, 50), 1e-6
    survival = [np.exp(model()._log_survival(z + h)[0]) for h in (-step, step)]
    density = np.exp(model()._log_density(z)[0])
    assert (survival[0] - survival[1]) / (2 * step) == pytest.approx(density, rel=1e-4)


@pytest.mark.parametrize("model", MODELS)
def test_half_of_the_lives_lie_above_the_median(model):
    assert np.exp(model()._log_survival(np.array([model()._median]))[0]) == pytest.approx(0.5)


def test_without_descriptors_tobit_is_the_normal_fit():
    y = np.random.default_rng(1).normal(2.0, 0.3, size=50)
    model = Tobit().fit(np.zeros((50, 0)), y)
    assert (model.intercept_, model.scale_) == pytest.approx(norm.fit(y), rel=1e-3)


@pytest.mark.parametrize("name", ["tobit", "weibull"])
def test_bounds_taken_as_bounds_find_the_slopes_that_bounds_taken_as_lives_lose(name, lives):
    X, life, cut, alive = lives
    as_bounds = fitted(build(name, 0), X, cut, is_censored=alive)
    as_lives = fitted(build(name, 0), X, cut)
    errors = [np.sqrt(np.mean((p.predict(X) - life) ** 2)) for p in (as_bounds, as_lives)]
    assert errors[0] < 0.12
    assert errors[1] > 1.5 * errors[0]


@pytest.mark.parametrize("name", ["tobit", "weibull", "boosted_survival"])
def test_another_unit_of_life_moves_every_answer_alike(name, lives):
    """Cycles or thousands of cycles: the logarithm shifts, and so must the model."""
    X, _, cut, alive = lives
    one, other = (
        compiled([fitted(build(name, 0), X, cut + by, is_censored=alive)], 3).answers(X)[0]
        for by in (0.0, 3.0)
    )
    assert other - one == pytest.approx(np.full_like(one, 3.0), abs=1e-4)


@pytest.mark.parametrize("model", MODELS)
def test_noise_alone_is_shrunk_to_the_median(model):
    """Nothing there to learn: the evidence is for the strongest penalties."""
    rng = np.random.default_rng(3)
    X, y = rng.normal(size=(40, 10)), rng.normal(size=40)
    fit = model().fit(X, y)
    assert fit.penalty_ >= 30
    assert np.std(fit.predict(X)) < 0.35 * np.std(y)


@pytest.mark.parametrize("model", MODELS)
def test_the_order_of_cells_does_not_matter(model, lives):
    X, _, cut, alive = lives
    one, other = (model().fit(X[::d], cut[::d], alive[::d]).predict(X) for d in (1, -1))
    assert one == pytest.approx(other, rel=1e-6)


@pytest.mark.parametrize("model", MODELS)
def test_lives_that_are_all_alike_break_nothing(model):
    assert np.isfinite(model().fit(np.zeros((5, 2)), np.ones(5)).predict(np.zeros((1, 2)))).all()
