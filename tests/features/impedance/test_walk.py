import numpy as np
import pytest

from features.impedance.walk import IDLE, N_EXPECTED, Walk, gaps

N_SPECTRA, N_PARAMETERS = 6, 3


@pytest.fixture
def rng():
    return np.random.default_rng(4)


@pytest.fixture
def walk(rng):
    variance, expected = np.array([0.1, 0.01, 0.5]), np.array([0.05, 0.02, 0.1])
    return Walk(variance, expected, rng.uniform(0.5, 2, N_SPECTRA - 1))


@pytest.fixture
def at(rng):
    return rng.normal(size=(N_SPECTRA, N_PARAMETERS))


@pytest.fixture
def normal(rng):
    slopes = rng.normal(size=(N_SPECTRA, N_PARAMETERS, 5))
    return slopes @ slopes.transpose(0, 2, 1)


def cost_at_pace(walk, at, pace):
    steps = np.diff(at, axis=0) - walk.gap[:, None] * pace
    return np.sum(steps**2 * walk.precision) + np.sum(pace**2 / walk.expected)


def inverse_of(walk, normal):
    """Return the inverse of the whole matrix, column by column of the gradient."""
    size = N_SPECTRA * N_PARAMETERS
    columns = [
        walk.gradient(unit.reshape(N_SPECTRA, N_PARAMETERS)).ravel() for unit in np.eye(size)
    ]
    whole = np.array(columns).T + IDLE * np.eye(size)
    for row, block in enumerate(normal):
        own = slice(row * N_PARAMETERS, (row + 1) * N_PARAMETERS)
        whole[own, own] += block
    return np.linalg.inv(whole)


def test_the_cost_is_that_at_the_likeliest_pace(walk, at):
    """The pace is integrated out: of a quadratic that leaves its minimum."""
    pace = walk.share * (at[-1] - at[0])
    assert walk.cost(at) == pytest.approx(cost_at_pace(walk, at, pace))
    for factor in (0.9, 1.1):
        assert cost_at_pace(walk, at, factor * pace) > walk.cost(at)


def test_a_shift_of_all_spectra_costs_nothing(walk, at):
    assert walk.cost(at + 7.0) == pytest.approx(walk.cost(at))


def test_a_steady_pace_costs_less_than_steps_to_and_fro(walk):
    steady = np.linspace(0, 1, N_SPECTRA)[:, None] * np.ones(N_PARAMETERS)
    uneven = steady + np.array([0, 1, -1, 1, -1, 0])[:, None]
    assert walk.cost(steady) < walk.cost(uneven)


def test_the_gradient_is_half_that_of_the_cost(walk, at, rng):
    way = rng.normal(size=at.shape)
    ahead, behind = walk.cost(at + 1e-5 * way), walk.cost(at - 1e-5 * way)
    assert np.sum(walk.gradient(at) * way) == pytest.approx((ahead - behind) / 4e-5, rel=1e-6)


def test_bands_and_bridge_make_up_the_whole_matrix(walk, normal, at):
    joint, whole = walk.joint(normal), inverse_of(walk, normal)
    assert joint.solve(at).ravel() == pytest.approx(whole @ at.ravel(), rel=1e-6)
    assert joint.log_determinant() == pytest.approx(-np.linalg.slogdet(whole)[1])


def test_covariances_are_blocks_of_the_inverse(walk, normal):
    found, whole = walk.joint(normal).covariances(), inverse_of(walk, normal)
    blocks = whole.reshape(N_SPECTRA, N_PARAMETERS, N_SPECTRA, N_PARAMETERS)
    for row in range(N_SPECTRA):
        assert found.own[row] == pytest.approx(blocks[row, :, row], rel=1e-6, abs=1e-9)
    for row in range(N_SPECTRA - 1):
        assert found.next_one[row] == pytest.approx(blocks[row, :, row + 1], rel=1e-6, abs=1e-9)


def test_several_right_hand_sides_are_solved_alike(walk, normal, at):
    joint = walk.joint(normal)
    both = joint.solve(np.stack([at, 2 * at], axis=2))
    assert both[..., 0] == pytest.approx(joint.solve(at))
    assert both[..., 1] == pytest.approx(2 * joint.solve(at))


@pytest.mark.parametrize("step", [0.01, 0.3])
def test_steps_are_learnt(rng, step):
    """From a path that every spectrum knows well."""
    n_spectra = 400
    path = np.cumsum(rng.normal(0, step, (n_spectra, 2)), axis=0) + 0.05 * np.arange(400)[:, None]
    normal = np.tile(1e8 * np.eye(2), (n_spectra, 1, 1))
    walk = Walk(np.full(2, 0.05**2), np.full(2, 0.05**2), np.ones(n_spectra - 1))
    for _ in range(20):
        walk = walk.learnt(path, normal)
    prior = N_EXPECTED * 0.05**2 / n_spectra
    assert np.sqrt(walk.variance - prior) == pytest.approx(step, rel=0.15)


def test_of_two_spectra_hardly_anything_is_learnt(walk, normal):
    short = Walk(walk.expected, walk.expected, np.ones(1))
    still = short.learnt(np.zeros((2, N_PARAMETERS)), normal[:2])
    assert (still.variance > walk.expected / 10).all()


def test_rounding_does_not_make_a_covariance_negative(walk):
    """Each spectrum knows one combination only, and that to ten digits."""
    lone = 1e20 * np.ones((N_SPECTRA, N_PARAMETERS, N_PARAMETERS))
    own = walk.joint(lone).covariances().own
    assert (np.einsum("tii->ti", own) > 0).all()


def test_gaps_are_counted_in_the_usual_one():
    assert gaps(np.array([0.0, 10, 20, 50, 100])).tolist() == [0.5, 0.5, 1.5, 2.5]
    assert gaps(np.array([3.0, 3, 3])).min() > 0
    assert gaps(np.array([0.0, 1, 2, 1e9])).max() < 1e3
