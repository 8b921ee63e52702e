import numpy as np
import pytest

from training.virtual_lab import founding_recipe, simulate, simulate_rest
from training.virtual_lab.history import history_of
from training.virtual_lab.interface import SERIES_RESISTANCE_ohm_cm2, interface_of
from training.virtual_lab.recipes import LI_LI
from training.virtual_lab.spectra import FREQUENCY_Hz, impedance_ohm

BARE = founding_recipe("bare", cell=LI_LI, current_density_mA_cm2=0.5)


@pytest.fixture
def interface():
    return interface_of(history_of(BARE, 50))


def test_high_frequency_leaves_the_electrolyte_alone(interface):
    """Both capacitances short out their resistance."""
    high = impedance_ohm(interface, 0, area_cm2=1.0)[0]
    assert high.real == pytest.approx(SERIES_RESISTANCE_ohm_cm2, abs=1)


def test_low_frequency_shows_both_interfaces_of_the_cell(interface):
    """Past both arcs, before the diffusion: electrolyte and twice the interface."""
    total = impedance_ohm(interface, 0, area_cm2=1.0)
    bottom = np.argmin(-total.imag[30:-5]) + 30
    expected = SERIES_RESISTANCE_ohm_cm2 + 2 * interface.resistance_ohm_cm2[0]
    assert total[bottom].real == pytest.approx(expected, rel=0.15)


def test_diffusion_is_warburgs(interface):
    """At the lowest frequencies real and imaginary part grow alike, by sigma over root omega."""
    omega = 2 * np.pi * FREQUENCY_Hz[-2:]
    total = impedance_ohm(interface, 0, area_cm2=1.0)[-2:]
    slope = np.diff(total.real)[0] / np.diff(1 / np.sqrt(omega))[0]
    assert slope == pytest.approx(2 * interface.warburg_ohm_cm2[0], rel=0.1)


def test_impedance_scales_inversely_with_area(interface):
    assert impedance_ohm(interface, 5, 0.5) == pytest.approx(2 * impedance_ohm(interface, 5, 1.0))


def test_spectra_run_from_1_MHz_to_0_1_Hz_and_know_cycle_and_interfaces():
    spectra = simulate(BARE, seed=0, spectrum_cycles=(0, 30)).cell.spectra
    assert [spectrum.cycle for spectrum in spectra] == [0, 30]
    for spectrum in spectra:
        assert spectrum.n_interfaces == 2
        assert (spectrum.frequency_Hz.max(), spectrum.frequency_Hz.min()) == (1e6, 0.1)


def test_points_scatter_by_less_than_half_a_percent(interface):
    """Smooth on a sweep: second differences of noise have six times its variance."""
    (spectrum,) = simulate(BARE, seed=3, spectrum_cycles=(0,)).cell.spectra
    relative = np.abs(spectrum.impedance_ohm) / np.abs(impedance_ohm(interface, 0, 0.5))
    noise = np.diff(relative, n=2).std() / np.sqrt(6)
    assert 0.003 < noise < 0.005


def test_rest_is_recorded_by_the_hour_in_cycle_0():
    """No cycle is run, so every spectrum is that of a fresh cell of some age."""
    cell = simulate_rest(BARE, seed=0, time_h=(0, 24, 240))
    assert cell.cycling is None
    assert cell.source.kind == "simulated"
    assert [(spectrum.cycle, spectrum.time_h) for spectrum in cell.spectra] == [
        (0, 0.0),
        (0, 24.0),
        (0, 240.0),
    ]


def test_bare_lithium_ages_at_rest_and_coated_lithium_hardly():
    """doi:10.1002/adma.201605531."""

    def growth(coating):
        recipe = founding_recipe(coating, cell=LI_LI, current_density_mA_cm2=0.5)
        first, last = simulate_rest(recipe, seed=0, time_h=(0, 240)).spectra
        return last.impedance_ohm.real.max() / first.impedance_ohm.real.max()

    assert growth("bare") > 1.2
    assert growth("Cu3N+SBR") < 1.07
