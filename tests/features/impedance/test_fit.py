from dataclasses import replace

import numpy as np
import pytest

from benchmarks.spectra import CIRCUITS, impedance, is_identifiable, samples, truth_of
from features import Spectrum, fit_spectra
from features.errors import InvalidSetting
from features.impedance.circuit import circuit_of

SEED = 4021
FREQUENCY_Hz = np.geomspace(1e6, 0.1, 60)
TRUTH = {"R0": 4.0, "R1": 60.0, "CPE1_Q": 2e-6, "CPE1_alpha": 0.85}
TRUTH |= {"R2": 90.0, "W1": 20.0, "C2": 1e-4}


def paper_spectrum(**changes):
    return Spectrum(FREQUENCY_Hz, impedance("lim", TRUTH | changes, FREQUENCY_Hz))


@pytest.fixture(scope="module")
def found():
    return samples("lim", 150, SEED)


@pytest.fixture(scope="module")
def fit(found):
    return fit_spectra([sample.spectrum for sample in found])


def resistances(table, unit="ohm"):
    return table[[f"R_SEI_{unit}", f"R_ct_{unit}"]].to_numpy(dtype=float)


def test_an_exact_spectrum_gives_back_its_parameters():
    table = fit_spectra([paper_spectrum(L0=2e-7)]).table.iloc[0]
    assert table["identifiable"]
    assert table["reason"] == ""
    expected = {
        "R_s_ohm": 4,
        "R_SEI_ohm": 60,
        "R_ct_ohm": 90,
        "R_int_ohm": 150,
        "CPE1_Q_S_s_alpha": 2e-6,
        "CPE1_alpha": 0.85,
        "W1_ohm_s05": 20,
        "C2_F": 1e-4,
        "L0_H": 2e-7,
        "f_ct_Hz": 1 / (2 * np.pi * 90 * 1e-4),
    }
    assert table[list(expected)].to_dict() == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("name", ["lim", "z2", "wo"])
def test_what_is_identifiable_is_recovered_without_a_guess(name):
    """The whole of a set is in the benchmark; here a share that a broken scan would not reach."""
    some = samples(name, 80, SEED + 1)
    table = fit_spectra([sample.spectrum for sample in some], CIRCUITS[name]).table
    error = np.abs(resistances(table) / truth_of(some, "R1", "R2") - 1).max(axis=1)
    could = np.array([is_identifiable(sample) for sample in some])
    assert np.mean(error[could] <= 0.1) >= 0.9


def test_the_sum_is_known_where_the_arcs_are_not(found, fit):
    error = np.abs(fit.table["R_int_ohm"] / truth_of(found, "R1", "R2").sum(axis=1) - 1)
    assert (error <= 0.1).mean() >= 0.99
    assert (~fit.table["identifiable"]).any()


def test_a_miss_is_flagged_with_its_reason(found, fit):
    error = np.abs(resistances(fit.table) / truth_of(found, "R1", "R2") - 1).max(axis=1)
    unflagged = fit.table["identifiable"].to_numpy()
    assert np.mean(error[unflagged] <= 0.1) >= 0.98
    assert (fit.table.loc[~fit.table["identifiable"], "reason"] != "").all()
    assert (fit.table.loc[fit.table["identifiable"], "reason"] == "").all()


def test_intervals_are_honest(found, fit):
    log_error = np.log(fit.arcs.resistance_ohm / truth_of(found, "R1", "R2"))
    is_inside = np.abs(log_error) <= 1.98 * fit.arcs.log_resistance_sd
    assert 0.88 <= is_inside.mean() <= 0.99


@pytest.mark.parametrize("scale", [1e-2, 1e2, 1e6])
def test_scaled_impedance_scales_resistances(found, fit, scale):
    some = [replace(s.spectrum, impedance_ohm=scale * s.spectrum.impedance_ohm) for s in found[:40]]
    table = fit_spectra(some).table
    assert resistances(table) / scale == pytest.approx(resistances(fit.table)[:40], rel=1e-5)
    assert table["identifiable"].tolist() == fit.table["identifiable"][:40].tolist()


def test_scaled_frequency_leaves_resistances(found, fit):
    some = [replace(s.spectrum, frequency_Hz=0.01 * s.spectrum.frequency_Hz) for s in found[:40]]
    table = fit_spectra(some).table
    assert resistances(table) == pytest.approx(resistances(fit.table)[:40], rel=1e-5)
    assert table["f_SEI_Hz"].to_numpy() == pytest.approx(fit.table["f_SEI_Hz"][:40] / 100, rel=1e-4)


def test_rows_of_a_spectrum_come_in_any_order(found, fit):
    rng = np.random.default_rng(1)
    mixed = []
    for sample in found[:20]:
        order = rng.permutation(sample.spectrum.frequency_Hz.size)
        one = sample.spectrum
        mixed.append(Spectrum(one.frequency_Hz[order], one.impedance_ohm[order]))
    told, expected = fit_spectra(mixed).table, fit.table.iloc[:20]
    assert told.drop(columns="doubts").equals(expected.drop(columns="doubts"))
    assert told["doubts"].str.contains("the rows were sorted").all()


def test_a_spectrum_is_fitted_alone_as_in_company(found, fit):
    """Whoever else is in the batch is nobody's business, to the last bit."""
    for row in range(0, 40, 5):
        alone = fit_spectra([found[row].spectrum]).table
        assert alone.equals(fit.table.iloc[[row]].reset_index(drop=True))


def test_arcs_are_named_by_frequency_not_by_their_place_in_the_text():
    slow_first = fit_spectra([paper_spectrum()], "p(R2-W1,C2)-R0-p(R1,CPE1)").table
    assert resistances(slow_first)[0] == pytest.approx([60, 90], rel=1e-3)
    truth = {"R0": 3.0, "R1": 20.0, "CPE1_Q": 1e-3, "CPE1_alpha": 0.9}
    truth |= {"R2": 70.0, "CPE2_Q": 1e-6, "CPE2_alpha": 0.8}
    swapped = Spectrum(FREQUENCY_Hz, impedance("z2", truth, FREQUENCY_Hz))
    table = fit_spectra([swapped], "two_arcs").table
    assert resistances(table)[0] == pytest.approx([70, 20], rel=1e-3)
    assert (table["f_SEI_Hz"] > table["f_ct_Hz"]).all()


def test_outliers_do_not_count(found):
    rng = np.random.default_rng(3)
    clean = paper_spectrum()
    for _ in range(5):
        impedance_ohm = clean.impedance_ohm * (1 + 0.003 * rng.normal(size=60))
        impedance_ohm[rng.choice(60, 3, replace=False)] *= 1.4
        table = fit_spectra([Spectrum(FREQUENCY_Hz, impedance_ohm)]).table
        assert resistances(table)[0] == pytest.approx([60, 90], rel=0.05)
        assert table["n_outliers"].iloc[0] >= 3


def test_drift_is_taken_out():
    """The resistances are those in the middle of the sweep."""
    drift = 1 + 0.08 * np.linspace(-0.5, 0.5, 60)
    rng = np.random.default_rng(5)
    impedance_ohm = impedance("lim", TRUTH, FREQUENCY_Hz, drift) * (
        1 + 0.002 * (rng.normal(size=60) + 1j * rng.normal(size=60))
    )
    fit = fit_spectra([Spectrum(FREQUENCY_Hz, impedance_ohm)])
    assert fit.fit.drift[0] == pytest.approx(0.08, abs=0.02)
    assert resistances(fit.table)[0] == pytest.approx([60, 90], rel=0.03)


def test_drift_is_followed_to_its_end():
    """A fit that was left half-way would be told from a settled one by nothing but its flag."""
    fit = fit_spectra([sample.spectrum for sample in samples("lim", 60, 8)], "one_arc")
    assert np.count_nonzero(fit.fit.drift) > 20
    assert fit.table["is_converged"].all()


@pytest.mark.parametrize("warburg_ohm", [5.0, 20.0, 40.0])
def test_charge_transfer_may_be_the_fast_arc(warburg_ohm):
    """No start is scanned so at first; a plain arc in its place leaves two percent."""
    rng, s = np.random.default_rng(0), 2j * np.pi * FREQUENCY_Hz
    fast_ohm = 1 / (1 / (60 + warburg_ohm * np.sqrt(2 / s)) + 1e-7 * s)
    arcs_ohm = 4 + fast_ohm + 1 / (1 / 90 + 1e-4 * s**0.8)
    noise = rng.normal(size=60) + 1j * rng.normal(size=60)
    table = fit_spectra([Spectrum(FREQUENCY_Hz, arcs_ohm * (1 + 1e-3 * noise))]).table
    assert resistances(table)[0] == pytest.approx([60, 90], rel=0.01)
    assert table["identifiable"].all()


def test_an_area_makes_results_those_of_one_interface():
    spectrum = paper_spectrum()
    whole = fit_spectra([spectrum]).table.iloc[0]
    one = fit_spectra([spectrum], area_cm2=1.6, n_interfaces=2).table.iloc[0]
    assert one["R_SEI_ohm_cm2"] == pytest.approx(whole["R_SEI_ohm"] * 0.8)
    assert one["R_SEI_ohm_cm2_sd"] == pytest.approx(whole["R_SEI_ohm_sd"] * 0.8)
    assert one["C2_F_cm2"] == pytest.approx(whole["C2_F"] / 0.8)
    assert one["R_s_ohm_cm2"] == pytest.approx(whole["R_s_ohm"] * 1.6)
    assert one["L0_H"] == pytest.approx(whole["L0_H"], abs=1e-15)
    symmetric = replace(spectrum, n_interfaces=2)
    assert fit_spectra([symmetric], area_cm2=1.6).table.iloc[0]["R_ct_ohm_cm2"] == pytest.approx(
        one["R_ct_ohm_cm2"]
    )


def test_one_arc_and_three_arcs_are_named():
    s = 2j * np.pi * FREQUENCY_Hz
    three = 5 + sum(R / (1 + s / (2 * np.pi * f)) for R, f in ((30, 3e4), (50, 300), (80, 2)))
    table = fit_spectra([Spectrum(FREQUENCY_Hz, three)], "three_arcs").table.iloc[0]
    names = ["R_SEI_ohm", "R_ct_ohm", "R_3_ohm", "R_int_ohm"]
    assert table[names].tolist() == pytest.approx([30, 50, 80, 160], rel=0.01)
    one = Spectrum(FREQUENCY_Hz, 5 + 30 / (1 + s / (2 * np.pi * 1e3)))
    single = fit_spectra([one], "R0-p(R1,C1)").table.iloc[0]
    assert single[["R_arc1_ohm", "R_int_ohm"]].tolist() == pytest.approx([30, 30], rel=1e-6)
    assert np.isnan(single["correlation_R_SEI_R_ct"])
    assert "R_SEI_ohm" not in single


def test_a_nested_circuit_is_fitted_too():
    text = "R0-p(CPE1,R1-p(C2,R2))"
    circuit = circuit_of(text)
    log_truth = np.log([[4.0, 1e-6, 0.9, 40.0, 1e-4, 80.0]])
    impedance_ohm = circuit.impedance_ohm(log_truth, FREQUENCY_Hz[None])[0]
    table = fit_spectra([Spectrum(FREQUENCY_Hz, impedance_ohm)], text).table
    assert table["residual_rms"].iloc[0] < 1e-3
    assert resistances(table)[0] == pytest.approx([40, 80], rel=0.02)


def test_the_fitted_curve_goes_through_the_points(found, fit):
    row = int(np.argmin(fit.table["residual_rms"]))
    spectrum = found[row].spectrum
    curve_ohm = fit.impedance_ohm(row, spectrum.frequency_Hz)
    assert np.median(np.abs(curve_ohm / spectrum.impedance_ohm - 1)) < 0.01


def odd_spectra():
    """Return spectra that no circuit of the paper's kind has made."""
    rng = np.random.default_rng(0)
    f = FREQUENCY_Hz
    noise = rng.normal(size=60) + 1j * rng.normal(size=60)
    arc = paper_spectrum().impedance_ohm
    return {
        "one frequency thirty times": Spectrum(np.full(30, 10.0), np.ones(30) + 0j),
        "few points": Spectrum(f[:6], arc[:6]),
        "empty": Spectrum(np.array([]), np.array([], dtype=complex)),
        "zero": Spectrum(f, np.zeros(60, dtype=complex)),
        "a resistor": Spectrum(f, np.full(60, 5.0) + 0j),
        "a capacitor": Spectrum(f, 1 / (2j * np.pi * f * 1e-6)),
        "noise alone": Spectrum(f, 10 * noise),
        "wrong sign": Spectrum(f, arc.conj()),
        "negative real part": Spectrum(f, -arc),
        "phase for imaginary part": Spectrum(f, np.abs(arc) + 1j * np.angle(arc, deg=True)),
        "tiny": Spectrum(f, 1e-290 * arc),
        "huge": Spectrum(f, 1e9 * arc),
        "spread": Spectrum(f, np.geomspace(1e-12, 1e11, 60) * (1 - 1j)),
        "one zero point": Spectrum(f, np.where(np.arange(60) == 20, 0, arc)),
        "two together": Spectrum(np.r_[f, f], np.r_[arc, 3 * arc]),
        "narrow window": Spectrum(np.linspace(10, 10.1, 20), arc[:20]),
        "lowest frequencies": Spectrum(f * 1e-300, arc),
        "ones with a spike": Spectrum(f, 1 + 1e6 * (np.arange(60) == 30) + 0j),
    }


@pytest.mark.parametrize("circuit", ["lithium_metal", "two_arcs_open_warburg", "one_arc"])
def test_odd_spectra_have_an_answer_or_a_reason(circuit):
    """Neither a hang nor a warning, and no nan without its reason."""
    odd = odd_spectra()
    table = fit_spectra(list(odd.values()), circuit, area_cm2=1.0).table
    numbers = table.select_dtypes("number").drop(columns=["correlation_R_SEI_R_ct"])
    is_finite = np.isfinite(numbers.to_numpy(dtype=float)).all(axis=1)
    for name, finite, reason in zip(odd, is_finite, table["reason"], strict=True):
        assert finite or reason, name
    assert table["reason"].iloc[1].startswith("there are 6 different frequencies, a fit needs 10")
    assert not table["identifiable"].iloc[:8].any()


def test_no_spectra_give_an_empty_table():
    assert fit_spectra([]).table.empty


@pytest.mark.parametrize("area_cm2", [0, -1.0, np.nan, [1.0, 0.0]])
def test_an_area_must_be_positive(area_cm2):
    with pytest.raises(InvalidSetting, match="positive"):
        fit_spectra([paper_spectrum()] * 2, area_cm2=area_cm2)


def test_a_circuit_without_an_arc_is_refused():
    with pytest.raises(InvalidSetting, match="no arc"):
        fit_spectra([paper_spectrum()], "R0-W1")
