import numpy as np
import pytest

from benchmarks.spectra import CIRCUITS, samples
from features import Spectrum
from features.impedance.circuit import circuit_of, with_inductance
from features.impedance.series_problem import series_problem
from features.impedance.spectra import batch_of


@pytest.fixture(params=["lim", "z2", "wo"])
def made(request):
    found = samples(request.param, 6, 12)
    circuit = with_inductance(circuit_of(CIRCUITS[request.param]))
    truth = [[sample.truth.get(name, 1e-8) for name in circuit.parameters] for sample in found]
    batch = batch_of([sample.spectrum for sample in found])
    return batch, circuit, np.log(truth)


def test_coordinates_and_parameters_are_two_names_of_one_thing(made):
    batch, circuit, log_parameters = made
    _, scales = series_problem(batch, circuit)
    assert scales.natural(scales.scaled(log_parameters))[0] == pytest.approx(log_parameters)


def test_the_turn_is_the_derivative(made):
    batch, circuit, log_parameters = made
    _, scales = series_problem(batch, circuit)
    at = scales.scaled(log_parameters)
    turn = scales.natural(at)[1]
    for place in range(at.shape[1]):
        step = 1e-6 * np.maximum(np.abs(at[:, place]), 1e-6)
        ahead, behind = at.copy(), at.copy()
        ahead[:, place] += step
        behind[:, place] -= step
        slope = (scales.natural(ahead)[0] - scales.natural(behind)[0]) / (2 * step[:, None])
        assert turn[:, :, place] == pytest.approx(slope, rel=1e-4, abs=1e-4)


def test_residuals_are_those_of_the_measured_impedance(made):
    batch, circuit, log_parameters = made
    problem, scales = series_problem(batch, circuit)
    model_ohm = circuit.impedance_ohm(log_parameters, batch.frequency_Hz)
    expected = (model_ohm - batch.impedance_ohm) * batch.weight
    assert problem.residuals(scales.scaled(log_parameters)) == pytest.approx(expected, abs=1e-9)


def test_the_same_resistance_is_the_same_coordinate_in_every_spectrum():
    """Whatever else of the spectrum, or its window, differs."""
    frequency_Hz = np.geomspace(1e5, 0.1, 40)
    spectra = [
        Spectrum(frequency_Hz[rows], 5 + R / (1 + 2j * np.pi * frequency_Hz[rows] * 1e-3))
        for R, rows in ((50, slice(40)), (900, slice(5, 30)))
    ]
    circuit = circuit_of("R0-p(R1,C1)")
    _, scales = series_problem(batch_of(spectra), circuit)
    at = scales.scaled(np.log([[5, 50, 1e-3 / 50], [5, 900, 1e-3 / 900]]))
    assert at[0, [0, 2]] == pytest.approx(at[1, [0, 2]])
