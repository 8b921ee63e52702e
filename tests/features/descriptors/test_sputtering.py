import pytest

from features.descriptors.sputtering import (
    log10_sputter_power_W,
    log10_sputter_time_s,
    substrate_rotation_Hz,
)
from features.errors import NotMeasured
from features.recipe import CellDesign, Coating, Phase, Recipe
from features.records import Cell, Source


def make_cell(process):
    recipe = Recipe(CellDesign("Li||Cu"), Coating((Phase("Al", 1.0),), process=process))
    return Cell("A1", recipe, Source("measured"))


def test_power_time_and_rotation_are_read_from_the_words():
    cell = make_cell("DC magnetron sputtering, 100 W, 10 s, 6 rpm, in argon")
    assert log10_sputter_power_W(cell) == 2
    assert log10_sputter_time_s(cell) == 1
    assert substrate_rotation_Hz(cell) == pytest.approx(0.1)


def test_a_substrate_at_rest_turns_by_nothing():
    assert substrate_rotation_Hz(make_cell("sputtering, 0 rpm")) == 0


@pytest.mark.parametrize(
    ("function", "process", "why"),
    [
        (log10_sputter_power_W, "doctor blade", "no coating by sputtering"),
        (log10_sputter_power_W, None, "no coating by sputtering"),
        (log10_sputter_power_W, "sputtering, 5 kW", "no power of sputtering in W"),
        (log10_sputter_time_s, "sputtering, 2 min", "no time of sputtering in s"),
        (log10_sputter_time_s, "sputtering, 0 s", "stated as 0 s"),
        (substrate_rotation_Hz, "sputtering, 40 W", "no rotation of sputtering in rpm"),
    ],
)
def test_what_is_not_stated_is_not_assumed(function, process, why):
    with pytest.raises(NotMeasured, match=why):
        function(make_cell(process))


def test_an_electrode_without_coating_was_not_sputtered():
    cell = Cell("A1", Recipe(CellDesign("Li||Cu")), Source("measured"))
    with pytest.raises(NotMeasured, match="no coating by sputtering"):
        substrate_rotation_Hz(cell)
