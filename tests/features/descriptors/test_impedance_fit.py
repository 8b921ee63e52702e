from dataclasses import replace

import numpy as np
import pytest

from features import Cell, CellDesign, Recipe, Source, Spectrum, describe
from features.descriptors import impedance_fit
from features.descriptors.impedance_fit import (
    charge_transfer_resistance_ohm_cm2,
    frequency_span_decades,
    has_identifiable_arcs,
    impedance_residual_fraction,
    interface_resistance_ohm_cm2,
    kramers_kronig_residual_fraction,
    resistance_correlation_ratio,
    sei_resistance_ohm_cm2,
    sei_resistance_relative_sd_fraction,
    series_resistance_ohm_cm2,
)
from features.errors import NotMeasured

FREQUENCY_Hz = np.logspace(6, -1, 71)
AREA_cm2 = 0.5
#: Of one interface: 1 cm2 of SEI, of charge transfer with diffusion; electrolyte of the cell.
SEI_ohm_cm2, Q, ALPHA, CT_ohm_cm2, SIGMA, C_F_cm2 = 60.0, 2e-6, 0.85, 90.0, 20.0, 1e-4


def spectrum(noise=0.0, seed=0, n_interfaces=None, cycle=0, alpha=ALPHA):
    """Return what a cell of 0.5 cm2 shows of the circuit's values, so many interfaces in series."""
    s = 2j * np.pi * FREQUENCY_Hz
    sei = 1 / (1 / SEI_ohm_cm2 + Q * s**alpha)
    faradaic = CT_ohm_cm2 + SIGMA * (1 - 1j) / np.sqrt(s.imag)
    interface_ohm_cm2 = sei + 1 / (1 / faradaic + C_F_cm2 * s)
    ohm = (4 + (n_interfaces or 1) * interface_ohm_cm2) / AREA_cm2
    parts = np.random.default_rng(seed).normal(0, noise, (2, FREQUENCY_Hz.size))
    return Spectrum(
        FREQUENCY_Hz, ohm * (1 + parts[0] + 1j * parts[1]), cycle, n_interfaces=n_interfaces
    )


def cell_of(*spectra, type="Li||Cu", area_cm2=AREA_cm2):
    return Cell("A1", Recipe(CellDesign(type)), Source("measured"), area_cm2, None, tuple(spectra))


def overlapping(noise=2e-3):
    """Return two arcs of one frequency, which nobody can tell apart."""
    s = 2j * np.pi * FREQUENCY_Hz
    ohm = 4 + 60 / (1 + 60 * 1e-5 * s) + 90 / (1 + 90 * 0.8e-5 * s)
    parts = np.random.default_rng(1).normal(0, noise, (2, FREQUENCY_Hz.size))
    return Spectrum(FREQUENCY_Hz, ohm * (1 + parts[0] + 1j * parts[1]), 0)


def thickness_nm():
    """Return the plate capacitor by hand: Q^(1/a) R^((1-a)/a), permittivity 10."""
    capacitance = Q ** (1 / ALPHA) * SEI_ohm_cm2 ** ((1 - ALPHA) / ALPHA)
    return 10 * 8.8541878e-14 / capacitance * 1e7


EXPECTED = {
    "series_resistance_ohm_cm2": 4,
    "sei_resistance_ohm_cm2": SEI_ohm_cm2,
    "charge_transfer_resistance_ohm_cm2": CT_ohm_cm2,
    "interface_resistance_ohm_cm2": SEI_ohm_cm2 + CT_ohm_cm2,
    "warburg_coefficient_ohm_cm2_s05": SIGMA,
    "sei_cpe_coefficient_S_s_alpha_cm2": Q,
    "sei_cpe_exponent_ratio": ALPHA,
    "sei_capacitance_F_cm2": Q ** (1 / ALPHA) * SEI_ohm_cm2 ** ((1 - ALPHA) / ALPHA),
    "double_layer_capacitance_F_cm2": C_F_cm2,
    "sei_thickness_nm": thickness_nm(),
    "log10_sei_apex_frequency_Hz": -np.log10(SEI_ohm_cm2 * Q) / ALPHA - np.log10(2 * np.pi),
    "log10_charge_transfer_apex_frequency_Hz": -np.log10(2 * np.pi * CT_ohm_cm2 * C_F_cm2),
    "has_identifiable_arcs": 1,
    "frequency_span_decades": 7,
}


@pytest.mark.parametrize(
    ("n_interfaces", "type"), [(None, "Li||Cu"), (2, "Li||Cu"), (2, "Li||Li"), (1, "Li||Li")]
)
def test_a_spectrum_of_the_circuit_gives_back_its_values_per_area_of_an_interface(
    n_interfaces, type
):
    """Ohm cm2 and F cm-2 belong to the interface, not to the coin cell or its sister."""
    cell = cell_of(spectrum(n_interfaces=n_interfaces), type=type)
    found = describe([cell], list(EXPECTED)).values.iloc[0].to_dict()
    assert found == pytest.approx(EXPECTED, rel=1e-3)


def test_a_symmetric_cell_has_two_interfaces_unless_it_says_otherwise():
    """The same curve: two interfaces of half the resistance, and twice the capacitance."""
    one, two = (cell_of(spectrum(), type=type) for type in ("Li||Cu", "Li||Li"))
    assert sei_resistance_ohm_cm2(two) == pytest.approx(sei_resistance_ohm_cm2(one) / 2)
    assert impedance_fit.sei_capacitance_F_cm2(two) == pytest.approx(
        2 * impedance_fit.sei_capacitance_F_cm2(one)
    )
    assert series_resistance_ohm_cm2(two) == pytest.approx(series_resistance_ohm_cm2(one))


def test_the_sei_is_the_faster_arc_whichever_branch_of_the_circuit_took_it():
    """Before a slow flat arc only the capacitor's branch is left to the film."""
    s = 2j * np.pi * FREQUENCY_Hz
    fast = 1 / (1 / (60.0 + 2 * (1 - 1j) / np.sqrt(s.imag)) + 1e-7 * s)
    noise = np.random.default_rng(3).normal(0, 1e-3, (2, s.size))
    ohm = (4 + fast + 1 / (1 / 90.0 + 1e-4 * s**0.6)) * (1 + noise[0] + 1j * noise[1])
    cell = cell_of(Spectrum(FREQUENCY_Hz, ohm, 0), area_cm2=1.0)
    assert sei_resistance_ohm_cm2(cell) == pytest.approx(60, rel=0.02)
    assert impedance_fit.sei_cpe_exponent_ratio(cell) == 1
    assert impedance_fit.sei_cpe_coefficient_S_s_alpha_cm2(cell) == pytest.approx(1e-7, rel=0.05)


def test_arcs_that_cannot_be_told_apart_leave_their_sum():
    """A wrong split would look like a growing film; the sum is right."""
    cell = cell_of(overlapping(), area_cm2=1.0)
    assert has_identifiable_arcs(cell) == 0
    assert interface_resistance_ohm_cm2(cell) == pytest.approx(150, rel=0.03)
    assert series_resistance_ohm_cm2(cell) == pytest.approx(4, rel=0.03)
    table = describe([cell], list(EXPECTED))
    for name in ("sei_resistance_ohm_cm2", "charge_transfer_resistance_ohm_cm2"):
        assert "the arcs cannot be told apart: " in table.absent(0)[name]


def test_the_quality_of_a_fit_is_that_of_the_noise():
    """Two parts of 0.5 % each; with twice the noise everything is known half as well."""
    quiet, loud = (cell_of(spectrum(noise)) for noise in (0.005, 0.01))
    assert impedance_residual_fraction(quiet) == pytest.approx(0.005 * np.sqrt(2), rel=0.15)
    assert kramers_kronig_residual_fraction(quiet) == pytest.approx(0.005, rel=0.25)
    for descriptor in (
        sei_resistance_relative_sd_fraction,
        impedance_fit.charge_transfer_resistance_relative_sd_fraction,
    ):
        assert descriptor(loud) == pytest.approx(2 * descriptor(quiet), rel=0.15)
    assert 0 < resistance_correlation_ratio(quiet) < 1
    assert sei_resistance_relative_sd_fraction(cell_of(overlapping())) > 0.05


def test_a_refused_spectrum_gives_the_reason_for_every_number():
    """A mirrored spectrum is not fitted, and nobody is left guessing."""
    good = spectrum()
    cell = cell_of(Spectrum(FREQUENCY_Hz, good.impedance_ohm.conj(), 0))
    assert has_identifiable_arcs(cell) == 0
    for descriptor in (sei_resistance_ohm_cm2, interface_resistance_ohm_cm2):
        with pytest.raises(NotMeasured, match="sign"):
            descriptor(cell)


def test_a_refused_spectrum_does_not_silence_the_last():
    mirrored = Spectrum(FREQUENCY_Hz, spectrum().impedance_ohm.conj(), 0)
    cell = cell_of(spectrum(cycle=5), mirrored)
    assert charge_transfer_resistance_ohm_cm2(cell) == pytest.approx(CT_ohm_cm2, rel=1e-3)


@pytest.mark.parametrize("name", [name for name in EXPECTED if name.endswith("cm2")])
def test_ohm_without_area_are_no_ohm_cm2(name):
    table = describe([cell_of(spectrum(), area_cm2=None)], [name])
    assert table.absent(0)[name] == "the electrode's area is not stated"


def test_what_needs_no_area_does_without():
    found = describe([cell_of(spectrum(), area_cm2=None)], ["sei_cpe_exponent_ratio"])
    assert found.values.iloc[0, 0] == pytest.approx(ALPHA, rel=1e-3)


@pytest.mark.parametrize("name", list(EXPECTED))
def test_no_spectrum_is_not_measured(name):
    assert describe([cell_of()], [name]).absent(0)[name] == "there is no impedance spectrum"


def test_a_short_window_is_told_as_it_is():
    some = slice(0, 30)
    whole = spectrum()
    cut = replace(whole, frequency_Hz=FREQUENCY_Hz[some], impedance_ohm=whole.impedance_ohm[some])
    assert frequency_span_decades(cell_of(cut)) == pytest.approx(2.9)
