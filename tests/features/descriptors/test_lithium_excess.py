import numpy as np
import pytest

from features.descriptors.lithium_excess import log10_lithium_excess_ratio
from features.errors import NotMeasured
from features.recipe import CellDesign, Protocol, Recipe
from features.records import Cell, Source


def make_cell(type="Li||LTO", lithium=10.0, positive=3.0):
    recipe = Recipe(CellDesign(type, None, lithium, positive), protocol=Protocol())
    return Cell("A1", recipe, Source("measured"))


@pytest.mark.parametrize(
    ("ce", "n_cycles"), [(0.883, 20), (0.70, 8), (0.964, 65), (0.974, 90), (0.9, 23), (0.8, 12)]
)
def test_with_lce_it_is_log_life_of_the_founding_paper(ce, n_cycles):
    """Li||LTO of doi:10.1002/adma.201605531: 7 mAh/cm2 in excess, 3 cycled."""
    lce = -np.log10(1 - ce)
    assert 10 ** (log10_lithium_excess_ratio(make_cell()) + lce) == pytest.approx(
        n_cycles, rel=0.05
    )


def test_a_positive_that_brings_lithium_leaves_all_of_the_foil():
    assert log10_lithium_excess_ratio(make_cell("Li||LFP")) == pytest.approx(np.log10(10 / 3))


@pytest.mark.parametrize("facts", [{"lithium": None}, {"positive": None}, {"type": "Li||Cu"}])
def test_without_a_known_excess_there_is_none(facts):
    with pytest.raises(NotMeasured):
        log10_lithium_excess_ratio(make_cell(**facts))
