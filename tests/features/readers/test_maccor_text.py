import pytest

from features.errors import UnreadableFile
from features.readers import read_file

HEADER = "Today''s Date\t03/28/2022\n\nRec#\tCyc#\tStep\tTestTime\tmAmps\tVolts\tState\tDPt Time\n"
ROWS = """\
1\t0\t1\t  0d 00:00:00.00\t0.0\t1853.8\tR\t08/23/2021 11:59:00 AM
2\t0\t2\t  0d 00:01:00.00\t2.0\t1900.0\tC\t08/23/2021 12:00:00 PM
3\t0\t3\t  1d 00:01:00.50\t2.0\t1700.0\tD\t08/24/2021 12:00:00 PM
"""
COMMAS = """\
Name:\tcell
Rec\tCycle C\tStep\tTestTime\tCurrent [A]\tVoltage [V]\tMd\tDPT Time
1\t1\t1\t0,0\t0,000\t3,25\tR\t06/05/2021 11:23:46
2\t1\t1\t1,0\t0,000\t3,25\tR\t06/05/2021 11:24:46
3\t1\t1\t2,0\t0,000\t3,25\tR\t06/05/2021 11:25:46
4\t1\t1\t3,0\t0,001\t3,20\tD\t06/05/2021 11:26:46
"""


@pytest.fixture
def read(tmp_path):
    """Return a function that reads text through a file."""

    def through_file(text, name="cell.txt"):
        path = tmp_path / name
        path.write_bytes(text.encode("utf-8"))
        return read_file(path)

    return through_file


def test_millivolts_and_milliamperes_are_converted(read):
    cycling = read(HEADER + ROWS).cycling
    assert cycling["voltage_volt"].tolist() == pytest.approx([1.8538, 1.9, 1.7])
    assert cycling["current_ampere"].tolist() == [0, 0.002, -0.002]
    assert cycling["test_time_second"].tolist() == [0, 60, 86_460.5]


def test_volts_beside_milliamperes_stay_volts_where_their_size_says_so(read):
    rows = ROWS.replace("1853.8", "1.85").replace("1900.0", "1.9").replace("1700.0", "1.7")
    assert read(HEADER + rows).cycling["voltage_volt"].tolist() == [1.85, 1.9, 1.7]


@pytest.mark.parametrize("name", ['"Volts"', " Volts ", "Volts (V)"])
def test_the_name_of_the_voltage_may_be_dressed_up(read, name):
    """Random edits found that a name in quotes was looked for as it stands."""
    rows = ROWS.replace("1853.8", "1.85").replace("1900.0", "1.9").replace("1700.0", "1.7")
    text = HEADER.replace("Volts", name) + rows
    assert read(text).cycling["voltage_volt"].tolist() == [1.85, 1.9, 1.7]


def test_decimal_commas_are_read_and_dates_tell_the_unit_of_time(read):
    reading = read(COMMAS)
    assert reading.cycling["test_time_second"].tolist() == [0, 60, 120, 180]
    assert reading.cycling["voltage_volt"].tolist() == [3.25, 3.25, 3.25, 3.2]
    assert reading.cycling["current_ampere"].tolist() == [0, 0, 0, -0.001]
    assert reading.facts["Name"] == "cell"
    assert any("tell minutes" in note for note in reading.notes)


def test_a_time_without_unit_and_dates_is_refused(read):
    with pytest.raises(
        UnreadableFile, match="column TestTime: the unit of time is written nowhere"
    ):
        read(COMMAS.replace("DPT Time", "note"))


def test_a_unit_in_the_header_needs_no_dates(read):
    text = COMMAS.replace("TestTime", "Test (Min)")
    assert read(text).cycling["test_time_second"].tolist() == [0, 60, 120, 180]


def test_a_current_without_sign_and_state_is_told_by_the_voltage(read):
    rising = COMMAS.replace("\tMd", "\tnote").replace("3,20", "3,30")
    assert read(rising).cycling["current_ampere"].iloc[-1] == 0.001
    with pytest.raises(UnreadableFile, match="current without sign and no column of states"):
        read(rising.replace("3,30", "3,20"))


def test_a_row_that_broke_off_is_left_out_and_noted(read):
    reading = read(COMMAS + "5\t1\t1\t4,0\t0,0")
    assert len(reading.cycling) == 4
    assert any("broke off" in note for note in reading.notes)


def test_a_short_row_in_the_middle_is_refused(read):
    with pytest.raises(UnreadableFile, match="line 5: 3 cells, where the rows before have 8"):
        read(COMMAS.replace("3\t1\t1\t2,0\t0,000\t3,25\tR\t06/05/2021 11:25:46", "3\t1\t1"))


def test_a_bad_cell_is_named_with_line_and_column(read):
    with pytest.raises(UnreadableFile, match=r"line 4, column Voltage \[V\]: '3,2,5'.*comma"):
        read(COMMAS.replace("1,0\t0,000\t3,25", "1,0\t0,000\t3,2,5"))
