from dataclasses import replace

import pytest

from features.published import nearest_published, published_figures, row_cell_type
from features.recipe import CellDesign, Coating, Phase, Protocol, Recipe


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
