from dataclasses import replace

import pytest

from features.descriptors.cell_balance import (
    electrolyte_to_capacity_uL_per_mAh,
    lithium_utilisation_fraction,
    negative_to_positive_ratio,
)
from features.errors import NotMeasured
from features.recipe import CellDesign, Electrolyte, Protocol, Recipe
from features.records import Cell, Source


def make_cell(lithium=10.0, positive=3.0, cycled=1.0, volume_uL=30.0, area_cm2=2.0):
    recipe = Recipe(
        CellDesign("Li||LTO", None, lithium, positive),
        electrolyte=Electrolyte(volume_uL=volume_uL),
        protocol=Protocol(areal_capacity_mAh_cm2=cycled),
    )
    return Cell("A1", recipe, Source("measured"), area_cm2)


def test_lithium_is_used_by_what_is_cycled():
    assert lithium_utilisation_fraction(make_cell()) == pytest.approx(0.1)


def test_lithium_faces_the_positive_s_capacity():
    assert negative_to_positive_ratio(make_cell()) == pytest.approx(10 / 3)


def test_an_anode_free_cell_has_nothing_on_its_negative_side():
    assert negative_to_positive_ratio(make_cell(lithium=0.0)) == 0
    with pytest.raises(NotMeasured, match="or there is none"):
        lithium_utilisation_fraction(make_cell(lithium=0.0))


@pytest.mark.parametrize(("positive", "ratio"), [(3.0, 5.0), (None, 15.0)])
def test_electrolyte_is_counted_per_capacity_of_the_cell(positive, ratio):
    """30 uL over 2 cm2 of 3 mAh cm-2, or else of the 1 mAh cm-2 that is cycled."""
    assert electrolyte_to_capacity_uL_per_mAh(make_cell(positive=positive)) == pytest.approx(ratio)


@pytest.mark.parametrize(
    ("function", "facts", "why"),
    [
        (lithium_utilisation_fraction, {"lithium": None}, "lithium put in is not stated"),
        (lithium_utilisation_fraction, {"cycled": None}, "states no areal capacity"),
        (negative_to_positive_ratio, {"positive": None}, "positive electrode's capacity"),
        (negative_to_positive_ratio, {"lithium": None}, "lithium put in is not stated"),
        (electrolyte_to_capacity_uL_per_mAh, {"volume_uL": None}, "volume is not stated"),
        (electrolyte_to_capacity_uL_per_mAh, {"area_cm2": None}, "area is not stated"),
    ],
)
def test_what_is_not_stated_is_not_assumed(function, facts, why):
    with pytest.raises(NotMeasured, match=why):
        function(make_cell(**facts))


def test_no_electrolyte_has_no_volume():
    cell = make_cell()
    dry = replace(cell, recipe=replace(cell.recipe, electrolyte=None))
    with pytest.raises(NotMeasured, match="volume is not stated"):
        electrolyte_to_capacity_uL_per_mAh(dry)
