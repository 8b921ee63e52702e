from dataclasses import replace

import pytest

from features.published import (
    MOST_AT_ONCE,
    WEIGHTS,
    _distance,
    _facts_of_recipe,
    _facts_of_row,
    _rows,
    figures_of_each,
    figures_of_scan,
    nearest_published,
    published_figures,
    row_cell_type,
    unlikeness,
)
from features.recipe import CellDesign, Coating, Phase, Protocol, Recipe
from features.scan import Scan


def make_recipe(*phases, current_mA_cm2=1.0):
    return Recipe(
        CellDesign("Li||Cu", "Cu"),
        Coating(phases),
        protocol=Protocol(current_density_mA_cm2=current_mA_cm2, areal_capacity_mAh_cm2=1.0),
    )


FOUNDING = make_recipe(Phase("Cu3N", 0.9, "inorganic"), Phase("SBR", 0.1, "polymer"))


def test_the_founding_coating_finds_its_own_paper():
    """97.4 % over more than 100 cycles, doi:10.1002/adma.201605531."""
    first = nearest_published(FOUNDING)[0]
    assert first.citation == "doi:10.1002/adma.201605531"
    assert (first.ce_fraction, first.cycle_life_cycles, first.is_censored) == (0.974, 100, True)


def test_a_bare_electrode_finds_a_bare_one():
    assert all("none" in each.coating for each in nearest_published(make_recipe(), 2))


def test_distances_rise_from_the_first_and_lie_between_0_and_1():
    found = [each.distance for each in nearest_published(FOUNDING, 50)]
    assert found == sorted(found)
    assert 0 <= found[0] <= found[-1] <= 1


def test_cycling_further_away_is_further_away():
    gentle = replace(FOUNDING, protocol=Protocol(0.25, 0.5))
    assert nearest_published(gentle)[0].ce_fraction == 0.98


def test_what_nobody_stated_neither_agrees_nor_differs():
    silent = Recipe(CellDesign("Li||Cu"))
    stated = nearest_published(FOUNDING)[0]
    (unknown,) = (e for e in nearest_published(silent, 99) if e.row_id == stated.row_id)
    assert stated.distance < unknown.distance < 1
    assert "polymer" in unknown.differs_in


def test_every_figure_names_its_paper_and_holds_no_sentence():
    """Figures with a citation are facts; the words of a paper are its own."""
    table = published_figures()
    assert table["citation"].str.match(r"doi:10\.\d{4,}/\S+").all()
    assert table["row_id"].is_unique
    words = table.select_dtypes(["object", "string"]).map(lambda text: len(str(text).split()))
    assert words.max(axis=None) <= 15


def test_figures_are_fractions():
    table = published_figures()
    for column in ("ce_fraction", "capacity_retention_fraction", "inorganic_weight_fraction"):
        assert table[column].dropna().between(0, 1).all()


@pytest.mark.parametrize(
    ("configuration", "cell_type"),
    [("Li||Cu", "Li||Cu"), ("Li||NMC811", "Li||NMC"), ("half cell", None), (float("nan"), None)],
)
def test_configurations_are_the_types_that_recipes_know(configuration, cell_type):
    assert row_cell_type(configuration) == cell_type


@pytest.mark.parametrize("thickness_nm", [None, 30.0, 1000.0])
@pytest.mark.parametrize("phases", [(), (Phase("LiF", 1.0, "inorganic"),), (Phase("PEO", 1.0),)])
def test_distances_are_weighted_means_over_facts(phases, thickness_nm):
    """Fact by fact as two recipes are compared, whatever was kept from earlier questions."""
    recipe = replace(FOUNDING, coating=Coating(phases, thickness_nm))
    asked = _facts_of_recipe(recipe)
    rows = {row["row_id"]: _facts_of_row(row) for row in _rows().figures}
    found = nearest_published(recipe, 99)
    assert {each.row_id for each in found} == set(rows)
    assert [(e.distance, e.row_id) for e in found] == sorted((e.distance, e.row_id) for e in found)
    for each in found:
        apart = {name: _distance(asked[name], fact) for name, fact in rows[each.row_id].items()}
        mean = sum(WEIGHTS[name] * far for name, far in apart.items()) / sum(WEIGHTS.values())
        assert each.distance == round(mean, 6)
        assert each.differs_in == tuple(name for name, far in apart.items() if far > 0)


def test_many_recipes_find_what_each_finds_alone():
    """To the bit, and beyond what is compared in one go."""
    coatings = [None, Coating(()), FOUNDING.coating]
    recipes = [
        replace(FOUNDING, coating=coatings[number % 3], protocol=Protocol(0.1 + number / 10))
        for number in range(MOST_AT_ONCE + 3)
    ]
    found = figures_of_each(recipes).figures()
    assert found == [nearest_published(recipe) for recipe in recipes]


def test_a_scan_finds_what_its_recipes_find():
    """More values than are asked one by one, blanks among them, and coatings of several kinds."""
    n_cells = MOST_AT_ONCE + 3
    scan = Scan(
        FOUNDING,
        {
            "coating.thickness_nm": [None, *(10.0 * (1 + number) for number in range(n_cells - 1))],
            "coating.phases": [(), *[FOUNDING.coating.phases] * (n_cells - 1)],
            "protocol.areal_capacity_mAh_cm2": [1.0, None, *[3.0] * (n_cells - 2)],
        },
    )
    found = figures_of_scan(scan).figures()
    assert found == figures_of_each([cell.recipe for cell in scan]).figures()


def test_cells_that_differ_in_their_names_alone_find_the_same():
    scan = Scan(FOUNDING, {}, [f"c{number}" for number in range(MOST_AT_ONCE + 3)])
    assert figures_of_scan(scan).figures() == [nearest_published(FOUNDING)] * len(scan)


def test_a_recipe_is_as_like_another_as_the_other_is_like_it():
    """By the facts that tell published cells apart; a thickness that nobody states counts half."""
    coating = Coating((Phase("Cu3N", 1.0, "inorganic", "Cu3N"),), thickness_nm=1000.0)
    one = Recipe(CellDesign("Li||Cu"), coating, protocol=Protocol(1.0, 1.0))
    thicker = replace(one, coating=replace(coating, thickness_nm=10_000.0))
    unstated = replace(one, coating=replace(coating, thickness_nm=None))
    bare = replace(one, coating=Coating(()))
    near, far, unsure = (unlikeness(one, other) for other in (thicker, bare, unstated))
    assert near[0] < far[0]
    assert "thickness" in near[1]
    assert "thickness" in unsure[1]
    assert "coated" in far[1]
    assert unlikeness(bare, one) == far
