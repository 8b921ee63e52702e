"""Impedance files of instruments: layout, sign, several curves, and what is refused in each."""

import re

import numpy as np
import pytest

from features.errors import UnreadableFile
from features.readers import read_file

FREQUENCY_HZ = np.logspace(5, 0, 16)
IMPEDANCE_OHM = 3 + 40 / (1 + 2e-3j * FREQUENCY_HZ) ** 0.8


def points(layout):
    """Return a row for each point: number, frequency, real part, imaginary part, minus it."""
    return "".join(
        layout.format(k, f, z.real, z.imag, -z.imag, abs(z)) + "\n"
        for k, (f, z) in enumerate(zip(FREQUENCY_HZ, IMPEDANCE_OHM, strict=True))
    )


def curve(name, n_points=16):
    """Return a table of Gamry."""
    return (
        f"{name}\tTABLE\t{n_points}\n"
        "\tPt\tTime\tFreq\tZreal\tZimag\tZsig\tZmod\tZphz\tIdc\tVdc\tIERange\n"
        "\t#\ts\tHz\tohm\tohm\tV\tohm\t°\tA\tV\t#\n"
        + points("\t{0}\t{0}\t{1:.9g}\t{2:.9g}\t{3:.9g}\t1\t{5:.9g}\t0\t0\t0\t9")
    )


GAMRY = (
    "EXPLAIN\nTAG\tEISPOT\nTITLE\tLABEL\tPotentiostatic EIS\tTest &Identifier\n"
    "DATE\tLABEL\t4/23/2018\tDate\nOCVCURVE\tTABLE\t1\n\tPt\tT\tVf\n\t#\ts\tV\n\t0\t0.5\t-0.3\n"
    "EOC\tQUANT\t-0.29\tOpen Circuit (V)\n" + curve("ZCURVE")
)
ZPLOT = (
    "ZPLOT2 ASCII\n  Measured Data, ZPlot:       3.2c\n  Date:      10-12-2018\n"
    + "".join(f"    Setting {k}:   0\n" for k in range(90))
    + "  Data Points:                16\n"
    "  Freq(Hz)\tAmpl\tBias\tTime(Sec)\tZ'(a)\tZ''(b)\tGD\tErr\tRange\nEnd Comments\n"
    + points("{1:.9E}\t1.0E-02\t0.0E+00\t{0}\t{2:.9E}\t{3:.9E}\t0.0E+00\t0\t4")
)
Z60W = (
    '"Z60W Data File: Version 1.1"\n' + '""\n' * 6 + "0,2,0,1,0.1,10000\n16\n"
    "\"  Freq (Hz)    Ampl     Bias   Time(Sec)   Z'(a)    Z''(b)    GD   Err   Range\"\n"
    + points("{1:.9g},0,0,0,{2:.9g},{3:.9g},0,0,0")
)
NOVA = "Index;Frequency (Hz);Z' (Ω);-Z'' (Ω);Z (Ω);-Phase (°);Time (s)\n" + points(
    "{0};{1:.9g};{2:.9g};{4:.9g};{5:.9g};0;{0}"
)
CHI = (
    "Feb. 20, 2020   15:55:08\nA.C. Impedance\nInstrument Model:  CHI660E\n\nInit E (V) = 0\n\n"
    "Freq/Hz, Z'/ohm, Z\"/ohm, Z/ohm, Phase/deg\n\n"
    + points("{1:.9e}, {2:.9e}, {3:.9e}, {5:.9e}, 0")
)
P00 = (
    "Procedure : Some title\nDescription\nt =  736.4 s\n"
    " f/Hz       \t Z'/Ohm     \t -Z''/Ohm   \t time/s    \t Edc/V     \t Idc/A     \t\n 16 \n"
    + points(" {1:.9e}\t {2:.9e}\t {4:.9e}\t 59.3e+00\t 30.9e-02\t 18.3e-08\t")
)
I2B = "Remarks\n\n16\n" + points("{1:.9g} {2:.9g} {3:.9g}")
DFR = (
    "VERSION8.0\n 16\n 1\n"
    + points(" {1:.9g}\n {2:.9g}\n {4:.9g}\n" + " 0.0\n" * 5 + " 0.0")
    + " 1.0\n 1.0\n13.07.2022 22:32:00\n"
)
POWERSUITE = ("Frequency\t Zre\t Zimg\n" + points("{1:.9g}\t {2:.9g}\t {3:.9g}")).replace(
    "\n", "\r\r\n"
)
PARSTAT = (
    "Potential (V)\tCurrent (A)\tElapsed Time (s)\tFrequency (Hz)\tZre (ohms)\tZim (ohms)\t\n"
    "3.5\t-0.15\t10\t0\t0\t0\t\n3.4\t-0.15\t20\t0\t0\t0\t\n"
    + points("3.5\t0.02\t{0}1\t{1:.9g}\t{2:.9g}\t{3:.9g}\t")
)
DATA_SET = (
    "Method=Impedance\nTitle=Test\n>\x0c\1\0\nprimary_data    \n3         \n16        \n"
    + points("{2:.8E}  {3:.8E}\t{1:.8E} ")
    + "7         \nosc_data        \n"
)
IDS = "\0\0\0\0H\0\0\0\nPeaks=false\n" + DATA_SET
#: name of the file -> content, in a layout each
FILES = {
    "a.DTA": GAMRY,
    "a.z": ZPLOT,
    "z60w.txt": Z60W,
    "nova.txt": NOVA,
    "chi.txt": CHI,
    "a.P00": P00,
    "a.i2b": I2B,
    "a.dfr": DFR,
    "powersuite.txt": POWERSUITE,
    "parstat.txt": PARSTAT,
    "a.ids": IDS,
}
WITH_DECIMAL_COMMA = ("a.DTA", "a.z", "nova.txt", "a.P00", "powersuite.txt", "parstat.txt")


@pytest.fixture
def read(tmp_path):
    """Return a function that reads text, or bytes, through a file."""

    def through_file(name, content):
        data = content if isinstance(content, bytes) else content.encode()
        (tmp_path / name).write_bytes(data)
        return read_file(tmp_path / name)

    return through_file


def require_right(reading, n_spectra=1):
    assert len(reading.spectra) == n_spectra
    for spectrum in reading.spectra:
        assert spectrum.frequency_Hz == pytest.approx(FREQUENCY_HZ, rel=1e-8)
        assert spectrum.impedance_ohm == pytest.approx(IMPEDANCE_OHM, rel=1e-8)


@pytest.mark.parametrize("name", FILES)
def test_every_layout_holds_the_same_spectrum(read, name):
    require_right(read(name, FILES[name]))


@pytest.mark.parametrize("name", FILES)
def test_line_ends_of_windows_and_trailing_spaces_change_nothing(read, name):
    require_right(read(name, FILES[name].replace("\r\r\n", "\n").replace("\n", " \r\n")))


@pytest.mark.parametrize("name", [name for name in FILES if name != "a.ids"])
@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_encodings_change_nothing(read, name, encoding):
    require_right(read(name, FILES[name].encode(encoding)))


@pytest.mark.parametrize("name", WITH_DECIMAL_COMMA)
def test_a_decimal_comma_changes_nothing(read, name):
    require_right(read(name, re.sub(r"(?<=\d)\.(?=\d)", ",", FILES[name])))


@pytest.mark.parametrize("name", FILES)
def test_a_row_that_broke_off_is_left_out_and_told_or_the_file_refused(read, name):
    content = FILES[name].removesuffix("7         \nosc_data        \n")
    content = content.split(" 1.0\n 1.0\n13.07")[0].rstrip()
    cut = content[: content.rindex("\n") + 4] if name != "a.dfr" else content[:-20]
    reading = read(name, cut)
    assert reading.spectra[0].frequency_Hz.size == 15
    assert any("broke off" in note for note in reading.notes)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("cell", ["NaN", "high", "1_0", "1e999"])
def test_no_number_in_a_cell_is_refused_with_its_line(read, name, cell):
    content = FILES[name].replace("\r\r\n", "\n")
    real_ohm = IMPEDANCE_OHM.real[8]
    printed = (f"{real_ohm:{form}}" for form in (".9g", ".9e", ".9E", ".8E"))
    before, _, after = next(found for each in printed if (found := content.partition(each))[1])
    # The nine lines of a point of .dfr are named by their first, which is the one before.
    line = before.count("\n") + (0 if name == "a.dfr" else 1)
    with pytest.raises(UnreadableFile, match=f"line {line}, column .*: '{cell}' is no finite"):
        read(name, before + cell + after)


def test_curves_of_gamry_are_a_spectrum_each_and_other_tables_are_left_out(read):
    content = GAMRY + curve("ZCURVE1") + "EXPERIMENTABORTED\tTOGGLE\tT\tAborted\n"
    reading = read("a.DTA", content)
    require_right(reading, n_spectra=2)
    assert reading.facts == {
        "TAG": "EISPOT",
        "TITLE": "Potentiostatic EIS",
        "DATE": "4/23/2018",
    }
    assert any("aborted" in note for note in reading.notes)


def test_a_file_of_gamry_without_impedance_names_its_tables(read):
    with pytest.raises(UnreadableFile, match=r"holds the tables \['OCVCURVE'\] and none"):
        read("a.DTA", GAMRY.partition("ZCURVE")[0])


def test_a_modulus_of_another_number_is_refused(read):
    """A digit of the real part was lost; the modulus beside it still knows."""
    line = GAMRY.split("\n")[20]
    cells = line.split("\t")
    damaged = "\t".join([*cells[:4], cells[4][1:], *cells[5:]])
    with pytest.raises(UnreadableFile, match=r"line 21, column Zmod: .* is not the modulus"):
        read("a.DTA", GAMRY.replace(line, damaged))


@pytest.mark.parametrize(
    ("name", "is_announced"),
    [("a.DTA", "\t16\n"), ("a.z", " 16\n"), ("z60w.txt", "\n16\n"), ("a.P00", " 16 \n")],
)
def test_fewer_points_than_announced_are_told(read, name, is_announced):
    assert is_announced in FILES[name]
    reading = read(name, FILES[name].replace(is_announced, is_announced.replace("16", "20")))
    assert any("announces 20 points and holds 16" in note for note in reading.notes)


@pytest.mark.parametrize("change", [("\n 0.0\n", "\n"), ("\n 0.0\n", "\n 0.0\n 0.0\n")])
def test_a_line_missing_or_too_many_in_a_dfr_is_refused(read, change):
    """All numbers behind it have another meaning than before."""
    with pytest.raises(UnreadableFile):
        read("a.dfr", DFR.replace(*change, 1))


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.dfr", DFR.replace(" 16\n", " many\n"), "line 2: 'many' is no number of points"),
        ("a.z", ZPLOT.replace("End Comments\n", ""), "no line 'End Comments'"),
        ("a.z", ZPLOT.replace("Z''(b)", "Z4"), r"no column of \['imaginary_impedance_ohm'\]"),
        ("z60w.txt", Z60W.replace("Freq (Hz)", "Fre"), "no line with the names of its columns"),
        ("a.i2b", I2B.replace("\n16\n", "\n\n"), "no line with the number of points"),
        ("a.ids", IDS.replace("=Impedance", "=CyclicVoltammetry"), "'CyclicVoltammetry of 3 col"),
        ("a.ids", IDS.replace("primary_data", "osc"), "no impedance of three columns"),
    ],
)
def test_what_lacks_its_landmarks_is_refused(read, name, content, reason):
    with pytest.raises(UnreadableFile, match=reason):
        read(name, content)


def test_a_data_set_of_ivium_may_hold_several_measurements(read):
    other = DATA_SET.replace("Impedance", "Transients")
    reading = read("a.ids", IDS + other + DATA_SET)
    require_right(reading, n_spectra=2)
    assert "Left out: Transients of 3 columns." in reading.notes
    assert reading.facts["Title"] == "Test"


def test_rows_of_direct_current_in_a_table_of_parstat_are_cycling(read):
    reading = read("parstat.txt", PARSTAT)
    assert reading.cycling["current_ampere"].tolist() == [-0.15, -0.15]
    assert reading.spectra[0].cycle is None


def test_a_negative_frequency_among_cycling_is_refused(read):
    with pytest.raises(UnreadableFile, match=r"line 3, column Frequency .*no frequency of 0 Hz"):
        read("parstat.txt", PARSTAT.replace("\t20\t0\t", "\t20\t-5\t"))


def test_battery_data_format_leaves_out_rows_at_0_Hz_and_refuses_below(read):
    header = "frequency_hertz,real_impedance_ohm,imaginary_impedance_ohm\n"
    reading = read("a.csv", f"{header}0,5,0\n" + points("{1:.9g},{2:.9g},{3:.9g}"))
    require_right(reading)
    assert reading.format.startswith("Battery Data Format")
    assert "1 rows at 0 Hz were left out." in reading.notes
    with pytest.raises(UnreadableFile, match="line 2, column frequency_hertz: '-1' is no freq"):
        read("a.csv", f"{header}-1,5,0\n10,5,-1\n")
