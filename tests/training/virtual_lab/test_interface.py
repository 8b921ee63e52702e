import numpy as np
import pytest

from training.virtual_lab.history import IDEAL, Scatter, history_of
from training.virtual_lab.interface import interface_of, resting_interface
from training.virtual_lab.recipes import HOST_LTO, LI_LI, founding_recipe


def history(coating, n_cycles=200, scatter=IDEAL):
    recipe = founding_recipe(coating, cell=LI_LI, current_density_mA_cm2=0.5)
    return history_of(recipe, n_cycles, scatter)


def test_sei_of_bare_lithium_grows_steadily_and_under_the_coating_hardly():
    """doi:10.1002/adma.201605531 over 200 cycles at 0.5 mA/cm2, 1 mAh/cm2."""
    bare, coated = (interface_of(history(c)).sei_ohm_cm2 for c in ("bare", "Cu3N+SBR"))
    assert bare[-1] > 2 * bare[0]
    assert np.all(np.diff(bare) > 0)
    assert coated[-1] < 1.2 * coated[0]


def test_charge_transfer_of_bare_lithium_falls_as_its_area_grows():
    bare, coated = (interface_of(history(c)).charge_transfer_ohm_cm2 for c in ("bare", "Cu3N+SBR"))
    assert bare[-1] < 0.5 * bare[0]
    assert coated[-1] > 0.75 * coated[0]


def test_at_rest_bare_lithium_grows_its_sei_with_the_square_root_of_time():
    """What is there has to be crossed (doi:10.1149/1.2128859)."""
    sei = resting_interface(history("bare"), np.array([0.0, 100.0, 400.0])).sei_ohm_cm2
    assert sei[2] - sei[0] == pytest.approx(2 * (sei[1] - sei[0]))


def test_at_rest_the_coating_spares_the_lithium_beneath():
    """doi:10.1002/adma.201605531: only a small increase."""
    time_h = np.array([0.0, 240.0])
    bare, coated = (resting_interface(history(c), time_h).sei_ohm_cm2 for c in ("bare", "Cu3N+SBR"))
    assert bare[1] > 1.4 * bare[0]
    assert coated[1] < 1.05 * coated[0]


def test_rest_begins_with_the_fresh_interface():
    resting = resting_interface(history("bare"), np.array([0.0]))
    assert resting.resistance_ohm_cm2[0] == interface_of(history("bare")).resistance_ohm_cm2[0]


def test_a_film_that_cracks_soon_shows_it_in_its_resistance_first():
    """After 20 cycles the efficiencies are alike, the growth of the SEI is not."""
    weak, strong = (history("Cu3N+SBR", 20, Scatter(endurance_ratio=ratio)) for ratio in (0.5, 2.0))
    sei = [interface_of(each).sei_ohm_cm2 for each in (weak, strong)]
    grown = [each[-1] / each[0] for each in sei]
    assert weak.ce_fraction[-1] == pytest.approx(strong.ce_fraction[-1], abs=1e-3)
    assert grown[0] > grown[1] + 0.01


def test_growth_of_sei_and_fall_of_charge_transfer_hide_each_other():
    """The sum that polarises a cell changes less than either: only a spectrum parts them."""
    interface = interface_of(history("bare", 20))
    total, sei, ct = (
        abs(np.log(of[-1] / of[0]))
        for of in (
            interface.resistance_ohm_cm2,
            interface.sei_ohm_cm2,
            interface.charge_transfer_ohm_cm2,
        )
    )
    assert total < min(sei, ct)


def test_a_host_of_more_surface_resists_less():
    flat, host = (
        interface_of(history_of(founding_recipe("bare", cell=design), 1)).resistance_ohm_cm2[0]
        for design in (LI_LI, HOST_LTO)
    )
    assert host < flat / 5


def test_dead_lithium_lengthens_the_way_of_the_salt():
    """doi:10.1039/C7TA00371D."""
    warburg = interface_of(history("bare")).warburg_ohm_cm2
    assert np.all(np.diff(warburg) > 0)
