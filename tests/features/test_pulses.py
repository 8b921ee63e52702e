"""Power tests within a discharge, and steps of rate, leave the cycles what they are."""

import numpy as np
import pandas as pd
import pytest

from features import Cell, CellDesign, Recipe, Source
from features.cycles import cycles
from features.discharge_curves import discharge_curves
from features.end_of_life import end_of_life
from features.half_cycles import half_cycles_of
from features.oriented_record import record_of
from features.pulses import without_pulses
from features.window import first_cycles, last_cycle

CAPACITY_Ah, CURRENT_A, RESISTANCE_OHM = 2e-3, 1e-3, 50.0
TICK_S, PULSE_S, REST_S = 5.0, 10.0, 40.0
#: Shares of a discharge at which power is tested.
SHARES = np.linspace(0.1, 0.9, 9)


def cell_of(pieces, capacity_Ah=CAPACITY_Ah, kind="Li||NMC"):
    """Return a cell with a sloping voltage that runs through pieces of (current, seconds)."""
    current_A = np.concatenate([np.full(max(round(s / TICK_S), 1), amps) for amps, s in pieces])
    held_Ah = np.cumsum(current_A) * TICK_S / 3600
    voltage_V = 3.0 + 1.2 * held_Ah / capacity_Ah + RESISTANCE_OHM * current_A
    time_s = TICK_S * np.arange(current_A.size)
    columns = ("test_time_second", "current_ampere", "voltage_volt")
    rows = dict(zip(columns, (time_s, current_A, voltage_V), strict=True))
    return Cell("A1", Recipe(CellDesign(kind)), Source("measured"), 1.0, pd.DataFrame(rows))


def cycle(n_tests=0, share=1.0):
    """Return a charge and a discharge of a share of the capacity, with so many tests of power."""
    whole_s = 3600 * share * CAPACITY_Ah / CURRENT_A
    pieces = [(CURRENT_A, whole_s), (0.0, REST_S)]
    for _ in range(n_tests):
        pieces += [(-CURRENT_A, whole_s / (n_tests + 1)), (0.0, REST_S)]
        pieces += [(-2 * CURRENT_A, PULSE_S), (0.0, REST_S), (2 * CURRENT_A, PULSE_S)]
        pieces += [(0.0, REST_S)]
    return [*pieces, (-CURRENT_A, whole_s / (n_tests + 1)), (0.0, REST_S)]


def test_a_discharge_with_tests_of_power_is_one_half_cycle():
    cell = cell_of([*cycle(), *cycle(9), *cycle()])
    record = record_of(cell)
    assert record.half_cycles.sign.tolist() == [1, -1, 1, -1, 1, -1]
    table = cycles(cell)
    assert table["stripped_Ah"].to_numpy() == pytest.approx(table["plated_Ah"].to_numpy(), rel=0.01)
    assert last_cycle(cell) == 3


def test_pulses_do_not_move_the_discharge_curve():
    """What they pass one way they pass the other; only the voltage under them is another."""
    tested = discharge_curves(cell_of([*cycle(), *cycle(9), *cycle()]))
    assert tested.repaired == ()
    assert tested.discharge_capacity_Ah == pytest.approx(np.full(3, CAPACITY_Ah), rel=0.03)


def test_pulses_at_full_charge_belong_to_the_charge_before_them():
    after = [(-2 * CURRENT_A, PULSE_S), (0.0, REST_S), (CURRENT_A / 2, PULSE_S), (0.0, REST_S)]
    whole = cycle()
    record = record_of(cell_of([*whole, *whole[:2], *after, *whole[2:]]))
    assert record.half_cycles.sign.tolist() == [1, -1, 1, -1]
    assert record.half_cycles.charge_Ah == pytest.approx(np.full(4, CAPACITY_Ah), rel=0.02)


def test_a_cell_that_is_cut_to_its_first_cycles_agrees_with_one_recorded_so_long():
    both = cell_of([*cycle(), *cycle(9), *cycle(), *cycle()])
    short = first_cycles(cell_of([*cycle(), *cycle(9), *cycle(), *cycle(9)]), 3)
    pd.testing.assert_frame_equal(cycles(first_cycles(both, 3)), cycles(short))


def test_half_cycles_of_a_dead_cell_are_brief_too_but_end_at_a_cutoff():
    """They are the failure itself, and must not be taken for pulses."""
    dead = [(amps, seconds) for amps, seconds in cycle(share=0.008) if amps]
    cell = cell_of([*(5 * cycle()), *(3 * dead)])
    n_alive = len(cell_of(5 * cycle()).cycling)
    cutoffs_V = np.where(cell.cycling["current_ampere"] > 0, 4.25, 2.95)
    cell.cycling.loc[n_alive:, "voltage_volt"] = cutoffs_V[n_alive:]
    assert len(record_of(cell).half_cycles) == 16
    assert end_of_life(cell).event == "retention"


def test_half_cycles_of_seconds_at_a_high_rate_are_half_cycles():
    """A rate test may begin far below the cutoff; ends are compared with ends alone."""
    fast = [(30 * CURRENT_A, 10.0), (-30 * CURRENT_A, 10.0)]
    cell = cell_of([*cycle(), *cycle(), *fast, *cycle()])
    is_fast = cell.cycling["current_ampere"].abs() > 2 * CURRENT_A
    at_cutoff_V = np.where(cell.cycling["current_ampere"] > 0, 4.25, 2.95)
    cell.cycling.loc[is_fast, "voltage_volt"] = at_cutoff_V[is_fast]
    cell.cycling.loc[0, "voltage_volt"] = 0.2
    assert len(record_of(cell).half_cycles) == 8


@pytest.mark.parametrize("wiring", [1.0, -1.0])
def test_pulses_are_told_whichever_way_current_counts(wiring):
    cell = cell_of([*cycle(), *cycle(9), *cycle()])
    turned = cell.cycling.assign(current_ampere=wiring * cell.cycling["current_ampere"])
    turned = Cell("A1", cell.recipe, cell.source, 1.0, turned)
    pd.testing.assert_frame_equal(cycles(turned), cycles(cell))


@pytest.mark.parametrize("kind", ["Li||Cu", "Li||Li"])
def test_half_cells_have_no_pulses(kind):
    """A stripping of nothing is how a lithium half-cell fails."""
    raw = cell_of([*cycle(), *cycle(9)], kind=kind)
    assert len(record_of(raw).half_cycles) > 4


def test_steps_of_rate_within_a_half_cycle_are_one_half_cycle():
    half = [(-amps * CURRENT_A, 600.0) for amps in (1, 2, 0.5, 0.1)]
    charge = [(CURRENT_A, 600.0 * 3.6)]
    record = record_of(cell_of([*charge, *half, *charge, *half]))
    assert record.half_cycles.sign.tolist() == [1, -1, 1, -1]


def test_without_pulses_nothing_is_changed():
    cell = cell_of([*cycle(), *cycle()])
    time_s, current_A, voltage_V = (column.to_numpy() for _, column in cell.cycling.items())
    half_cycles = half_cycles_of(current_A, time_s)
    assert without_pulses(half_cycles, time_s, voltage_V) is half_cycles
