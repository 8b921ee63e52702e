from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.spectra import CIRCUITS
from benchmarks.spectra_series import cell_series, symmetric_cell
from features import Spectrum, fit_series, fit_spectra
from features.errors import InvalidSetting
from training.virtual_lab import founding_recipe, simulate, simulate_rest
from training.virtual_lab.recipes import LI_LI

FREQUENCY_Hz = np.geomspace(1e5, 0.1, 50)
BOTH = ["R_SEI_ohm", "R_ct_ohm"]


def paper_ohm(R1=50.0, R2=90.0):
    s = 2j * np.pi * FREQUENCY_Hz
    faradaic = R2 + 5 * np.sqrt(2 / s)
    return 5 + R1 / (1 + R1 * 1e-6 * s**0.9) + faradaic / (1 + faradaic * 1e-4 * s)


def series(paths, noise=0.01, seed=0, **facts):
    """Return a spectrum for each pair of R1 and R2, one a cycle."""
    rng = np.random.default_rng(seed)
    found = []
    for cycle, (R1, R2) in enumerate(paths):
        parts = rng.normal(size=(2, FREQUENCY_Hz.size))
        noisy_ohm = paper_ohm(R1, R2) * (1 + noise * (parts[0] + 1j * parts[1]))
        found.append(Spectrum(FREQUENCY_Hz, noisy_ohm, **({"cycle": cycle} | facts)))
    return found


CONSTANT = [(50.0, 90.0)] * 12
GROWING = [(50.0 + 4 * cycle, 90.0 - 3 * cycle) for cycle in range(12)]


@pytest.fixture(scope="module")
def growing():
    return series(GROWING)


@pytest.fixture(scope="module")
def fit(growing):
    return fit_series(growing)


@pytest.fixture(scope="module", params=["lim", "z2"])
def trial(request):
    """Return cells of separated arcs at 2 % noise with the fits of their series."""
    cells = cell_series(request.param, 8, 303, n_cycles=20, noise=0.02)
    return cells, [fit_series(cell.spectra, CIRCUITS[request.param]) for cell in cells]


def test_a_series_knows_more_than_its_spectra(trial):
    def share(resistances):
        near = [
            np.all(np.abs(found / cell.truth("R1", "R2") - 1) <= 0.1, axis=1)
            for found, cell in zip(resistances, trial[0], strict=True)
        ]
        return np.mean(near)

    together = share([fit.arcs.resistance_ohm for fit in trial[1]])
    assert together >= 0.9
    assert together > share([fit.single.arcs.resistance_ohm for fit in trial[1]])


def test_what_is_not_flagged_is_right(trial):
    for cell, fit in zip(*trial, strict=True):
        error = np.abs(fit.arcs.resistance_ohm / cell.truth("R1", "R2") - 1).max(axis=1)
        assert error[fit.table["identifiable"]].max(initial=0) <= 0.1


def test_arcs_keep_their_names_throughout(trial):
    """An arc that takes another's place would jump by the decades between them."""
    for fit in trial[1]:
        jumps = np.abs(np.diff(np.log10(fit.table[["f_SEI_Hz", "f_ct_Hz"]]), axis=0))
        assert jumps.max() < 0.5
        assert (fit.table["f_SEI_Hz"] > fit.table["f_ct_Hz"]).all()


def test_the_joint_intervals_cover(trial):
    for cell, fit in zip(*trial, strict=True):
        off = np.log(fit.arcs.resistance_ohm / cell.truth("R1", "R2")) / fit.arcs.log_resistance_sd
        assert np.mean(np.abs(off) < 2) > 0.8


def test_where_a_spectrum_is_sure_its_neighbours_are_not_needed():
    fit = fit_series(series(GROWING, noise=0.001))
    assert not fit.was_regularised.any()
    alone = fit.single.table[BOTH].to_numpy()
    assert fit.table[BOTH].to_numpy() == pytest.approx(alone, rel=0.01)


def test_a_spectrum_that_cannot_tell_leans_on_its_neighbours(growing):
    """Without its low frequencies a spectrum shows half an arc of charge transfer."""
    cut = Spectrum(FREQUENCY_Hz[:28], growing[5].impedance_ohm[:28], cycle=5)
    fit = fit_series([*growing[:5], cut, *growing[6:]])
    assert fit.was_regularised[5]
    assert not fit.table["identifiable"][5]
    assert fit.table["reason"][5]
    error = np.abs(fit.table[BOTH].to_numpy()[5] / GROWING[5] - 1)
    alone = np.abs(fit.single.table[BOTH].to_numpy()[5] / GROWING[5] - 1)
    assert error.max() < min(0.2, alone.max())


def test_the_order_of_the_input_does_not_matter(growing, fit):
    mixed = [growing[row] for row in np.random.default_rng(1).permutation(len(growing))]
    pd.testing.assert_frame_equal(fit_series(mixed).table, fit.table)


@pytest.mark.parametrize("scale", [1e-2, 1e2])
def test_the_unit_of_impedance_does_not_matter(growing, fit, scale):
    scaled = [replace(each, impedance_ohm=scale * each.impedance_ohm) for each in growing]
    found = fit_series(scaled)
    usual = fit.table[BOTH].to_numpy()
    assert found.table[BOTH].to_numpy() / scale == pytest.approx(usual, rel=1e-3)
    assert found.table["identifiable"].tolist() == fit.table["identifiable"].tolist()
    assert found.growth["value"].iloc[0] / scale == pytest.approx(
        fit.growth["value"].iloc[0], rel=1e-2
    )


def test_one_spectrum_is_fitted_as_by_itself(growing):
    found = fit_series(growing[:1])
    alone = fit_spectra(growing[:1])
    columns = list(alone.table)
    pd.testing.assert_frame_equal(found.table[columns], alone.table)
    assert not found.was_regularised.any()
    assert found.growth["value"].isna().all()


def test_no_spectra_give_an_empty_table():
    found = fit_series([])
    assert found.table.empty
    assert found.growth["reason"].all()


def test_area_and_interfaces_count_as_in_single_fits(growing):
    whole, per_area = fit_series(growing), fit_series(growing, area_cm2=0.5, n_interfaces=2)
    assert per_area.table["R_SEI_ohm_cm2"].to_numpy() == pytest.approx(
        0.25 * whole.table["R_SEI_ohm"].to_numpy()
    )
    assert per_area.growth["value"].iloc[0] == pytest.approx(0.25 * whole.growth["value"].iloc[0])


def test_spectra_without_cycle_are_sorted_by_time():
    later_first = [
        replace(each, cycle=None, time_h=float(10 - hour))
        for hour, each in enumerate(series(CONSTANT[:5]))
    ]
    assert fit_series(later_first).table["time_h"].tolist() == [6, 7, 8, 9, 10]


def test_a_constant_series_does_not_grow():
    """Over many seeds the growth is normal, with the deviation that it states."""
    growth = [fit_series(series(CONSTANT, seed=seed)).growth for seed in range(12)]
    off = np.array([each["value"].iloc[0] / each["sd"].iloc[0] for each in growth])
    assert np.abs(off).max() < 4
    ratios = np.array([(each["value"].iloc[2] - 1) / each["sd"].iloc[2] for each in growth])
    assert np.abs(ratios).max() < 4


def test_steady_growth_is_found_with_its_size(fit):
    growth = fit.growth
    assert growth["value"]["R_SEI_growth_ohm_per_cycle"] == pytest.approx(4, abs=0.2)
    assert growth["value"]["R_SEI_ratio"] == pytest.approx(94 / 50, rel=0.05)
    assert growth["value"]["R_ct_ratio"] == pytest.approx(57 / 90, rel=0.05)
    assert growth["reason"]["R_SEI_growth_ohm_per_sqrt_h"]


@pytest.mark.parametrize("source", ["virtual lab", "plain"])
def test_growth_of_the_sei_tells_bare_from_coated(source):
    """doi:10.1002/adma.201605531: bare grows steadily, coated hardly; bare R_ct falls."""

    def growth(is_coated):
        if source == "plain":
            return fit_series(symmetric_cell(is_coated, seed=7), area_cm2=0.5).growth
        recipe = founding_recipe(
            "Cu3N+SBR" if is_coated else "bare", cell=LI_LI, current_density_mA_cm2=0.5
        )
        cycles = range(0, 201, 10)
        cell = simulate(recipe, seed=7, n_cycles=1, area_cm2=0.5, spectrum_cycles=cycles).cell
        return fit_series(cell.spectra, area_cm2=0.5).growth

    bare, coated = growth(is_coated=False), growth(is_coated=True)
    slope = "R_SEI_growth_ohm_cm2_per_cycle"
    apart = bare["value"][slope] - coated["value"][slope]
    assert apart > 10 * np.hypot(bare["sd"][slope], coated["sd"][slope])
    assert bare["value"]["R_SEI_ratio"] > 2
    assert coated["value"]["R_SEI_ratio"] < 1.5
    assert bare["value"]["R_ct_ratio"] + 5 * bare["sd"]["R_ct_ratio"] < 0.6


def test_growth_at_rest_is_that_of_the_root_of_time():
    def growth(coating):
        recipe = founding_recipe(coating, cell=LI_LI, current_density_mA_cm2=0.5)
        cell = simulate_rest(recipe, seed=3, time_h=(0, 4, 12, 24, 48, 96, 168, 240))
        return fit_series(cell.spectra, area_cm2=0.5).growth.loc["R_SEI_growth_ohm_cm2_per_sqrt_h"]

    bare, coated = growth("bare"), growth("Cu3N+SBR")
    assert bare["value"] - coated["value"] > 5 * np.hypot(bare["sd"], coated["sd"])


def test_what_cannot_be_fitted_has_its_reason_and_stays_out(growing):
    dead = replace(growing[3], impedance_ohm=np.zeros(FREQUENCY_Hz.size, dtype=complex))
    short = Spectrum(FREQUENCY_Hz[:9], growing[6].impedance_ohm[:9], cycle=6)
    fit = fit_series([*growing[:3], dead, *growing[4:6], short, *growing[7:]])
    assert np.flatnonzero(fit.table["R_SEI_ohm"].isna()).tolist() == [3, 6]
    assert "0+0j ohm at every frequency" in fit.table["reason"][3]
    assert "a fit needs 10" in fit.table["reason"][6]
    assert not fit.was_regularised[[3, 6]].any()
    assert fit.table["identifiable"].drop([3, 6]).all()


def test_a_series_of_refused_spectra_is_refused():
    fit = fit_series([Spectrum(FREQUENCY_Hz[:5], paper_ohm()[:5], cycle=i) for i in range(4)])
    assert fit.table["R_SEI_ohm"].isna().all()
    assert fit.table["reason"].all()


def test_a_jump_is_followed():
    """A cell that is opened, or shorted, does not change step by step."""
    paths = [(50.0, 90.0)] * 6 + [(300.0, 90.0)] * 6
    found = fit_series(series(paths)).table[BOTH].to_numpy()
    assert found == pytest.approx(np.array(paths), rel=0.1)


def test_a_long_series_settles_and_costs_in_proportion():
    fit = fit_series(series([(50.0 + 0.2 * cycle, 90.0) for cycle in range(150)], noise=0.02))
    assert fit.table["is_converged"].all()
    assert fit.growth["value"].iloc[0] == pytest.approx(0.2, abs=0.02)


def test_a_circuit_of_one_arc_has_no_sei():
    fit = fit_series(series(GROWING[:4]), "one_arc")
    assert "R_arc1_ohm" in fit.table
    assert fit.growth["value"].isna().all()


def test_a_circuit_without_an_arc_is_refused(growing):
    with pytest.raises(InvalidSetting, match="has no arc"):
        fit_series(growing, "R0-C1")


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 6), st.integers(0, 24), st.floats(-9, 8), st.integers(0, 2**32 - 1))
def test_any_series_ends_in_numbers_or_reasons(n_spectra, n_points, log_ohm, seed):
    rng = np.random.default_rng(seed)
    spectra = [
        Spectrum(
            10 ** rng.uniform(-3, 7, n_points),
            10 ** (log_ohm - rng.uniform(0, 4, n_points)) * (rng.normal(size=n_points) + 1j),
            cycle=int(rng.integers(3)),
        )
        for _ in range(n_spectra)
    ]
    fit = fit_series(spectra)
    is_number = np.isfinite(fit.table[BOTH].to_numpy(dtype=float)).all(axis=1)
    assert np.all(is_number | fit.table["reason"].astype(bool))
    assert (fit.growth["value"].notna() | fit.growth["reason"].astype(bool)).all()
