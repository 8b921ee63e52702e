import pytest

from features.descriptors.protocol import (
    areal_capacity_mAh_cm2,
    current_density_mA_cm2,
    is_aurbach_method,
    log10_areal_capacity_mAh_cm2,
    log10_current_density_mA_cm2,
)
from features.errors import NotMeasured
from features.recipe import CellDesign, Protocol, Recipe
from features.records import Cell, Source


def make_cell(**protocol):
    return Cell(
        "A1", Recipe(CellDesign("Li||Cu"), protocol=Protocol(**protocol)), Source("measured")
    )


def test_rate_and_capacity_are_those_of_the_protocol():
    cell = make_cell(current_density_mA_cm2=0.5, areal_capacity_mAh_cm2=4.0)
    assert current_density_mA_cm2(cell) == 0.5
    assert areal_capacity_mAh_cm2(cell) == 4.0


@pytest.mark.parametrize(("stated", "decades"), [(0.01, -2), (1.0, 0), (10.0, 1)])
def test_ratios_of_rate_and_capacity_are_counted_in_decades(stated, decades):
    cell = make_cell(current_density_mA_cm2=stated, areal_capacity_mAh_cm2=stated)
    assert log10_current_density_mA_cm2(cell) == pytest.approx(decades)
    assert log10_areal_capacity_mAh_cm2(cell) == pytest.approx(decades)


@pytest.mark.parametrize(
    ("method", "answer"), [("aurbach", 1), ("cycle_average", 0), ("inferred_full_cell", 0)]
)
def test_the_reservoir_method_is_told_from_the_others(method, answer):
    assert is_aurbach_method(make_cell(ce_method=method)) == answer


@pytest.mark.parametrize(
    ("function", "what"),
    [
        (current_density_mA_cm2, "current density"),
        (log10_current_density_mA_cm2, "current density"),
        (areal_capacity_mAh_cm2, "areal capacity"),
        (log10_areal_capacity_mAh_cm2, "areal capacity"),
        (is_aurbach_method, "CE method"),
    ],
)
def test_what_the_protocol_does_not_state_is_not_measured(function, what):
    with pytest.raises(NotMeasured, match=f"states no {what}"):
        function(make_cell())
