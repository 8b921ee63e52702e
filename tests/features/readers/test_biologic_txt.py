import pytest

from features.errors import UnreadableFile
from features.readers import read_file

TEXT = """\
BT-Lab ASCII FILE
Nb header lines : 4
Modulo Bat
Ns changes\tNs\ttime/s\tEcell/V\tI/mA\tQ discharge/mA.h\tTemperature/°C\t
0\t0\t11/20/2024 23:59:59.500\t4.1\t0.0\t0\t20.5
1\t1\t11/21/2024 00:00:00.000\t4.0\t-450.0\t1.5\t20.5
"""


@pytest.fixture
def read(tmp_path):
    """Return a function that reads text through a file."""

    def through_file(text, name="cell.txt"):
        path = tmp_path / name
        path.write_bytes(text.encode("latin-1"))
        return read_file(path)

    return through_file


def test_dates_are_seconds_since_the_first(read):
    reading = read(TEXT)
    assert reading.format == "BioLogic text"
    assert reading.cycling["test_time_second"].tolist() == [0, 0.5]
    assert reading.cycling["current_ampere"].tolist() == [0, -0.45]
    assert reading.cycling["discharging_capacity_ah"].tolist() == [0, 0.0015]
    assert reading.cycling["ambient_temperature_celsius"].tolist() == [20.5, 20.5]


def test_an_impossible_date_is_refused(read):
    with pytest.raises(UnreadableFile, match="column time/s: the dates are not all of one known"):
        read(TEXT.replace("11/21/2024", "21/21/2024"))


def test_a_bad_cell_is_named_with_line_and_column(read):
    with pytest.raises(UnreadableFile, match=r"line 6, column I/mA: '--450.0'"):
        read(TEXT.replace("-450.0", "--450.0"))
