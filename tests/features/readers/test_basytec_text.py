import pytest

from features.errors import UnreadableFile
from features.readers import read_file

TEXT = """\
~Resultfile from Basytec Battery Test System
~Battery: cell 7
~
~Time[s]\tDataSet\tLine\tCommand\tU[V]\tI[A]\tAh-Cyc-Charge\tAh-Cyc-Discharge\tT1[°C]
0\t1\t3\tPause\t3.5\t0\t0\t0\t25.4
3600\t2\t4\tCharge\t3.6\t0.5\t0.5\t0\t25.5
7200\t3\t5\tDischarge\t3.4\t-0.5\t0.5\t0.5\t25.5
"""


@pytest.fixture
def read(tmp_path):
    """Return a function that reads text through a file."""

    def through_file(text, name="cell.txt"):
        path = tmp_path / name
        path.write_bytes(text.encode("cp1252"))
        return read_file(path)

    return through_file


def test_columns_are_read_in_their_units(read):
    reading = read(TEXT)
    assert reading.cycling["current_ampere"].tolist() == [0, 0.5, -0.5]
    assert reading.cycling["charging_capacity_ah"].tolist() == [0, 0.5, 0.5]
    assert reading.cycling["ambient_temperature_celsius"].tolist() == [25.4, 25.5, 25.5]
    assert reading.facts["Battery"] == "cell 7"


def test_milliampere_and_hours_are_converted(read):
    cycling = read(TEXT.replace("I[A]", "I[mA]").replace("Time[s]", "Time[h]")).cycling
    assert cycling["current_ampere"].tolist() == [0, 5e-4, -5e-4]
    assert cycling["test_time_second"].iloc[1] == 3600 * 3600


def test_a_decimal_comma_changes_nothing(read):
    assert read(TEXT.replace(".", ",")).cycling.equals(read(TEXT).cycling)


def test_an_unsigned_current_gets_the_sign_of_its_command(read):
    assert read(TEXT.replace("-0.5", "0.5")).cycling["current_ampere"].tolist() == [0, 0.5, -0.5]


def test_a_bad_cell_is_named_with_line_and_column(read):
    with pytest.raises(UnreadableFile, match=r"line 6, column U\[V\]: '1e999' is no finite number"):
        read(TEXT.replace("3.6", "1e999"))
