import pytest

from features.errors import UnreadableFile
from features.readers import read_file

WIDE = "\N{FULLWIDTH DIGIT ONE}"
TEXT = """\
[Summary]
Novonix UHPC data file
Cell: LGM50
[End Summary]
[Protocol]
{"Steps":[{"a":1,"b":2},{"a":3,"b":4}]}
[End Protocol]
[Data]
Date and Time,Cycle Number,Step Type,Run Time (h),Current (A),Potential (V),Temperature (°C)
2025-07-19 15:26:20,1,7,0.0,0.0,3.8,24.6
2025-07-19 16:26:20,1,7,1.0,-0.5,3.7,24.7
"""


@pytest.fixture
def read(tmp_path):
    """Return a function that reads text through a file."""

    def through_file(text, name="cell.csv"):
        path = tmp_path / name
        path.write_bytes(text.encode("utf-8"))
        return read_file(path)

    return through_file


def test_hours_are_seconds_and_the_sign_is_kept(read):
    reading = read(TEXT)
    assert reading.cycling["test_time_second"].tolist() == [0, 3600]
    assert reading.cycling["current_ampere"].tolist() == [0, -0.5]
    assert reading.cycling["ambient_temperature_celsius"].tolist() == [24.6, 24.7]
    assert reading.facts["Cell"] == "LGM50"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_the_encoding_is_told_from_the_file(tmp_path, read, encoding):
    path = tmp_path / "other.csv"
    path.write_bytes(TEXT.encode(encoding))
    assert read_file(path).cycling.equals(read(TEXT).cycling)


def test_a_file_cut_above_its_table_says_so(read):
    with pytest.raises(UnreadableFile, match="no header line with the columns"):
        read(TEXT.split("[Data]", maxsplit=1)[0])


def test_a_bad_cell_is_named_with_line_and_column(read):
    with pytest.raises(UnreadableFile, match=rf"line 11, column Current \(A\): '{WIDE}'"):
        read(TEXT.replace("-0.5", WIDE))
