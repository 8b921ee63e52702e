import pytest

from features.errors import UnreadableFile
from features.readers import read_file

HEADER = (
    "Data_Point,Test_Time(s),Step_Index,Cycle_Index,Current(A),Voltage(V),Charge_Capacity(Ah)\n"
)
ROWS = "1,0,1,1,0,3.0,0\n2,3600,1,1,0.5,3.5,0.5\n"


@pytest.fixture
def read(tmp_path):
    """Return a function that reads text through a file."""

    def through_file(text, name="cell.csv"):
        path = tmp_path / name
        path.write_bytes(text.encode("utf-8"))
        return read_file(path)

    return through_file


def test_units_stand_in_brackets(read):
    reading = read(HEADER.replace("Current(A)", "Current (mA)").replace("(Ah)", "(mAh)") + ROWS)
    assert reading.format == "Arbin CSV"
    assert reading.cycling["current_ampere"].tolist() == [0, 5e-4]
    assert reading.cycling["charging_capacity_ah"].tolist() == [0, 5e-4]
    assert reading.columns["Current (mA)"] == "current_ampere from mA"


def test_without_units_they_are_seconds_ampere_and_volt(read):
    plain = read(HEADER.replace("(s)", "").replace("(A)", "").replace("(V)", "") + ROWS)
    assert plain.cycling["test_time_second"].tolist() == [0, 3600]
    assert plain.cycling["current_ampere"].tolist() == [0, 0.5]
    assert plain.cycling["voltage_volt"].tolist() == [3, 3.5]


def test_spaces_and_underscores_are_the_same(read):
    assert read(HEADER.replace("_", " ") + ROWS).cycling.equals(read(HEADER + ROWS).cycling)


def test_auxiliary_cells_without_names_are_passed_over(read):
    reading = read(HEADER + ROWS.replace("\n", ",,25.1,1e-5\n"))
    assert reading.cycling.equals(read(HEADER + ROWS).cycling)


def test_a_current_density_is_no_current(read):
    with pytest.raises(UnreadableFile, match=r"line 1, column Current\(mA/cm2\).*allowed are a,"):
        read(HEADER.replace("Current(A)", "Current(mA/cm2)") + ROWS)


def test_a_bad_cell_is_named_with_line_and_column(read):
    with pytest.raises(UnreadableFile, match=r"'cell.csv', line 3, column Voltage\(V\): 'x'"):
        read(HEADER + ROWS.replace("3.5", "x"))


def test_volts_that_are_millivolts_are_refused(read):
    with pytest.raises(UnreadableFile, match=r"line 3, column Voltage\(V\): .* 3500; allowed"):
        read(HEADER + ROWS.replace("3.5", "3500"))
