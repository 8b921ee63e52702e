"""Every impedance file of the manifest holds the numbers that the manifest and its sources say."""

import csv
import re
from itertools import permutations

import numpy as np
import pytest
from scipy.optimize import least_squares

from features.errors import UnreadableFile
from features.parsing.bode_relation import bode_misfit_degree
from features.readers import read_file
from training.data_folders import data_folder, has_data

pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(
        not has_data("instrument_files"), reason="the instrument files are not on this machine"
    ),
]
RANGES = re.compile(r"f (\S+?)-(\S+) Hz; Re (\S+?)\.\.(\S+); -Im max (\S+)")
#: The digits that a format prints.
PRINTED = {".P00": 5e-4, ".idf": 5e-6, ".ids": 5e-6, ".mpt": 1e-7, ".csv": 2e-14}


def rows_of(name):
    if not has_data("instrument_files"):
        return []
    with (data_folder("instrument_files") / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


MANIFEST = rows_of("manifest.csv")
RANGED = {row["file"]: row for row in MANIFEST if RANGES.match(row["note"])}
#: The manifest says the same of a summary of cycles, which has no entry among the fits.
FITTED = {row["file"] for row in rows_of("reference_fits.csv")}
MOCK = [row["file"] for row in MANIFEST if "mock spectrum" in row["content"]]
MOCK = [name for name in MOCK if name in FITTED]
DUMMIES = [f"impedance_py/Circuit{k}.z" for k in ("1_EIS_1", "1_EIS_2", "2_EIS_1", "3_EIS_1")]
SWEEPS_IN_CYCLING = ["yadg/mb.issue_223.mpt", "yadg/mb.issue_223.mpr"]


def read(name):
    return read_file(data_folder("instrument_files") / name)


def refits(name, kind="value"):
    """Return the parameters that the reference tells of a file, or their standard errors."""
    rows = [row for row in rows_of("reference_fits.csv") if row["file"] == name]
    return {
        row["parameter"]: float(row[f"refit_{kind}"] or row[f"published_{kind}"]) for row in rows
    }


@pytest.mark.parametrize("name", RANGED)
def test_rows_and_ranges_are_those_of_the_manifest(name):
    low_Hz, high_Hz, low_ohm, high_ohm, top_ohm = map(
        float, RANGES.search(RANGED[name]["note"]).groups()
    )
    (spectrum,) = read(name).spectra
    frequency_Hz, impedance_ohm = spectrum.frequency_Hz, spectrum.impedance_ohm
    assert frequency_Hz.size == int(RANGED[name]["rows_read"])
    found = frequency_Hz.min(), frequency_Hz.max(), *np.sort(impedance_ohm.real)[[0, -1]]
    # The manifest rounds to four digits, frequencies to three.
    assert found == pytest.approx((low_Hz, high_Hz, low_ohm, high_ohm), rel=6e-3)
    assert (-impedance_ohm.imag).max() == pytest.approx(top_ohm, rel=6e-4)


@pytest.mark.parametrize("name", MOCK)
def test_a_spectrum_is_the_same_in_every_format(name):
    """A circuit of known parameters was written in 12 files; they round, nothing else."""
    exact = refits(name)
    tolerance = PRINTED.get(f".{name.rsplit('.', 1)[1]}", 2e-14)
    for spectrum in read(name).spectra:
        # P00 and the files of Ivium round the frequency as well; the circuit wants the exact one.
        frequency_Hz = np.logspace(4, 0, 29)
        assert spectrum.frequency_Hz == pytest.approx(frequency_Hz, rel=max(tolerance, 1e-13))
        jw = 2j * np.pi * frequency_Hz
        impedance_ohm = (
            exact["R0"]
            + 1 / (1 / exact["R1"] + jw * exact["C1"])
            + 1 / (1 / exact["R2"] + exact["W_Y"] * np.sqrt(jw))
        )
        assert spectrum.impedance_ohm.real == pytest.approx(impedance_ohm.real, rel=tolerance)
        assert spectrum.impedance_ohm.imag == pytest.approx(impedance_ohm.imag, rel=tolerance)


def test_the_mock_spectrum_is_there_twelve_times():
    assert len(MOCK) == 12


@pytest.mark.parametrize("name", DUMMIES)
def test_a_dummy_circuit_has_the_resistances_and_capacitance_of_the_reference(name):
    """An unweighted fit of R0-p(R1,C1) agrees within the standard error of the reference."""
    expected, error = refits(name), refits(name, "stderr")
    (spectrum,) = read(name).spectra
    jw = 2j * np.pi * spectrum.frequency_Hz

    def residual_ohm(scaled):
        r0, r1, c1 = scaled * np.array(list(expected.values()))
        difference = r0 + r1 / (1 + jw * r1 * c1) - spectrum.impedance_ohm
        return np.concatenate([difference.real, difference.imag])

    fit = least_squares(residual_ohm, [1.3, 0.7, 1.2], xtol=1e-12, ftol=1e-12)
    for value, (parameter, reference) in zip(fit.x, expected.items(), strict=True):
        assert abs(value - 1) * reference < error[parameter]


@pytest.mark.parametrize("name", [*RANGED, *MOCK])
def test_phase_and_modulus_of_what_was_read_fit_each_other(name):
    """With a wrong sign, or columns swapped, they would not: a check of what no header tells."""
    for spectrum in read(name).spectra:
        misfit_degree, turned_degree = (
            bode_misfit_degree(spectrum.frequency_Hz, impedance_ohm)
            for impedance_ohm in (spectrum.impedance_ohm, spectrum.impedance_ohm.conj())
        )
        assert misfit_degree < 4
        assert misfit_degree < 0.5 * turned_degree


@pytest.mark.parametrize("name", [*RANGED, *MOCK])
@pytest.mark.parametrize("order", [*permutations(range(3))][1:])
def test_columns_in_another_order_are_refused(tmp_path, name, order):
    """With names above them; no header tells which numbers stand below it."""
    spectrum = read(name).spectra[0]
    columns = spectrum.frequency_Hz, spectrum.impedance_ohm.real, spectrum.impedance_ohm.imag
    table = np.column_stack([columns[k] for k in order])
    np.savetxt(tmp_path / "a.csv", table, delimiter=",", header="f,Zre,Zim", comments="")
    with pytest.raises(UnreadableFile, match=r"swapped|is no frequency"):
        read_file(tmp_path / "a.csv")


@pytest.mark.parametrize("name", SWEEPS_IN_CYCLING)
def test_sweeps_among_cycling_are_one_a_loop_and_know_their_cycle(name):
    reading = read(name)
    assert len(reading.cycling) == 32
    assert [spectrum.frequency_Hz.size for spectrum in reading.spectra] == [19] * 4
    assert [spectrum.cycle for spectrum in reading.spectra] == [0] * 4


def test_rows_of_direct_current_between_sweeps_are_cycling():
    """A Parstat writes both into one table."""
    reading = read("impedance_py/exampleDataParstat.txt")
    assert len(reading.cycling) == 781
    assert reading.cycling["current_ampere"].iloc[0] == pytest.approx(-0.14996, abs=1e-5)
    assert reading.cycling["test_time_second"].iloc[0] == 10


def test_a_file_that_announces_more_points_than_it_holds_says_so():
    notes = " ".join(read("impedance_py/exampleDataZPlot.z").notes)
    assert "announces 56 points and holds 21" in notes


def test_a_data_set_of_ivium_holds_a_spectrum_for_each_measurement():
    first, second = read("pyimpspec/data.ids").spectra
    assert first.impedance_ohm.tolist() == second.impedance_ohm.tolist()
