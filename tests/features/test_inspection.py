import pytest

from features.errors import UnreadableFile
from features.inspection import inspect_file
from seicast.printing import show_inspection


@pytest.fixture
def path(make_li_cu_cell, tmp_path):
    """Return a file of five cycles at a CE of 0.9."""
    cell = make_li_cu_cell(n_cycles=5, ce=0.9, n_rows=400)
    cell.cycling.to_csv(tmp_path / "A1.csv", index=False)
    return tmp_path / "A1.csv"


def test_a_file_is_understood_without_knowing_the_cell(path):
    found = inspect_file(path)
    assert found.format.startswith("Battery Data Format")
    assert found.facts["half-cycles"].startswith("10, the first discharges")
    assert found.columns["voltage_volt"] == "voltage_volt"
    assert found.cycles is None


def test_the_type_of_the_cell_names_its_cycles(path):
    found = inspect_file(path, "Li||Cu", 0.5)
    assert found.cycles["ce_fraction"].to_numpy() == pytest.approx(0.9)
    assert found.doubts == ()


def test_what_does_not_add_up_is_doubted(make_li_cu_cell, tmp_path):
    """Current in another unit than the capacity is told, not refused: one wants to see it."""
    cycling = make_li_cu_cell(n_cycles=3, n_rows=100).cycling
    counted = 1000 * 1e-3 * (cycling["test_time_second"] % 3600) / 3600
    cycling.assign(discharging_capacity_ah=counted).to_csv(tmp_path / "A1.csv", index=False)
    assert any("mAh sent as Ah" in doubt for doubt in inspect_file(tmp_path / "A1.csv").doubts)


def test_a_spectrum_is_counted(make_spectrum, tmp_path):
    spectrum = make_spectrum()
    lines = ["frequency_hertz,real_impedance_ohm,imaginary_impedance_ohm"] + [
        f"{f},{z.real},{z.imag}"
        for f, z in zip(spectrum.frequency_Hz, spectrum.impedance_ohm, strict=True)
    ]
    (tmp_path / "eis.csv").write_text("\n".join(lines))
    assert inspect_file(tmp_path / "eis.csv").facts["spectra"] == "1"


def test_loops_points_ranges_and_sign_of_spectra_are_told(tmp_path):
    rows = "1000,5,1\n100,6,2\n10,7,-0.5\n"
    (tmp_path / "eis.csv").write_text("f,Zre,-Zim\n0,1,1\n" + rows + rows.replace(".5", ".4"))
    found = inspect_file(tmp_path / "eis.csv")
    assert found.facts["spectra"] == "2"
    assert found.facts["points of each"] == "3, 3"
    assert found.facts["frequency"] == "10 to 1000 Hz"
    assert found.facts["real part"] == "5 to 7 ohm"
    assert found.facts["imaginary part"] == (
        "-2 to 0.5 ohm, capacitive (negative) in 4 of 6 points"
    )
    assert found.columns["-Zim"].endswith("with its sign turned")
    assert any("1 rows at 0 Hz were left out" in doubt for doubt in found.doubts)


def test_many_spectra_are_told_by_their_ends(tmp_path):
    rows = "".join(f"{k},{f},{5 + k},-1\n" for k in range(9) for f in (100, 10))
    (tmp_path / "eis.csv").write_text("loop,f,Zre,Zim\n" + rows)
    assert inspect_file(tmp_path / "eis.csv").facts["points of each"] == "2, 2, 2, ... 2, 2"


def test_of_a_long_preamble_the_telling_lines_alone_are_shown(tmp_path, capsys):
    lines = ["EC-Lab ASCII FILE", "Acquisition started on : 1/2/2020", "User : me"]
    lines += [f"Setting {k} : {k}" for k in range(60)]
    lines += ["freq/Hz\tRe(Z)/Ohm\t-Im(Z)/Ohm\t", "100\t5\t2", "10\t6\t3", ""]
    (tmp_path / "eis.mpt").write_text("\n".join(lines))
    found = inspect_file(tmp_path / "eis.mpt")
    assert len(found.preamble) == 62
    assert found.telling == {"Acquisition started on": "1/2/2020", "User": "me"}
    show_inspection("eis.mpt", found)
    shown = capsys.readouterr().out
    assert len(shown.splitlines()) < 24
    assert "the file says 60 things more" in shown


def test_a_file_nobody_reads_is_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(UnreadableFile, match="No reader claims"):
        inspect_file(tmp_path / "notes.txt")


@pytest.fixture
def write(make_li_cu_cell, tmp_path):
    """Return a function that writes a simulated file with voltage and current changed."""

    def make(shift_V=0.0, voltage_sign=1, current_sign=1):
        cycling = make_li_cu_cell(n_cycles=3, n_rows=100).cycling
        changed = cycling.assign(
            voltage_volt=voltage_sign * cycling["voltage_volt"] + shift_V,
            current_ampere=current_sign * cycling["current_ampere"],
        )
        changed.to_csv(tmp_path / "A1.csv", index=False)
        return tmp_path / "A1.csv"

    return make


@pytest.mark.parametrize(
    ("signs", "words"),
    [
        ((1, 1), None),
        ((-1, -1), "voltage and current are turned round, as if the cables"),
        ((-1, 1), "the voltage is turned round, against the sign of the current"),
        ((1, -1), "the current is turned round, against the sign of the voltage"),
    ],
)
def test_signs_that_are_turned_for_the_type_are_told_and_only_those(write, signs, words):
    """CE is the same whatever the wiring; who wired it wrongly wants to know."""
    found = inspect_file(write(0.0, *signs), "Li||Cu", 0.5)
    told = [each for each in found.by_type if "turned round" in each]
    assert bool(told) == bool(words)
    assert all(words in each for each in told)
    assert found.cycles["ce_fraction"].to_numpy() == pytest.approx(
        inspect_file(write(), "Li||Cu", 0.5).cycles["ce_fraction"].to_numpy()
    )


def test_a_symmetric_cell_has_no_cables_to_swap(write):
    assert not inspect_file(write(0.0, -1, -1), "Li||Li", 0.5).by_type


def test_a_type_that_does_not_fit_is_told_in_the_first_lines(write, capsys):
    path = write(shift_V=3.4, voltage_sign=-1, current_sign=-1)
    found = inspect_file(path, "Li||Cu", 0.5)
    show_inspection("A1.csv", found)
    lines = capsys.readouterr().out.splitlines()
    assert "far from 0 V" in " ".join(lines[1:3])
    assert sum("far from 0 V" in line for line in lines) == 1
    assert "turned round" in " ".join(lines[2:6])
    assert set(found.by_type) <= set(found.doubts)
    assert not inspect_file(path).by_type


def test_half_cycles_taken_for_activation_are_counted_with_the_way_out(write):
    """A cell that hosts lithium above 0 V looks like nothing else."""
    path = write(shift_V=0.5)
    found = inspect_file(path, "Li||Cu", 0.5)
    (told,) = (each for each in found.by_type if "activation" in each)
    assert "the first 6 of 6 half-cycles" in told
    assert "of another type: state that" in told
    assert not any("activation" in each for each in inspect_file(path, "anode-free").by_type)


def test_a_current_too_high_for_the_area_may_be_either_ones_fault(write):
    (told,) = inspect_file(write(), "Li||Cu", 1e-3).by_type
    assert "no cycles" in told
    for reading in ("Is the current in mA? Divide it by 1000.", "Or is the area wrong?"):
        assert reading in told
