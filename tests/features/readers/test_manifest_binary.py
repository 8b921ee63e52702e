"""Every binary cycling file of the manifest reads right, or is refused with the reason."""

import csv

import numpy as np
import pandas as pd
import pytest

from features import Cell, CellDesign, Recipe, Source
from features.charge_check import charge_check
from features.errors import UnreadableFile
from features.readers import read_file
from training.data_folders import data_folder, has_data

pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(
        not has_data("instrument_files"), reason="the instrument files are not on this machine"
    ),
]
ENDINGS = (".nda", ".ndax", ".mpr", ".res", ".res.gz", ".xlsx")

#: file -> rows of cycling, points of each spectrum
READ = {
    "yadg/peis.mpr": (0, [32]),
    "yadg/geis.issue_149.mpr": (0, [21] * 4),
    "yadg/peis.issue_225.ewe_ece.mpr": (0, [32]),
    "yadg/gcpl.issue_149.mpr": (132, []),
    "yadg/gcpl.pr_182.1.mpr": (2533, []),
    "yadg/gcpl.issue_226.CxN.mpr": (15, []),
    "yadg/mb.issue_223.mpr": (32, [19] * 4),
    "yadg/mb.issue_95.mpr": (33, []),
    "yadg/cp.issue_61.mpr": (312, []),
    "yadg/ocv.mpr": (602, []),
    "newarenda/test_2.ndax": (108_563, []),
    "newarenda/ZZZZZZZZTEST.ndax": (301, []),
    "newarenda/46_1_5_60_ZZZZZZZZTEST_20250924092922.ndax": (84, []),
    "newarenda/123456789012_Unit27_Example_Data_File.ndax": (301, []),
    "newarenda/TESTCELL0001-Test_Data_Collection_Ndc17.ndax": (80, []),
    "newarenda/new_nda_file.nda": (439, []),
    "navani/arbin_example.res": (2150, []),
    "navani/00_test_02_MB_C01.mpr": (11, []),
    "navani/bs542_004_gr_li_50ua_50mv_1v_191020_Channel_11.xlsx": (4526, []),
    "navani/test.ndax": (1464, []),
    "cellpy/20160805_test001_45_cc_01.res": (10_261, []),
    "bdf/GCPL-0.mpr": (4, []),
    "bdf/MB-0.mpr": (2, []),
    "bdf/PEIS-0.mpr": (0, [60]),
    "bdf/filetype14-0.ndax": (67, []),
    "bdf/mits7-0.res.gz": (8, []),
}
REFUSED = {"yadg/wait.mpr": r"holds no rows: its technique \(Wait\)"}
#: The .mpr was exported by EC-Lab as the .mpt beside it.
EXPORTED = [
    "yadg/peis",
    "yadg/geis.issue_149",
    "yadg/peis.issue_225.ewe_ece",
    "yadg/gcpl.issue_149",
    "yadg/gcpl.pr_182.1",
    "yadg/gcpl.issue_226.CxN",
    "yadg/mb.issue_223",
    "yadg/mb.issue_95",
    "yadg/cp.issue_61",
    "yadg/ocv",
]
REFERENCES = [name for name in READ if name.startswith(("newarenda/", "cellpy/"))]


def path_of(file):
    return data_folder("instrument_files") / file


def exported_columns(file):
    """Return the columns of an .mpt; numbers are exported with 8 digits or more."""
    lines = path_of(file).read_text(encoding="latin-1").splitlines()
    at = next(k for k, line in enumerate(lines) if line.startswith(("mode\t", "freq/Hz\t")))
    names = lines[at].split("\t")
    rows = [line.replace(",", ".").rstrip("\t").split("\t") for line in lines[at + 1 :] if line]
    n_cells = min(map(len, rows))  # EC-Lab at times announces columns that its rows do not carry
    return {
        name: np.array([row[k] for row in rows], dtype=float)
        for k, name in enumerate(names[:n_cells])
    }


def test_every_binary_file_of_the_manifest_is_listed_here():
    with (data_folder("instrument_files") / "manifest.csv").open(encoding="utf-8") as manifest:
        files = [row["file"] for row in csv.DictReader(manifest)]
    assert {file for file in files if file.endswith(ENDINGS)} == READ.keys() | REFUSED.keys()


@pytest.mark.parametrize("file", READ)
def test_file_reads_with_its_rows_and_spectra(file):
    reading = read_file(path_of(file))
    n_rows, n_points = READ[file]
    assert (0 if reading.cycling is None else len(reading.cycling)) == n_rows
    assert [spectrum.frequency_Hz.size for spectrum in reading.spectra] == n_points
    assert reading.columns
    if reading.cycling is not None:
        Cell("any", Recipe(CellDesign("Li||Cu")), Source("measured"), cycling=reading.cycling)


@pytest.mark.parametrize("file", REFUSED)
def test_file_without_rows_is_refused_with_the_reason(file):
    with pytest.raises(UnreadableFile, match=REFUSED[file]):
        read_file(path_of(file))


@pytest.mark.parametrize("file", [file for file, (n_rows, _) in READ.items() if n_rows > 20])
def test_integral_of_the_current_gives_the_counted_capacity(file):
    check = charge_check(read_file(path_of(file)).cycling)
    if check is None:
        pytest.skip("the file counts no capacity, or has no half-cycle long enough to judge")
    assert check.is_right, check


@pytest.mark.parametrize("name", EXPORTED)
def test_mpr_agrees_with_its_own_text_export(name):
    reading, text = read_file(path_of(f"{name}.mpr")), exported_columns(f"{name}.mpt")
    is_sweep = text.get("freq/Hz", np.zeros(1)) > 0
    if reading.spectra:
        stacked = np.concatenate([spectrum.impedance_ohm for spectrum in reading.spectra])
        expected = (text["Re(Z)/Ohm"] - 1j * text["-Im(Z)/Ohm"])[is_sweep]
        assert stacked == pytest.approx(expected, rel=1e-5)
        frequency_Hz = np.concatenate([spectrum.frequency_Hz for spectrum in reading.spectra])
        assert frequency_Hz == pytest.approx(text["freq/Hz"][is_sweep], rel=1e-7)
    if reading.cycling is not None:
        kept = ~is_sweep if is_sweep.size > 1 else slice(None)
        assert_cycling_equals_export(reading.cycling, {k: v[kept] for k, v in text.items()})


def assert_cycling_equals_export(cycling, text):
    """Compare with columns that EC-Lab stores or, as <I>, computes on export."""
    voltage = text.get("Ewe/V", text.get("<Ewe>/V"))
    current_mA = text.get("I/mA", text.get("<I>/mA", np.zeros(len(cycling))))
    assert cycling["test_time_second"].to_numpy() == pytest.approx(text["time/s"], abs=1e-9)
    assert cycling["voltage_volt"].to_numpy() == pytest.approx(voltage, rel=1e-7, abs=1e-9)
    assert 1e3 * cycling["current_ampere"].to_numpy() == pytest.approx(
        current_mA, rel=1e-6, abs=1e-9
    )
    if "cycle number" in text:
        assert cycling["cycle_count"].tolist() == text["cycle number"].tolist()


@pytest.mark.parametrize("file", REFERENCES)
def test_rows_equal_the_reference_of_the_source_project(file):
    folder, name = file.split("/")
    suffix = ".raw.parquet" if folder == "cellpy" else ".parquet"
    reference = pd.read_parquet(path_of(f"{folder}/reference/{name}{suffix}"))
    cycling = read_file(path_of(file)).cycling
    names = ARBIN if folder == "cellpy" else NEWARE
    for ours, (theirs, factor) in names.items():
        expected = reference[theirs].to_numpy(dtype=float) * factor
        assert cycling[ours].to_numpy() == pytest.approx(expected, rel=1e-6, abs=1e-9), ours


ARBIN = {
    "test_time_second": ("test_time", 1.0),
    "current_ampere": ("current", 1.0),
    "voltage_volt": ("voltage", 1.0),
    "cycle_count": ("cycle_index", 1.0),
    "charging_capacity_ah": ("charge_capacity", 1.0),
    "discharging_capacity_ah": ("discharge_capacity", 1.0),
}
NEWARE = {
    "current_ampere": ("Current(mA)", 1e-3),
    "voltage_volt": ("Voltage", 1.0),
    "cycle_count": ("Cycle", 1.0),
    "charging_capacity_ah": ("Charge_Capacity(mAh)", 1e-3),
    "discharging_capacity_ah": ("Discharge_Capacity(mAh)", 1e-3),
}


def test_time_of_a_neware_test_is_that_of_its_clock():
    """The file counts time in each step; summed up it spans what its timestamps span."""
    reference = pd.read_parquet(path_of("newarenda/reference/test_2.ndax.parquet"))
    clock_s = (reference["Timestamp"] - reference["Timestamp"].iloc[0]).dt.total_seconds()
    cycling = read_file(path_of("newarenda/test_2.ndax")).cycling
    assert cycling["test_time_second"].to_numpy() == pytest.approx(clock_s.to_numpy(), abs=1.0)
