import pytest

from features.errors import UnreadableFile
from features.readers import read_file

TEXT = """\
Request Year:,2026
Test,Cell,Rack,Shelf,Step,Instruction Name,Total Time (Hours in hh:mm:ss.xxx),Voltage (V),\
Current (A),Charge Capacity (mAh),Temp (°C),
7,1,A,1,0,Idle,00:00:00.000,3.5,0,0,25,
7,1,A,1,1,Charge,00:59:59.500,3.6,0.5,500,,
"""


@pytest.fixture
def read(tmp_path):
    """Return a function that reads text through a file."""

    def through_file(text, name="cell.csv"):
        path = tmp_path / name
        path.write_bytes(text.encode("utf-8"))
        return read_file(path)

    return through_file


def test_columns_are_read_in_their_units(read):
    reading = read(TEXT)
    assert reading.cycling["test_time_second"].tolist() == [0, 3599.5]
    assert reading.cycling["charging_capacity_ah"].tolist() == [0, 0.5]


def test_an_optional_column_with_gaps_is_left_out_and_noted(read):
    reading = read(TEXT)
    assert "ambient_temperature_celsius" not in reading.cycling
    assert any("'Temp (°C)' is empty in 1 of 2 rows" in note for note in reading.notes)


def test_two_cells_in_a_file_are_refused(read):
    with pytest.raises(UnreadableFile, match=r"holds the cells \['1', '2'\]"):
        read(TEXT.replace("7,1,A,1,1", "7,2,A,1,1"))


def test_a_bad_cell_is_named_with_line_and_column(read):
    with pytest.raises(UnreadableFile, match=r"line 4, column Current \(A\): ''"):
        read(TEXT.replace("0.5,500", ",500"))
