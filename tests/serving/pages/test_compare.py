"""A coating is judged by its replicates against their control; a short never wins."""

import pytest

from features import Cell, CellDesign, Coating, Phase, Protocol, Recipe, Source
from serving.pages.charts.comparison import Point
from serving.pages.compare import _published_pairs, _won
from store.outcome import Outcome
from training.virtual_lab import founding_recipe, simulate

BARE, COATED = Coating(()), Coating((Phase("Cu3N", 0.9), Phase("SBR", 0.1)))


def keep(stores, cell_id, coating, outcome=None, control_id=None):
    recipe = Recipe(CellDesign("Li||Cu"), coating, protocol=Protocol(1.0))
    cell = Cell(cell_id, recipe, Source("measured", replicate=cell_id))
    return stores.cells.add(cell, outcome=outcome, control_id=control_id)


def efficiency(value):
    return Outcome(ce_fraction=value)


def test_an_empty_store_and_one_without_pairs_say_what_to_do(keeper, stores):
    assert "No cell is kept yet" in keeper.get("/pages/compare").text
    keep(stores, "B1", BARE)
    assert "names its control" in keeper.get("/pages/compare").text


def test_replicates_of_both_sides_are_held_against_each_other(keeper, stores):
    for number, (bare, coated) in enumerate([(0.93, 0.97), (0.94, 0.98), (0.95, 0.975)]):
        keep(stores, f"B{number}", BARE, efficiency(bare))
        keep(stores, f"C{number}", COATED, efficiency(coated), "B0")
    listed = keeper.get("/pages/compare").text
    assert 'href="/compare?cell=C0"' in listed
    page = keeper.get("/pages/compare", params={"cell": "C1"}).text
    assert "3 coated cells, 3 uncoated" in page
    assert "94.00 %" in page
    assert "97.50 %" in page
    assert "better in 9 of 9 pairs" in page
    assert "0.42 of the control" in page  # (1 - 0.975) / (1 - 0.94)
    assert "10.1002/adma.201605531" in page  # the published pair beside


def test_a_suspected_short_is_shown_and_left_out_of_the_median(keeper, stores):
    keep(stores, "B0", BARE, Outcome(cycle_life_cycles=50, is_censored=False))
    keep(stores, "C0", COATED, Outcome(cycle_life_cycles=100, is_censored=False), "B0")
    short = Outcome(cycle_life_cycles=900, is_censored=False, end_of_life_event="soft_short")
    keep(stores, "C1", COATED, short, "B0")
    page = keeper.get("/pages/compare", params={"cell": "C0"}).text
    assert "it lives 2.00 times as long" in page
    assert "soft short suspected" in page


def test_cells_without_an_outcome_are_read_for_it(keeper, stores):
    for kind, control in (("bare", None), ("Cu3N+SBR", "bare")):
        cell = simulate(founding_recipe(kind), seed=2, n_cycles=10).cell
        renamed = Cell(
            kind.replace("+", "-"), cell.recipe, cell.source, cell.area_cm2, cell.cycling
        )
        stores.cells.add(renamed, control_id=control)
    page = keeper.get("/pages/compare", params={"cell": "Cu3N-SBR"}).text
    assert "≥ 10 cycles" in page
    assert "Coulombic efficiency" in page


def test_a_coating_without_a_control_says_so(keeper, stores):
    keep(stores, "C0", COATED, efficiency(0.97))
    assert "has no control" in keeper.get("/pages/compare", params={"cell": "C0"}).text
    assert keeper.get("/pages/compare", params={"cell": "nobody"}).status_code == 404


@pytest.mark.parametrize(
    ("control", "coated", "expected"),
    [
        (Point("a", 50), Point("b", 60), (1, 1)),
        (Point("a", 50), Point("b", 40), (0, 1)),
        (Point("a", 50), Point("b", 40, is_bound=True), (0, 0)),
        (Point("a", 50), Point("b", 60, is_bound=True), (1, 1)),
        (Point("a", 50, is_bound=True), Point("b", 60), (0, 0)),
        (Point("a", 50, is_bound=True), Point("b", 40), (0, 1)),
        (Point("a", 50), Point("b", 60, is_suspect=True), (0, 0)),
    ],
)
def test_a_pair_is_decided_only_where_bounds_allow(control, coated, expected):
    assert _won([control], [coated]) == expected


def test_the_published_pair_of_the_founding_paper_is_found():
    pairs = _published_pairs("Li||Cu", "ce")
    assert any(other.value == 0.974 and one.value < other.value for one, other in pairs)
    assert _published_pairs("graphite||LCO", "ce") == []
