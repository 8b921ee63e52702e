"""The curves on screen are the record's own, on one grid."""

import numpy as np
import pytest

from features.cycles import cycles
from features.errors import NotMeasured
from features.recipe import CellDesign, Recipe
from features.records import Cell, Source
from serving.pages.curves import MOST_CYCLES, N_PROFILES, _thinned, cycle_columns, profiles
from training.virtual_lab import founding_recipe, simulate


@pytest.fixture(scope="module")
def cell():
    return simulate(founding_recipe("Cu3N+SBR"), seed=3, n_cycles=30).cell


def test_a_profile_shows_the_voltages_of_its_half_cycle(cell):
    found = profiles(cell)
    for series in found["series"]:
        shown = [voltage for voltage in series["out"] if voltage is not None]
        assert cell.cycling["voltage_volt"].min() <= min(shown)
        assert max(shown) <= cell.cycling["voltage_volt"].max()
        assert max(shown) < 0  # plating is negative
        assert max(v for v in series["back"] if v is not None) > 0


def test_the_first_and_the_last_cycle_are_among_the_profiles(cell):
    names = [series["name"] for series in profiles(cell)["series"]]
    assert names[0] == "cycle 1"
    assert names[-1] == "cycle 30"
    assert len(names) <= N_PROFILES


def test_stripping_ends_before_plating_by_what_was_lost(cell):
    series = profiles(cell)["series"][0]
    n_out, n_back = (sum(v is not None for v in series[half]) for half in ("out", "back"))
    ce_fraction = cycles(cell)["ce_fraction"].iloc[0]
    assert n_back / n_out == pytest.approx(ce_fraction, abs=0.01)


def test_the_columns_are_those_of_the_table_of_cycles(cell):
    found, table = cycle_columns(cell), cycles(cell)
    np.testing.assert_allclose(found["columns"]["ce"], table["ce_fraction"], atol=1e-6)
    assert found["cycle"] == table["cycle"].tolist()
    assert not found["is_thinned"]


def test_capacity_over_voltage_is_drawn_too(make_full_cell):
    cell = make_full_cell()
    found = profiles(cell)
    assert found["x"] == sorted(found["x"])
    assert all(len(series["out"]) == len(found["x"]) for series in found["series"])
    assert cycle_columns(cell)["columns"]["capacity"]


@pytest.mark.parametrize("cell_type", ["Li||Cu", "Li||Li", "graphite||LFP"])
def test_a_cell_without_cycling_says_so(cell_type):
    """Whatever its type allows, that is not why nothing is drawn."""
    cell = Cell("A1", Recipe(CellDesign(cell_type)), Source("measured"))
    for draw in (profiles, cycle_columns):
        with pytest.raises(NotMeasured, match="there is no cycling data"):
            draw(cell)


def test_a_screen_gets_no_more_points_than_it_can_show():
    rows = _thinned(10 * MOST_CYCLES)
    assert len(rows) <= MOST_CYCLES + 1
    assert rows[0] == 0
    assert rows[-1] == 10 * MOST_CYCLES - 1
