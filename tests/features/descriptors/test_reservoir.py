from dataclasses import replace

import numpy as np
import pytest

from features.descriptors.reservoir import aurbach_ce_fraction, lithium_excess_ce_fraction
from features.errors import NotMeasured
from features.recipe import CellDesign, Protocol, Recipe

LI_CU = Recipe(CellDesign("Li||Cu"))


def aurbach_steps(left, *, formation=True, n_cycles=10, last_V=0.02):
    """Return a reservoir of 5 mAh cm-2, ten cycles of 1, and what is stripped at last."""
    charges = [(-5.0, 4.0)] if formation else []
    charges += [(-5.0, 1.0), *[(-1.0, 1.0)] * (n_cycles - 1), (-1.0, left)]
    flat_V = [np.full(41, 0.02 * np.sign(c)) for pair in charges for c in pair]
    flat_V[-1][-5:] = last_V
    steps = zip([charge for pair in charges for charge in pair], flat_V, strict=True)
    return [(np.sign(charge), abs(charge), volts) for charge, volts in steps]


@pytest.mark.parametrize(("left", "ce"), [(4.9, 0.9933), (4.5, 0.9667), (3.0, 0.8667)])
@pytest.mark.parametrize("formation", [True, False])
def test_what_is_left_of_the_reservoir_tells_one_ce_for_all(make_steps_cell, left, ce, formation):
    """(10 * 1 + Qs) / (10 * 1 + 5), whatever the formation cycle before lost."""
    cell = make_steps_cell(aurbach_steps(left, formation=formation), LI_CU)
    assert aurbach_ce_fraction(cell) == pytest.approx(ce, abs=5e-5)


def test_a_reservoir_emptied_early_is_told_by_its_rising_voltage(make_steps_cell):
    """Less is left than was cycled: (10 + 0.5) / 15."""
    cell = make_steps_cell(aurbach_steps(0.5, last_V=1.0), LI_CU)
    assert aurbach_ce_fraction(cell) == pytest.approx(0.7)


def test_a_running_test_has_no_ce_yet(make_steps_cell):
    cell = make_steps_cell(aurbach_steps(4.5)[:-2], LI_CU)
    with pytest.raises(NotMeasured, match="not finished"):
        aurbach_ce_fraction(cell)


def test_steady_cycling_is_no_reservoir(make_li_cu_cell):
    with pytest.raises(NotMeasured, match="no reservoir"):
        aurbach_ce_fraction(make_li_cu_cell())


def full_cell_recipe(type="Li||LTO", lithium=10.0, positive=3.0, cycled=None):
    return Recipe(
        CellDesign(type, None, lithium, positive), protocol=Protocol(areal_capacity_mAh_cm2=cycled)
    )


def full_then_short(n_full, n_short=5, first=-1.0):
    """Return cycles of 3 mAh cm-2, then ever shorter ones; LTO is discharged first."""
    charges = [3.0] * n_full + [2.9 - 0.1 * k for k in range(n_short)]
    rising_V = np.linspace(1.4, 1.7, 41)
    shapes = {1.0: rising_V, -1.0: rising_V[::-1]}
    return [
        (1.5 * sign, charge / 1.5, shapes[sign]) for charge in charges for sign in (first, -first)
    ]


@pytest.mark.parametrize(("n_full", "ce"), [(20, 0.8833), (8, 0.7083), (65, 0.9641)])
def test_an_excess_used_up_in_n_cycles_was_lost_in_n_parts(make_steps_cell, n_full, ce):
    """1 - 7 / (3 n)."""
    cell = make_steps_cell(full_then_short(n_full), full_cell_recipe())
    assert lithium_excess_ce_fraction(cell) == pytest.approx(ce, abs=5e-5)


def test_a_positive_that_brings_lithium_leaves_all_of_the_foil_as_excess(make_steps_cell):
    """1 - 10 / (3 * 20), charged first."""
    cell = make_steps_cell(full_then_short(20, first=1.0), full_cell_recipe("Li||LFP"))
    assert lithium_excess_ce_fraction(cell) == pytest.approx(1 - 10 / 60)


def test_what_is_cycled_counts_and_not_what_the_positive_could_take(make_steps_cell):
    cell = make_steps_cell(full_then_short(20), full_cell_recipe(positive=4.0, cycled=3.0))
    assert lithium_excess_ce_fraction(cell) == pytest.approx(1 - 7 / 60)


def test_a_cell_still_full_tells_the_least_its_ce_can_be(make_steps_cell):
    cell = make_steps_cell(full_then_short(90, n_short=0), full_cell_recipe())
    with pytest.raises(NotMeasured, match=r"at least 0\.9741 after 90 full cycles"):
        lithium_excess_ce_fraction(cell)


def test_one_short_cycle_is_no_end(make_steps_cell):
    """Two of three must agree; the last discharge may have been stopped."""
    cell = make_steps_cell(full_then_short(20, n_short=1), full_cell_recipe())
    with pytest.raises(NotMeasured, match="not fallen short"):
        lithium_excess_ce_fraction(cell)


@pytest.mark.parametrize(
    ("recipe", "why"),
    [
        (full_cell_recipe(lithium=None), "states no lithium capacity"),
        (full_cell_recipe(positive=None), "no capacity that is cycled"),
        (full_cell_recipe(lithium=2.0), "no excess over 3"),
        (full_cell_recipe("graphite||LFP"), "no lithium in excess"),
        (full_cell_recipe(lithium=100.0), "before its excess was used"),
    ],
)
def test_without_a_stated_excess_there_is_no_ce(make_steps_cell, recipe, why):
    cell = make_steps_cell(full_then_short(20), full_cell_recipe())
    with pytest.raises(NotMeasured, match=why):
        lithium_excess_ce_fraction(replace(cell, recipe=recipe))
