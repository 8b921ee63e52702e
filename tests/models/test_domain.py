from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from features import Cell, CellDesign, Coating, Phase, Recipe, Source
from models.domain import (
    Range,
    departure,
    departures,
    learn_ranges,
    range_reasons,
    scope_reasons,
)

TABLE = pd.DataFrame(
    {"always": [1.0, 2.0, 3.0], "at_times": [4.0, np.nan, 6.0], "never": [np.nan] * 3}
)
INSIDE = {"always": 2.0, "at_times": 5.0, "never": np.nan}
COATED = Coating((Phase("LiF", 1.0, "inorganic"),))
BARE = Coating(())


@pytest.fixture(scope="module")
def ranges():
    return learn_ranges(TABLE)


def cell_of(coating=COATED, type="Li||Cu"):
    return Cell("A1", Recipe(CellDesign(type), coating), Source("measured"))


def test_every_training_cell_lies_inside(ranges):
    """Whoever was learnt from cannot be a stranger."""
    for _, row in TABLE.iterrows():
        assert range_reasons(ranges, row.to_dict()) == []


def test_the_ends_of_the_range_survive_a_rounding(ranges):
    """JSON written elsewhere may differ in the last digit."""
    assert range_reasons(ranges, INSIDE | {"always": 3.0 * (1 + 1e-12)}) == []
    assert range_reasons(ranges, INSIDE | {"always": 3.0 * (1 + 1e-6)})


@pytest.mark.parametrize(("value", "distance"), [(5.0, "2.4 SD"), (-1.0, "2.4 SD"), (3.1, "0.1")])
def test_a_value_outside_is_named_with_its_distance(ranges, value, distance):
    """The SD of 1, 2, 3 is 0.816; a reader wants to know how far out he is."""
    (reason,) = range_reasons(ranges, INSIDE | {"always": value})
    assert reason.startswith(f"always is {value:.4g}; training cells lie between 1 and 3")
    assert distance in reason


def test_a_constant_column_tells_the_distance_in_its_own_unit():
    """Zero SD divides nothing."""
    (reason,) = range_reasons(learn_ranges(pd.DataFrame({"x": [2.0, 2.0]})), {"x": 2.5})
    assert reason.endswith("(0.5 beyond)")


def test_what_every_training_cell_had_must_not_be_absent(ranges):
    """An imputed value stands where the model never saw a blank."""
    assert range_reasons(ranges, INSIDE | {"always": np.nan}) == [
        "always is absent; every training cell had it"
    ]
    assert range_reasons(ranges, INSIDE | {"at_times": np.nan}) == []


def test_what_no_training_cell_had_is_news(ranges):
    (reason,) = range_reasons(ranges, INSIDE | {"never": 1.0})
    assert reason == "never is 1; no training cell had it"


def test_a_cell_of_a_learnt_kind_is_in_scope(provenance_maker):
    assert scope_reasons(provenance_maker(), cell_of()) == []


def test_another_type_of_cell_is_out_of_scope(provenance_maker):
    (reason,) = scope_reasons(provenance_maker(), cell_of(type="Li||LTO"))
    assert reason == "the cell is Li||LTO; training cells are Li||Cu"


@pytest.mark.parametrize("coating", [BARE, None])
def test_a_model_of_coated_cells_says_so_to_a_bare_one(provenance_maker, coating):
    learnt = provenance_maker(has_coated=True, has_bare=False)
    (reason,) = scope_reasons(learnt, cell_of(coating))
    assert "every training cell is coated" in reason


def test_a_model_of_bare_cells_says_it_is_blind_to_a_coating(provenance_maker):
    learnt = provenance_maker(has_coated=False, has_bare=True)
    assert "blind" in scope_reasons(learnt, cell_of())[0]
    assert scope_reasons(learnt, cell_of(BARE)) == []


def test_every_departure_has_its_own_sentence(provenance_maker):
    learnt = replace(provenance_maker(), has_coated=False, has_bare=True)
    assert len(scope_reasons(learnt, cell_of(type="Li||Li"))) == 2


def test_a_value_a_thousand_times_off_is_asked_about_its_unit():
    """The commonest mistake of all; the reader gets the likely unit with the refusal."""
    ranges = learn_ranges(pd.DataFrame({"coating_thickness_nm": [200.0, 500.0, 2000.0]}))
    (reason,) = range_reasons(ranges, {"coating_thickness_nm": 0.8})
    assert reason.endswith("did you mean 0.8 um?")
    (reason,) = range_reasons(ranges, {"coating_thickness_nm": 9000.0})
    assert "did you mean" not in reason


@pytest.mark.parametrize("sd", [0.5, 0.0])
def test_of_many_values_each_is_said_what_is_said_of_it_alone(sd):
    """Inside, by a rounding outside, beyond on either side, and a slip of the unit."""
    name, learnt = "log10_coating_thickness_nm", Range(2.3, 3.3, sd, True)
    values = [2.5, 3.3 * (1 + 1e-12), 3.4, 1.9, -0.1, -0.0, 0.0, 9.0]
    many = departures(name, learnt, values)
    assert many == [departure(name, learnt, value) for value in values]
    assert many[:2] == ["", ""]
    assert sum("did you mean um?" in each for each in many) == 3
    assert departures(name, learnt, []) == []
