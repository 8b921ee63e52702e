"""Laws for recipes that differ in a few facts: described as the cells they stand for."""

from dataclasses import replace

import numpy as np
import pytest

from features import CellDesign, Coating, Component, Electrolyte, Phase, Protocol, Recipe
from features.errors import InvalidRecord, UnknownName
from features.recipe import RANGES
from features.registry import catalogue
from features.scan import Scan
from features.scan_table import describe_scan
from features.table import describe

PHASES = (Phase("Cu3N", 0.9, "inorganic"), Phase("SBR", 0.1, "polymer"))
RECIPE = Recipe(
    CellDesign("Li||Cu"),
    Coating(PHASES, thickness_nm=300.0, ionic_conductivity_S_cm=1e-7),
    Electrolyte((Component("LiPF6", 1, "mol_per_L"),), (Component("DME", 1, "volume_parts"),)),
    Protocol(0.5, 1.0, ce_method="aurbach"),
)
THICKNESS, CURRENT = "coating.thickness_nm", "protocol.current_density_mA_cm2"
#: Each kind of column: numbers, blanks, words, and a part of the recipe in one.
COLUMNS = {
    THICKNESS: [100.0, None, 100.0, 3000.0] * 3,
    CURRENT: [0.5, 0.5, None] * 4,
    "cell.type": ["Li||Cu", "Li||Cu", "Li||Li", "Li||LFP", "Li||Cu", "Li||LTO"] * 2,
    "coating.phases": [PHASES, (), PHASES, (Phase("LiF", 1.0),)] * 3,
    "electrolyte.volume_uL": [40, 60.5, None] * 4,
}


def as_described(scan, n_cycles=None):
    return describe([scan.cell(row) for row in range(len(scan))], None, n_cycles)


@pytest.mark.parametrize("n_cycles", [None, 20])
@pytest.mark.parametrize("names", [[name] for name in COLUMNS] + [list(COLUMNS)])
def test_a_scan_is_described_as_its_cells_are(names, n_cycles):
    """Every descriptor of the catalogue, each value and each reason."""
    scan = Scan(RECIPE, {name: COLUMNS[name] for name in names})
    found, expected = describe_scan(scan, None, n_cycles), as_described(scan, n_cycles)
    assert np.array_equal(found.array, expected.array, equal_nan=True)
    assert found.reasons == expected.reasons
    assert found.cell_ids == expected.cell_ids
    assert (found.units, found.versions) == (expected.units, expected.versions)


OF_FACTS = [each for each in catalogue().values() if each.of_fact is not None]


@pytest.mark.parametrize("descriptor", OF_FACTS, ids=lambda each: each.name)
def test_what_follows_from_one_column_has_the_bits_that_each_cell_has(descriptor, monkeypatch):
    """Over all that a lab can mean, and without a cell for each."""
    low, high = RANGES[descriptor.of_fact.fact.rpartition(".")[2]]
    numbers = np.geomspace(low, high, 2000).tolist()
    scan = Scan(RECIPE, {descriptor.of_fact.fact: numbers}, pattern=descriptor.name.encode())
    expected = [descriptor.function(cell) for cell in scan]
    monkeypatch.setattr(Scan, "__iter__", None)
    found = describe_scan(scan, [descriptor.name])
    assert found.array[:, 0].tolist() == expected
    assert not any(found.blanks)


@pytest.mark.parametrize(
    "others", [{}, {"coating.phases": [(), PHASES] * 50}, {"coating.phases": [PHASES, ()] * 50}]
)
@pytest.mark.parametrize("first", [None, 30.0])
def test_where_more_than_one_column_decides_each_cell_is_asked(others, first):
    """A bare electrode has no thickness, and a blank has its reason."""
    thicknesses_nm = [first, *(100.0 + number for number in range(99))]
    for recipe in (RECIPE, replace(RECIPE, coating=Coating(()))):
        scan = Scan(recipe, {THICKNESS: thicknesses_nm, **others})
        found, expected = describe_scan(scan), as_described(scan)
        assert np.array_equal(found.array, expected.array, equal_nan=True)
        assert found.reasons == expected.reasons


def test_its_cells_are_those_that_the_records_make():
    scan = Scan(RECIPE, COLUMNS)
    for row, cell in enumerate(scan):
        assert cell.recipe == scan.cell(row).recipe
        assert cell.recipe.coating == Coating(
            COLUMNS["coating.phases"][row], COLUMNS[THICKNESS][row], ionic_conductivity_S_cm=1e-7
        )
        assert cell.recipe.protocol.current_density_mA_cm2 == COLUMNS[CURRENT][row]
        assert cell.recipe.electrolyte.salts == RECIPE.electrolyte.salts
        assert cell.cell_id == str(row)


def test_cells_have_the_names_and_the_areas_that_are_given():
    ids = [f"c{row}" for row in range(12)]
    scan = Scan(RECIPE, {THICKNESS: COLUMNS[THICKNESS]}, ids, 0.5)
    assert [(cell.cell_id, cell.area_cm2) for cell in scan] == [(each, 0.5) for each in ids]
    areas_cm2 = [0.5, 1.0, None] * 4
    scan = Scan(RECIPE, {"area_cm2": areas_cm2, THICKNESS: COLUMNS[THICKNESS]}, ids)
    assert [cell.area_cm2 for cell in scan] == areas_cm2
    assert scan.of_each(lambda cell: cell.area_cm2) == areas_cm2
    assert scan.of_each(lambda cell: cell.cell_id) == ["c0"] * 12  # names are not looked at


def test_cells_may_differ_in_their_names_alone():
    scan = Scan(RECIPE, {}, ["a", "b"])
    assert [(cell.cell_id, cell.recipe) for cell in scan] == [("a", RECIPE), ("b", RECIPE)]
    assert describe_scan(scan).reasons == describe(list(scan)).reasons


def test_some_cells_of_a_scan_are_those_cells():
    scan = Scan(RECIPE, COLUMNS | {"area_cm2": [1.0, 2.0] * 6}, [f"c{row}" for row in range(12)])
    rows = [7, 0, 11]
    found, expected = scan.rows(rows), list(scan)
    assert len(found) == 3
    for cell, row in zip(found, rows, strict=True):
        wanted = (expected[row].cell_id, expected[row].recipe, expected[row].area_cm2)
        assert (cell.cell_id, cell.recipe, cell.area_cm2) == wanted


@pytest.mark.parametrize("n_kept", [0, 1000])
def test_rows_that_lack_the_same_share_their_reasons(n_kept, monkeypatch):
    """Whether its cells are kept or made anew."""
    monkeypatch.setattr("features.scan.MOST_KEPT", n_kept)
    names = ["log10_coating_thickness_nm", "log10_current_density_mA_cm2"]
    table = describe_scan(Scan(RECIPE, COLUMNS), names)
    assert table.reasons == as_described(Scan(RECIPE, COLUMNS)).columns(names).reasons
    assert table.blanks[1] is not table.blanks[0]
    assert table.blanks[4] is table.blanks[10]


def test_a_watched_part_can_be_replaced_and_forgets_nothing():
    """A function may change what it looks at into another record, and look at that."""
    scan = Scan(RECIPE, {THICKNESS: [100.0, 100.0, 3000.0, 3000.0]})

    def thickened(cell):
        return replace(cell.recipe.coating, process="pressed").thickness_nm

    assert scan.of_each(thickened) == [100.0, 100.0, 3000.0, 3000.0]


def test_a_part_that_is_not_stated_may_come_by_columns():
    scan = Scan(Recipe(CellDesign("Li||Cu")), {"coating.phases": [(), PHASES]})
    assert [cell.recipe.coating.is_bare for cell in scan] == [True, False]
    with pytest.raises(InvalidRecord, match="Row 0 of coating"):
        Scan(Recipe(CellDesign("Li||Cu")), {THICKNESS: [100.0]})


def test_what_is_not_looked_at_is_not_asked_again():
    """One cell answers for all, or for all of one value."""
    scan = Scan(RECIPE, {THICKNESS: [1.0, 2.0, 1.0, 2.0, 1.0, 2.0], CURRENT: [0.5] * 6})
    asked = []

    def of_type(cell):
        asked.append(cell)
        return cell.recipe.cell.type

    def of_thickness(cell):
        asked.append(cell)
        return cell.recipe.coating.thickness_nm

    assert scan.of_each(of_type) == ["Li||Cu"] * 6
    assert len(asked) == 1
    assert scan.of_each(of_thickness) == [1.0, 2.0] * 3
    assert len(asked) == 1 + 1 + 2


def test_what_is_looked_at_in_some_cells_alone_is_noticed():
    """A thin film hides the current from a function that asks for it behind thick ones."""
    scan = Scan(RECIPE, {THICKNESS: [1.0, 1.0, 9.0, 9.0, 9.0, 9.0], CURRENT: [0.1, 0.2] * 3})

    def current_of_thick(cell):
        if cell.recipe.coating.thickness_nm < 5:
            return None
        return cell.recipe.protocol.current_density_mA_cm2

    assert scan.of_each(current_of_thick) == [None, None, 0.1, 0.2, 0.1, 0.2]


@pytest.mark.parametrize("names", [[THICKNESS], [CURRENT, THICKNESS], list(COLUMNS)])
def test_what_is_known_of_a_pattern_changes_no_answer(names):
    """The same recipe, with values in another order, and fewer of them."""
    for rows in (range(12), range(11, -1, -1), [3, 4, 5], [2]):
        columns = {name: [COLUMNS[name][row] for row in rows] for name in names}
        known = describe_scan(Scan(RECIPE, columns, pattern=b"as written"))
        expected = as_described(Scan(RECIPE, columns))
        assert np.array_equal(known.array, expected.array, equal_nan=True)
        assert known.reasons == expected.reasons


def test_what_no_column_changes_is_asked_once_for_a_pattern():
    asked = []

    def of_type(cell):
        asked.append(cell)
        return cell.recipe.cell.type

    for thickness_nm in (1.0, 2.0):
        scan = Scan(RECIPE, {THICKNESS: [thickness_nm] * 3}, pattern=b"of types")
        assert scan.of_kinds(of_type, "type")[0] == ["Li||Cu"]
        assert scan.rows([0, 2]).of_kinds(of_type, "type")[0] == ["Li||Cu"]
    assert len(asked) == 1
    Scan(RECIPE, {CURRENT: [1.0]}, pattern=b"of types").of_kinds(of_type, "type")
    Scan(RECIPE, {THICKNESS: [1.0]}, pattern=b"another").of_kinds(of_type, "type")
    Scan(RECIPE, {THICKNESS: [1.0]}).of_kinds(of_type, "type")
    scan.of_kinds(of_type)
    assert len(asked) == 5


def test_what_a_later_scan_of_a_pattern_makes_a_function_look_at_is_noticed():
    def current_of_thick(cell):
        if cell.recipe.coating.thickness_nm < 5:
            return None
        return cell.recipe.protocol.current_density_mA_cm2

    for thickness_nm, expected in ((1.0, [None] * 4), (9.0, [0.1, 0.1, 0.2, 0.2])):
        columns = {THICKNESS: [thickness_nm] * 4, CURRENT: [0.1, 0.1, 0.2, 0.2]}
        scan = Scan(RECIPE, columns, pattern=b"of films")
        answers, kind = scan.of_kinds(current_of_thick, "current of thick")
        assert [answers[each] for each in kind] == expected


@pytest.mark.parametrize("taken", [vars, hash, repr])
def test_whoever_takes_a_part_whole_has_looked_at_all_of_it(taken):
    scan = Scan(RECIPE, {THICKNESS: [1.0, 1.0, 1.0, 2.0]})
    seen = []
    scan.of_each(lambda cell: seen.append(taken(cell.recipe.coating)))
    assert len(seen) > 1


def test_a_part_that_is_watched_equals_a_plain_one_of_the_same_facts():
    scan = Scan(RECIPE, {THICKNESS: [300.0, 300.0, 1.0]})
    assert scan.of_each(lambda cell: cell.recipe.coating == RECIPE.coating) == [True, True, False]
    assert scan.of_each(lambda cell: RECIPE.coating != cell.recipe.coating) == [False, False, True]
    assert scan.of_each(lambda cell: cell.recipe in {RECIPE}) == [True, True, False]


def test_a_value_out_of_range_is_refused_with_its_row():
    with pytest.raises(InvalidRecord, match=r"Row 2 of coating.*thickness_nm is 1e\+06"):
        Scan(RECIPE, {THICKNESS: [100.0, None, 1e6]})
    with pytest.raises(InvalidRecord, match="Row 1 of protocol"):
        Scan(RECIPE, {CURRENT: [1.0, float("nan")]})
    with pytest.raises(InvalidRecord, match="area_cm2 is 0"):
        Scan(RECIPE, {"area_cm2": [1.0, 0.0]})
    with pytest.raises(InvalidRecord, match=r"Row 1 of coating.*add up to 0\.500"):
        Scan(RECIPE, {"coating.phases": [PHASES, (Phase("LiF", 0.5),)]})


def test_columns_that_nobody_has_or_of_other_lengths_are_refused():
    with pytest.raises(InvalidRecord, match=r"coating\.colour"):
        Scan(RECIPE, {"coating.colour": ["red"]})
    with pytest.raises(InvalidRecord, match="one length"):
        Scan(RECIPE, {THICKNESS: [1.0], CURRENT: [1.0, 2.0]})
    with pytest.raises(InvalidRecord, match="one length"):
        Scan(RECIPE, {THICKNESS: [1.0]}, ["a", "b"])
    for none in ({}, {THICKNESS: []}):
        with pytest.raises(InvalidRecord):
            Scan(RECIPE, none)


def test_a_descriptor_that_nobody_has_is_refused():
    with pytest.raises(UnknownName, match="phlogiston"):
        describe_scan(Scan(RECIPE, {THICKNESS: [1.0]}), ["phlogiston_mV"])
