"""How much lithium, positive electrode and electrolyte face each other, as stated."""

from features.descriptors.protocol import areal_capacity_mAh_cm2
from features.errors import NotMeasured
from features.records import Cell
from features.registry import descriptor

#: Coin cells hide failure behind excess lithium and electrolyte (Xiao et al. 2020).
XIAO_2020 = "doi:10.1038/s41560-020-0648-z"


@descriptor(version=1, source=XIAO_2020)
def lithium_utilisation_fraction(cell: Cell) -> float:
    """Return the areal capacity cycled over the lithium put in."""
    return areal_capacity_mAh_cm2(cell) / _lithium_mAh_cm2(cell)


@descriptor(version=1, source=XIAO_2020)
def negative_to_positive_ratio(cell: Cell) -> float:
    """Return the lithium put in over the capacity of the positive electrode."""
    positive = cell.recipe.cell.positive_capacity_mAh_cm2
    if not positive:
        raise NotMeasured("the positive electrode's capacity is not stated, or there is none")
    return _lithium_mAh_cm2(cell, may_be_none=True) / positive


@descriptor(version=1, source=XIAO_2020)
def electrolyte_to_capacity_uL_per_mAh(cell: Cell) -> float:
    """Return the electrolyte's volume over the cell's capacity.

    That of the positive electrode where one is stated, or else what is cycled.
    """
    electrolyte = cell.recipe.electrolyte
    if electrolyte is None or electrolyte.volume_uL is None:
        raise NotMeasured("the electrolyte's volume is not stated")
    if cell.area_cm2 is None:
        raise NotMeasured("the electrode's area is not stated")
    positive = cell.recipe.cell.positive_capacity_mAh_cm2
    capacity_mAh_cm2 = positive or areal_capacity_mAh_cm2(cell)
    return electrolyte.volume_uL / (capacity_mAh_cm2 * cell.area_cm2)


def _lithium_mAh_cm2(cell: Cell, *, may_be_none: bool = False) -> float:
    lithium = cell.recipe.cell.lithium_capacity_mAh_cm2
    if lithium is None or (lithium == 0 and not may_be_none):
        raise NotMeasured("the lithium put in is not stated, or there is none")
    return lithium
