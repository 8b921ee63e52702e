import time
from datetime import UTC, datetime, timedelta

import pytest

from features import CellDesign, Coating, Phase, Recipe, Source
from features.errors import InvalidRecord
from store import CellFilter, CellStore, Outcome
from store.cell_tables import cell_versions, cells

BARE = Recipe(CellDesign("Li||Cu"), Coating(()))
N_MANY = 10_000


def recipe(*phases, cell_type="Li||Cu"):
    shares = tuple(Phase(name, 1 / len(phases)) for name in phases)
    return Recipe(CellDesign(cell_type), Coating(shares) if phases else None)


@pytest.fixture
def varied(store, make_cell):
    """Return a store of cells that differ in what a list can be asked for."""
    raw = {"cycling": None, "spectra": ()}
    store.add(make_cell("bare", recipe=BARE, source=Source("measured", lab="Basel"), **raw))
    for cell_id, made, source in [
        ("a", recipe("Cu3N", "SBR"), Source("measured", lab="Basel", batch="1")),
        ("b", recipe("Cu3N"), Source("measured", lab="Basel", batch="2")),
        ("c", recipe("Cu"), Source("literature", lab="Ulm", batch="1")),
        ("d", recipe("SBR_x"), Source("simulated")),
        ("e", recipe(cell_type="Li||Li"), Source("measured", lab="basel")),
    ]:
        store.add(make_cell(cell_id, recipe=made, source=source, **raw))
    store.correct("a", store.get("a"), "has a control", control_id="bare")
    store.finish("b", Outcome(100.0, False))
    store.finish("c", Outcome(80.0, True))
    store.finish("d", Outcome(ce_fraction=0.99))
    return store


def ids(store, **asked):
    return "".join(each.cell_id for each in store.each(CellFilter(**asked)))


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, "abbarecde"),
        ({"lab": "Basel"}, "abbare"),
        ({"lab": "Bas"}, ""),
        ({"batch": "1"}, "ac"),
        ({"lab": "Basel", "batch": "1"}, "a"),
        ({"kind": "simulated"}, "d"),
        ({"cell_type": "Li||Li"}, "e"),
        ({"has_life": True}, "bc"),
        ({"has_life": False}, "abarede"),
        ({"coating_phase": "Cu3N"}, "ab"),
        ({"coating_phase": "Cu"}, "c"),
        ({"coating_phase": "SBR"}, "a"),
        ({"coating_phase": "SBR%"}, ""),
        ({"coating_phase": "SBR_x"}, "d"),
        ({"coating_phase": "SBR_"}, ""),
        ({"is_bare": True}, "bare"),
        ({"is_bare": False}, "abcd"),
        ({"control_id": "bare"}, "a"),
        ({"recipe_id": BARE.recipe_id}, "bare"),
        ({"recipe_id": "0"}, ""),
    ],
    ids=str,
)
def test_a_list_holds_what_was_asked_for_and_nothing_else(varied, asked, expected):
    assert ids(varied, **asked) == expected
    assert varied.count(CellFilter(**asked)) == len(list(varied.each(CellFilter(**asked))))


@pytest.mark.parametrize("name", ["lab", "batch", "recipe_id", "coating_phase", "control_id"])
@pytest.mark.parametrize("text", ["Cu3N\nSBR", "\x00", "half \ud800"])
def test_what_no_text_holds_cannot_be_asked_for(name, text):
    """Phases stand between line feeds; one in the question would match across two of them."""
    with pytest.raises(InvalidRecord, match=rf"CellFilter\.{name} .* control characters"):
        CellFilter(**{name: text})


def test_since_knows_corrections_and_moments_of_any_time_zone(varied, make_cell):
    moment = datetime.now(UTC)
    assert ids(varied, since=moment) == ""
    varied.add(make_cell("late"))
    varied.finish("e", Outcome(3.0, False))
    assert ids(varied, since=moment) == "elate"
    assert ids(varied, since=moment - timedelta(hours=1)) == "abbarecdelate"
    with pytest.raises(InvalidRecord, match="has no time zone"):
        varied.list(CellFilter(since=datetime(2026, 1, 1)))


def test_replicates_are_found_by_their_recipe(store, make_cell):
    for number in range(3):
        source = Source("measured", replicate=str(number))
        store.add(make_cell(f"r{number}", source=source, recipe=recipe("Cu3N")))
    store.add(make_cell("other", recipe=recipe("SBR")))
    found = store.each(CellFilter(recipe_id=recipe("Cu3N").recipe_id))
    assert [each.source.replicate for each in found] == ["0", "1", "2"]


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 6, 7, 1000])
def test_pages_together_are_the_whole_list(varied, limit):
    found, cursor = [], None
    while True:
        page = varied.list(limit=limit, cursor=cursor)
        assert 0 < len(page.cells) <= limit
        found += page.cells
        cursor = page.next_cursor
        if cursor is None:
            break
    assert tuple(found) == varied.list(limit=1000).cells


def test_pages_neither_double_nor_skip_when_others_write_meanwhile(varied, make_cell):
    """An offset would show a cell twice as soon as one is added before it."""
    first = varied.list(limit=2)
    varied.add(make_cell("Z-early"))  # capitals sort before what was seen
    varied.delete("a", "meanwhile")
    second = varied.list(limit=1000, cursor=first.next_cursor)
    assert [each.cell_id for each in (*first.cells, *second.cells)] == ["a", "b", "bare", *"cde"]


def test_order_is_that_of_the_characters_on_every_database(store, make_cell):
    """A server's language must not decide what a page holds."""
    names = ["a", "B", "b", "A", "a-1", "a 1", "a_1", "10", "9"]
    for name in names:
        store.add(make_cell(name))
    assert [each.cell_id for each in store.each()] == sorted(names)


@pytest.mark.parametrize("limit", [0, -1, 1001])
def test_a_limit_out_of_bounds_is_refused(folder_store, limit):
    with pytest.raises(InvalidRecord, match="allowed is 1 to 1000 cells a page"):
        folder_store.list(limit=limit)


@pytest.mark.parametrize("cursor", ["", "x", "ä", "Li4v", "=" * 9, "a" * 5000, "'; --", "\x00"])
def test_a_cursor_that_nobody_gave_is_refused(folder_store, cursor):
    with pytest.raises(InvalidRecord, match="The cursor is none of this store"):
        folder_store.list(cursor=cursor)


@pytest.fixture(scope="module")
def many(tmp_path_factory, make_cell):
    """Return a store of ten thousand entries, copies of one, entered in bulk."""
    folder = tmp_path_factory.mktemp("many")
    store = CellStore.open(f"sqlite:///{folder / 'seicast.db'}", str(folder / "cells"))
    store.add(make_cell("c00000"))
    with store.database.writing() as connection:
        row = dict(connection.execute(cells.select()).one()._mapping)
        version = dict(connection.execute(cell_versions.select()).one()._mapping)
        names = [f"c{number:05}" for number in range(1, N_MANY)]
        rows = [
            row | {"cell_id": name, "lab": f"lab {number % 500}"}
            for number, name in enumerate(names)
        ]
        facts = version["facts"]
        connection.execute(cells.insert(), rows)
        connection.execute(
            cell_versions.insert(),
            [version | {"cell_id": name, "facts": facts.replace("c00000", name)} for name in names],
        )
    yield store
    store.close()


@pytest.mark.parametrize(
    "asked", [{}, {"lab": "lab 7"}, {"coating_phase": "Cu3N"}, {"has_life": True}], ids=str
)
def test_a_page_of_ten_thousand_cells_takes_what_a_page_of_a_hundred_takes(
    many, folder_store, make_cell, asked
):
    """Paging by key looks at one page; what is filtered is looked up, or scanned once."""
    for number in range(101):
        folder_store.add(make_cell(f"s{number:03}"))
    small = cpu_seconds(folder_store.list)
    middle = many.list(CellFilter(**asked), limit=2).next_cursor
    large = cpu_seconds(lambda: many.list(CellFilter(**asked), cursor=middle))
    assert large < 3 * small


def cpu_seconds(act, repeats=7):
    """Return the least processor time of some repeats."""
    times = []
    for _ in range(repeats):
        began = time.process_time()
        act()
        times.append(time.process_time() - began)
    return min(times)
