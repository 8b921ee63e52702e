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
