"""Cells with noise and drift, with and without a planted short circuit."""

from types import SimpleNamespace

import numpy as np
import pytest

from features import soft_short
from features.errors import NotMeasured
from features.recipe import CellDesign, Recipe
from features.soft_short import signs_of_short, soft_short_flags

LI_CU, LI_LI = Recipe(CellDesign("Li||Cu")), Recipe(CellDesign("Li||Li"))
RECIPES = {"Li||Cu": LI_CU, "Li||Li": LI_LI}
SEEDS = range(20)
N_CYCLES, N_ROWS, SHORTED = 30, 400, 15
Q = np.linspace(0, 1, N_ROWS)


def healthy_steps(rng, type, *, noise_mV=0.3, rates_mA_cm2=None):
    """Return cycles of ageing kinetics: nucleation, peak, arc, tail, drift, noise.

    The overpotential follows the current by asinh, as charge transfer does.
    """
    rates = np.full(N_CYCLES, 1.0) if rates_mA_cm2 is None else rates_mA_cm2
    steps = []
    resistance_mV = rng.uniform(8, 25)
    for cycle, rate in enumerate(rates):
        resistance_mV *= 1 + rng.normal(0.005, 0.01)
        level_mV = resistance_mV * rate + 20 * np.arcsinh(rate)
        peak, arc = 0.4 * np.exp(-Q / 0.04), (0.01 + 0.004 * cycle) * Q**2
        nucleation_mV = 60 * (1 + (cycle == 0)) * Q / 0.01 * np.exp(1 - Q / 0.01)
        plating_V = -1e-3 * (level_mV * (1 + peak + arc) + nucleation_mV)
        stripping_V = 1e-3 * level_mV * (1 + peak + arc)
        ce = 1.0
        if type == "Li||Cu":
            ce = 0.97 - 0.1 * np.exp(-cycle) + rng.normal(0, 0.002)
            stripping_V = stripping_V + (1 - stripping_V) * np.exp(-(1 - Q) / 0.01)
        for sign, charge, volts in ((-1, 1.0, plating_V), (1, ce, stripping_V)):
            noise_V = rng.normal(0, 1e-3 * noise_mV, N_ROWS)
            steps.append([sign * rate, charge / rate, volts + noise_V])
    return steps


def drop_in_plating(steps, rng, at=2 * SHORTED):
    """Lose 25 to 90 % of the voltage within a plating, and keep what is left."""
    start = rng.uniform(0.2, 0.7)
    share = 1 - rng.uniform(0.25, 0.9) * np.clip((Q - start) / 0.02, 0, 1)
    steps[at][2] = steps[at][2] * share
    return steps


def drop_in_stripping(steps, rng):
    return drop_in_plating(steps, rng, at=2 * SHORTED + 1)


def collapse_between_cycles(steps, rng):
    """Come back from a rest with a third of the polarisation or less, for good."""
    share = rng.uniform(0.05, 0.33)
    for step in steps[2 * SHORTED :]:
        step[2] = step[2] * share
    return steps


def missing_tip(steps, rng):
    """Begin one plating within a millivolt of zero."""
    step = steps[2 * SHORTED]
    step[2] = np.full(N_ROWS, -2e-4) + rng.normal(0, 2e-4, N_ROWS)
    return steps


def over_stripped(steps, rng):
    """Strip 1 to 10 % more than was plated, as a bridge does when current passes it."""
    steps[2 * SHORTED + 1][1] = rng.uniform(1.01, 1.1)
    return steps


PLANTED = [drop_in_plating, drop_in_stripping, collapse_between_cycles, missing_tip]


@pytest.fixture
def flagged(make_steps_cell):
    """Return the rules and cycles flagged in a cell of steps."""

    def flags(steps, recipe, **kwargs):
        return [(f.rule, f.cycle) for f in signs_of_short(make_steps_cell(steps, recipe, **kwargs))]

    return flags


@pytest.mark.parametrize("type", RECIPES)
@pytest.mark.parametrize("noise_mV", [0.0, 0.3, 2.0])
def test_a_healthy_cell_is_not_flagged(flagged, type, noise_mV):
    """None of twenty cells, which bounds the rate of false alarms."""
    for seed in SEEDS:
        steps = healthy_steps(np.random.default_rng(seed), type, noise_mV=noise_mV)
        assert flagged(steps, RECIPES[type]) == []


def test_steps_of_rate_are_no_short(flagged):
    """Charge transfer bends: three rates do not lie on a line through zero."""
    rates = np.repeat([0.5, 1.0, 2.0, 4.0, 1.0, 0.5], 5)
    for seed in SEEDS:
        steps = healthy_steps(np.random.default_rng(seed), "Li||Li", rates_mA_cm2=rates)
        assert flagged(steps, LI_LI) == []


@pytest.mark.parametrize("type", RECIPES)
@pytest.mark.parametrize("plant", PLANTED)
def test_a_planted_short_is_found_in_its_cycle(flagged, plant, type):
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        found = flagged(plant(healthy_steps(rng, type), rng), RECIPES[type])
        assert found
        assert {cycle for _, cycle in found} <= set(range(SHORTED + 1, N_CYCLES + 1))
        assert min(cycle for _, cycle in found) == SHORTED + 1


def test_more_stripped_than_plated_is_flagged_on_copper_alone(flagged):
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        steps = over_stripped(healthy_steps(rng, "Li||Cu"), rng)
        assert flagged(steps, LI_CU) == [("S4", SHORTED + 1)]
    assert flagged(over_stripped(healthy_steps(rng, "Li||Li"), rng), LI_LI) == []


def test_a_tiny_cycle_of_a_rate_test_strips_what_others_left(flagged):
    """A cycle that a cutoff ends after moments says nothing of a bridge."""
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        steps = over_stripped(healthy_steps(rng, "Li||Cu"), rng)
        for step in steps[2 * SHORTED : 2 * SHORTED + 2]:
            step[1] *= 0.05
        assert "S4" not in {rule for rule, _ in flagged(steps, LI_CU)}


def test_a_voltage_that_comes_back_is_no_short(flagged):
    """A dip of a tenth of the charge is over 20 % later."""
    rng = np.random.default_rng(0)
    steps = healthy_steps(rng, "Li||Li")
    steps[20][2] = steps[20][2] * np.where((Q > 0.4) & (Q < 0.5), 0.5, 1.0)
    assert flagged(steps, LI_LI) == []


def test_half_the_current_halves_the_voltage_and_is_no_short(make_steps_cell):
    """The rate may change within a half-cycle."""
    cell = make_steps_cell([[-1.0, 1.0, np.full(N_ROWS, -0.05)]] * 1, LI_LI)
    steps = healthy_steps(np.random.default_rng(0), "Li||Li", noise_mV=0.1)
    cell = make_steps_cell(steps, LI_LI)
    rows = slice(20 * N_ROWS + N_ROWS // 2, 21 * N_ROWS - 1)
    cell.cycling.loc[rows, ["current_ampere", "voltage_volt"]] *= 0.5
    assert signs_of_short(cell) == ()


def test_the_first_nucleation_may_be_long(flagged):
    steps = healthy_steps(np.random.default_rng(0), "Li||Cu")
    steps[0][2] = np.where(Q < 0.3, -0.3, -0.03)
    assert flagged(steps, LI_CU) == []


def test_a_resistor_is_told_by_its_rates(flagged):
    """Flat voltages of 20 mV per mA at three rates: no charge transfer is in the way."""
    rates = np.repeat([0.5, 1.0, 2.0], 3)
    steps = [
        (sign * rate, 1 / rate, np.full(N_ROWS, sign * 0.02 * rate))
        for rate in rates
        for sign in (-1, 1)
    ]
    assert flagged(steps, LI_LI) == [("S5", 1)]


@pytest.mark.parametrize(("later_ohm", "rules"), [(80.0, set()), (30.0, {"S2"})])
def test_a_rectangle_is_a_short_only_where_the_resistance_fell(
    make_li_cu_cell, make_spectrum, later_ohm, rules
):
    """Many good cells are flat; the spectrum tells (Menkin et al. 2024)."""
    spectra = [make_spectrum(arc_ohm=80.0, cycle=1), make_spectrum(arc_ohm=later_ohm, cycle=3)]
    cell = make_li_cu_cell(n_cycles=6, recipe=LI_LI, ce=1.0, spectra=spectra)
    flags = signs_of_short(cell)
    assert {flag.rule for flag in flags} == rules
    assert {flag.cycle for flag in flags} <= {2, 3, 4}


def test_a_charge_whose_voltage_falls_for_good_is_a_short_in_a_full_cell(flagged):
    rising_V = np.linspace(3.2, 3.5, N_ROWS)
    steps = [step for _ in range(5) for step in ([1.0, 1.0, rising_V], [-1.0, 1.0, rising_V[::-1]])]
    recipe = Recipe(CellDesign("Li||LFP"))
    assert flagged(steps, recipe) == []
    steps[4] = [1.0, 1.0, np.where(Q < 0.5, rising_V, 2.0)]
    assert flagged(steps, recipe) == [("S1", 3)]


def test_rows_far_apart_cannot_exclude_a_short(make_li_cu_cell):
    """That is said, and is no sign of one."""
    cell = make_li_cu_cell(n_rows=41)
    (flag,) = soft_short_flags(cell)
    assert flag.rule == "S6"
    assert "s apart" in flag.reason
    assert signs_of_short(cell) == ()
    assert soft_short_flags(make_li_cu_cell(n_rows=721)) == ()


def test_half_cycles_without_charge_are_passed_over(make_li_cu_cell):
    """One row is no half-cycle to judge."""
    cell = make_li_cu_cell(n_cycles=4)
    single = cell.cycling.drop(index=range(83, 123)).reset_index(drop=True)
    assert isinstance(signs_of_short(cell.__class__("A1", LI_CU, cell.source, 1.0, single)), tuple)


def test_nothing_is_said_without_a_finished_cycle(make_li_cu_cell):
    with pytest.raises(NotMeasured, match="no cycling"):
        soft_short_flags(make_li_cu_cell(n_cycles=0))


@pytest.mark.parametrize("seed", range(20))
def test_cycles_passed_over_at_once_are_those_that_do_not_collapse(monkeypatch, seed):
    """To look at the highest of the sound cycles before each row is a shortcut, no other rule."""
    rng = np.random.default_rng(seed)
    hysteresis_mV = rng.lognormal(3, rng.choice([0.05, 0.2, 0.6]), 60)
    hysteresis_mV[rng.random(60) < 0.05] = np.nan
    traces = SimpleNamespace(
        columns={"hysteresis_mV": hysteresis_mV}, load_A=np.full((60, 2), 1e-3), cycle=np.arange(60)
    )
    is_fallen = rng.random(60) < 0.05
    at_once = soft_short._collapsed(traces, is_fallen)
    monkeypatch.setattr(soft_short, "_first_collapsed", lambda *_: 0)
    assert np.array_equal(at_once, soft_short._collapsed(traces, is_fallen))
