import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from features.impedance.fit import fit_spectra
from features.impedance.series import fit_series
from features.readers import read_file
from features.records import Spectrum
from seicast.fit_verb import _show
from seicast.impedance_plot import Curve, impedance_plot
from seicast.places import CHECKOUT
from seicast.printing import console
from seicast.spectrum_files import FitSettings, file_batches, fit_all, fit_files

EXAMPLE = CHECKOUT / "docs" / "examples" / "simulated_impedance.csv"
PNG = b"\x89PNG"


def spectrum_file(path, sei_ohm=60.0, sign=1, n_points=57):
    frequency_Hz = np.logspace(6, -1, n_points)
    s = 2j * np.pi * frequency_Hz
    ohm = 4 + sei_ohm / (1 + sei_ohm * 1e-6 * s) + 90 / (1 + 90 * 1e-4 * s)
    noise = np.random.default_rng(0).normal(0, 1e-3, (2, n_points))
    ohm *= 1 + noise[0] + 1j * noise[1]
    table = pd.DataFrame(
        {
            "frequency_hertz": frequency_Hz,
            "real_impedance_ohm": ohm.real,
            "imaginary_impedance_ohm": sign * ohm.imag,
        }
    )
    table.to_csv(path, index=False)
    return path


@pytest.fixture
def folder(tmp_path):
    """Return a folder of 20 spectra in two places, notes, and one file of nonsense."""
    (tmp_path / "spectra" / "more").mkdir(parents=True)
    for number in range(20):
        place = tmp_path / "spectra" / ("more" if number % 2 else ".")
        spectrum_file(place / f"{number:02}.csv", 40.0 + number)
    (tmp_path / "spectra" / "notes.md").write_text("made on Monday")
    (tmp_path / "spectra" / "nonsense.csv").write_text("hello,world\n1,2\n")
    return tmp_path / "spectra"


def quiet(done, total):
    """Tell nobody."""


def test_a_file_gives_resistances_with_deviation_verdict_and_no_warning(seicast):
    code, out, err = seicast("fit", EXAMPLE, "--area-cm2", "0.5", "--n-interfaces", "2")
    assert (code, err) == (0, "")
    for word in ("R_SEI", "28.43 ±0.1%", "ohm cm2", "yes", "ok, 0.37%"):
        assert word in out


def test_json_has_null_and_a_reason_where_a_number_is_missing(seicast, tmp_path):
    mirrored = spectrum_file(tmp_path / "mirrored.csv", sign=-1)
    good = spectrum_file(tmp_path / "good.csv")
    code, out, _ = seicast("fit", mirrored, good, "--circuit", "two_arcs", "--json")
    refused, fitted = json.loads(out)
    assert code == 0
    assert refused["R_SEI_ohm"] is None
    assert "sign" in refused["reason"]
    assert not refused["is_fitted"]
    assert fitted["R_SEI_ohm"] == pytest.approx(60, rel=0.02)
    assert fitted["file"] == "good.csv"


def three_arcs(path, slow_ohm=70.0):
    """Write a spectrum of three arcs apart, and return its path."""
    s = 2j * np.pi * np.logspace(6, -1, 60)
    ohm = 4 + sum(R / (1 + R * C * s) for R, C in ((60, 1e-7), (90, 1e-5), (slow_ohm, 2e-3)))
    noise = np.random.default_rng(0).normal(0, 1e-3, (2, 60))
    ohm *= 1 + noise[0] + 1j * noise[1]
    rows = zip(s.imag / (2 * np.pi), ohm.real, ohm.imag, strict=True)
    lines = ["frequency_hertz,real_impedance_ohm,imaginary_impedance_ohm"]
    path.write_text("\n".join([*lines, *(",".join(map(repr, map(float, row))) for row in rows)]))
    return path


def test_a_circuit_that_misses_is_told_with_another_that_does_not(seicast, tmp_path):
    three = three_arcs(tmp_path / "three.csv")
    code, out, _ = seicast("fit", three, spectrum_file(tmp_path / "two.csv"), "--json")
    missed, described = json.loads(out)
    assert code == 0
    assert (missed["is_described"], described["is_described"]) == (False, True)
    assert "does not describe the spectrum" in missed["reason"]
    way_out = "R0-p(R1,CPE1)-p(R2,CPE2)-p(R3,CPE3)"
    assert f"{way_out} is not refuted: --circuit '{way_out}'" in missed["doubts"]
    assert described["doubts"] == ""
    code, out, _ = seicast("fit", three)
    assert "three.csv: doubt: R0-p(R1,CPE1)-p(R2-W1,C2)-L0 does not describe" in " ".join(
        out.split()
    )


def test_a_plot_says_which_spectrum_the_circuit_misses(seicast, tmp_path):
    found = fit_spectra(read_file(three_arcs(tmp_path / "three.csv")).spectra)
    label = Curve(found, 0, "one", "C0", 1.0).label("ohm")
    assert label.startswith("one: not described by the circuit, R_int ")
    assert label.endswith(" ohm")
    assert "±" in label


def test_csv_and_parquet_hold_the_same_columns(seicast, tmp_path):
    code, out, _ = seicast("fit", EXAMPLE, "--csv", "--out", tmp_path / "table.parquet")
    printed, kept = pd.read_csv(io.StringIO(out)), pd.read_parquet(tmp_path / "table.parquet")
    assert code == 0
    assert list(printed) == list(kept)
    np.testing.assert_allclose(printed["R_int_ohm"], kept["R_int_ohm"])
    assert len(kept) == 3


def test_a_folder_is_fitted_with_a_report_of_what_was_no_spectrum(seicast, folder, tmp_path):
    code, _, err = seicast("fit", folder, "--out", tmp_path / "t.parquet", "--executor", "local:1")
    kept = pd.read_parquet(tmp_path / "t.parquet")
    assert code == 0
    assert len(kept) == 20
    assert "more/01.csv" in set(kept["file"])
    assert "Not fitted: nonsense.csv: No reader claims" in err


def test_the_table_does_not_depend_on_who_did_the_work(folder):
    """Two workers get the same batches as one."""
    batches = file_batches([folder], FitSettings("two_arcs"))
    assert len(batches) == 2
    one, two = (fit_all(batches, executor, quiet) for executor in ("local:1", "local:2"))
    pd.testing.assert_frame_equal(one.table, two.table)
    assert one.failures == two.failures


def test_files_are_counted_while_they_are_fitted(folder):
    told = []
    fit_all(
        file_batches([folder], FitSettings("two_arcs")),
        "local:1",
        lambda *so_far: told.append(so_far),
    )
    assert told == [(16, 21), (21, 21)]


def test_a_file_named_that_cannot_be_read_is_an_error_after_the_others(seicast, tmp_path):
    good = spectrum_file(tmp_path / "good.csv")
    code, out, err = seicast("fit", tmp_path / "absent.csv", good, "--json")
    assert code == 2
    assert [row["file"] for row in json.loads(out)] == ["good.csv"]
    assert "Not fitted: absent.csv: There is no file" in err


def test_cycling_is_no_spectrum(seicast):
    code, _, err = seicast("fit", CHECKOUT / "docs" / "examples" / "simulated_cycling.csv")
    assert code == 2
    assert "holds no impedance spectrum" in err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--circuit", "R0-p(R1,CPE1"), ["position 13", "R0-p(R1,CPE1)-p(R2-W1,C2)"]),
        (("--circuit", "R0-X1"), ["'X1' at position 4", "CPE"]),
        (("--circuit", "R0"), ["has no arc"]),
        (("--area-cm2", "-1"), ["Areas must be positive"]),
        (("--json", "--csv"), ["exclude each other"]),
        (("--executor", "moon"), ["no executor 'moon'"]),
    ],
)
def test_an_impossible_wish_is_one_sentence_and_code_2(seicast, folder, words, told):
    code, _, err = seicast("fit", folder, *words)
    assert code == 2
    assert err.startswith("Error: ")
    for each in told:
        assert each in err


def test_an_empty_folder_is_told(seicast, tmp_path):
    code, _, err = seicast("fit", tmp_path)
    assert code == 2
    assert "holds no raw files" in err


def test_auto_chooses_a_circuit_a_file_and_says_so(seicast, tmp_path):
    one_arc = spectrum_file(tmp_path / "one.csv", sei_ohm=0.0)
    code, out, _ = seicast("fit", EXAMPLE, one_arc, "--circuit", "auto", "--json")
    rows = json.loads(out)
    assert code == 0
    assert [row["file"] for row in rows] == [EXAMPLE.name] * 3 + ["one.csv"]
    assert rows[0]["circuit"] == "R0-p(R1,CPE1)-p(R2-W1,C2)"
    assert rows[3]["circuit"] != rows[0]["circuit"]
    assert "was chosen" in rows[0]["choice"]


def test_files_of_one_name_are_told_apart(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        spectrum_file(tmp_path / name / "eis.csv")
    (batch,) = file_batches(
        [tmp_path / "a" / "eis.csv", tmp_path / "b" / "eis.csv"], FitSettings("two_arcs")
    )
    assert len(set(batch.names)) == 2
    assert fit_files(batch).table["file"].nunique() == 2


def test_no_figure_is_cut_at_the_edge_of_a_terminal(capsys, monkeypatch):
    """Eighty columns hold the longest of them; a percentage without its end is another one."""
    monkeypatch.setattr(console, "_width", 80)
    batches = file_batches([EXAMPLE], FitSettings("lithium_metal", 0.5))
    found = fit_all(batches, "local:1", lambda *_: None)
    table = found.table.copy()
    for name in ("R_s", "R_SEI", "R_ct", "R_int"):
        table[f"{name}_ohm_cm2"] = 7.031
        table[f"{name}_ohm_cm2_sd"] = 0.54 * 7.031
    _show(table)
    shown = capsys.readouterr().out
    assert shown.count("7.031 ±54.0%") == 4 * len(table)
    for each in table["kk_rms"]:
        assert f"{each:.2%}" in shown


def test_a_plot_is_written_of_one_spectrum_and_of_many(seicast, folder, tmp_path):
    for files in ([EXAMPLE], [folder]):
        picture = tmp_path / "plot.png"
        code, _, err = seicast(
            "fit", *files, "--circuit", "two_arcs", "--plot", picture, "--executor", "local:1"
        )
        assert code == 0
        assert picture.read_bytes().startswith(PNG)
        assert f"spectra drawn in {picture}" in err


def test_a_plot_shows_refused_spectra_and_some_of_many(tmp_path):
    frequency_Hz = np.logspace(5, 0, 40)
    good = Spectrum(frequency_Hz, 4 + 60 / (1 + 1e-3j * frequency_Hz))
    mirrored = replace(good, impedance_ohm=good.impedance_ohm.conj())
    fit = fit_spectra([mirrored, *[good] * 19], "one_arc", area_cm2=0.5)
    names = [str(number) for number in range(20)]
    assert impedance_plot([fit], names, tmp_path / "many.png", 0.5) == 8
    assert Path(tmp_path / "many.png").read_bytes().startswith(PNG)


def test_a_plot_names_no_arc_that_cannot_be_told_from_its_neighbour(tmp_path, monkeypatch):
    """Two equal arcs look like one: their sum is known, what each of them is is not."""
    figures = []
    monkeypatch.setattr(Figure, "savefig", lambda figure, *args, **options: figures.append(figure))
    frequency_Hz = np.logspace(5, -1, 60)
    noise = 1 + 0.005 * np.random.default_rng(0).normal(size=(2, 60)).T @ (1, 1j)
    for first_s, second_s in ((1e-3, 2e-3), (1e-4, 1e-1)):
        arcs = sum(30 / (1 + 2j * np.pi * frequency_Hz * each) for each in (first_s, second_s))
        fit = fit_spectra([Spectrum(frequency_Hz, noise * (4 + arcs))], "two_arcs", area_cm2=0.5)
        impedance_plot([fit], ["one"], tmp_path / "one.png", 0.5)
    words = [
        [text.get_text() for text in [*panel.texts, *panel.get_legend().get_texts()]]
        for panel in (figure.axes[0] for figure in figures)
    ]
    (label,) = words[0]
    assert label.startswith("one: arcs not told apart, R_int 3")
    assert [each.split()[0] for each in words[1]] == ["R_SEI", "R_ct", "one"]


def test_spectra_of_one_cell_are_fitted_as_a_series(seicast, tmp_path):
    """With their growth, which one by one they do not tell."""
    words = ("--area-cm2", 0.5, "--n-interfaces", 2, "--series")
    code, output, _ = seicast("fit", EXAMPLE, *words)
    assert code == 0
    assert "R_SEI_growth_ohm_cm2_per_cycle: 0.4" in output
    found = json.loads(seicast("fit", EXAMPLE, *words, "--json")[1])
    fit = fit_series(read_file(EXAMPLE).spectra, area_cm2=0.5, n_interfaces=2)
    assert [row["cycle"] for row in found["spectra"]] == [0, 10, 50]
    np.testing.assert_allclose(
        [row["R_SEI_ohm_cm2"] for row in found["spectra"]], fit.table["R_SEI_ohm_cm2"]
    )
    growth = fit.growth.loc["R_SEI_growth_ohm_cm2_per_cycle"]
    assert found["growth"]["R_SEI_growth_ohm_cm2_per_cycle"]["value"] == pytest.approx(growth.value)
