import numpy as np
import pytest

from benchmarks.spectra_series import cell_series
from features import fit_spectra
from features.impedance.chains import anchors_of, chains, tethered
from features.impedance.coordinates import arcs_of
from features.impedance.levenberg_marquardt import descend, start
from features.impedance.series_problem import series_problem
from features.impedance.walk import Walk, usual_steps


@pytest.fixture(scope="module")
def series():
    (cell,) = cell_series("lim", 1, 8, n_cycles=12, noise=0.005)
    single = fit_spectra(cell.spectra)
    problem, scales = series_problem(single.batch, single.circuit)
    alone = np.clip(scales.scaled(single.fit.log_parameters), problem.low, problem.high)
    return cell, single, problem, scales, alone


def test_a_tether_without_pull_changes_nothing(series):
    *_, problem, _, alone = series
    free = descend(problem, start(problem, alone), 5)
    loose = tethered(problem, alone, np.zeros_like(alone))
    assert descend(loose, start(loose, alone), 5).at == pytest.approx(free.at)


def test_a_strong_tether_holds(series):
    *_, problem, _, alone = series
    place = np.clip(alone + 0.1, problem.low, problem.high)
    tight = tethered(problem, place, np.full(alone.shape, 1e6))
    assert descend(tight, start(tight, alone), 8).at == pytest.approx(place, abs=1e-4)


@pytest.mark.parametrize("anchor", [0, 5, 11])
def test_a_chain_follows_the_arcs_from_anywhere(series, anchor):
    cell, single, problem, scales, alone = series
    steps = usual_steps(problem, alone)
    walk = Walk(steps, steps, np.ones(11))
    (path,) = chains(problem, single.fit.noise, walk, np.array([anchor]), alone)
    resistors = [arc.resistor for arc in arcs_of(single.circuit)]
    found_ohm = np.exp(scales.natural(path)[0][:, resistors])
    assert found_ohm == pytest.approx(cell.truth("R1", "R2"), rel=0.1)
    assert path[anchor] == pytest.approx(alone[anchor])


def test_anchors_are_the_best_known_of_each_part():
    assert anchors_of(np.array([3.0, 1, 2, 5, 4, 6]), 2).tolist() == [1, 4]
    assert anchors_of(np.array([3.0, 1]), 5).tolist() == [0, 1]
