import pytest

from features.errors import UnreadableFile
from features.readers import read_file

HEADER = (
    "Date_Time,Test_Time (s),Cycle_Index,Current (A),Voltage (V),Charge_Capacity (Ah),"
    "Environment_Temperature (C),Cell_Temperature (C)\n"
)
ROWS = "2010-09-02 14:35:40,0,1,0,3.8,0,,21\n2010-09-02 15:35:40,3600,1,0.6,3.9,0.6,,22\n"


@pytest.fixture
def read(tmp_path):
    """Return a function that reads text through a file."""

    def through_file(text, name="cell.csv"):
        path = tmp_path / name
        path.write_bytes(text.encode("utf-8"))
        return read_file(path)

    return through_file


def test_the_temperature_that_was_measured_is_read(read):
    cycling = read(HEADER + ROWS).cycling
    assert cycling["ambient_temperature_celsius"].tolist() == [21, 22]
    assert cycling["current_ampere"].tolist() == [0, 0.6]


def test_a_summary_of_cycles_is_refused(read):
    with pytest.raises(UnreadableFile, match="summary with one row a cycle"):
        read("Cycle_Index,Start_Time,End_Time,Min_Current (A)\n1,,,0\n")


def test_shuffled_rows_are_refused(read):
    first, second = ROWS.splitlines(keepends=True)
    with pytest.raises(
        UnreadableFile, match=r"line 3, column Test_Time \(s\): the time steps back"
    ):
        read(HEADER + second + first)


def test_a_bad_cell_is_named_with_line_and_column(read):
    with pytest.raises(UnreadableFile, match=r"line 3, column Voltage \(V\): 'NaN'"):
        read(HEADER + ROWS.replace("3.9", "NaN"))
