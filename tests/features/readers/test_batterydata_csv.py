import pytest

from features.errors import UnreadableFile
from features.readers import read_file

HEADER = (
    "Cycle_Index,Step,Time_s,Current_A,Voltage_V,Cell_Temperature_C,Datenum_d,"
    "Frequency_Hz,Z_Imag_Ohm,Z_Real_Ohm\n"
)
ROWS = """\
1,1,0,0.5,3.0,30,737792.4,NaN,NaN,NaN
2,1,10,-0.5,3.1,30,737792.4,NaN,NaN,NaN
2,2,20,0,-3.7,NaN,737792.4,1000,-0.1,0.5
2,2,30,0,-3.7,NaN,737792.4,10,-0.2,0.7
3,3,40,0.5,3.2,30,737792.4,NaN,NaN,NaN
"""


@pytest.fixture
def read(tmp_path):
    """Return a function that reads text through a file."""

    def through_file(text, name="cell.csv"):
        path = tmp_path / name
        path.write_bytes(text.encode("utf-8"))
        return read_file(path)

    return through_file


def test_rows_of_a_sweep_are_a_spectrum_and_no_cycling(read):
    reading = read(HEADER + ROWS)
    assert reading.cycling["voltage_volt"].tolist() == [3.0, 3.1, 3.2]
    assert reading.cycling["ambient_temperature_celsius"].tolist() == [30, 30, 30]
    (spectrum,) = reading.spectra
    assert spectrum.impedance_ohm.tolist() == [0.5 - 0.1j, 0.7 - 0.2j]
    assert spectrum.cycle == 1


def test_a_summary_of_cycles_is_refused(read):
    with pytest.raises(UnreadableFile, match="summary with one row a cycle"):
        read("Cycle_Index,Time_s,tsecs_start,tsecs_end\n1,0,0,1\n")


def test_a_bad_cell_is_named_with_line_and_column(read):
    with pytest.raises(UnreadableFile, match="line 6, column Voltage_V: ''"):
        read(HEADER + ROWS.replace("3.2", ""))
    with pytest.raises(UnreadableFile, match="line 4, column Z_Real_Ohm: 'NaN'"):
        read(HEADER + ROWS.replace("-0.1,0.5", "-0.1,NaN"))
