import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.impedance.kramers_kronig import HIGHEST_RMS_FRACTION, kramers_kronig
from features.records import Spectrum

FREQUENCY_Hz = np.geomspace(1e5, 0.1, 60)
COLUMNS = ["kk_rms", "kk_max", "kk_autocorrelation", "kk_statistic", "drift_fraction", "noise"]
SAME = {"rel": 1e-6, "abs": 1e-9}


def arcs_ohm(growth=0.0, frequency_Hz=FREQUENCY_Hz):
    """Return two flat arcs and a tail; the resistances of the arcs grow in the sweep."""
    s = 2j * np.pi * frequency_Hz
    R = 1 + growth * np.linspace(-0.5, 0.5, s.size)
    flat = 60 * R / (1 + 60 * R * 1e-5 * s**0.75)
    return 5 + flat + 90 * R / (1 + 90 * R * 3e-4 * s**0.9) + 2 / np.sqrt(s)


def noisy(impedance_ohm, noise=0.003, seed=0):
    parts = np.random.default_rng(seed).normal(size=(2, impedance_ohm.size))
    return impedance_ohm * (1 + noise * (parts[0] + 1j * parts[1]))


def found_in(*impedances_ohm, frequency_Hz=FREQUENCY_Hz):
    return kramers_kronig([Spectrum(frequency_Hz, each) for each in impedances_ohm])


def test_a_valid_spectrum_is_consistent_without_a_reason():
    row = found_in(arcs_ohm()).table.iloc[0]
    assert row["is_consistent"]
    assert not row["reason"]
    assert row["kk_rms"] < 1e-3


@pytest.mark.parametrize("noise", [0.001, 0.005, 0.02])
def test_the_residual_of_a_valid_spectrum_is_its_noise(noise):
    table = found_in(*(noisy(arcs_ohm(), noise, seed) for seed in range(20))).table
    assert table["is_consistent"].all()
    assert table["noise"].median() == pytest.approx(noise, rel=0.1)
    assert table["kk_rms"].median() == pytest.approx(noise, rel=0.15)
    assert table["kk_autocorrelation"].max() < 0.5  # a smooth misfit has nearly 1


def test_an_inductive_spectrum_is_consistent():
    omega = 2 * np.pi * FREQUENCY_Hz
    assert found_in(noisy(arcs_ohm() + 2e-5j * omega)).table["is_consistent"].all()


@pytest.mark.parametrize("growth", [0.1, -0.1])
def test_a_drift_is_told_with_its_size(growth):
    """Arcs that change while the sweep goes on break causality, by little."""
    row = found_in(noisy(arcs_ohm(growth), 0.002)).table.iloc[0]
    assert not row["is_consistent"]
    assert row["drift_fraction"] == pytest.approx(growth, rel=0.3)
    assert row["kk_rms"] < HIGHEST_RMS_FRACTION
    assert "moved by about" in row["reason"]
    assert "standard deviations" in row["reason"]


def test_the_statistic_is_that_of_a_normal_deviate_where_nothing_moves():
    """The larger of two; 2.2 is passed by one in twenty."""
    table = found_in(*(noisy(arcs_ohm(), 0.005, seed) for seed in range(200))).table
    assert 0.5 < table["kk_statistic"].median() < 1.4
    assert (table["kk_statistic"] > 2.2).mean() < 0.12
    assert table["kk_statistic"].max() < 4


def test_drift_stands_out_of_the_noise_before_the_residual_does():
    still = found_in(*(noisy(arcs_ohm(), 0.005, seed) for seed in range(60))).table
    moved = found_in(*(noisy(arcs_ohm(0.08), 0.005, 100 + seed) for seed in range(60))).table

    def found(column):
        return np.mean(moved[column].to_numpy()[:, None] > still[column].to_numpy())

    assert found("kk_statistic") > 0.9
    assert found("kk_statistic") > found("kk_rms")


def test_the_wrong_sign_is_no_impedance():
    row = found_in(arcs_ohm().conj()).table.iloc[0]
    assert row["kk_rms"] > HIGHEST_RMS_FRACTION
    assert "3% is allowed" in row["reason"]


@pytest.mark.parametrize("factor", [1e-2, 1e2])
def test_neither_unit_matters(factor):
    """A residual is a share of |Z|; time constants move with the frequency."""
    measured_ohm = noisy(arcs_ohm())
    usual = found_in(measured_ohm).table[COLUMNS]
    scaled = found_in(factor * measured_ohm).table[COLUMNS]
    assert scaled.to_numpy() == pytest.approx(usual.to_numpy(), **SAME)
    shifted = found_in(measured_ohm, frequency_Hz=factor * FREQUENCY_Hz).table[COLUMNS]
    assert shifted.to_numpy() == pytest.approx(usual.to_numpy(), **SAME)


def test_the_order_of_the_rows_does_not_matter():
    measured_ohm = noisy(arcs_ohm())
    order = np.random.default_rng(1).permutation(FREQUENCY_Hz.size)
    usual = found_in(measured_ohm).table[COLUMNS]
    mixed = found_in(measured_ohm[order], frequency_Hz=FREQUENCY_Hz[order]).table[COLUMNS]
    assert mixed.to_numpy() == pytest.approx(usual.to_numpy(), **SAME)


def test_a_spectrum_is_judged_by_itself():
    """Longer company only pads it."""
    short = Spectrum(FREQUENCY_Hz[:30], noisy(arcs_ohm()[:30]))
    alone = kramers_kronig([short]).table[COLUMNS]
    among = kramers_kronig([Spectrum(FREQUENCY_Hz, arcs_ohm()), short]).table[COLUMNS]
    assert among.to_numpy()[1] == pytest.approx(alone.to_numpy()[0], **SAME)


def test_an_outlier_spoils_neither_verdict_nor_residual():
    spoilt_ohm = noisy(arcs_ohm())
    spoilt_ohm[20] *= 1.4
    usual, spoilt = found_in(noisy(arcs_ohm()), spoilt_ohm).table.itertuples()
    assert (usual.n_outliers, spoilt.n_outliers) == (0, 1)
    assert spoilt.is_consistent
    assert spoilt.kk_rms == pytest.approx(usual.kk_rms, rel=0.1)
    assert spoilt.kk_max > 0.2


def test_the_consistent_curve_and_its_residual_make_up_the_measured():
    found = found_in(noisy(arcs_ohm()))
    batch = found.relaxations.batch
    rebuilt_ohm = found.impedance_ohm + found.residual / np.where(batch.weight > 0, batch.weight, 1)
    n_points = FREQUENCY_Hz.size
    assert rebuilt_ohm[0, :n_points] == pytest.approx(batch.impedance_ohm[0, :n_points])


def test_the_distribution_belongs_to_the_time_constants():
    found = found_in(5 + 80 / (1 + 1e-2j * 2 * np.pi * FREQUENCY_Hz))
    assert found.drt.shape == (1, found.time_constant_s.size)
    assert found.time_constant_s[np.argmax(found.drt[0])] == pytest.approx(1e-2)


def test_too_few_points_are_no_verdict():
    row = found_in(arcs_ohm()[:9], frequency_Hz=FREQUENCY_Hz[:9]).table.iloc[0]
    assert not row["is_consistent"]
    assert "needs 10 frequencies" in row["reason"]
    assert row[COLUMNS].isna().all()


def test_no_spectra_give_an_empty_table():
    assert kramers_kronig([]).table.empty


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 40), st.floats(-300, 7.9), st.floats(-300, 11), st.integers(0, 2**32 - 1))
def test_any_record_gets_a_verdict(n_points, log_Hz, log_ohm, seed):
    """Whatever passes for a spectrum is judged, or refused with a reason, without a warning."""
    rng = np.random.default_rng(seed)
    frequency_Hz = np.maximum(10 ** (log_Hz - rng.uniform(0, 8, n_points)), 5e-324)
    impedance_ohm = 10 ** (log_ohm - rng.uniform(0, 8, n_points)) * (rng.normal(size=n_points) + 0j)
    row = kramers_kronig([Spectrum(frequency_Hz, impedance_ohm)]).table.iloc[0]
    assert row["is_consistent"] or row["reason"]
    assert row[COLUMNS].isna().all() or np.isfinite(row[COLUMNS].to_numpy(dtype=float)).all()
