import numpy as np
import pandas as pd
import pytest

from features.errors import UnreadableFile
from features.readers import read_file

HEADER = "test_time_second,current_ampere,voltage_volt,cycle_count\n"
ROWS = "0,0.001,3,1\n3600,-0.001,3.5,2\n"


@pytest.fixture
def read(tmp_path):
    """Return a function that reads text, or a table, through a file."""

    def through_file(content):
        if isinstance(content, pd.DataFrame):
            content.to_parquet(tmp_path / "cell.parquet")
            return read_file(tmp_path / "cell.parquet")
        (tmp_path / "cell.csv").write_text(content)
        return read_file(tmp_path / "cell.csv")

    return through_file


@pytest.mark.parametrize(
    "text",
    [
        "test_time_millisecond,current_ampere,voltage_volt,cycle_dimensionless\n"
        "0,0.001,3,1\n3600000,-0.001,3.5,2\n",
        "Test Time / h,Current / mA,Voltage / mV,Cycle Count / 1\n0,1,3000,1\n1,-1,3500,2\n",
        (HEADER + ROWS).replace(",", ";").replace(".", ","),
        "\n# made by hand\n" + HEADER + ROWS,
        '"' + (HEADER + ROWS).strip().replace(",", '","').replace("\n", '"\n"') + '"\n',
    ],
)
def test_older_names_labels_and_spreadsheets_say_the_same(read, text):
    assert read(text).cycling.equals(read(HEADER + ROWS).cycling)


def test_parquet_has_the_same_dialects(read):
    table = {"test_time_millisecond": [0, 3_600_000], "current_ampere": [0.001, -0.001]}
    table |= {"voltage_volt": np.float32([3, 3.5]), "cycle_dimensionless": [1, 2]}
    assert read(pd.DataFrame(table)).cycling.equals(read(HEADER + ROWS).cycling)


@pytest.mark.parametrize("column", ["test_time_second", "voltage_volt"])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_parquet_names_row_and_column_of_a_number_that_is_none(read, column, value):
    table = pd.DataFrame({"test_time_second": [0.0, 1], "current_ampere": 1.0, "voltage_volt": 3.0})
    table.loc[1, column] = value
    with pytest.raises(UnreadableFile, match=f"'cell.parquet', row 2, column {column}"):
        read(table)


def test_words_in_parquet_are_no_numbers(read):
    table = pd.DataFrame({"test_time_second": ["0"], "current_ampere": 1.0, "voltage_volt": 3.0})
    with pytest.raises(UnreadableFile, match=r"'test_time_second': '.*string'"):
        read(table)


def test_a_temperature_of_nothing_but_0_was_not_measured(read):
    text = HEADER.replace("cycle_count", "ambient_temperature_celsius") + "0,1,3,0\n1,1,3,0\n"
    reading = read(text)
    assert "ambient_temperature_celsius" not in reading.cycling
    assert any("nothing was measured" in note for note in reading.notes)


def test_a_missing_cycle_and_a_row_that_broke_off_are_noted(read):
    reading = read(HEADER + ROWS + "7200,0.001,3,4\n7300,0.0")
    assert any("goes from 2 to 4 in line 4" in note for note in reading.notes)
    assert any("broke off" in note for note in reading.notes)


@pytest.mark.parametrize("is_parquet", [False, True])
def test_a_time_that_steps_back_is_refused_with_its_place(read, is_parquet):
    text = HEADER + ROWS + ROWS
    rows = np.array([line.split(",") for line in text.split()[1:]], dtype=float)
    content = pd.DataFrame(rows, columns=HEADER.strip().split(",")) if is_parquet else text
    with pytest.raises(UnreadableFile, match=r"(line 4|row 3), column test_time_second: the time"):
        read(content)


def test_a_unit_that_is_none_is_refused(read):
    with pytest.raises(UnreadableFile, match=r"has columns \[.*'Current / mA/cm2'"):
        read("Test Time / h,Current / mA/cm2,Voltage / V\n0,1,3\n")
