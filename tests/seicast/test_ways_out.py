import numpy as np
import pytest

from features import Spectrum, fit_spectra, read_file
from features.impedance.choice import SHORT_LIST, choose_circuit
from seicast import ways_out
from seicast.ways_out import MOST_SEARCHED, doubts_with_ways_out
from training.data_folders import data_folder, has_data

FREQUENCY_Hz = np.geomspace(1e6, 0.1, 60)


def spectrum(*arcs, seed=0):
    """Return a spectrum of arcs, each of R and C."""
    s = 2j * np.pi * FREQUENCY_Hz
    noise = np.random.default_rng(seed).normal(0, 1e-3, (2, 60))
    ohm = 4 + sum(R / (1 + R * C * s) for R, C in arcs)
    return Spectrum(FREQUENCY_Hz, ohm * (1 + noise[0] + 1j * noise[1]))


ONE, THREE = [(60, 1e-6)], [(60, 1e-7), (90, 1e-5), (70, 2e-3)]


@pytest.fixture(scope="module")
def fit():
    """Return the fit of one arc to a spectrum of one, and to six of three."""
    return fit_spectra([spectrum(*ONE), *(spectrum(*THREE, seed=n) for n in range(6))], "one_arc")


@pytest.fixture
def asked(monkeypatch):
    """Return how many spectra were looked at, call by call; one circuit describes them all."""
    counts = []

    def describing(found):
        counts.append(len(found))
        return ["R0-p(R1,C1)"] * len(found)

    monkeypatch.setattr(ways_out, "describing_circuits", describing)
    return counts


def test_the_way_out_is_a_circuit_that_describes(fit):
    doubts = doubts_with_ways_out(fit, ["a"] * 7, is_chosen=False)
    text = "R0-p(R1,CPE1)-p(R2,CPE2)-p(R3,CPE3)"
    assert doubts[0] == ""
    assert doubts[1].startswith("R0-p(R1,CPE1)-L0 does not describe the spectrum")
    assert doubts[1].endswith(f"; {text} is not refuted: --circuit '{text}'")


def test_it_is_looked_for_once_a_file_and_told_there(fit, asked):
    """The spectra of a file are most often alike."""
    doubts = doubts_with_ways_out(fit, ["a", "a", "a", "b", "b", "b", "b"], is_chosen=False)
    assert asked == [2]
    assert ["--circuit" in each for each in doubts] == [False, True, False, True] + [False] * 3
    assert all("does not describe" in each for each in doubts[1:])


def test_it_is_looked_for_in_a_few_of_many_files(fit, asked):
    doubts_with_ways_out(fit, list(range(7)), is_chosen=False)
    assert asked == [MOST_SEARCHED]


def test_beside_a_circuit_that_was_chosen_another_may_not_be_refuted(fit, asked):
    """The choice goes by what a circuit is worth for its parameters, not by the misfit."""
    doubts = doubts_with_ways_out(fit, ["a"] * 7, is_chosen=True)
    assert asked == [1]
    assert doubts[1].endswith("; R0-p(R1,C1) is not refuted: --circuit 'R0-p(R1,C1)'")


@pytest.mark.parametrize(("is_chosen", "any_of"), [(False, "any of"), (True, "any other of")])
def test_there_may_be_none(fit, monkeypatch, is_chosen, any_of):
    monkeypatch.setattr(ways_out, "describing_circuits", lambda found: [None] * len(found))
    doubts = doubts_with_ways_out(fit, ["a"] * 7, is_chosen=is_chosen)
    assert doubts[1].endswith(f"; nor does {any_of} the {len(SHORT_LIST)} known circuits")


@pytest.mark.data
@pytest.mark.skipif(not has_data("instrument_files"), reason="data set not here")
def test_of_a_measured_spectrum_no_circuit_is_called_nearest_while_another_describes_it():
    file = data_folder("instrument_files") / "impedance_py" / "exampleDataGamry.DTA"
    spectra = read_file(file).spectra
    found = fit_spectra(spectra, choose_circuit(spectra).circuit)
    (doubt,) = doubts_with_ways_out(found, [file], is_chosen=True)
    assert found.misfit.is_missed[0]
    assert "R0-p(R1,CPE1)-p(R2,CPE2) is not refuted" in doubt


def test_what_was_seen_before_the_fit_stands_behind(fit):
    """The doubts of a spectrum itself are not lost for those of its circuit."""
    noisy = spectrum(*THREE)
    twice = Spectrum(
        np.append(FREQUENCY_Hz, 0.1), np.append(noisy.impedance_ohm, noisy.impedance_ohm[-1])
    )
    found = fit_spectra([twice], "one_arc")
    (doubt,) = doubts_with_ways_out(found, ["a"], is_chosen=False)
    assert found.validity.sentences[0]
    assert doubt.endswith(f"; {found.validity.sentences[0]}")
