import numpy as np
import pandas as pd
import pytest

from features.charge_check import charge_check
from features.errors import InvalidRecord
from features.recipe import CellDesign, Recipe
from features.records import Cell, Source

N_HALVES, N_ROWS = 8, 60
#: Written with more digits than a cycler's last one hides.
CURRENT_A = 1.00021e-3


def cycling(counter="resets", current_factor=1.0, time_factor=1.0, capacity_factor=1.0):
    """Return constant-current half-cycles of an hour with capacity counters."""
    time_s = np.concatenate([k * 3600 + np.linspace(0, 3600, N_ROWS) for k in range(N_HALVES)])
    sign = np.repeat(np.where(np.arange(N_HALVES) % 2, 1.0, -1.0), N_ROWS)
    within_Ah = np.tile(np.linspace(0, CURRENT_A, N_ROWS), N_HALVES)
    counters = {}
    for name, of_sign in (("charging_capacity_ah", 1), ("discharging_capacity_ah", -1)):
        own_Ah = np.where(sign == of_sign, within_Ah, 0.0)
        if counter == "runs on":
            done = np.repeat(np.cumsum(sign[::N_ROWS] == of_sign), N_ROWS) - (sign == of_sign)
            own_Ah = own_Ah + CURRENT_A * done
        counters[name] = own_Ah * capacity_factor
    return pd.DataFrame(
        {
            "test_time_second": time_s * time_factor,
            "current_ampere": CURRENT_A * sign * current_factor,
            "voltage_volt": np.zeros(time_s.size),
            **counters,
        }
    )


@pytest.mark.parametrize("counter", ["resets", "runs on"])
def test_a_right_file_passes_however_its_counters_run(counter):
    check = charge_check(cycling(counter))
    assert check.is_right
    assert check.ratio == pytest.approx(1)
    assert check.n_judged == N_HALVES


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        ({"current_factor": 1000.0}, "mA sent as A"),
        ({"capacity_factor": 1000.0}, "mAh sent as Ah"),
        ({"time_factor": 1 / 3600}, "hours sent as seconds"),
        ({"time_factor": 1 / 60}, "minutes sent as seconds"),
        ({"current_factor": 2.0}, "another unit"),
    ],
)
def test_a_wrong_unit_is_refused_with_the_way_out(wrong, hint):
    """Whoever sends milliampere as ampere hears of it before any number is given."""
    with pytest.raises(InvalidRecord, match=hint):
        Cell("A1", Recipe(CellDesign("Li||Cu")), Source("measured"), cycling=cycling(**wrong))


@pytest.mark.parametrize("factor", [0.9, 0.97, 1.03, 1.1])
def test_a_few_percent_are_found(factor):
    assert not charge_check(cycling(current_factor=factor)).is_right


def test_without_counters_nothing_is_claimed():
    table = cycling().drop(columns=["charging_capacity_ah", "discharging_capacity_ah"])
    assert charge_check(table) is None


def test_a_counter_that_stands_still_is_no_evidence():
    """Some exports fill the column with zeros."""
    assert charge_check(cycling(capacity_factor=0.0)) is None


def test_the_last_digit_of_the_current_is_forgiven():
    """A cycler that shows 0.1 mA of 0.4 mA may be off by an eighth, and is not refused for it."""
    table = cycling()
    coarse = table.assign(
        current_ampere=0.4e-3 * np.sign(table["current_ampere"]),
        charging_capacity_ah=0.45 * table["charging_capacity_ah"],
        discharging_capacity_ah=0.45 * table["discharging_capacity_ah"],
    )
    check = charge_check(coarse)
    assert check.ratio == pytest.approx(0.4 / 0.45, rel=1e-3)
    assert check.is_right
