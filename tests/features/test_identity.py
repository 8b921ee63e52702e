"""The same test, written down in another way, has the same descriptors."""

from dataclasses import replace

import numpy as np
import pytest

from features import describe

NAMES = ["coated Li||Cu", "Li||Li", "shaped", "Aurbach", "Li||LTO", "full, rests", "anode-free"]
#: Cells whose voltage tells lithium's electrode apart from its wiring.
OF_LITHIUM = NAMES[:4]


@pytest.fixture(scope="module")
def cells(varied_cells):
    """Return time series of every protocol."""
    built = varied_cells(22)
    return {name: built[name] for name in NAMES}


def assert_same(one, other, *, absolute=1e-12):
    """Compare all values and blanks of two cells; what is 0 but for rounding, absolutely."""
    first, second = (describe([cell]) for cell in (one, other))
    assert second.absent(0).keys() == first.absent(0).keys()
    values, expected = second.values.iloc[0].dropna(), first.values.iloc[0].dropna()
    assert values.to_dict() == pytest.approx(expected.to_dict(), rel=1e-9, abs=absolute)


def rewritten(cell, **columns):
    return replace(cell, cycling=cell.cycling.assign(**columns))


@pytest.mark.parametrize("name", NAMES)
def test_the_sign_of_the_current_is_a_matter_of_the_export(cells, name):
    """Positive on charge or on discharge: the voltage tells which is which."""
    cell = cells[name]
    assert_same(cell, rewritten(cell, current_ampere=-cell.cycling["current_ampere"]))


@pytest.mark.parametrize("name", OF_LITHIUM)
def test_cables_may_be_swapped(cells, name):
    cell = cells[name]
    flipped = {column: -cell.cycling[column] for column in ("current_ampere", "voltage_volt")}
    assert_same(cell, rewritten(cell, **flipped))


@pytest.mark.parametrize("name", OF_LITHIUM)
def test_the_sign_of_the_voltage_alone_may_be_swapped(cells, name):
    cell = cells[name]
    assert_same(cell, rewritten(cell, voltage_volt=-cell.cycling["voltage_volt"]))


def counters(cell, resets):
    """Return charge and discharge counters, from the start or anew in every half-cycle."""
    current_A = cell.cycling["current_ampere"].to_numpy()
    time_s = cell.cycling["test_time_second"].to_numpy()
    step_s = np.diff(time_s, prepend=time_s[0])
    same = np.sign(current_A) == np.roll(np.sign(current_A), 1)
    passed = np.where(same, np.abs(current_A + np.roll(current_A, 1)) / 2, 0) * step_s / 3600
    columns = {}
    for name, sign in (("charging_capacity_ah", 1), ("discharging_capacity_ah", -1)):
        counted = np.cumsum(np.where(sign * current_A > 0, passed, 0.0))
        starts = (sign * current_A > 0) & ~same
        offset = np.maximum.accumulate(np.where(starts, counted, 0.0)) if resets else 0.0
        columns[name] = counted - offset
    return columns


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("resets", [True, False])
def test_capacity_counters_may_reset_run_on_or_be_absent(cells, name, resets):
    cell = cells[name]
    assert_same(cell, rewritten(cell, **counters(cell, resets)))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("counter", ["absent", "by step", "stuck"])
def test_the_cycle_counter_takes_no_part(cells, name, counter):
    cell = cells[name]
    bare = replace(cell, cycling=cell.cycling.drop(columns="cycle_count"))
    if counter == "absent":
        return assert_same(cell, bare)
    sign = np.sign(cell.cycling["current_ampere"].to_numpy())
    steps = np.cumsum(np.diff(sign, prepend=0) != 0)
    return assert_same(cell, rewritten(cell, cycle_count=steps if counter == "by step" else 3))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("start_s", [1.0, 3600.0, 86_400.0])
@pytest.mark.parametrize("flips", [False, True])
def test_clock_sign_and_counters_together_take_no_part(cells, name, start_s, flips):
    """A later clock costs a digit or two of every interval, no more."""
    cell = cells[name]
    columns = counters(cell, resets=flips)
    columns["test_time_second"] = cell.cycling["test_time_second"] + start_s
    if flips:
        columns["current_ampere"] = -cell.cycling["current_ampere"]
    assert_same(cell, rewritten(cell, **columns), absolute=1e-7)
