"""Damaged text files: a download breaks off, a disk flips a bit, a hand edits a cell.

Whatever stands in the file, it is read into finite numbers in order, or refused in our own words.
"""

import os
import time

import numpy as np
import pytest

from features.errors import SeicastError
from features.readers import read_file
from features.records import CYCLING_COLUMNS

N_EDITS = 300
N_EDITS_SLOW = int(os.environ.get("SEICAST_FUZZ_EDITS", "2000"))
#: Seconds for one small file, at most; the average is a hundredth of that.
LONGEST_READ_S = 5.0
CURRENT_A = [0.0, *[0.001] * 5, *[-0.001] * 5]
STATES = ["Rest", *["CC Chg"] * 5, *["CC DChg"] * 5]


def rows(layout, separator=","):
    """Return a row for each current: number, seconds, ampere, volt, state, clock, date, letter."""
    return "".join(
        layout.format(
            *(k, 60 * k, current_A, 3 + k / 10, STATES[k], f"00:{k:02d}:00"),
            *(f"2024-01-31 23:{k + 45:02d}:00", STATES[k][3:4] or "R"),
        ).replace(",", separator)
        + "\n"
        for k, current_A in enumerate(CURRENT_A)
    )


#: name of the file -> content
FILES = {
    "arbin.csv": "Data_Point,Test_Time(s),Current(A),Voltage(V),Charge_Capacity(Ah)\n"
    + rows("{0},{1},{2},{3},0"),
    "neware.csv": "DataPoint,Step Type,Step Index,Total Time,Current(A),Voltage(V),Date\n"
    + rows("{0},{4},1,{5},{2},{3},{6}"),
    "maccor.txt": "Today''s Date\t03/28/2022\nRec#\tStep\tTestTime\tmAmps\tVolts\tState\n"
    + rows("{0},1,  0d {5}.00,{2},{3},{7}", "\t"),
    "landt.csv": "cell:,,\nchannel_index,test_time_s,current_A,voltage_V,step_name\n"
    + rows("{0},{1},{2},{3},{4},"),
    "novonix.csv": "[Summary]\n[Data]\nStep Type,Run Time (h),Current (A),Potential (V)\n"
    + rows("7,{0},{2},{3}"),
    "basytec.txt": "~Result\n~Time[s]\tDataSet\tCommand\tU[V]\tI[A]\tT1[°C]\n"
    + rows("{1},{0},{4},{3},{2},25.5", "\t"),
    "pec.csv": "Test:,7\nTest,Cell,Rack,Shelf,Total Time (hh:mm),Voltage (V),Current (A),\n"
    + rows("7,1,A,1,{5}.000,{3},{2},"),
    "archive.csv": "Test_Time (s),Cycle_Index,Current (A),Voltage (V),Environment_Temperature (C)\n"
    + rows("{1},1,{2},{3},"),
    "batterydata.csv": "Cycle_Index,Time_s,Current_A,Voltage_V,Datenum_d,"
    "Frequency_Hz,Z_Real_Ohm,Z_Imag_Ohm\n"
    + rows("1,{1},{2},{3},7,NaN,NaN,NaN")
    + "1,700,0,3,7,1000,5,-2\n1,800,0,3,7,10,6,-3\n",
    "cycling.mpt": "EC-Lab ASCII FILE\nNb header lines : 3\nmode\terror\ttime/s\tEwe/V\tI/mA\t\n"
    + rows("1,0,{1},{3},{2}", "\t"),
    "comma.mpt": "mode\terror\ttime/s\tEwe/V\tI/mA\t\n"
    + rows("1;0;{1};{3};{2}").replace(".", ",").replace(";", "\t"),
    "sweep.mpt": "freq/Hz\tRe(Z)/Ohm\t-Im(Z)/Ohm\tcycle number\t\n100\t5\t2\t1\n10\t6\t3\t1\n",
    "bt.txt": "BT-Lab ASCII FILE\nNs changes\tNs\ttime/s\tEcell/V\tI/mA\t\n"
    + rows("0,0,{1},{3},{2}", "\t"),
    "versa.par": "<Application>\nName=VersaStudio\n</Application>\n<Segment1>\nDefinition="
    "Segment #, E(V), I(A), Elapsed Time(s), 0\n" + rows("0,{3},{2},{1}") + "</Segment1>\n",
    "label.csv": "Test Time / h,Current / mA,Voltage / V\n" + rows("{0},{2},{3}"),
    "mapped.csv": "time;I;U\n" + rows("{1};{2};{3}"),
}
MAPPING = '[columns]\ntest_time_second = "time"\ncurrent_ampere = "I"\nvoltage_volt = "U"\n'
#: What a hand, a spreadsheet or another language puts in place of a number or a separator.
INSERTS = [
    *(b"nan", b"inf", b"-", b"1e999", b"1_0", b'"', b"\t", b",", b";", b"\n", b"\r", b"\0"),
    *(
        b"\xff",
        b"\xef\xbb\xbf",
        "\N{FULLWIDTH DIGIT ONE}".encode(),
        b"1e-400",
        b"9" * 400,
        b":",
        b"/",
        b" ",
    ),
]


def edited(content, rng):
    """Return bytes with a few overwritten, cut out, doubled or put in."""
    content = bytearray(content)
    for _ in range(rng.integers(1, 6)):
        start = int(rng.integers(len(content)))
        stop = start + int(rng.integers(1, 30))
        match rng.integers(5):
            case 0:
                content[start] = rng.integers(256)
            case 1 if len(content) > 60:
                del content[start:stop]
            case 2:
                content[start:start] = content[start:stop]
            case 3 if len(content) > 60 and rng.random() < 0.2:
                del content[start + 20 :]
            case _:
                content[start : start + int(rng.integers(2))] = INSERTS[rng.integers(len(INSERTS))]
    return bytes(content) or b" "


def require_valid(reading):
    """Assert what holds for everything that is read."""
    for spectrum in reading.spectra:
        assert np.isfinite(spectrum.impedance_ohm).all()
    if reading.cycling is None:
        return
    # Whether no rows are an error, the Battery Data Format leaves to the cell.
    assert len(reading.cycling) or reading.format.startswith("Battery Data Format")
    assert {"test_time_second", "current_ampere", "voltage_volt"} <= set(reading.cycling)
    assert (np.diff(reading.cycling["test_time_second"]) >= 0).all()
    for column, values in reading.cycling.items():
        assert values.between(*CYCLING_COLUMNS[column]).all()


def written(tmp_path, name, content):
    """Return the path of a file, beside a mapping file where it needs one."""
    path = tmp_path / name
    path.write_bytes(content)
    if name == "mapped.csv":
        path.with_suffix(".columns.toml").write_text(MAPPING)
    return path


def survives(tmp_path, name, n_edits, seed):
    """Assert that every edited file is read or refused, and soon; both occur."""
    rng = np.random.default_rng(seed)
    content = FILES[name].encode()
    n_refused = 0
    for _ in range(n_edits):
        path = written(tmp_path, name, edited(content, rng))
        start_s = time.perf_counter()
        try:
            require_valid(read_file(path))
        except SeicastError:
            n_refused += 1
        assert time.perf_counter() - start_s < LONGEST_READ_S
    assert 0 < n_refused < n_edits


@pytest.mark.parametrize("name", FILES)
def test_the_file_itself_is_read(tmp_path, name):
    reading = read_file(written(tmp_path, name, FILES[name].encode()))
    require_valid(reading)
    n_rows = 0 if name == "sweep.mpt" else len(CURRENT_A)
    assert (0 if reading.cycling is None else len(reading.cycling)) == n_rows


@pytest.mark.parametrize("name", FILES)
def test_edited_files_are_read_or_refused_and_never_crash(tmp_path, name):
    survives(tmp_path, name, N_EDITS, seed=1)


@pytest.mark.slow
@pytest.mark.parametrize("name", FILES)
def test_many_edited_files_are_read_or_refused_and_never_crash(tmp_path, name):
    survives(tmp_path, name, N_EDITS_SLOW, seed=2)


@pytest.mark.parametrize("name", FILES)
def test_a_file_cut_anywhere_is_read_or_refused(tmp_path, name):
    content = FILES[name].encode()
    for length in range(1, len(content)):
        try:
            require_valid(read_file(written(tmp_path, name, content[:length])))
        except SeicastError:
            continue
