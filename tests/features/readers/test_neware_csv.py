import pandas as pd
import pytest

from features.errors import UnreadableFile
from features.readers import read_file

HEADER = "DataPoint,Cycle Index,Step Index,Step Type,Time,Total Time,Current(A),Voltage(V),Date\n"
ROWS = """\
1,1,1,CC Chg,00:00:00,00:00:00,0.001,3.0,2024-01-01 23:59:00
2,1,1,CC Chg,00:01:00,00:01:00,0.001,3.2,2024-01-02 00:00:00
3,1,2,CC DChg,00:00:00,00:01:00,-0.001,3.1,2024-01-02 00:00:00
4,1,2,CC DChg,00:01:00,00:02:00,-0.001,3.0,2024-01-02 00:01:00
"""
SIGNED = [0.001, 0.001, -0.001, -0.001]


@pytest.fixture
def read(tmp_path):
    """Return a function that reads text through a file."""

    def through_file(text, name="cell.csv"):
        path = tmp_path / name
        path.write_bytes(text.encode("utf-8"))
        return read_file(path)

    return through_file


def test_clock_times_are_seconds(read):
    assert read(HEADER + ROWS).cycling["test_time_second"].tolist() == [0, 60, 60, 120]


@pytest.mark.parametrize("hidden", ["Total Time", "Time"])
def test_a_time_of_each_step_is_put_in_a_row(read, hidden):
    reading = read(HEADER.replace(f",{hidden},", ",-,") + ROWS)
    assert reading.cycling["test_time_second"].tolist() == [0, 60, 60, 120]


def test_dates_stand_in_for_a_missing_time(read):
    reading = read(HEADER.replace("Total Time", "-").replace(",Time,", ",-,") + ROWS)
    assert reading.cycling["test_time_second"].tolist() == [0, 60, 60, 120]
    assert any("told from 'Date'" in note for note in reading.notes)


def test_the_step_type_signs_an_unsigned_current(read):
    reading = read(HEADER + ROWS.replace(",-0.001", ",0.001"))
    assert reading.cycling["current_ampere"].tolist() == SIGNED
    assert any("no sign in the file" in note for note in reading.notes)


def test_a_positive_discharge_is_turned_round(read):
    swapped = ROWS.replace(",-0.001", ",x").replace(",0.001", ",-0.001").replace(",x", ",0.001")
    reading = read(HEADER + swapped)
    assert reading.cycling["current_ampere"].tolist() == SIGNED
    assert any("turned round" in note for note in reading.notes)


def test_signs_that_contradict_the_step_type_are_refused(read):
    with pytest.raises(UnreadableFile, match="contradicts itself"):
        read(HEADER + ROWS.replace("CC DChg", "CC Chg"))


def test_milliampere_and_chinese_names_are_known(read):
    header = "数据序号,循环号,工步号,工步类型,时间,总时间,电流(mA),电压(V),绝对时间\n"
    cycling = read(header + ROWS).cycling
    assert cycling["current_ampere"].tolist() == [value / 1000 for value in SIGNED]


def test_a_record_written_twice_is_refused(read):
    with pytest.raises(UnreadableFile, match="line 6, column Total Time: the time steps back"):
        read(HEADER + ROWS + ROWS)


def test_hours_called_seconds_contradict_the_dates(read):
    rows = "".join(
        f"{k},1,1,Rest,0,{k},0,3,2024-01-{1 + k // 24:02d} {k % 24:02d}:00:00\n" for k in range(50)
    )
    with pytest.raises(UnreadableFile, match="dates beside it the test took 3600 times as long"):
        read(HEADER.replace("Total Time", "Total Time(s)") + rows)


def test_a_broken_clock_time_is_named(read):
    with pytest.raises(UnreadableFile, match="line 3, column Total Time: '00:0x:00' is no time"):
        read(HEADER + ROWS.replace("00:01:00,00:01:00,0.001,3.2", "00:01:00,00:0x:00,0.001,3.2"))


NESTED = """\
Cycle ID,Cap_Chg(mAh),Cap_DChg(mAh),,
,Step ID,Step Name,Step Time(h:min:s.ms),
,,Record ID,Time(h:min:s.ms),Voltage(V),Current(mA),Capacity(mAh),Realtime
1,0.0333,0.0333,,
,1,CC_Chg,0:01:00.0,
,,1,0:00:00.0,3.0,1.0,0,2024-01-01 23:59:00
,,2,0:01:00.0,3.2,1.0,0.0167,2024-01-02 00:00:00
,2,CC_DChg,0:01:00.0,
,,3,0:00:00.0,3.1,1.0,0,2024-01-02 00:00:00
,,4,0:01:00.0,3.0,1.0,0.0167,2024-01-02 00:01:00
2,0.0167,0.0,,
,1,CC_Chg,0:01:00.0,
,,5,0:00:00.0,3.0,1.0,0,2024-01-02 00:01:00
,,6,0:01:00.0,3.2,1.0,0.0167,2024-01-02 00:02:00
"""
CHINESE_HEADER = "数据序号,循环号,工步号,工步类型,时间,总时间,电流(A),电压(V),绝对时间\n"
CHINESE_ROWS = ROWS.replace("CC Chg", "恒流充电").replace("CC DChg", "恒流放电")


def test_points_under_their_cycles_and_steps_are_read_like_flat_ones(read):
    """Three layers in one file: only the innermost is measured, the others name it."""
    reading = read(NESTED)
    assert reading.cycling["test_time_second"].tolist() == [0, 60, 60, 120, 120, 180]
    assert reading.cycling["current_ampere"].tolist() == [*SIGNED, 0.001, 0.001]
    assert reading.cycling["cycle_count"].tolist() == [1, 1, 1, 1, 2, 2]
    assert reading.cycling["charging_capacity_ah"].iloc[-1] == pytest.approx(3.34e-5)
    assert any("in layers" in note for note in reading.notes)


def test_delimiters_alone_are_no_point_and_end_no_step(read):
    lines = NESTED.splitlines()
    closed = "\n".join([*lines[:6], ",,,,,,,", *lines[6:], ",,,,,,,"]) + "\n"
    pd.testing.assert_frame_equal(read(closed).cycling, read(NESTED).cycling)


def test_a_damaged_point_among_layers_is_refused_by_its_own_line(read):
    with pytest.raises(UnreadableFile, match=r"line 9, column Voltage\(V\): '3.x'"):
        read(NESTED.replace("0:00:00.0,3.1", "0:00:00.0,3.x"))


def test_layers_without_names_of_steps_need_a_signed_current(read):
    """Nothing tells a discharge then but the sign, or a voltage that falls as current sets in."""
    unnamed = NESTED.replace("Step Name", "").replace("CC_Chg", "").replace("CC_DChg", "")
    signed = unnamed.replace("3.1,1.0", "3.1,-1.0").replace("3.0,1.0,0.0167", "3.0,-1.0,0.0167")
    assert read(signed).cycling["current_ampere"].tolist() == [*SIGNED, 0.001, 0.001]
    rests = unnamed.replace("3.2,1.0", "3.2,0.0")
    with pytest.raises(UnreadableFile, match="current without sign and no column of states"):
        read(rests)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
@pytest.mark.parametrize("n_times", [1, 400])
def test_chinese_exports_are_read_in_any_of_their_encodings(tmp_path, encoding, n_times):
    """A head of 64 KiB may end within a letter, which says nothing of the encoding."""
    path = tmp_path / "cell.csv"
    rows = "".join(CHINESE_ROWS.replace("2024-01-0", f"{2000 + n}-01-0") for n in range(n_times))
    path.write_bytes((CHINESE_HEADER.replace("总时间", "-") + rows).encode(encoding))
    cycling = read_file(path).cycling
    assert cycling["current_ampere"].tolist() == SIGNED * n_times


def test_a_degree_sign_of_western_windows_is_no_chinese(tmp_path):
    path = tmp_path / "cell.csv"
    header = HEADER.replace(",Date", ",Date,T1(°C)")
    rows = ROWS.replace(":00\n", ":00,25.5\n")
    path.write_bytes((header + rows).encode("cp1252"))
    assert read_file(path).cycling["ambient_temperature_celsius"].tolist() == [25.5] * 4
