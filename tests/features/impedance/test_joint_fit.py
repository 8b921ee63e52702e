from dataclasses import replace

import numpy as np
import pytest

from benchmarks.spectra_series import cell_series
from features import fit_spectra
from features.impedance.joint_fit import joint_fit
from features.impedance.series_problem import series_problem
from features.impedance.walk import Walk, usual_steps

N_CYCLES = 10


@pytest.fixture(scope="module")
def series():
    """Return the problem of a series, the truth in its coordinates, walk and noise."""
    (cell,) = cell_series("lim", 1, 8, n_cycles=N_CYCLES, noise=0.005)
    single = fit_spectra(cell.spectra)
    problem, scales = series_problem(single.batch, single.circuit)
    names = single.circuit.parameters
    truth = np.log([[sample.truth.get(n, 1e-10) for n in names] for sample in cell.samples])
    at = np.clip(scales.scaled(truth), problem.low, problem.high)
    steps = usual_steps(problem, at)
    return problem, at, Walk(steps, steps, np.ones(N_CYCLES - 1)), np.full(N_CYCLES, 0.005)


def test_the_path_comes_to_an_end_near_the_truth(series):
    problem, truth, walk, noise = series
    off = np.full(truth.shape, 0.2)
    off[:, [*problem.coordinates.alphas, *problem.coordinates.leads]] = 0
    path = joint_fit(problem, (truth + off)[None], walk, noise)
    assert path.is_converged
    sd = np.sqrt(np.einsum("tii->ti", path.joint.covariances().own))
    assert np.mean(np.abs(path.at - truth)[:, :-1] < 3 * sd[:, :-1]) > 0.9
    assert path.noise == pytest.approx(0.005, rel=0.3)


def test_a_poor_start_beside_a_good_one_does_no_harm(series):
    problem, truth, walk, noise = series
    alone = joint_fit(problem, truth[None], walk, noise)
    poor = np.tile(0.5 * (problem.low + problem.high)[:1], (N_CYCLES, 1))
    both = joint_fit(problem, np.stack([poor, truth]), walk, noise)
    assert both.at == pytest.approx(alone.at, abs=1e-6)


def test_an_outlier_loses_its_weight(series):
    problem, truth, walk, noise = series
    impedance = problem.impedance.copy()
    impedance[3, 20] *= 1.5
    path = joint_fit(replace(problem, impedance=impedance), truth[None], walk, noise)
    assert path.weight[3, 20] < 0.01
    usual = joint_fit(problem, truth[None], walk, noise)
    assert path.at == pytest.approx(usual.at, abs=0.1)


def test_a_poor_spectrum_counts_less_than_its_neighbours(series):
    problem, truth, walk, noise = series
    parts = np.random.default_rng(0).normal(size=(2, *problem.impedance[4].shape))
    impedance = problem.impedance.copy()
    impedance[4] *= 1 + 0.05 * (parts[0] + 1j * parts[1])
    path = joint_fit(replace(problem, impedance=impedance), truth[None], walk, noise)
    assert path.noise[4] > 5 * np.median(path.noise)
    assert np.trace(path.normal[4]) < np.trace(path.normal[5])
