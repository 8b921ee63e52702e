import numpy as np
import pytest

from features.descriptors import spectrum_grid as grid
from features.errors import NotMeasured
from features.recipe import CellDesign, Recipe
from features.records import Cell, Source, Spectrum

FREQUENCY_Hz = np.logspace(4, -2, 61)
RATIOS = {
    100.0: grid.log10_impedance_100_Hz_over_1_kHz_ratio,
    10.0: grid.log10_impedance_10_Hz_over_1_kHz_ratio,
    1.0: grid.log10_impedance_1_Hz_over_1_kHz_ratio,
    0.1: grid.log10_impedance_0_1_Hz_over_1_kHz_ratio,
}
PHASES = {
    1000.0: grid.impedance_phase_1_kHz_deg,
    100.0: grid.impedance_phase_100_Hz_deg,
    10.0: grid.impedance_phase_10_Hz_deg,
    1.0: grid.impedance_phase_1_Hz_deg,
    0.1: grid.impedance_phase_0_1_Hz_deg,
}


def make_cell(impedance_ohm, frequency_Hz=FREQUENCY_Hz):
    spectrum = Spectrum(frequency_Hz, np.asarray(impedance_ohm, dtype=complex), cycle=0)
    return Cell("A1", Recipe(CellDesign("graphite||LCO")), Source("measured"), spectra=(spectrum,))


@pytest.fixture(scope="module")
def capacitor():
    """Return a cell that is a capacitor: ten times the impedance at a tenth of the frequency."""
    return make_cell(1 / (2j * np.pi * FREQUENCY_Hz * 1e-3))


@pytest.mark.parametrize("frequency_Hz", RATIOS)
def test_a_capacitor_s_impedance_rises_as_the_frequency_falls(capacitor, frequency_Hz):
    decades = np.log10(1000 / frequency_Hz)
    assert RATIOS[frequency_Hz](capacitor) == pytest.approx(decades, abs=0.01)


@pytest.mark.parametrize("frequency_Hz", PHASES)
def test_a_capacitor_lags_by_a_right_angle_and_a_resistor_not_at_all(capacitor, frequency_Hz):
    assert PHASES[frequency_Hz](capacitor) == pytest.approx(-90)
    assert PHASES[frequency_Hz](make_cell(np.full(61, 5.0))) == 0


def test_a_larger_electrode_of_the_same_kind_reads_the_same(capacitor):
    larger = make_cell(capacitor.spectra[0].impedance_ohm / 4)
    for reading in (*RATIOS.values(), *PHASES.values()):
        assert reading(larger) == pytest.approx(reading(capacitor))


def test_between_two_points_both_parts_are_interpolated_over_log_frequency():
    """Half a decade between 10 + 0i and 20 - 4i."""
    spectrum = Spectrum(np.array([10.0, 100.0]), np.array([20 - 4j, 10 + 0j]))
    assert grid.impedance_at(spectrum, 10**1.5) == pytest.approx(15 - 2j)


def test_nothing_is_read_beyond_what_was_measured(capacitor):
    cell = make_cell(np.ones(61), np.logspace(4, 0, 61))
    assert grid.impedance_phase_1_Hz_deg(cell) == 0
    with pytest.raises(NotMeasured, match=r"from 1 to 1e\+04 Hz, without 0.1 Hz"):
        grid.impedance_phase_0_1_Hz_deg(cell)


def test_without_a_spectrum_or_an_impedance_there_is_no_answer():
    bare = Cell("A1", Recipe(CellDesign("Li||Cu")), Source("measured"))
    with pytest.raises(NotMeasured, match="no impedance spectrum"):
        grid.impedance_phase_1_Hz_deg(bare)
    with pytest.raises(NotMeasured, match="impedance is zero"):
        grid.log10_impedance_1_Hz_over_1_kHz_ratio(make_cell(np.zeros(61)))
