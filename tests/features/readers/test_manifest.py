"""Real text files of instruments: each reads right, or is refused with its reason."""

import csv

import numpy as np
import pandas as pd
import pytest

from features.charge_check import charge_check
from features.errors import MissingData, UnreadableFile
from features.readers import read_file
from features.records import CYCLING_COLUMNS
from training.data_folders import data_folder

DATA_SET = "instrument_files"
BINARY = (".mpr", ".nda", ".ndax", ".res", ".gz", ".xlsx", ".json", ".idf", ".ids")

try:
    FOLDER = data_folder(DATA_SET)
except MissingData:
    FOLDER = None
pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(FOLDER is None, reason=f"data set '{DATA_SET}' is not on this machine"),
]

CUSTOM_MAPPING = """
[columns]
test_time_second = "test_time"
current_ampere = "current"
voltage_volt = "voltage"
cycle_count = "cycle"
charging_capacity_ah = "charge_capacity"
discharging_capacity_ah = "discharge_Capacity"
"""

#: file -> rows of cycling, lowest and highest voltage, lowest and highest current in A
CYCLING = {
    "yadg/gcpl.issue_149.mpt": (132, 3.41378, 3.44664, -3.00e-5, 3.00e-5),
    "yadg/gcpl.pr_182.1.mpt": (2533, 0.00383, 2.35456, -2.504e-4, 2.224e-4),
    "yadg/gcpl.issue_226.CxN.mpt": (15, -0.20964, 0.04920, -1.20e-4, 1.20e-4),
    "yadg/mb.issue_223.mpt": (32, 3.69796, 3.69958, 0, 0),
    "yadg/mb.issue_95.mpt": (33, 2.32608, 2.33274, -0.06499, 0.10002),
    "yadg/mb.issue_95.de.mpt": (33, 2.32608, 2.33274, -0.06499, 0.10002),
    "yadg/cp.issue_61.mpt": (312, 1.66260, 2.20002, 0.24947, 4.50041),
    "yadg/ocv.mpt": (602, 0.25594, 0.46668, 0, 0),
    "pyprobe/Sample_data_biologic_no_header.mpt": (13, 2.93440, 2.98140, 0, 0),
    "pyprobe/Sample_data_biologic_timestamped.txt": (8, 4.14656, 4.15459, 0, 0.45002),
    "pyprobe/Sample_data_biologic_CA1.txt": (1397, 3.48545, 3.51806, -0.90006, 0),
    "pyprobe/sample_data_basytec.txt": (74, 3.52556, 3.53285, 0, 0.45351),
    "pyprobe/sample_data_novonix.csv": (207, 3.84318, 4.12865, 0, 0.49999),
    "pyprobe/sample_data_arbin.csv": (13, 3.53455, 3.59960, 0, 2.65014),
    "pyprobe/sample_data_maccor.csv": (15, 3.668, 3.716, 0, 28.844),
    "cellpy/maccor_two.txt": (213, 0.1377, 0.1514, 0, 0),
    "cellpy/maccor_three.txt": (4009, 1.30007, 3.80194, -0.89738, 0.18334),
    "cellpy/neware_uio.csv": (9065, 0.05, 2.957, -9.92e-4, 9.92e-4),
    "cellpy/Test25205.csv": (489, 0.06397, 3.68283, -1e-6, 0),
    "cellpy/Test25209.csv": (281, 3.75256, 3.75351, -6e-6, 0),
    "battery_data_toolkit/arbin_example.csv": (2142, 1.99956, 3.60036, -4.40052, 6.64195),
    "battery_data_toolkit/maccor_example.001": (8, 3.30571, 3.30678, 0, 0),
    "battery_data_toolkit/p492-13-raw.csv": (1943, 2.99985, 4.10216, -0.09501, 0.07126),
    "battery_data_toolkit/CALCE_CX2-33_prism_LCO_25C_0-100_0.5-0.5C_d_timeseries.csv": (
        *(15, 3.843, 4.032, 0, 0.675),
    ),
    "bdf/SINTEF__LiGrR2032__2024-04-30__25degC__Landt.csv": (25162, 0.01, 2.9215, -2e-4, 2e-4),
    "bdf/SINTEF__LiGrR2032__2024-04-30__25degC__Landt.bdf.csv": (25162, 0.01, 2.9215, -2e-4, 2e-4),
    "bdf/legacy.bdf.parquet": (5000, 0.24026, 4.20016, -1.5004e-4, 1.5856e-4),
}
#: file -> part of the reason
REFUSED = {
    "yadg/wait.mpt": "holds no rows",
    "battery_data_toolkit/p492-13-summary.csv": "summary with one row a cycle",
    "battery_data_toolkit/CALCE_CX2-33_prism_LCO_25C_0-100_0.5-0.5C_d_cycle_data.csv": (
        "summary with one row a cycle"
    ),
    "bdf/SINTEF__SLPBA842124HV__2024-10-23__Rate_25degC__Neware__Time_Bug.bdf.csv": (
        "line 724, column test_time_second: the time steps back from 7200 to 0 s"
    ),
}
#: file -> points of each spectrum
SPECTRA = {
    **{f"impedance_py/Circuit1_EIS_{k}.z": [48] for k in (1, 2)},
    "impedance_py/Circuit2_EIS_1.z": [56],
    "impedance_py/Circuit3_EIS_1.z": [53],
    "impedance_py/exampleData.csv": [66],
    "impedance_py/exampleDataAutolab.txt": [41],
    "impedance_py/exampleDataBioLogic.mpt": [43],
    "impedance_py/exampleDataCHInstruments.txt": [73],
    "impedance_py/exampleDataGamry.DTA": [72],
    "impedance_py/exampleDataParstat.txt": [31],
    "impedance_py/exampleDataPowersuite.txt": [30],
    "impedance_py/exampleDataVersaStudio.par": [61],
    "impedance_py/exampleDataZPlot.z": [21],
    **{f"pyimpspec/data.{ending}": [29] for ending in ("mpt", "i2b", "P00", "dfr")},
    **{f"pyimpspec/data-{name}.csv": [29] for name in ("comma", "semicolon", "tab")},
    "pyimpspec/data-comma-decimal-separator.csv": [29],
    **{f"pyimpspec/data-header-variant-{k}.csv": [29] for k in (2, 3)},
    "pyimpspec/case-multiple-spectra.mpt": [29, 29, 29],
    "yadg/peis.mpt": [32],
    "yadg/geis.issue_149.mpt": [21, 21, 21, 21],
    "yadg/peis.issue_225.ewe_ece.mpt": [32],
    "yadg/mb.issue_223.mpt": [19, 19, 19, 19],
    "battery_data_toolkit/p492-13-raw.csv": [78],
}
CUSTOM = "cellpy/custom_"
#: The exports round the current to 0.1 mA of 0.2 mA, the capacity to 1 mAh, or write few rows.
COARSE = {
    "bdf/SINTEF__LiGrR2032__2024-04-30__25degC__Landt.csv": 0.14,
    "bdf/SINTEF__LiGrR2032__2024-04-30__25degC__Landt.bdf.csv": 0.14,
}


def manifest():
    """Return the names of the text files."""
    if FOLDER is None:
        return []
    with (FOLDER / "manifest.csv").open(encoding="utf-8") as file:
        names = [row["file"] for row in csv.DictReader(file)]
    return [name for name in names if not name.endswith(BINARY) and "/reference/" not in name]


@pytest.mark.parametrize("name", manifest())
def test_every_text_file_is_read_or_refused_with_its_reason(name):
    """Files of no known columns are refused by all, and told so."""
    known = {*CYCLING, *SPECTRA}
    if name in known:
        reading = read_file(FOLDER / name)
        assert reading.cycling is not None or reading.spectra
        return
    with pytest.raises(UnreadableFile, match=REFUSED.get(name, "No reader claims")):
        read_file(FOLDER / name)
    assert name in REFUSED or name.startswith(CUSTOM)


@pytest.mark.parametrize("name", CYCLING)
def test_rows_voltages_and_currents_are_those_of_the_file(name):
    cycling = read_file(FOLDER / name).cycling
    found = (
        len(cycling),
        *cycling["voltage_volt"].agg(["min", "max"]),
        *cycling["current_ampere"].agg(["min", "max"]),
    )
    assert found == pytest.approx(CYCLING[name], abs=6e-6, rel=2e-3)


@pytest.mark.parametrize("name", CYCLING)
def test_what_is_read_is_finite_in_order_and_within_limits(name):
    cycling = read_file(FOLDER / name).cycling
    assert set(cycling) <= set(CYCLING_COLUMNS)
    assert (np.diff(cycling["test_time_second"]) >= 0).all()
    for column, values in cycling.items():
        assert values.between(*CYCLING_COLUMNS[column]).all()


@pytest.mark.parametrize("name", CYCLING)
def test_the_integral_of_the_current_is_the_capacity_that_the_cycler_counted(name):
    """Units of current, time and capacity, and the sign, are right together."""
    check = charge_check(read_file(FOLDER / name).cycling)
    if check is None:
        pytest.skip("the file counts no capacity, or no half-cycle is long enough")
    assert check.ratio == pytest.approx(1, abs=COARSE.get(name, 0.02))


@pytest.mark.parametrize("name", SPECTRA)
def test_frequency_sweeps_are_spectra(name):
    spectra = read_file(FOLDER / name).spectra
    assert [spectrum.frequency_Hz.size for spectrum in spectra] == SPECTRA[name]
    for spectrum in spectra:
        steps = np.sign(np.diff(spectrum.frequency_Hz))
        assert steps.all()
        assert abs(steps.sum()) == steps.size


def test_spectra_have_the_sign_of_a_capacitor():
    """The mock circuit of pyimpspec is capacitive at every frequency."""
    spectrum = read_file(FOLDER / "pyimpspec/data.mpt").spectra[0]
    assert (spectrum.impedance_ohm.imag < 0).all()
    assert spectrum.cycle is None


def test_a_sweep_within_cycling_knows_its_cycle():
    """Its counter starts at 1, and the sweep is its 7th cycle."""
    reading = read_file(FOLDER / "battery_data_toolkit/p492-13-raw.csv")
    assert reading.spectra[0].cycle == 6


def test_a_decimal_comma_changes_nothing():
    english, german = (
        read_file(FOLDER / f"yadg/mb.issue_95{language}.mpt").cycling for language in ("", ".de")
    )
    pd.testing.assert_frame_equal(english, german, check_exact=True)


def test_neware_agrees_with_the_frame_that_cellpy_publishes():
    cycling = read_file(FOLDER / "cellpy/neware_uio.csv").cycling
    reference = pd.read_parquet(FOLDER / "cellpy/reference/neware_uio.csv.raw.parquet")
    # Cellpy carries the capacities on within a cycle; the file, like ours, starts anew.
    for ours, theirs in {
        "test_time_second": "test_time",
        "current_ampere": "current",
        "voltage_volt": "voltage",
        "cycle_count": "cycle_index",
    }.items():
        assert cycling[ours].to_numpy() == pytest.approx(reference[theirs].to_numpy(), abs=1e-9)


def test_landt_agrees_with_its_conversion_by_the_battery_data_alliance():
    ours = read_file(FOLDER / "bdf/SINTEF__LiGrR2032__2024-04-30__25degC__Landt.csv")
    theirs = read_file(FOLDER / "bdf/SINTEF__LiGrR2032__2024-04-30__25degC__Landt.bdf.csv")
    shared = list(theirs.cycling)
    pd.testing.assert_frame_equal(ours.cycling[shared], theirs.cycling, check_exact=True)
    assert any("temperature_1_C" in note and "left out" in note for note in ours.notes)
    assert any("ambient_temperature_celsius" in note for note in theirs.notes)


def test_each_dialect_of_maccor_tells_its_time_and_units():
    minutes, millivolts, unsigned = (
        read_file(FOLDER / name)
        for name in (
            "cellpy/maccor_two.txt",
            "cellpy/maccor_three.txt",
            "pyprobe/sample_data_maccor.csv",
        )
    )
    assert minutes.cycling["test_time_second"].iloc[-1] == 212 * 60
    assert any("broke off" in note for note in minutes.notes)
    assert millivolts.cycling["voltage_volt"].iloc[0] == pytest.approx(1.8538186)
    assert millivolts.cycling["test_time_second"].iloc[-1] == pytest.approx(326_843.42)
    assert any("millivolts" in note for note in millivolts.notes)
    assert any("voltage rises" in note for note in unsigned.notes)


@pytest.mark.parametrize(
    ("name", "n_rows", "note"),
    [
        ("good_small", 60, ""),
        ("missing_cycle", 40, "goes from 1 to 3 in line 41"),
        ("truncated", 59, "broke off"),
    ],
)
def test_custom_files_are_read_through_a_mapping_file(tmp_path, name, n_rows, note):
    reading = read_file(custom(tmp_path, name))
    assert len(reading.cycling) == n_rows
    assert note in " ".join(reading.notes)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("missing_column", "no header line with the columns.*'voltage'"),
        ("nan_inf", "line 28, column voltage: 'inf' is no finite number"),
    ],
)
def test_broken_custom_files_are_refused(tmp_path, name, reason):
    with pytest.raises(UnreadableFile, match=reason):
        read_file(custom(tmp_path, name))


def custom(tmp_path, name):
    """Return a copy of a file of cellpy with a mapping file beside it."""
    path = tmp_path / f"{name}.csv"
    path.write_bytes((FOLDER / f"{CUSTOM}{name}.csv").read_bytes())
    path.with_suffix(".columns.toml").write_text(CUSTOM_MAPPING)
    return path
