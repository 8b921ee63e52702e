"""The last check before rows become a cycling table."""

import numpy as np
import pytest

from features.errors import UnreadableFile
from features.parsing.cycling_rows import cycling_table


def columns(**changed):
    usual = {
        "test_time_second": [0.0, 10.0, 20.0],
        "current_ampere": [0.0, 1e-3, -1e-3],
        "voltage_volt": [3.0, 3.1, 2.9],
    }
    return {name: np.array(values) for name, values in (usual | changed).items()}


def test_good_rows_pass_unchanged_in_the_order_of_our_columns():
    table, notes = cycling_table("a.mpr", columns(cycle_count=[1.0, 1.0, 1.0]))
    assert list(table) == ["test_time_second", "current_ampere", "voltage_volt", "cycle_count"]
    assert notes == ()


def test_clock_that_starts_anew_goes_on_and_says_so():
    table, notes = cycling_table("a.res", columns(test_time_second=[0.0, 100.0, 5.0]))
    assert table["test_time_second"].tolist() == [0.0, 100.0, 105.0]
    assert "anew 1 times" in notes[0]


def test_clock_that_steps_back_into_the_test_is_refused():
    """A restart begins near zero; anything else is a shuffled or damaged file."""
    with pytest.raises(UnreadableFile, match=r"'a.res', row 3: .* from 1000 to 900 s"):
        cycling_table("a.res", columns(test_time_second=[0.0, 1000.0, 900.0]))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"voltage_volt": [3.0, np.nan, 3.0]}, r"row 2: voltage_volt is nan; allowed is -10 to 10"),
        ({"current_ampere": [0.0, 0.0, 1e30]}, r"row 3: current_ampere is 1e\+30"),
        ({"test_time_second": [0.0, np.inf, 1.0]}, "row 2: test_time_second is inf"),
    ],
)
def test_impossible_number_is_refused_with_row_and_limits(changed, message):
    with pytest.raises(UnreadableFile, match=message):
        cycling_table("a.mpr", columns(**changed))


def test_optional_column_with_gaps_is_left_out_with_a_note():
    table, notes = cycling_table("a.nda", columns(ambient_temperature_celsius=[25.0, np.nan, 25.0]))
    assert "ambient_temperature_celsius" not in table
    assert notes == ("ambient_temperature_celsius is missing in 1 of 3 rows and was left out.",)


def test_no_rows_and_no_current_are_refused():
    with pytest.raises(UnreadableFile, match="holds no rows"):
        cycling_table("a.mpr", {name: np.zeros(0) for name in columns()})
    without = {name: values for name, values in columns().items() if name != "current_ampere"}
    with pytest.raises(UnreadableFile, match=r"no \['current_ampere'\]"):
        cycling_table("a.mpr", without)
