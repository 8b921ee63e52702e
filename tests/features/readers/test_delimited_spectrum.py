"""Impedance as people write it: any delimiter, names, signs, units, with and without header."""

import numpy as np
import pytest

from features.errors import UnreadableFile
from features.readers import read_file

FREQUENCY_HZ = np.logspace(4, -1, 26)
IMPEDANCE_OHM = 5 + 80 / (1 + 0.01j * FREQUENCY_HZ) ** 0.9
ANGLE_RAD = np.angle(IMPEDANCE_OHM)
COLUMNS = {
    "f": FREQUENCY_HZ,
    "k": FREQUENCY_HZ / 1e3,
    "re": IMPEDANCE_OHM.real,
    "im": IMPEDANCE_OHM.imag,
    "minus": -IMPEDANCE_OHM.imag,
    "milli": 1e3 * IMPEDANCE_OHM.real,
    "minus_milli": -1e3 * IMPEDANCE_OHM.imag,
    "abs": np.abs(IMPEDANCE_OHM),
    "deg": np.degrees(ANGLE_RAD),
    "minus_deg": -np.degrees(ANGLE_RAD),
    "rad": ANGLE_RAD,
    "n": np.arange(26.0),
}


def rows(names, separator=","):
    """Return a row for each frequency, of the columns named."""
    table = zip(*(COLUMNS[name].tolist() for name in names.split()), strict=True)
    return "".join(separator.join(map(repr, row)) + "\n" for row in table)


@pytest.fixture
def read(tmp_path):
    """Return a function that reads text, or bytes, through a file."""

    def through_file(content, name="cell.csv"):
        data = content if isinstance(content, bytes) else content.encode()
        (tmp_path / name).write_bytes(data)
        return read_file(tmp_path / name)

    return through_file


def require_right(reading):
    (spectrum,) = reading.spectra
    assert spectrum.frequency_Hz == pytest.approx(FREQUENCY_HZ, rel=1e-14)
    assert spectrum.impedance_ohm == pytest.approx(IMPEDANCE_OHM, rel=1e-13)


@pytest.mark.parametrize(
    ("header", "columns"),
    [
        ("f,Z',Z''", "f re im"),
        ("freq,Zre,-Zim", "f re minus"),
        ("frequency,real,imaginary", "f re im"),
        ("Frequency (Hz),Re(Z) (Ohm),-Im(Z) (Ohm)", "f re minus"),
        ("freq/kHz,Z'/mOhm,-Z''/mOhm", "k milli minus_milli"),
        ("Z''/ohm,time/s,Z'/ohm,Freq/Hz", "im n re f"),
        ("Freq/Hz,Z'/ohm,Z\"/ohm", "f re im"),
        ("f,Z',-Z\"", "f re minus"),
        ("Frequency [Hz],|Z| [Ω],phase [°]", "f abs deg"),
        ("Frequency [Hz],|Z| [Ω],-phase [°]", "f abs minus_deg"),
        ("f,modulus,phase/rad", "f abs rad"),
        ("f,magnitude,phase", "f abs deg"),
        ("f,Z',Z'',|Z|,phase", "f re im abs deg"),
        ("Frequency (Hz),Z′ (Ω),−Z″ (Ω)", "f re minus"),  # noqa: RUF001
        ("# freq,Zreal,Zimag", "f re im"),
        ("f,Re,Im", "f re im"),
        ("f,Re,Im", "f re minus"),
        ("Hand made in 2020\n\nn,f,Zre,Zim", "n f re im"),
        ("f,Zre,Zim\nHz,Ohm,Ohm", "f re im"),
    ],
)
def test_names_units_and_order_of_columns_change_nothing(read, header, columns):
    require_right(read(f"{header}\n{rows(columns)}"))


@pytest.mark.parametrize(
    "content",
    [
        f"f;Z';Z''\n{rows('f re im', ';')}",
        f"f;Z';Z''\n{rows('f re im', ';')}".replace(".", ","),
        f"f\tZ'\tZ''\n{rows('f re im', chr(9))}".replace(".", ","),
        f"f Z' Z''\n{rows('f re im', ' ')}",
        f"Freq (Hz)   Re Z (Ohm)   Im Z (Ohm)\n{rows('f re im', '   ')}".replace(".", ","),
        f"f Z' Z''\n{rows('f re im', ', ')}",
        f"f,Z',Z''\n{rows('f re im')}".replace("\n", "  \r\n"),
        f"f,Z',Z'',\n{rows('f re im n')}",
        f"f,Z',Z''\n{rows('f re im')}".encode("utf-16"),
        f"f/Hz;Z'/Ohm;Z''/Ohm;T/°C\n{rows('f re im n', ';')}".encode("latin-1"),
        f"\ufefff,Z',Z''\n{rows('f re im')}",
    ],
)
def test_delimiter_decimal_sign_and_encoding_change_nothing(read, content):
    require_right(read(content))


@pytest.mark.parametrize("columns", ["f re im", "f re minus", "f re im n"])
@pytest.mark.parametrize("separator", [",", ";", "\t", " "])
def test_three_or_four_columns_without_names_are_a_spectrum_if_the_first_is_a_sweep(
    read, columns, separator
):
    reading = read(rows(columns, separator))
    require_right(reading)
    assert any("There is no header" in note for note in reading.notes)


def test_a_name_that_tells_no_sign_is_told_by_the_capacitive_branch(read):
    as_it_is, turned = (
        read(f"f,real,imag\n{rows(names)}").notes for names in ("f re im", "f re minus")
    )
    assert any("'imag' does not tell the sign" in note and "as it is" in note for note in as_it_is)
    assert any("with its sign turned" in note for note in turned)


def test_rows_at_0_Hz_repeated_rows_and_one_that_broke_off_are_left_out_and_told(read):
    lines = rows("f re im").splitlines(keepends=True)
    reading = read("".join(["f,Zre,Zim\n0,1,0\n", *lines[:9], lines[8], *lines[9:], "0.1,5"]))
    require_right(reading)
    notes = " ".join(reading.notes)
    assert "1 rows at 0 Hz were left out" in notes
    assert "1 rows that repeat an earlier row were left out" in notes
    assert "broke off" in notes


@pytest.mark.parametrize("between", ["", "\n", "\nloop,f,Zre,Zim\n"])
def test_each_loop_is_a_spectrum(read, between):
    lines = rows("f re im").splitlines()
    first, second = ("".join(f"{k},{line}\n" for line in lines) for k in (1, 2))
    reading = read("loop,f,Zre,Zim\n" + first + between + second)
    assert [spectrum.frequency_Hz.size for spectrum in reading.spectra] == [26, 26]
    assert any("1 of 2 spectra repeat an earlier one" in note for note in reading.notes)


def test_without_loop_numbers_a_sweep_that_starts_anew_is_another(read):
    reading = read(f"f,Zre,Zim\n{rows('f re im')}{rows('f re im')}")
    assert [spectrum.frequency_Hz.size for spectrum in reading.spectra] == [26, 26]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (f"f,Zre\n{rows('f re')}", r"line 1: there is no column of \['imaginary_impedance_ohm'\]"),
        (f"Zre,Zim,|Z|\n{rows('re im abs')}", r"no column of \['frequency_hertz'\]"),
        (f"f,Z'/ohm cm2,Z''\n{rows('f re im')}", "'ohm cm2' is none of real_impedance_ohm"),
        (f"f/mhz,Z',Z''\n{rows('f re im')}", "'mhz' is none of frequency_hertz; .* mHz, MHz"),
        (f"f,|Z|,phase\n{rows('f abs rad')}", "degree and radian cannot be told apart"),
        (f"f,Z',Z''\n{rows('f im re')}", "line 2, column Z': the real part is .* swapped"),
        (f"f,Z',Z''\n{rows('re f im')}", "the phase misses .* are they swapped"),
        (f"f,Z',-Z''\n{rows('minus re f')}", "column f: the frequency turns|the phase misses"),
        (f"f,Z',-Z''\n{rows('f minus re')}", "the phase misses"),
        (f"f,Z',Z''\n{rows('f re im')}-1,80,-1\n", "line 28, column f: '-1' is no frequency"),
        (f"f,Z',Z''\n{rows('f re im')}nan,80,-1\n", "line 28, column f: 'nan' is no finite"),
        (f"f,Z',Z''\n{rows('f re im')}1,80,NaN\n", "line 28, column Z'': 'NaN' is no finite"),
        (f"f,Z',Z''\n{rows('f re im')}1,high,-1\n", "line 28, column Z': 'high' is no finite"),
        (f"f,Z',Z''\n{rows('f re im')}1,8e13,-1\n", "line 28, column Z': .* at most 1e.12"),
        (f"f,Z',Z''\n{rows('f re im')}1e9,80,-1\n", "line 28, column f: .* at most 1e.08"),
        (f"f,Z',Z''\n1,80,-1\n1,80\n{rows('f re im')}", "line 3: 2 cells"),
        ("f,Z',Z''\n0,80,-1\n0,81,-1\n", "no row is above 0 Hz"),
        ("f,Z',Z''\n", "holds no rows of impedance"),
        (rows("f abs rad"), "look like modulus and phase"),
        (f"f,Z',Z'',|Z|\n{rows('f re im abs')}1,80,-1,70\n", "line 28, column .Z.: 70 ohm is not"),
    ],
)
def test_what_is_no_spectrum_is_refused_with_the_place_and_the_reason(read, content, reason):
    with pytest.raises(UnreadableFile, match=reason):
        read(content)


def test_numbers_that_are_no_passive_cell_in_any_order_are_doubted(read):
    """A sample made up by hand is no damage; a cell has no such spectrum."""
    made_up = "".join(
        f"{f},{1 + 9 * (k // 2 % 2)},-{1 + 9 * (k % 2)}\n" for k, f in enumerate(FREQUENCY_HZ)
    )
    reading = read("f,Zre,Zim\n" + made_up)
    assert any("the phase misses" in note for note in reading.notes)
    with pytest.raises(UnreadableFile, match="look like something else"):
        read(made_up)


def test_shuffled_rows_are_refused(read):
    lines = np.random.default_rng(0).permutation(rows("f re im").splitlines(keepends=True))
    with pytest.raises(UnreadableFile, match="Are rows shuffled"):
        read("f,Zre,Zim\n" + "".join(lines))


@pytest.mark.parametrize(
    "content",
    [
        "".join(f"{t},{3 + t / 1e4},0.001\n" for t in range(1, 500)),
        "".join(f"{t},{3 + t / 1e4},0.001\n" for t in range(500)),
        "".join(f"{t} {3 + t / 1e4} 0.001 1\n" for t in range(1, 500)),
        "".join(f"{f},5,-1\n" for f in np.linspace(1, 10, 50)),
        rows("f re"),
        rows("f re im abs deg"),
        rows("n f re im"),
        "1e4,5,-1\n1e3,6,-1\n1e2,7,-1\n",
    ],
)
def test_columns_without_names_that_may_be_cycling_are_refused_with_the_way_out(read, content):
    with pytest.raises(UnreadableFile, match=r"No reader claims .* put a line of names above them"):
        read(content)


def test_a_sign_against_the_name_is_doubted_not_turned(read):
    """The name may be right: an inductive cell is not forbidden."""
    reading = read(f"f,Z',Z''\n{rows('f re minus')}")
    assert (reading.spectra[0].impedance_ohm.imag > 0).all()
    assert any("would fit each other with the other sign" in note for note in reading.notes)


def test_a_mapping_file_goes_before_names_that_are_known(read, tmp_path):
    mapping = '[columns]\nfrequency_hertz = "f"\nreal_impedance_ohm = "Z1"\n'
    (tmp_path / "seicast.columns.toml").write_text(mapping + 'imaginary_impedance_ohm = "Zim"\n')
    reading = read(f"f,Z1,Zim,Zre\n{rows('f re im n')}")
    assert reading.format.startswith("any CSV")
    require_right(reading)
