from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from benchmarks.least_squares import best_of_starts
from benchmarks.spectra import CIRCUITS, KINDS, cramer_rao, impedance, is_identifiable, samples
from features import Spectrum
from features.impedance.circuit import circuit_of


@pytest.mark.parametrize("name", CIRCUITS)
def test_the_generators_formulas_are_those_of_the_circuit(name):
    """Written twice, so that a slip in either shows."""
    for sample in samples(name, 20, 3):
        circuit = circuit_of(CIRCUITS[name] + ("-L0" if "L0" in sample.truth else ""))
        log_truth = np.log([[sample.truth[each] for each in circuit.parameters]])
        frequency_Hz = sample.spectrum.frequency_Hz
        expected = circuit.impedance_ohm(log_truth, frequency_Hz[None])[0]
        assert impedance(name, sample.truth, frequency_Hz) == pytest.approx(expected, rel=1e-10)


def test_a_set_is_that_of_its_seed():
    one, same, other = (samples("lim", 5, seed) for seed in (1, 1, 2))
    for a, b in zip(one, same, strict=True):
        assert a.spectrum.impedance_ohm.tolist() == b.spectrum.impedance_ohm.tolist()
    assert one[0].truth != other[0].truth


def test_kinds_occur_in_their_shares():
    counts = Counter(sample.kind for sample in samples("z2", 1000, 4))
    for kind, (share, _) in KINDS.items():
        assert counts[kind] / 1000 == pytest.approx(share, abs=0.05)


def test_less_noise_makes_more_identifiable():
    shares = [
        np.mean([is_identifiable(sample) for sample in samples("z2", 100, 5, noise)])
        for noise in (0.001, 0.005, 0.02)
    ]
    assert shares[0] > shares[1] > shares[2]


def test_bounds_grow_with_noise_in_proportion():
    sample = samples("z2", 1, 6)[0]
    noisy = cramer_rao(replace(sample, noise=2 * sample.noise))
    assert noisy["R0"] == pytest.approx(2 * cramer_rao(sample)["R0"], rel=0.01)


def test_least_squares_from_many_starts_finds_an_exact_arc():
    circuit = circuit_of("R0-p(R1,C1)")
    truth = np.array([5.0, 40.0, 1e-5])
    frequency_Hz = np.geomspace(1e5, 1, 40)
    impedance_ohm = circuit.impedance_ohm(np.log(truth)[None], frequency_Hz[None])[0]
    spectrum = Spectrum(frequency_Hz, impedance_ohm)
    found = best_of_starts(spectrum, circuit, np.array([1.0, 10.0, 1e-4]), seed=0)
    assert found == pytest.approx(truth, rel=1e-4)
