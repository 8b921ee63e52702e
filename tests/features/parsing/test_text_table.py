import pytest

from features.errors import UnreadableFile
from features.parsing.text_cycling import read_text
from features.parsing.text_format import Column, TextFormat

LAYOUT = TextFormat(
    "made by hand",
    columns={
        "time": Column("test_time_second", "s"),
        "step": Column("step"),
        "i": Column("current_ampere", "A"),
        "u": Column("voltage_volt", "V"),
        "t": Column("ambient_temperature_celsius", "C"),
    },
    signatures=(frozenset({"time", "i", "u"}),),
)
TEXT = "time,i,u\n0,1,3\n1,-1,3.5\n"


@pytest.fixture
def read(tmp_path):
    """Return a function that reads text of the layout made by hand."""

    def through_file(text):
        path = tmp_path / "cell.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_text(LAYOUT, path)

    return through_file


@pytest.mark.parametrize("n_lines", [0, 1, 3, 96, 200])
def test_any_preamble_is_passed_over(read, n_lines):
    reading = read("about the cell: 7, A\n" * n_lines + TEXT)
    assert reading.cycling.equals(read(TEXT).cycling)


@pytest.mark.parametrize(
    "text",
    [
        TEXT.replace(",", ";"),
        TEXT.replace(",", "\t"),
        TEXT.replace(",", ";").replace(".", ","),
        TEXT.replace("\n", "\r\n"),
        TEXT.replace("\n", "\r"),
        TEXT.replace("\n", "\n\n"),
        TEXT.replace("\n", ",\n"),
        TEXT + ",,\n,,\n",
        TEXT + "\n \n",
        TEXT.replace(",", '","').replace("\n", '"\n"')[:-1].replace("time", '"time'),
        "TIME , I,u\n 0, 1, 3\n1,-1 ,3.5\n",
        "u,time,note,i\n3,0,a,1\n3.5,1,b,-1\n",
        "time,i,u\ns,A,V\n0,1,3\n1,-1,3.5\n",
        "time,i,u\n[s],[mA],[mV]\n0,1000,3000\n1,-1000,3500\n",
        "time (ms),i/mA,u_mV\n0,1000,3000\n1000,-1000,3500\n",
        TEXT.encode("utf-16"),
        TEXT.encode("utf-8-sig"),
    ],
)
def test_the_same_table_written_otherwise_is_the_same(read, text):
    """Delimiter, decimal sign, line ends, quotes, units and order of columns carry no meaning."""
    assert read(text).cycling.equals(read(TEXT).cycling)


def test_a_repeated_header_line_is_no_row_and_keeps_the_count_of_lines(read):
    reading = read(TEXT + "time,i,u\n2,1,3\n")
    assert reading.cycling["test_time_second"].tolist() == [0, 1, 2]
    assert any("1 repeated header lines" in note for note in reading.notes)
    with pytest.raises(UnreadableFile, match="line 5, column i: 'x'"):
        read(TEXT + "time,i,u\n2,x,3\n")


@pytest.mark.parametrize(
    "cell",
    ["", "x", "nan", "-inf", "1e999", "1_0", "0x1", "True", "1 2", "\N{FULLWIDTH DIGIT ONE}"],
)
def test_only_plain_finite_numbers_are_numbers(read, cell):
    with pytest.raises(UnreadableFile, match=rf"'cell.csv', line 3, column u: '{cell}'"):
        read(TEXT.replace("3.5", cell))


@pytest.mark.parametrize("cell", ["+3.5", "3.50", "35e-1", "3.5E+000", "0.35e1", " 3.5 "])
def test_a_number_may_be_written_in_any_usual_way(read, cell):
    assert read(TEXT.replace("3.5", cell)).cycling["voltage_volt"].tolist() == [3, 3.5]


def test_what_would_steer_a_terminal_is_not_echoed(read):
    with pytest.raises(UnreadableFile, match=r"'\?\[31mred'"):
        read(TEXT.replace("3.5", "\x1b[31mred"))


def test_a_row_that_broke_off_is_left_out_and_a_missing_line_end_is_noted(read):
    assert any("broke off" in note for note in read(TEXT + "2,1").notes)
    assert any("no line end" in note for note in read(TEXT + "2,1,3").notes)
    assert not read(TEXT + "2,1,3\n").notes[1:]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a,b\n1,2\n", r"no header line with the columns \['i', 'time', 'u'\]"),
        ("time,i,u\n", "holds no rows below its header in line 1"),
        (TEXT.replace("1,-1,3.5", "1,-1,3,5"), "more cells than its header has names"),
        (TEXT.replace("1,-1,3.5\n", "1,-1\n2,1,3\n"), "line 3: 2 cells, where the rows before"),
        (TEXT.replace("time,i,u", "time,i,u,t"), "the row has 3 cells, the header has 4 names"),
        (TEXT.replace("time,i,u", "time,u,i,u").replace("0,1,3", "0,3,1,3"), "u is there twice"),
        (TEXT + TEXT.split("\n", 1)[1], "line 4, column time: the time steps back from 1 to 0 s"),
        (TEXT.replace("time", "time/h2"), "line 1, column time/h2: the unit 'h2' is none of"),
        (TEXT.replace(",i,", ",i (mA/cm2),"), r"line 1, column i \(mA/cm2\): the unit 'mA/cm2'"),
        (TEXT.replace("-1", "-2000"), "line 3, column i: current_ampere is -2000; allowed is"),
        (TEXT.replace("3.5", '"3.5'), "line 3, column u"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(read, text, reason):
    with pytest.raises(UnreadableFile, match=reason):
        read(text)


def test_a_time_that_starts_anew_in_each_step_is_put_in_a_row(read):
    rows = "time,step,i,u\n0,1,1,3\n9,1,1,3\n0,2,1,3\n5,2,1,3\n0,3,1,3\n5,3,1,3\n"
    reading = read(rows)
    assert reading.cycling["test_time_second"].tolist() == [0, 9, 9, 14, 14, 19]
    assert any("starts anew in each step" in note for note in reading.notes)


def test_a_time_with_a_stray_zero_is_not_put_in_a_row(read):
    """The clock goes on after the zero, so it never started anew."""
    with pytest.raises(UnreadableFile, match="steps back from 9 to 0 s"):
        read("time,step,i,u\n0,1,1,3\n9,1,1,3\n0,2,1,3\n10,2,1,3\n")


def test_a_bad_cell_far_down_a_long_file_is_named(read):
    with pytest.raises(UnreadableFile, match="line 200002, column i: 'x'"):
        read("time,i,u\n" + "0,0,0\n" * 200_000 + "0,x,0\n")
