"""The list of cells: filtered, paged, and useful when there is nothing in it."""

import re

import pytest

from features import Cell, CellDesign, Coating, Phase, Protocol, Recipe, Source
from serving.pages.cells import N_A_PAGE
from store.outcome import Outcome

MARKUP = "<img src=x onerror=alert(1)>"


def keep(stores, number, phase="Cu3N", **more):
    coating = Coating((Phase(phase, 1.0),)) if phase else Coating(())
    recipe = Recipe(CellDesign("Li||Cu"), coating, protocol=Protocol(1.0 + number / 1000))
    return stores.cells.add(Cell(f"C{number:04d}", recipe, Source("measured", lab="ours")), **more)


def test_an_empty_store_says_how_to_fill_it(keeper):
    page = keeper.get("/pages/cells").text
    assert "No cell is kept yet" in page
    assert "seicast cells add" in page


def test_a_thousand_cells_come_page_by_page_each_once(keeper, stores):
    for number in range(1000):
        keep(stores, number)
    seen, cursor = [], ""
    for _ in range(1000 // N_A_PAGE):
        page = keeper.get("/pages/cells", params={"cursor": cursor}).text
        assert "1,000 cells" in page
        assert len(page) < 100_000
        seen += re.findall(r'href="/cells/(C\d+)"', page)
        cursor = next(iter(re.findall(r'data-cursor="([^"]+)"', page)), "")
    assert seen == [f"C{number:04d}" for number in range(1000)]
    assert not cursor


@pytest.mark.parametrize(
    ("query", "n_cells"),
    [
        ({}, 3),
        ({"coated": "bare"}, 1),
        ({"coated": "coated"}, 2),
        ({"coating_phase": "LiF"}, 1),
        ({"outcome": "known"}, 1),
        ({"outcome": "open"}, 2),
        ({"lab": "elsewhere"}, 0),
        ({"kind": "simulated"}, 0),
    ],
)
def test_a_filter_leaves_what_it_says(keeper, stores, query, n_cells):
    keep(stores, 1, phase="")
    keep(stores, 2, outcome=Outcome(cycle_life_cycles=104, is_censored=True))
    keep(stores, 3, phase="LiF")
    page = keeper.get("/pages/cells", params=query).text
    assert page.count('href="/cells/') == n_cells
    assert n_cells or "None of the 3 cells is like that" in page
    assert "≥ 104 cycles" in page or "known" not in query.values()


@pytest.mark.parametrize("query", [{"kind": "guessed"}, {"cursor": "nonsense!"}])
def test_a_list_that_cannot_be_made_is_refused(keeper, query):
    assert keeper.get("/pages/cells", params=query).status_code == 422


def test_what_a_lab_wrote_is_shown_as_text(keeper, stores):
    keep(stores, 1, phase=MARKUP)
    page = keeper.get("/pages/cells").text
    assert MARKUP not in page
    assert "&lt;img" in page


def test_a_service_without_a_store_says_so(client):
    reply = client.get("/pages/cells")
    assert reply.status_code == 503
    assert reply.json()["type"] == "urn:seicast:no-store"
