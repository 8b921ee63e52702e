import pytest

from features.recipe import CellDesign
from training.virtual_lab.lithium import FLAT, lithium_of
from training.virtual_lab.recipes import ELECTRODEPOSITED_LTO, HOST_LTO, LI_CU, LI_LTO


@pytest.mark.parametrize("design", [LI_CU, LI_LTO, CellDesign("Li||Li")])
def test_copper_and_foil_are_flat(design):
    assert lithium_of(design) == FLAT


def test_electrodeposited_lithium_comes_in_rough():
    assert lithium_of(ELECTRODEPOSITED_LTO).roughness_ratio > 1


def test_a_host_spreads_the_current_and_hides_from_the_film():
    host = lithium_of(HOST_LTO)
    assert host.area_ratio > 1
    assert host.coated_fraction < 1
