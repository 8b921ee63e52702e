import pytest

from features.errors import UnreadableFile
from features.readers import read_file

CYCLING = """\
EC-Lab ASCII FILE
Nb header lines : 5
Galvanostatic Cycling with Potential Limitation
Electrode surface area : 1.131 cm²
mode\tox/red\terror\ttime/s\tEwe/V\t<I>/mA\tQ charge/mA.h\tcycle number\t
1\t1\t0\t0.0E+000\t3.0E+000\t1.0E+000\t0.0E+000\t0.0E+000
1\t1\t0\t3.6E+003\t3.5E+000\t1.0E+000\t1.0E+000\t0.0E+000
1\t0\t0\t7.2E+003\t3.1E+000\t-1.0E+000\t0.0E+000\t1.0E+000
"""
SWEEPS = """\
EC-Lab ASCII FILE
Nb header lines : 3
freq/Hz\tRe(Z)/Ohm\t-Im(Z)/Ohm\ttime/s\t<Ewe>/V\t<I>/mA\tcycle number\t
0\t0\t0\t0\t3\t0\t1
1000\t5\t2\t1\t3\t0\t1
10\t7\t3\t2\t3\t0\t1
1000\t6\t2\t3\t3\t0\t2
10\t8\t3\t4\t3\t0\t2
"""
MIXED = """\
mode\terror\ttime/s\tEwe/V\tI/mA\tfreq/Hz\tRe(Z)/Ohm\t-Im(Z)/Ohm\tcycle number\t
1\t0\t0\t3\t1\t0\t0\t0\t0
1\t0\t1\t3\t0\t1000\t5\t2\t3
1\t0\t2\t3\t0\t10\t6\t3\t3
1\t0\t3\t3\t1\t0\t0\t0\t3
"""
REST = "EC-Lab ASCII FILE\n\nOpen Circuit Voltage\nmode\terror\ttime/s\tEwe/V\t\n3\t0\t0\t2.5\n"


@pytest.fixture
def read(tmp_path):
    """Return a function that reads text through a file."""

    def through_file(text, name="cell.mpt"):
        path = tmp_path / name
        path.write_bytes(text.encode("latin-1"))
        return read_file(path)

    return through_file


def test_milliampere_and_milliampere_hours_are_converted(read):
    reading = read(CYCLING)
    assert reading.cycling["current_ampere"].tolist() == [1e-3, 1e-3, -1e-3]
    assert reading.cycling["charging_capacity_ah"].tolist() == [0, 1e-3, 0]
    assert reading.cycling["cycle_count"].tolist() == [0, 0, 1]
    assert reading.facts["Electrode surface area"] == "1.131 cm²"


def test_a_decimal_comma_changes_nothing(read):
    german = "\n".join(
        line.replace(".", ",") if line[:1] == "1" else line for line in CYCLING.split("\n")
    )
    assert read(german).cycling.equals(read(CYCLING).cycling)


@pytest.mark.parametrize("n_lines", [1, 3, 4])
def test_a_preamble_may_be_cut_or_missing(read, n_lines):
    cut = "".join(CYCLING.splitlines(keepends=True)[n_lines:])
    assert read(cut).cycling.equals(read(CYCLING).cycling)


def test_an_open_circuit_carries_no_current(read):
    reading = read(REST)
    assert reading.cycling["current_ampere"].tolist() == [0]
    with pytest.raises(UnreadableFile, match=r"no column of \['current_ampere'\]"):
        read(REST.replace("Open Circuit Voltage", "Modulo Bat"))


def test_every_loop_is_a_spectrum_of_its_own(read):
    reading = read(SWEEPS)
    assert reading.cycling is None
    assert [spectrum.impedance_ohm.tolist() for spectrum in reading.spectra] == [
        [5 - 2j, 7 - 3j],
        [6 - 2j, 8 - 3j],
    ]
    assert [spectrum.cycle for spectrum in reading.spectra] == [None, None]
    assert any("1 rows at 0 Hz" in note for note in reading.notes)


def test_a_sweep_within_cycling_has_the_cycles_finished(read):
    reading = read(MIXED)
    assert len(reading.cycling) == 2
    (spectrum,) = reading.spectra
    assert spectrum.cycle == 3


def test_a_header_without_rows_is_refused(read):
    with pytest.raises(UnreadableFile, match="holds no rows below its header in line 4"):
        read(REST.replace("3\t0\t0\t2.5\n", ""))


def test_a_bad_cell_is_named_with_line_and_column(read):
    with pytest.raises(UnreadableFile, match=r"line 7, column Ewe/V: '3.5E'"):
        read(CYCLING.replace("3.5E+000", "3.5E"))
