import numpy as np
import pytest

from features.impedance.rereadings import REREADINGS, explanations
from features.records import Spectrum

FREQUENCY_Hz = np.geomspace(1e5, 0.1, 50)
S = 2j * np.pi * FREQUENCY_Hz
VALID_ohm = 5 + 60 / (1 + 60e-5 * S**0.8) + 90 / (1 + 90 * 3e-4 * S**0.9)


def explanation_of(sent_ohm, rms=1.0):
    (found,) = explanations([Spectrum(FREQUENCY_Hz, sent_ohm)], [rms])
    return found


def degrees(impedance_ohm):
    return np.degrees(np.angle(impedance_ohm))


@pytest.mark.parametrize(
    ("sent_ohm", "kind"),
    [
        (VALID_ohm.conj(), "sign"),
        (VALID_ohm.real + 1j * degrees(VALID_ohm), "phase"),
        (np.abs(VALID_ohm) + 1j * degrees(VALID_ohm), "phase"),
        (np.abs(VALID_ohm) - 1j * degrees(VALID_ohm), "phase"),
        (np.abs(VALID_ohm) + 1j * np.angle(VALID_ohm), "phase"),
        (np.abs(VALID_ohm) + 1j * VALID_ohm.imag, "modulus"),
        (np.abs(VALID_ohm) - 1j * VALID_ohm.imag, "modulus"),
        (VALID_ohm.imag + 1j * VALID_ohm.real, "swapped"),
        (-VALID_ohm.imag + 1j * VALID_ohm.real, "swapped"),
        (-VALID_ohm, "negative"),
        (-VALID_ohm.conj(), "negative"),
        (VALID_ohm[::-1], "reversed"),
    ],
)
def test_a_misread_spectrum_is_read_rightly(sent_ohm, kind):
    found = explanation_of(sent_ohm)
    assert found is not None
    assert found.rereading.kind == kind
    assert found.rms_fraction < 0.003
    read_ohm = found.rereading.read(sent_ohm)
    assert read_ohm == pytest.approx(VALID_ohm)


def test_a_rereading_must_explain_most_of_the_misfit():
    """A spectrum that fits well as it is was read rightly."""
    assert explanation_of(VALID_ohm.conj(), rms=3e-6) is None


def test_noise_has_no_explanation():
    parts = np.random.default_rng(0).normal(size=(2, FREQUENCY_Hz.size))
    assert explanation_of(VALID_ohm * (1 + 0.3 * (parts[0] + 1j * parts[1])), rms=0.3) is None


@pytest.mark.parametrize("rereading", REREADINGS, ids=lambda each: each.what)
def test_any_finite_columns_can_be_tried(rereading):
    """What they cannot mean is NaN, not a warning."""
    for sent_ohm in (np.zeros(3), np.array([1e12, -1e12, 90]), 1j * np.array([90, -90, 1e12])):
        assert rereading.read(sent_ohm.astype(complex)).shape == (3,)


def test_nothing_needs_no_explanation():
    assert explanations([], []) == []
