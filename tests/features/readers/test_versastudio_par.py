import pytest

from features.errors import UnreadableFile
from features.readers import read_file

TEXT = """\
<Application>
Name=VersaStudio
</Application>
<Segment1>
Type=2
Definition=Segment #, Point #, E(V), I(A), Elapsed Time(s), Frequency(Hz), Z Real, Z Imag, 0
0,0,0.10,-1E-03,0,0,0,0
0,1,0.05,-1E-03,10,0,0,0
</Segment1>
<Segment2>
Definition=Segment #, Point #, E(V), I(A), Elapsed Time(s), Frequency(Hz), Z Real, Z Imag, 0
1,0,0,0,20,1000,5,-2
1,1,0,0,30,10,6,-3
</Segment2>
"""


@pytest.fixture
def read(tmp_path):
    """Return a function that reads text through a file."""

    def through_file(text, name="cell.par"):
        path = tmp_path / name
        path.write_bytes(text.encode("utf-8"))
        return read_file(path)

    return through_file


def test_segments_are_cycling_and_spectra(read):
    reading = read(TEXT)
    assert reading.cycling["current_ampere"].tolist() == [-1e-3, -1e-3]
    assert reading.cycling["test_time_second"].tolist() == [0, 10]
    (spectrum,) = reading.spectra
    assert spectrum.impedance_ohm.tolist() == [5 - 2j, 6 - 3j]


def test_a_bad_cell_is_named_with_its_line_in_the_whole_file(read):
    with pytest.raises(UnreadableFile, match=r"line 13, column Z Real: 'six'"):
        read(TEXT.replace("10,6,-3", "10,six,-3"))


def test_segments_of_other_columns_are_refused(read):
    with pytest.raises(UnreadableFile, match="segments of 2 kinds of columns"):
        read(TEXT.replace("Z Imag, 0\n1,", "Z Imag, 1\n1,"))
    with pytest.raises(UnreadableFile, match="segments of 0 kinds of columns"):
        read(TEXT.replace("Segment1", "Part1").replace("Segment2", "Part2"))
