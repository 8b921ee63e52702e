"""Files with one capacity counter are checked like those with two, however it counts."""

import numpy as np
import pytest

from features import CellDesign, Recipe, Source, describe, read_file
from features.charge_check import charge_check
from features.errors import InvalidRecord
from features.parsing.single_counter import split_counter
from features.records import Cell

N_HALVES, N_ROWS = 6, 40
#: Written with more digits than a cycler's last one hides.
CURRENT_A = 1.00021e-3
STEP_s = 60.0
#: Ways in which cyclers count; the charge within a half-cycle, its sign, and all passed before.
COUNTERS = {
    "from zero in each step": lambda within, sign, before: within,
    "on and on": lambda within, sign, before: before + within,
    "up and down": lambda within, sign, before: np.where(sign > 0, within, within.max() - within),
    "down and up": lambda within, sign, before: np.where(sign < 0, within, within.max() - within),
    "signed, from zero in each step": lambda within, sign, before: sign * within,
}
LAYOUTS = {
    "Maccor": ("Rec#,Cyc#,Step,Test (Sec),Amp-hr,Amps,Volts,State", 1.0, "cell.txt"),
    "Neware": (
        "DataPoint,Cycle Index,Step Index,Total Time(s),Capacity(mAh),Current(A),Voltage(V),"
        "Step Type",
        1e3,
        "cell.csv",
    ),
    "Novonix": (
        "Date and Time,Cycle Number,Step Number,Run Time (s),Capacity (Ah),Current (A),"
        "Potential (V),Step Type",
        1.0,
        "cell.csv",
    ),
    "Landt": (
        "Record,Cycle,Step,TestTime/Sec.,StepTime/Sec.,Capacity/mAh,Current/A,Voltage/V,Mode,SysTime",
        1e3,
        "cell.csv",
    ),
}
RECIPE = Recipe(CellDesign("Li||Cu"))


def halves():
    """Return time, current and the three charges of constant-current half-cycles."""
    sign = np.repeat(np.where(np.arange(N_HALVES) % 2, 1.0, -1.0), N_ROWS)
    time_s = STEP_s * np.arange(sign.size)
    within_Ah = np.tile(np.arange(N_ROWS) * CURRENT_A * STEP_s / 3600, N_HALVES)
    before_Ah = np.repeat(np.arange(N_HALVES), N_ROWS) * within_Ah.max()
    return time_s, CURRENT_A * sign, sign, within_Ah, before_Ah


def text(layout, counter=None, factor=1.0):
    """Return a file of a layout; without a counter its column says nothing of use."""
    header, per_Ah, _ = LAYOUTS[layout]
    if counter is None:
        header = header.replace("Amp-hr", "x").replace("Capacity", "x")
    time_s, current_A, sign, within_Ah, before_Ah = halves()
    counted = COUNTERS[counter or "on and on"](within_Ah, sign, before_Ah) * per_Ah * factor
    lines = [header]
    for row, now_s in enumerate(time_s):
        state = "C" if sign[row] > 0 else "D"
        cells = [row + 1, 1, row // N_ROWS + 1, now_s, counted[row], current_A[row]]
        if layout == "Landt":
            cells.insert(4, now_s % (N_ROWS * STEP_s))
        if layout == "Neware":
            state += "Chg" if state == "D" else "C Chg"
        volts = 0.05 * sign[row]
        lines.append(
            ",".join(map(str, [*cells, volts, state])) + ("," if layout == "Landt" else "")
        )
    return "\n".join(lines) + "\n"


@pytest.fixture
def read(tmp_path):
    """Return a function that reads a file of some layout."""

    def through_file(layout, counter=None, factor=1.0):
        path = tmp_path / LAYOUTS[layout][2]
        path.write_text(text(layout, counter, factor), encoding="utf-8")
        return read_file(path)

    return through_file


@pytest.mark.parametrize("counter", COUNTERS)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_single_counter_agrees_with_the_current_however_it_counts(read, layout, counter):
    reading = read(layout, counter)
    check = charge_check(reading.cycling)
    assert check.ratio == pytest.approx(1)
    assert check.n_judged == N_HALVES
    assert any("counts both ways" in note for note in reading.notes)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_wrong_unit_is_found_by_a_single_counter(read, layout):
    """Milliamperes under a header of amperes count a thousandth of what they integrate to."""
    reading = read(layout, "from zero in each step", factor=1e-3)
    with pytest.raises(InvalidRecord, match="mA sent as A"):
        Cell("A1", RECIPE, Source("measured"), 1.0, reading.cycling)


def test_descriptors_do_not_depend_on_how_or_whether_charge_was_counted(read):
    """Identity: they rest on the current alone."""
    cells = [
        Cell(str(counter), RECIPE, Source("measured"), 1.0, read("Maccor", counter).cycling)
        for counter in (None, *COUNTERS)
    ]
    values = describe(cells).array
    np.testing.assert_array_equal(values, np.broadcast_to(values[0], values.shape))


def test_a_capacity_by_mass_is_no_counter_of_the_cell(tmp_path):
    path = tmp_path / "cell.csv"
    path.write_text(text("Neware", "on and on").replace("Capacity(mAh)", "Capacity(mAh/g)"))
    assert not any("capacity" in name for name in read_file(path).cycling.columns)


def test_a_counter_that_starts_anew_within_a_direction_loses_one_interval_only():
    """Constant current and constant voltage are two steps of one charge."""
    counted_Ah = np.array([0, 1, 2, 3, 0, 1, 2.0])
    charging_Ah, discharging_Ah = split_counter(counted_Ah, np.ones(7))
    assert charging_Ah.tolist() == [0, 1, 2, 3, 3, 4, 5]
    assert not discharging_Ah.any()


def test_no_rows_have_no_charge():
    assert [each.size for each in split_counter(np.zeros(0), np.zeros(0))] == [0, 0]
