import pytest

from features.errors import UnreadableFile
from features.readers import read_file

HEADER = (
    "cell model:,,\n"
    "channel_index,step_index,test_time_s,current_A,voltage_V,temperature_1_C,step_name\n"
)
ROWS = "1,1,0,0.0,3.0,0,rest,\n2,2,10,0.5,3.1,0,charge CC,\n3,3,20,0.5,3.0,0,discharge CC,\n"


@pytest.fixture
def read(tmp_path):
    """Return a function that reads text through a file."""

    def through_file(text, name="cell.csv"):
        path = tmp_path / name
        path.write_bytes(text.encode("utf-8"))
        return read_file(path)

    return through_file


def test_the_step_name_signs_the_current(read):
    assert read(HEADER + ROWS).cycling["current_ampere"].tolist() == [0, 0.5, -0.5]


def test_a_temperature_of_nothing_but_0_was_not_measured(read):
    assert "ambient_temperature_celsius" not in read(HEADER + ROWS).cycling
    measured = read(
        HEADER
        + ROWS.replace(",0,rest", ",25,rest")
        .replace(",0,ch", ",25,ch")
        .replace(",0,dis", ",25,dis")
    )
    assert measured.cycling["ambient_temperature_celsius"].tolist() == [25, 25, 25]


def test_only_empty_cells_may_lack_a_name(read):
    with pytest.raises(UnreadableFile, match=r"more cells than its header has names.*line 4"):
        read(HEADER + ROWS.replace("charge CC,\n3", "charge CC,7\n3"))


def test_a_bad_cell_is_named_with_line_and_column(read):
    with pytest.raises(UnreadableFile, match="line 4, column current_A: '1_000'"):
        read(HEADER + ROWS.replace("10,0.5", "10,1_000"))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk"])
def test_chinese_names_are_known_in_any_encoding(tmp_path, encoding):
    path = tmp_path / "cell.csv"
    header = "序号,测试时间/Sec,步骤时间/Sec,电流/mA,容量/mAh,电压/V,系统时间\n"
    rows = "1,0,0,1.0,0,3.0,2024-01-01 00:00:00\n2,60,60,-1.0,0.1,3.1,2024-01-01 00:01:00\n"
    path.write_bytes((header + rows).encode(encoding))
    assert read_file(path).cycling["current_ampere"].tolist() == [1e-3, -1e-3]
