import gc
import weakref

import pytest

from features.errors import UnknownName
from features.recipe import Component, Electrolyte
from features.registry import (
    Descriptor,
    catalogue,
    once_per_cell,
    once_per_part,
    register,
    select,
)


def test_a_second_descriptor_of_one_name_is_refused():
    """Two definitions under one name would take turns, by the order of imports."""
    with pytest.raises(ValueError, match="Two descriptors are called 'is_coated'"):
        register(catalogue()["is_coated"])


def test_a_name_without_unit_is_not_registered():
    with pytest.raises(UnknownName, match="'roughness'"):
        register(Descriptor("roughness", 1, "own", len))
    assert "roughness" not in catalogue()


def test_the_catalogue_is_a_copy():
    """Nobody deletes a descriptor by tidying up his list."""
    catalogue().clear()
    assert catalogue()


def test_names_are_selected_in_their_order():
    names = ["is_coated", "ce_mean_fraction"]
    assert [descriptor.name for descriptor in select(names)] == names
    assert [descriptor.name for descriptor in select(iter(names))] == names


def test_a_name_said_twice_is_one_descriptor():
    assert [each.name for each in select(["is_coated", "is_coated"])] == ["is_coated"]


def test_none_selects_all_and_an_empty_list_nothing():
    assert [descriptor.name for descriptor in select(None)] == list(catalogue())
    assert select([]) == []


def test_unknown_names_are_answered_with_the_nearest():
    with pytest.raises(UnknownName, match=r"\['ce', 'life'\]; of \d+, the nearest are .*is_coated"):
        select(["ce", "is_coated", "life"])


def test_a_descriptor_tells_unit_and_summary():
    descriptor = catalogue()["hysteresis_mV"]
    assert descriptor.unit == "mV"
    assert descriptor.summary.startswith("Return stripping plus plating")
    assert Descriptor("x_mV", 1, "own", lambda cell: 0.0).summary == ""


def test_an_answer_is_computed_once_a_cell_and_goes_with_it(make_li_cu_cell):
    """A service meets a million cells; it must not keep them."""
    calls = []

    @once_per_cell
    def answer(cell):
        calls.append(cell.cell_id)
        return len(calls)

    one, other = make_li_cu_cell("one"), make_li_cu_cell("other")
    assert [answer(one), answer(one), answer(other)] == [1, 1, 2]
    gone = weakref.ref(one)
    del one
    gc.collect()
    assert gone() is None


def test_an_answer_is_computed_once_a_part_and_goes_with_it():
    """Equal parts are two: to find out that they are equal costs more than most answers."""
    kept = []

    @once_per_part
    def answer(electrolyte):
        kept.append(electrolyte.volume_uL)
        return None if electrolyte.volume_uL is None else len(kept)

    one, equal, blank = Electrolyte(volume_uL=80.0), Electrolyte(volume_uL=80.0), Electrolyte()
    assert [answer(each) for each in (one, one, equal, blank, blank)] == [1, 1, 2, None, None]
    assert len(kept) == 3
    gone = weakref.ref(one)
    del one
    gc.collect()
    assert gone() is None


def test_a_part_that_takes_the_place_of_another_gets_its_own_answer():
    """Memory is used again: what was known of the part that went must go with it."""

    @once_per_part
    def amount(component):
        return component.amount

    for number in range(1000):
        assert amount(Component("LiFSI", number / 10, "mol_per_L")) == number / 10


def test_what_fails_is_asked_again():
    @once_per_part
    def answer(electrolyte):
        raise ValueError(electrolyte.volume_uL)

    electrolyte = Electrolyte(volume_uL=80.0)
    for _ in range(2):
        with pytest.raises(ValueError, match="80"):
            answer(electrolyte)
