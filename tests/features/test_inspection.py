import pytest

from features.errors import UnreadableFile
from features.inspection import inspect_file


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


def test_a_file_nobody_reads_is_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(UnreadableFile, match="No reader claims"):
        inspect_file(tmp_path / "notes.txt")
