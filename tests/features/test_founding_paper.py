"""Raw series built to the figures of doi:10.1002/adma.201605531 give these figures back.

CE within 0.05 points, lives exactly.
"""

from dataclasses import replace

import numpy as np
import pytest

from features import describe
from features.cycles import cycles
from features.descriptors.efficiency import mean_ce_fraction
from features.descriptors.reservoir import lithium_excess_ce_fraction
from features.end_of_life import end_of_life, full_cycles, lithium_balance
from features.errors import NotMeasured
from features.recipe import CellDesign, Coating, Phase, Protocol, Recipe
from features.voltammetry import cutoff_warning

COATING = Coating((Phase("Cu3N", 0.9, "inorganic"), Phase("SBR", 0.1, "polymer")))
HALF_A_POINT_IN_TEN = 5e-4
AREA_cm2 = 0.5


def li_cu_recipe(coating, current, capacity):
    protocol = Protocol(current, capacity, upper_cutoff_V=0.4)
    return Recipe(CellDesign("Li||Cu"), coating, protocol=protocol)


def li_cu_steps(rng, ce, current, capacity, n_rows=60):
    """Return platings of a charge and strippings up to 0.4 V, with a cycler's noise."""
    q = np.linspace(0, 1, n_rows)
    steps = []
    for fraction in ce:
        noise_V = rng.normal(0, 3e-4, (2, n_rows))
        plating_V = -0.03 * (1 + 0.6 * np.exp(-q / 0.04)) + noise_V[0]
        stripping_V = 0.03 + 0.37 * np.exp(-(1 - q) / 0.01) + noise_V[1]
        charge = capacity * (1 + rng.normal(0, 1e-4))
        steps += [(-current, charge / current, plating_V)]
        steps += [(current, fraction * charge / current, stripping_V)]
    return steps


def activation_steps(n_cycles=10, n_rows=40):
    """Return cycles between 0 and 0.4 V at 0.01 mA cm-2, which convert Cu3N."""
    steps = []
    for cycle in range(n_cycles):
        charge = 0.02 * 0.7**cycle + 0.005
        falling_V = np.linspace(0.4, 0.0, n_rows)
        steps += [(-0.01, charge / 0.01, falling_V), (0.01, 0.5 * charge / 0.01, falling_V[::-1])]
    return steps


def converting_steps(n_rows=60):
    """Return the same, from open circuit: most of the first charge converts Cu3N at 0.46 V."""
    (current, hours, _), *later = activation_steps()
    from_rest_V = np.interp(
        np.linspace(0, 1, n_rows), [0, 0.05, 0.15, 0.8, 1], [2.5, 0.6, 0.47, 0.45, 0.0]
    )
    return [(current, 5 * hours, from_rest_V), *later]


def noisy_ce(rng, mean, n_cycles, scatter=0.003):
    """Return CE that rises over four cycles and whose mean of cycles 20 to 70 is exact."""
    ce = mean + rng.normal(0, scatter, n_cycles)
    ce[:4] -= [0.10, 0.03, 0.01, 0.005]
    ce[19:70] += mean - ce[19:70].mean()
    return ce


@pytest.fixture
def rng():
    return np.random.default_rng(2017)


def test_p3_activation_is_recognised_and_kept_out_of_ce(make_steps_cell, rng):
    """Ten cycles above 0 V plate no lithium; cycle 1 comes after them."""
    steps = [*activation_steps(), *li_cu_steps(rng, [0.9, 0.97, 0.974, 0.974], 1.0, 1.0)]
    cell = make_steps_cell(steps, li_cu_recipe(COATING, 1.0, 1.0), area_cm2=AREA_cm2)
    table = cycles(cell)
    assert table["kind"].tolist() == ["activation"] * 10 + ["cycle"] * 4
    assert table["cycle"].tolist() == [0] * 10 + [1, 2, 3, 4]
    values = describe([cell]).values.iloc[0]
    assert values["initial_ce_fraction"] == pytest.approx(0.9, abs=HALF_A_POINT_IN_TEN)
    assert values["ce_mean_fraction"] == pytest.approx(0.974, abs=HALF_A_POINT_IN_TEN)
    assert cutoff_warning(cell.recipe) is None


@pytest.mark.parametrize("sign", [1, -1])
def test_p3_a_conversion_plateau_in_the_first_activation_is_no_stripping(
    make_steps_cell, rng, sign
):
    """The first discharge lies higher than the charge after it; neither plates lithium."""
    steps = [*converting_steps(), *li_cu_steps(rng, [0.9, 0.97, 0.974, 0.974], 1.0, 1.0)]
    cell = make_steps_cell(steps, li_cu_recipe(COATING, 1.0, 1.0), area_cm2=AREA_cm2, sign=sign)
    table = cycles(cell)
    assert table["kind"].tolist() == ["activation"] * 10 + ["cycle"] * 4
    assert table["ce_fraction"][10:].to_numpy() == pytest.approx([0.9, 0.97, 0.974, 0.974])


@pytest.mark.parametrize("sign", [1, -1])
def test_p3_activation_alone_plates_no_lithium(make_steps_cell, sign):
    """Cut off after it, a record shows no plating either."""
    recipe = li_cu_recipe(COATING, 0.01, 1.0)
    cell = make_steps_cell(converting_steps(), recipe, area_cm2=AREA_cm2, sign=sign)
    assert cycles(cell)["kind"].tolist() == ["activation"] * 10
    assert describe([cell], ["initial_ce_fraction"]).values.isna().all(axis=None)


@pytest.mark.parametrize(
    ("current", "capacity", "mean", "n_cycles"),
    [(1.0, 1.0, 0.974, 100), (0.25, 0.5, 0.98, 150), (0.25, 0.5, 0.985, 300)],
    ids=["P5", "P6", "P7"],
)
def test_coated_cells_keep_their_ce_and_outlive_the_test(
    make_steps_cell, rng, current, capacity, mean, n_cycles
):
    steps = activation_steps() + li_cu_steps(rng, noisy_ce(rng, mean, n_cycles), current, capacity)
    recipe = li_cu_recipe(COATING, current, capacity)
    cell = make_steps_cell(steps, recipe, area_cm2=AREA_cm2)
    assert mean_ce_fraction(cell, 20, 70) == pytest.approx(mean, abs=HALF_A_POINT_IN_TEN)
    end = end_of_life(cell)
    assert (end.event, end.cycle, end.is_censored) == ("stopped", n_cycles, True)
    assert describe([cell], ["is_soft_short"]).values.iloc[0, 0] == 0


def test_p5_a_bare_cell_falls_from_95_to_70_percent_within_50_cycles(make_steps_cell, rng):
    """It is dead by CE: at 0.9 in cycle 11, two points below its plateau already before."""
    ce = 0.95 - 0.25 * np.arange(50) / 49
    cell = make_steps_cell(
        li_cu_steps(rng, ce, 1.0, 1.0), li_cu_recipe(Coating(()), 1.0, 1.0), area_cm2=AREA_cm2
    )
    table = cycles(cell)
    assert table["ce_fraction"].to_numpy() == pytest.approx(ce, abs=HALF_A_POINT_IN_TEN)
    end = end_of_life(cell)
    assert end.event == "ce_collapse"
    assert 8 <= end.cycle <= 11


def lto_recipe():
    """Return 10 mAh cm-2 of lithium against 3 of LTO at 0.5 C."""
    return Recipe(CellDesign("Li||LTO", "Cu", 10.0, 3.0), protocol=Protocol(1.5))


def lto_steps(n_full, n_short, rng, n_rows=60):
    """Return two cycles at 0.2 C, full ones at 0.5 C, and ever shorter ones."""
    q = np.linspace(0, 1, n_rows)
    steps = []
    for cycle in range(n_full + n_short):
        current = 0.6 if cycle < 2 else 1.5
        charge = 3.0 * (1 + rng.normal(0, 1e-4)) * 0.97 ** max(cycle - n_full + 1, 0)
        falling_V = 1.55 - 0.03 * current - 0.5 * q**30 + rng.normal(0, 3e-4, n_rows)
        rising_V = 1.55 + 0.03 * current + 0.9 * q**30 + rng.normal(0, 3e-4, n_rows)
        steps += [(-current, charge / current, falling_V), (current, charge / current, rising_V)]
    return steps


@pytest.mark.parametrize(
    ("life", "ce"), [(20, 0.883), (8, 0.708), (65, 0.964), (23, 0.8986), (12, 0.8056)]
)
def test_p10_the_life_of_a_cell_with_little_lithium_tells_its_ce(make_steps_cell, rng, life, ce):
    cell = make_steps_cell(lto_steps(life, 6, rng), lto_recipe(), area_cm2=AREA_cm2)
    end = end_of_life(cell)
    assert (end.event, end.cycle, end.is_censored) == ("lithium_exhausted", life, False)
    assert lithium_excess_ce_fraction(cell) == pytest.approx(ce, abs=HALF_A_POINT_IN_TEN)


def test_p10_the_coated_host_outlives_90_cycles_and_has_at_least_97_percent(make_steps_cell, rng):
    cell = make_steps_cell(lto_steps(90, 0, rng), lto_recipe(), area_cm2=AREA_cm2)
    end = end_of_life(cell)
    assert (end.event, end.cycle, end.is_censored) == ("stopped", 90, True)
    with pytest.raises(NotMeasured, match=r"CE is at least 0\.9741"):
        lithium_excess_ce_fraction(cell)


@pytest.mark.parametrize(
    ("ce", "life"),
    [(0.883, 20), (0.70, 8), (0.964, 65), (0.974, 90), (0.90, 23), (0.80, 12)],
)
def test_p10_ce_tells_the_life_by_the_same_balance(make_steps_cell, rng, ce, life):
    """N = Q_excess / (Qc (1 - CE)), to the nearest cycle."""
    cell = make_steps_cell(lto_steps(3, 0, rng), lto_recipe(), area_cm2=AREA_cm2)
    excess, cycled = lithium_balance(cell)
    assert round(excess / (cycled * (1 - ce))) == life


@pytest.mark.parametrize(("ce", "n_full"), [(0.883, 20), (0.70, 8), (0.964, 65), (0.974, 90)])
def test_p10_a_cell_that_loses_so_much_a_cycle_runs_full_so_long(make_steps_cell, ce, n_full):
    """Followed cycle by cycle from 10 mAh cm-2 on; the first short discharge lacks 0.7 %."""
    left, steps = 10.0, []
    for _ in range(n_full + 5):
        charge = min(3.0, left)
        left -= charge * (1 - ce)
        falling_V = np.linspace(1.6, 1.0, 41)
        steps += [(-1.5, charge / 1.5, falling_V), (1.5, charge / 1.5, falling_V[::-1])]
    cell = make_steps_cell(steps, lto_recipe())
    assert full_cycles(cell) == (n_full, True)
    assert lithium_excess_ce_fraction(cell) == pytest.approx(ce, abs=0.01)


def test_without_the_lithium_put_in_no_ce_is_inferred(make_steps_cell, rng):
    cell = make_steps_cell(lto_steps(8, 5, rng), lto_recipe())
    unstated = replace(cell, recipe=Recipe(CellDesign("Li||LTO")))
    with pytest.raises(NotMeasured, match="lithium capacity"):
        lithium_excess_ce_fraction(unstated)
