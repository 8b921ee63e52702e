import numpy as np
import pytest

from training.virtual_lab import founding_recipe, simulate
from training.virtual_lab.chemistry import history_of
from training.virtual_lab.interface import SERIES_RESISTANCE_ohm_cm2, interface_of
from training.virtual_lab.li_li import impedance_ohm
from training.virtual_lab.recipes import LI_LI


def interface(coating, n_cycles=200):
    recipe = founding_recipe(coating, cell=LI_LI, current_density_mA_cm2=0.5)
    return interface_of(history_of(recipe, n_cycles))


def test_sei_of_bare_lithium_grows_steadily_and_under_the_coating_hardly():
    """doi:10.1002/adma.201605531 over 200 cycles at 0.5 mA/cm2, 1 mAh/cm2."""
    bare, coated = interface("bare").sei_ohm_cm2, interface("Cu3N+SBR").sei_ohm_cm2
    assert bare[-1] > 2 * bare[0]
    assert np.all(np.diff(bare) > 0)
    assert coated[-1] < 1.5 * coated[0]


def test_charge_transfer_of_bare_lithium_falls_as_its_area_grows():
    bare, coated = (interface(c).charge_transfer_ohm_cm2 for c in ("bare", "Cu3N+SBR"))
    assert bare[-1] < 0.5 * bare[0]
    assert coated[-1] > 0.8 * coated[0]


def test_high_frequency_leaves_the_electrolyte_alone():
    """Both capacitances short out their resistance."""
    high = impedance_ohm(interface("bare"), 0, area_cm2=1.0)[0]
    assert high.real == pytest.approx(SERIES_RESISTANCE_ohm_cm2, abs=10)


def test_impedance_scales_inversely_with_area():
    one = interface("bare")
    assert impedance_ohm(one, 5, 0.5) == pytest.approx(2 * impedance_ohm(one, 5, 1.0))


def test_spectra_are_capacitive_and_know_their_cycle():
    virtual = simulate(founding_recipe("bare", cell=LI_LI), seed=0, spectrum_cycles=(0, 30))
    assert [spectrum.cycle for spectrum in virtual.cell.spectra] == [0, 30]
    assert all((spectrum.impedance_ohm.imag < 0).all() for spectrum in virtual.cell.spectra)


def test_polarisation_of_bare_lithium_grows_and_under_the_coating_hardly():
    def growth(coating):
        recipe = founding_recipe(coating, cell=LI_LI, current_density_mA_cm2=0.5)
        cycling = simulate(recipe, seed=0, n_cycles=200).cell.cycling
        polarisation_V = cycling["voltage_volt"].abs().groupby(cycling["cycle_count"]).median()
        return polarisation_V.loc[200] / polarisation_V.loc[1]

    assert growth("bare") > 2
    assert growth("Cu3N+SBR") < 1.5


def test_a_bare_symmetric_cell_polarises_before_a_coated_one():
    bare, coated = (
        simulate(founding_recipe(c, cell=LI_LI), seed=0).true_cycle_life_cycles
        for c in ("bare", "Cu3N+SBR")
    )
    assert bare < coated
