"""What a terminal shows of answers: numbers, and whether they are any."""

from pathlib import Path

import pytest

from seicast.cell_files import cells_from
from seicast.printing import show_predictions
from serving.answers import predictions_of
from serving.champions import champions_on


@pytest.fixture
def champions(environment, shelf):
    return champions_on(shelf)


@pytest.fixture
def reply(champions, environment):
    cells = cells_from(Path("docs/examples/cu3n_sbr.json"), None, [])
    return predictions_of(cells, champions, level=0.9, model=None).cells[0]


def widened(reply, target, **numbers):
    found = [
        each.model_copy(update=numbers) if each.target == target else each
        for each in reply.predictions
    ]
    return reply.model_copy(update={"predictions": found})


def test_a_row_that_could_be_anything_is_marked_beside_its_numbers(reply, champions, capsys):
    wide = widened(reply, "cycle_life", value=1144.0, lower=0.035, upper=1.289e9)
    show_predictions([wide], champions)
    lines = capsys.readouterr().out.splitlines()
    (row,) = (line for line in lines if "1144" in line)
    assert "cannot say" in row
    assert "1289000000" in row
    assert any(line.startswith("cycle_life: cannot say: its interval") for line in lines)


def test_a_row_that_says_something_is_not(reply, champions, capsys):
    sure = widened(reply, "cycle_life", value=100.0, lower=90.0, upper=110.0)
    sure = widened(sure, "coulombic_efficiency", value=0.97, lower=0.969, upper=0.971)
    show_predictions([sure], champions)
    assert "cannot say" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("unit", "shown"), [("lce", "0.3312"), ("ratio", "0.3312"), ("fraction", "0.3312")]
)
def test_a_number_below_one_keeps_its_digits(reply, champions, capsys, unit, shown):
    small = widened(reply, "cycle_life", unit=unit, value=0.33123, lower=0.02, upper=0.71)
    show_predictions([small], champions)
    (row,) = (line for line in capsys.readouterr().out.splitlines() if " 0.02" in line)
    assert shown in row
    assert "0.71" in row


def test_what_the_cell_lacks_moves_the_answer_as_lacking(reply, champions, capsys):
    lacking = widened(
        reply,
        "cycle_life",
        contributions={"temperature_degC": 0.1},
        absent={"temperature_degC": "-"},
    )
    show_predictions([lacking], champions)
    assert "moved by: without temperature_degC +0.1" in capsys.readouterr().out
