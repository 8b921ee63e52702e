import pytest

from features import Cell, CellDesign, Protocol, Recipe, Source
from serving.consistency import with_contradictions


def answer(target, value):
    return {"target": target, "value": value, "notes": ("capped",)}


def make_cell(type="Li||LTO", lithium=10.0):
    recipe = Recipe(CellDesign(type, None, lithium, 3.0), protocol=Protocol(None, 3.0))
    return Cell("A1", recipe, Source("measured"))


@pytest.mark.parametrize(("life", "is_noted"), [(46.0, False), (47.0, True)])
def test_a_life_twice_beyond_its_lithium_is_noted(life, is_noted):
    """7 / (3 * (1 - 0.9)) is 23.3 cycles, doi:10.1002/adma.201605531."""
    efficiency, noted = with_contradictions(
        make_cell(), [answer("coulombic_efficiency", 0.9), answer("cycle_life", life)]
    )
    assert efficiency["notes"] == ("capped",)
    assert (len(noted["notes"]) == 2) == is_noted
    if is_noted:
        assert "the lithium excess lasts 23" in noted["notes"][1]
    assert noted["value"] == life


@pytest.mark.parametrize("cell", [make_cell("Li||Cu"), make_cell(lithium=None)])
def test_without_a_known_excess_nothing_contradicts(cell):
    answers = [answer("coulombic_efficiency", 0.9), answer("cycle_life", 1e4)]
    assert with_contradictions(cell, answers) == answers


def test_one_answer_alone_contradicts_nothing():
    answers = [answer("cycle_life", 1e4)]
    assert with_contradictions(make_cell(), answers) == answers
