import numpy as np
import pytest

from features import Cell, CellDesign, Protocol, Recipe, Source
from serving.consistency import contradictions, with_contradictions


def answer(target, value):
    return {"target": target, "value": value, "notes": ("capped",)}


def make_cell(type="Li||LTO", lithium=10.0):
    recipe = Recipe(CellDesign(type, None, lithium, 3.0), protocol=Protocol(None, 3.0))
    return Cell("A1", recipe, Source("measured"))


@pytest.mark.parametrize(("life", "is_noted"), [(46.0, False), (47.0, True)])
def test_a_life_twice_beyond_its_lithium_is_noted(life, is_noted):
    """7 / (3 * (1 - 0.9)) is 23.3 cycles, doi:10.1002/adma.201605531."""
    answers = [answer("coulombic_efficiency", 0.9), answer("cycle_life", life)]
    ((efficiency, noted),) = with_contradictions([make_cell()], [answers])
    assert efficiency["notes"] == ("capped",)
    assert (len(noted["notes"]) == 2) == is_noted
    if is_noted:
        assert "the lithium excess lasts 23" in noted["notes"][1]
    assert noted["value"] == life


@pytest.mark.parametrize("cell", [make_cell("Li||Cu"), make_cell(lithium=None)])
def test_without_a_known_excess_nothing_contradicts(cell):
    answers = [answer("coulombic_efficiency", 0.9), answer("cycle_life", 1e4)]
    assert with_contradictions([cell], [answers]) == [answers]


def test_one_answer_alone_contradicts_nothing():
    answers = [answer("cycle_life", 1e4)]
    assert with_contradictions([make_cell()], [answers]) == [answers]


def test_columns_get_the_notes_that_cells_get():
    cells = [make_cell(lithium=lithium) for lithium in (10.0, None, 10.0)]
    values = {"coulombic_efficiency": [0.9, 0.9, 0.9], "cycle_life": [1e4, 1e4, 46.0]}
    columns = [{"target": name, "value": np.array(each)} for name, each in values.items()]
    rows = [[answer(name, each[row]) for name, each in values.items()] for row in range(3)]
    expected = {
        row: life["notes"][1]
        for row, (_, life) in enumerate(with_contradictions(cells, rows))
        if len(life["notes"]) == 2
    }
    assert contradictions(cells, columns) == expected
    assert list(expected) == [0]
    assert contradictions(cells, columns[1:]) == {}
