import time

import numpy as np
import pandas as pd
import pytest

from features.errors import SeicastError, UnreadableFile
from features.readers import read_cycling, read_file, read_spectrum
from features.recipe import CellDesign, Recipe
from features.records import CYCLING_COLUMNS, Cell, Source

HEADER = "test_time_second,current_ampere,voltage_volt\n"
SPECTRUM_HEADER = "frequency_hertz,real_impedance_ohm,imaginary_impedance_ohm\n"
N_EDITS = 300


@pytest.fixture
def write(tmp_path):
    """Return a function that writes text, bytes or a table to a file of a name."""

    def to_file(content, name="a.csv"):
        path = tmp_path / name
        if isinstance(content, pd.DataFrame) and path.suffix == ".parquet":
            content.to_parquet(path)
        elif isinstance(content, pd.DataFrame):
            content.to_csv(path, index=False)
        else:
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return to_file


@pytest.mark.parametrize("name", ["a.csv", "A.CSV", "a.parquet"])
def test_a_table_comes_back_from_its_file(write, make_li_cu_cell, name):
    """Shortest round-trip decimals lose no bit."""
    cycling = make_li_cu_cell(rest_s=7).cycling
    back = read_cycling(write(cycling, name))
    pd.testing.assert_frame_equal(back, cycling.astype(float), check_exact=True)


@pytest.mark.parametrize("name", ["a.csv", "a.parquet"])
def test_a_spectrum_comes_back_from_its_file(write, make_spectrum, name):
    spectrum = make_spectrum(cycle=None)
    table = pd.DataFrame(
        {
            "frequency_hertz": spectrum.frequency_Hz,
            "real_impedance_ohm": spectrum.impedance_ohm.real,
            "imaginary_impedance_ohm": spectrum.impedance_ohm.imag,
        }
    )
    back = read_spectrum(write(table, name))
    assert np.array_equal(back.frequency_Hz, spectrum.frequency_Hz)
    assert np.array_equal(back.impedance_ohm, spectrum.impedance_ohm)
    assert back.cycle is None


@pytest.mark.parametrize("name", ["a.csv", "a.parquet"])
def test_spectra_keep_their_cycle(write, make_spectrum, name):
    """Growth over cycles is told by nothing else; an unknown cycle is none."""
    spectrum = make_spectrum(cycle=None)
    one = pd.DataFrame(
        {
            "frequency_hertz": spectrum.frequency_Hz,
            "real_impedance_ohm": spectrum.impedance_ohm.real,
            "imaginary_impedance_ohm": spectrum.impedance_ohm.imag,
        }
    )
    table = pd.concat([one.assign(cycle_count=cycle) for cycle in (0, 5, 50)], ignore_index=True)
    reading = read_file(write(table, name))
    assert [each.cycle for each in reading.spectra] == [0, 5, 50]
    assert all(np.array_equal(e.frequency_Hz, spectrum.frequency_Hz) for e in reading.spectra)
    assert reading.columns["cycle_count"] == "cycle_count"
    blank = read_file(write(one.assign(cycle_count=np.nan), name))
    assert blank.spectra[0].cycle is None
    assert any("'cycle_count' is empty" in note for note in blank.notes)


def test_a_byte_order_mark_is_no_part_of_the_first_name(write):
    """Spreadsheets put one in front."""
    assert list(read_cycling(write(f"\ufeff{HEADER}0,1,2\n"))) == HEADER.strip().split(",")


def test_columns_nobody_uses_are_left_out(write):
    table = read_cycling(write("step," + HEADER.strip() + ",comment\n1,0,1,2,fine\n"))
    assert list(table) == HEADER.strip().split(",")


def test_windows_line_ends_and_a_closing_comma_are_no_cells(write):
    table = read_cycling(write(HEADER.replace("\n", "\r\n") + "0,1,2,\r\n1,1,2,\r\n"))
    assert table["voltage_volt"].tolist() == [2, 2]


@pytest.mark.parametrize("cell", ["x", "", "nan", "inf", "1e999", "1;5", "2020-01-01"])
def test_a_cell_that_is_no_number_is_named_with_its_line(write, cell):
    path = write(f"{HEADER}0,1,2\n1,{cell},2\n", "B12.csv")
    with pytest.raises(UnreadableFile, match=r"'B12.csv', line 3, column current_ampere: '.*'"):
        read_cycling(path)


@pytest.mark.parametrize("rows", ["0,0,5,3,1\n1,0,5,3,1\n", "0,1,2,3\n7,1,2,3\n"])
def test_decimal_commas_never_shift_numbers_below_other_names(write, rows):
    """More cells than names: which cell belongs to which name is not known."""
    with pytest.raises(UnreadableFile, match=r"'a.csv' has rows of more cells.*decimal point"):
        read_cycling(write(HEADER + rows))


def test_a_bad_cell_far_down_a_long_file_is_named_without_a_warning(write):
    """Pandas reads long files in pieces and warns where their types differ."""
    with pytest.raises(UnreadableFile, match="line 400002, column current_ampere: 'x'"):
        read_cycling(write(HEADER + "0,0,0\n" * 400_000 + "0,x,0\n"))


@pytest.mark.parametrize("kind", [pd.to_datetime, pd.to_timedelta])
def test_dates_and_durations_are_no_seconds(write, kind):
    """Parquet keeps them as integers of a unit nobody stated."""
    table = pd.DataFrame({"test_time_second": kind([0, 1]), "current_ampere": 1.0})
    with pytest.raises(UnreadableFile, match=r"dates in \['test_time_second'\]"):
        read_cycling(write(table.assign(voltage_volt=1.0), "a.parquet"))


def test_missing_columns_are_named_with_those_there(write):
    with pytest.raises(
        UnreadableFile, match=r"has columns \['voltage_volt'.*needs all of.*current"
    ):
        read_cycling(write("voltage_volt,note\n1,2\n"))
    with pytest.raises(UnreadableFile, match=r"a spectrum needs.*imaginary_impedance_ohm"):
        read_spectrum(write("frequency_hertz,real_impedance_ohm\n1,2\n"))


def test_cycling_is_no_spectrum(write):
    with pytest.raises(UnreadableFile, match="holds 0 spectra"):
        read_spectrum(write(HEADER + "0,1,2\n"))


def test_a_header_alone_is_an_empty_table(write):
    """Whether no rows are an error is for the cell to say."""
    table = read_cycling(write(HEADER))
    assert table.shape == (0, 3)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
@pytest.mark.parametrize("header", [HEADER, HEADER.upper()])
def test_a_spreadsheet_s_encoding_and_capitals_change_nothing(write, encoding, header):
    """Excel writes "Unicode text" as UTF-16; only without a mark of its order it is no text."""
    path = write((header + "0,1e-3,2\n").encode(encoding), "a.csv")
    assert read_cycling(path).iloc[0].tolist() == [0.0, 1e-3, 2.0]


@pytest.mark.parametrize(
    ("content", "name"),
    [
        ("a,b\n1,2\n", "a.csv"),
        (HEADER, "a.txt"),
        ((HEADER + "0,1,2\n").encode("utf-16")[2:], "a.csv"),
    ],
)
def test_a_file_of_another_format_is_claimed_by_nobody(write, content, name):
    with pytest.raises(UnreadableFile, match=f"No reader claims '{name}'.*Battery Data Format"):
        read_cycling(write(content, name))


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(UnreadableFile, match="no file"):
        read_cycling(tmp_path / "gone.csv")


def test_a_parquet_file_that_is_none_is_told(write):
    with pytest.raises(UnreadableFile, match=r"'a.parquet' cannot be read as parquet"):
        read_cycling(write(b"PAR1" + HEADER.encode(), "a.parquet"))


def test_an_empty_file_is_told(write):
    with pytest.raises(UnreadableFile, match=r"'a.csv' is empty"):
        read_cycling(write(b""))


def test_a_column_that_pandas_keeps_as_index_is_a_column(write, make_li_cu_cell):
    cycling = make_li_cu_cell().cycling
    back = read_cycling(write(cycling.set_index("test_time_second"), "a.parquet"))
    assert np.array_equal(back["test_time_second"], cycling["test_time_second"])


def edited(content, rng):
    """Return bytes with a few overwritten, cut out or doubled."""
    content = bytearray(content)
    for _ in range(rng.integers(1, 6)):
        start = int(rng.integers(len(content)))
        stop = start + int(rng.integers(1, 20))
        match rng.integers(3):
            case 0:
                content[start] = rng.integers(256)
            case 1 if len(content) > 40:
                del content[start:stop]
            case _:
                content[start:start] = content[start:stop]
    return bytes(content)


def read_and_record(path):
    """Return the cell of a file, or None where it is refused in our own words."""
    try:
        recipe = Recipe(CellDesign("Li||Cu"))
        return Cell("A", recipe, Source("measured"), cycling=read_cycling(path))
    except SeicastError:
        return None


@pytest.mark.parametrize("name", ["a.csv", "a.parquet"])
def test_damaged_files_are_read_or_refused_and_never_crash(write, make_li_cu_cell, name):
    """A download breaks off, a disk flips a bit; what is read is still finite and in range."""
    whole = write(make_li_cu_cell(n_cycles=2, n_rows=5).cycling, name).read_bytes()
    rng = np.random.default_rng(20)
    start_s = time.process_time()
    cells = [read_and_record(write(edited(whole, rng), name)) for _ in range(N_EDITS)]
    assert time.process_time() - start_s < 60
    assert None in cells
    for cell in filter(None, cells):
        assert set(cell.cycling) <= set(CYCLING_COLUMNS)
        assert np.isfinite(cell.cycling.to_numpy()).all()


def test_damaged_spectra_are_read_or_refused_and_never_crash(write):
    rows = "".join(f"{10.0**k},{100 / (k + 8)},-{k + 7}.5\n" for k in range(6, -4, -1))
    rng = np.random.default_rng(21)
    n_refused = 0
    for _ in range(N_EDITS):
        path = write(edited((SPECTRUM_HEADER + rows).encode(), rng))
        try:
            assert np.isfinite(read_spectrum(path).impedance_ohm).all()
        except SeicastError:
            n_refused += 1
    assert 0 < n_refused < N_EDITS
