from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.damaged_spectra import DAMAGES, damaged_spectra, good_spectra
from features.impedance.kramers_kronig import kramers_kronig
from features.impedance.validity import refusal, spectra_doubts, spectrum_doubts
from features.records import Spectrum

FREQUENCY_Hz = np.geomspace(1e5, 0.1, 50)
S = 2j * np.pi * FREQUENCY_Hz
VALID = Spectrum(FREQUENCY_Hz, 5 + 60 / (1 + 60e-5 * S**0.8) + 90 / (1 + 90 * 3e-4 * S**0.9))
#: Damages that leave nothing worth a fit.
REFUSED = {
    "fewer than 10 points",
    "two spectra joined",
    "two spectra joined and sorted",
    "sign of Im Z",
    "phase in degrees for Im Z",
    "modulus and phase in degrees",
    "modulus and phase, positive",
    "modulus and phase in radians",
    "modulus for Re Z, -Im Z",
    "columns swapped",
    "both signs",
    "sign of Re Z",
    "one column upside down",
    "an offset, Re Z below 0",
    "constant",
}


def kinds(doubts):
    return [doubt.kind for doubt in doubts]


def joined(*spectra):
    return Spectrum(
        np.concatenate([each.frequency_Hz for each in spectra]),
        np.concatenate([each.impedance_ohm for each in spectra]),
    )


def scaled(factor):
    return replace(VALID, impedance_ohm=VALID.impedance_ohm * factor)


def test_a_valid_spectrum_is_not_doubted():
    assert spectrum_doubts(VALID, area_cm2=1.0) == ()
    assert refusal(spectrum_doubts(VALID)) is None


def test_good_spectra_are_hardly_ever_doubted():
    """Noise, outliers, inductance, tails and overlapping arcs are no faults."""
    doubted = [doubts for doubts in spectra_doubts(good_spectra(400, seed=11)) if doubts]
    assert len(doubted) <= 4


@pytest.mark.parametrize("damage", sorted(set(DAMAGES) - {"modulus for Re Z"}))
def test_every_damage_is_called_by_its_name(damage):
    found = spectra_doubts(damaged_spectra(damage, 40, seed=12))
    right = [set(kinds(doubts)) & set(DAMAGES[damage][1]) for doubts in found]
    assert sum(map(bool, right)) >= 38
    n_refused = sum(refusal(doubts) is not None for doubts in found)
    assert n_refused >= 38 if damage in REFUSED else n_refused <= 2


def test_a_modulus_for_the_real_part_is_found_where_the_phase_is_seen():
    """Of a nearly real impedance, modulus and real part are the same."""
    found = spectra_doubts(damaged_spectra("modulus for Re Z", 40, seed=12))
    assert sum("modulus" in kinds(doubts) for doubts in found) >= 30


@pytest.mark.parametrize("n_points", [0, 1, 9])
def test_fewer_than_ten_frequencies_are_refused(n_points):
    few = Spectrum(FREQUENCY_Hz[:n_points], VALID.impedance_ohm[:n_points])
    assert f"{n_points} different frequencies, a fit needs 10" in str(refusal(spectrum_doubts(few)))


def test_one_frequency_many_times_is_few_points():
    again = Spectrum(np.full(40, 10.0), np.linspace(1, 2, 40) + 0j)
    assert "few points" in kinds(spectrum_doubts(again))


def test_two_states_in_one_spectrum_are_refused_with_their_rows():
    refused = refusal(spectrum_doubts(joined(VALID, scaled(1.3))))
    assert "rows 0 to 49, 50 to 99" in str(refused)
    assert "send each as its own" in str(refused)


def test_one_state_measured_twice_is_fitted_all_the_same():
    (doubt,) = spectrum_doubts(joined(VALID, VALID))
    assert (doubt.kind, doubt.refuses) == ("two sweeps", False)


def test_the_sentence_of_a_wrong_sign_tells_the_way_out():
    (doubt,) = spectrum_doubts(replace(VALID, impedance_ohm=VALID.impedance_ohm.conj()))
    assert "the imaginary part has the wrong sign" in doubt.sentence
    assert "negative imaginary part" in str(doubt)


@pytest.mark.parametrize(
    ("low_Hz", "high_Hz", "is_doubted"),
    [(0.1, 1e6, False), (1e-4, 1e6, False), (1e-3, 1e4, False), (1e-4, 1e3, True), (1, 1e8, True)],
)
def test_a_window_nobody_measures_is_doubted(low_Hz, high_Hz, is_doubted):
    frequency_Hz = np.geomspace(high_Hz, low_Hz, 50)
    s = 2j * np.pi * frequency_Hz / np.sqrt(low_Hz * high_Hz)
    doubts = spectrum_doubts(Spectrum(frequency_Hz, 5 + 90 / (1 + s**0.9)))
    assert ("frequency unit" in kinds(doubts)) is is_doubted


def test_a_period_of_months_is_refused():
    tiny = Spectrum(FREQUENCY_Hz * 1e-12, VALID.impedance_ohm)
    assert "one period takes months" in str(refusal(spectrum_doubts(tiny)))


@pytest.mark.parametrize(("factor", "is_doubted"), [(1.0, False), (1e-3, True), (1e4, True)])
def test_the_unit_of_the_impedance_is_told_by_the_area(factor, is_doubted):
    doubts = spectrum_doubts(scaled(factor), area_cm2=1.0)
    assert ("area" in kinds(doubts)) is is_doubted
    assert spectrum_doubts(scaled(factor)) == ()


def test_a_known_test_result_is_not_made_again():
    spectra = [VALID, replace(VALID, impedance_ohm=VALID.impedance_ohm.conj())]
    assert spectra_doubts(spectra, found=kramers_kronig(spectra)) == spectra_doubts(spectra)


def test_company_changes_no_doubt():
    spectra = [spectrum for name in sorted(DAMAGES) for spectrum in damaged_spectra(name, 1, 13)]
    assert spectra_doubts(spectra) == [spectrum_doubts(each) for each in spectra]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 40), st.floats(-300, 7.9), st.floats(-300, 11), st.integers(0, 2**32 - 1))
def test_any_record_is_doubted_without_a_warning(n_points, log_Hz, log_ohm, seed):
    rng = np.random.default_rng(seed)
    frequency_Hz = np.maximum(10 ** (log_Hz - rng.uniform(0, 8, n_points)), 5e-324)
    parts = rng.normal(size=(2, n_points)) * 10 ** (log_ohm - rng.uniform(0, 8, n_points))
    doubts = spectrum_doubts(Spectrum(frequency_Hz, parts[0] + 1j * parts[1]), area_cm2=1.0)
    assert all("nan" not in doubt.sentence for doubt in doubts)
