import numpy as np
import pytest

from features.errors import NotMeasured
from features.impedance.drt import drt_peaks, smoothed
from features.impedance.kramers_kronig import kramers_kronig
from features.records import Spectrum

FREQUENCY_Hz = np.geomspace(1e6, 0.1, 60)
OMEGA = 2 * np.pi * FREQUENCY_Hz
LATTICE_s = 10.0 ** (np.arange(-36, 6) / 6)


def peaks_of(impedance_ohm, **window):
    parts = np.random.default_rng(0).normal(size=(2, OMEGA.size))
    measured_ohm = impedance_ohm * (1 + 1e-3 * (parts[0] + 1j * parts[1]))
    found = kramers_kronig([Spectrum(FREQUENCY_Hz, measured_ohm)])
    return drt_peaks(found.time_constant_s, found.drt[0], **window)


def test_an_arc_is_a_peak_of_its_resistance_and_time_constant():
    (peak,) = peaks_of(5 + 80 / (1 + 3e-4j * OMEGA))
    assert peak.resistance_ohm == pytest.approx(80, rel=0.02)
    assert peak.time_constant_s == pytest.approx(3e-4, rel=0.05)
    assert peak.apex_frequency_Hz == pytest.approx(1 / (2 * np.pi * 3e-4), rel=0.05)


def test_arcs_far_apart_are_peaks_from_fast_to_slow():
    fast, slow = peaks_of(5 + 80 / (1 + 1e-5j * OMEGA) + 40 / (1 + 1e-2j * OMEGA))
    assert (fast.resistance_ohm, slow.resistance_ohm) == pytest.approx((80, 40), rel=0.05)
    assert fast.time_constant_s < slow.time_constant_s


@pytest.mark.parametrize("exponent", [0.7, 0.85, 1.0])
def test_a_flat_arc_is_one_peak(exponent):
    """A non-negative fit breaks it into spikes; they belong together."""
    (peak,) = peaks_of(5 + 80 / (1 + (1e-3j * OMEGA) ** exponent))
    assert peak.resistance_ohm == pytest.approx(80, rel=0.1)
    assert peak.time_constant_s == pytest.approx(1e-3, rel=0.2)


def test_arcs_on_top_of_each_other_are_one_peak():
    (peak,) = peaks_of(5 + 80 / (1 + 1e-3j * OMEGA) + 40 / (1 + 1.5e-3j * OMEGA))
    assert peak.resistance_ohm == pytest.approx(120, rel=0.02)


def test_a_peak_outside_the_window_is_left_out():
    impedance_ohm = 5 + 80 / (1 + 1e-5j * OMEGA) + 40 / (1 + 1e-2j * OMEGA)
    (fast,) = peaks_of(impedance_ohm, window_Hz=(1e3, 1e6))
    assert fast.resistance_ohm == pytest.approx(80, rel=0.05)


def test_peaks_share_out_the_whole_distribution():
    drt_ohm = np.random.default_rng(3).uniform(size=LATTICE_s.size) ** 4
    total_ohm = sum(peak.resistance_ohm for peak in drt_peaks(LATTICE_s, drt_ohm))
    assert total_ohm == pytest.approx(drt_ohm.sum(), rel=0.05)


def test_the_unit_of_the_impedance_does_not_matter():
    drt_ohm = np.random.default_rng(3).uniform(size=LATTICE_s.size) ** 4
    one, other = drt_peaks(LATTICE_s, drt_ohm), drt_peaks(LATTICE_s, 1000 * drt_ohm)
    assert [each.time_constant_s for each in other] == pytest.approx(
        [each.time_constant_s for each in one]
    )


def test_smoothing_keeps_the_resistance():
    drt_ohm = np.random.default_rng(3).uniform(size=LATTICE_s.size)
    assert smoothed(LATTICE_s, drt_ohm).sum() == pytest.approx(drt_ohm.sum())


def test_no_resistance_is_no_peak():
    assert drt_peaks(LATTICE_s, np.zeros(LATTICE_s.size)) == ()


def test_too_few_points_have_no_distribution():
    with pytest.raises(NotMeasured, match="too few points"):
        drt_peaks(LATTICE_s, np.full(LATTICE_s.size, np.nan))
