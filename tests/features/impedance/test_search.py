import numpy as np
import pytest

from benchmarks.spectra import CIRCUITS, samples
from features.impedance.batch_fit import fit_batch
from features.impedance.circuit import circuit_of, with_inductance
from features.impedance.levenberg_marquardt import descend, start
from features.impedance.problem import problem_of
from features.impedance.seeds import has_kinds, is_scanned, scattered, starts, swapped
from features.impedance.spectra import batch_of

CIRCUIT = with_inductance(circuit_of(CIRCUITS["lim"]))


@pytest.fixture(scope="module")
def batch():
    return batch_of([sample.spectrum for sample in samples("lim", 30, 12)])


@pytest.fixture(scope="module")
def problem(batch):
    return problem_of(batch, CIRCUIT)[0]


def test_a_descent_never_climbs_nor_leaves_its_limits(problem):
    at = scattered(problem, 1)[:, 0]
    before = start(problem, at)
    after = descend(problem, before.take(np.arange(30)), 30)
    assert (after.cost <= before.cost).all()
    assert (after.at >= problem.low).all()
    assert (after.at <= problem.high).all()


def test_the_gradient_is_that_of_the_cost(problem):
    at = starts(problem, 1)[:, 0]
    state, step = start(problem, at), 1e-6
    for place in range(at.shape[1] - 1):
        moved = [start(problem, at + sign * step * np.eye(at.shape[1])[place]) for sign in (1, -1)]
        slope = (moved[0].cost - moved[1].cost) / (2 * step)
        scale = np.abs(state.gradient).max()
        assert 2 * state.gradient[:, place] / scale == pytest.approx(slope / scale, abs=1e-4)


def test_starts_are_finite_and_differ(problem):
    found = starts(problem, 4)
    assert np.isfinite(found).all()
    assert (np.abs(found[:, 0] - found[:, 1]).max(axis=1) > 0.1).all()


def test_a_nested_circuit_is_not_scanned():
    assert is_scanned(CIRCUIT)
    assert not is_scanned(circuit_of("R0-p(CPE1,R1-p(CPE2,R2-W2))"))


def test_a_start_at_the_truth_ends_where_the_scan_does(batch):
    some = samples("lim", 30, 12)
    names = CIRCUIT.parameters
    truth = np.array([[sample.truth.get(name, 1e-9) for name in names] for sample in some])
    blind, told = fit_batch(batch, CIRCUIT), fit_batch(batch, CIRCUIT, np.log(truth)[:, None])
    assert np.mean(blind.cost <= 1.01 * told.cost) >= 0.9


def test_fits_are_the_same_in_any_width_of_padding(batch):
    wide = batch_of([*(sample.spectrum for sample in samples("lim", 30, 12)), _long_spectrum()])
    assert wide.weight.shape[1] > batch.weight.shape[1]
    narrow, padded = fit_batch(batch, CIRCUIT), fit_batch(wide, CIRCUIT)
    assert padded.log_parameters[:30].tolist() == narrow.log_parameters.tolist()


def _long_spectrum():
    one = samples("lim", 1, 13)[0].spectrum
    frequency_Hz = np.geomspace(1e6, 0.1, 200)
    order = np.argsort(one.frequency_Hz)
    log_Hz, own = np.log(frequency_Hz), np.log(one.frequency_Hz[order])
    real, imaginary = (
        np.interp(log_Hz, own, part[order])
        for part in (one.impedance_ohm.real, one.impedance_ohm.imag)
    )
    return type(one)(frequency_Hz, real + 1j * imaginary)


def test_swapped_starts_have_charge_transfer_for_the_fast_arc(problem):
    for found, is_odd in ((starts(problem, 4), False), (swapped(problem, 4), True)):
        times = [found[:, :, arc.capacitor] for arc in problem.coordinates.arcs]
        is_swapped = times[0] > times[1]
        assert not is_swapped.any() if not is_odd else not (times[0] < times[1]).any()
    assert has_kinds(CIRCUIT)
    assert not has_kinds(circuit_of("two_arcs"))
