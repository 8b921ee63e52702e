import numpy as np
import pytest

from features.impedance.robust import (
    autocorrelation,
    noise_of,
    robust_scale,
    robust_weight,
    stray_points,
)


def normal_residuals(n_problems=200, n_points=60, sd=0.01):
    rng = np.random.default_rng(2)
    parts = sd * rng.normal(size=(2, n_problems, n_points))
    return parts[0] + 1j * parts[1]


def test_scale_and_noise_are_the_standard_deviation_of_a_part():
    residuals = normal_residuals()
    n_points = np.full(200, 60)
    scale = robust_scale(residuals, n_points, 0)
    weight = robust_weight(residuals, scale)
    noise = noise_of(residuals, weight, 2 * weight.sum(axis=1))
    assert scale.mean() == pytest.approx(0.01, rel=0.02)
    assert np.sqrt(np.mean(noise**2)) == pytest.approx(0.01, rel=0.01)


def test_padding_changes_nothing():
    residuals = normal_residuals(n_points=48)
    padded = np.pad(residuals, ((0, 0), (0, 16)))
    n_points = np.full(200, 48)
    assert (
        robust_scale(padded, n_points, 5).tolist() == robust_scale(residuals, n_points, 5).tolist()
    )


def test_an_outlier_has_no_say_and_does_not_widen_the_scale():
    residuals = normal_residuals()
    n_points = np.full(200, 60)
    before = robust_scale(residuals, n_points, 0)
    residuals[:, 7] = 1.0
    scale = robust_scale(residuals, n_points, 0)
    assert scale.mean() == pytest.approx(before.mean(), rel=0.05)
    assert robust_weight(residuals, scale)[:, 7].max() < 1e-3


def test_noise_is_not_alike_and_a_misfit_is():
    residuals = normal_residuals()
    assert np.abs(autocorrelation(residuals, np.ones(residuals.shape))).mean() < 0.15
    smooth = np.tile(np.sin(np.linspace(0, 6, 60)) + 0j, (2, 1))
    assert autocorrelation(smooth, np.ones(smooth.shape)).min() > 0.9


def test_stray_points_are_seen_and_their_neighbours_spared():
    log_omega = np.linspace(7, -7, 60)[None]
    noise = normal_residuals(1, 60, 0.005)
    arc = (5 + 80 / (1 + 1j * np.exp(log_omega))) * (1 + noise)
    stray = arc.copy()
    stray[0, [0, 20, 41]] *= 1.3
    found = stray_points(log_omega, stray, 1 / np.abs(stray))
    assert np.flatnonzero(found[0]).tolist() == [0, 20, 41]
    assert not stray_points(log_omega, arc, 1 / np.abs(arc)).any()
