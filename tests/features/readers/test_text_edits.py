"""Damaged text files: a download breaks off, a disk flips a bit, a hand edits a cell.

Whatever stands in the file, it is read into finite numbers in order, or refused in our own words.
"""

import logging
import os
import time

import numpy as np
import pytest

from features.errors import SeicastError
from features.readers import read_file
from features.records import CYCLING_COLUMNS

LOG = logging.getLogger(__name__)
N_EDITS, N_EDITS_SLOW = 300, 2000
#: Seconds of computing for one parser, of which there are over thirty; ``make fuzz`` gives each
#: a minute.
FUZZ_s = float(os.environ.get("SEICAST_FUZZ_S", "5"))
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


SWEEP = [(f, 5 + 80 / (1 + 1e-3j * 6.2832 * f)) for f in 10 ** np.linspace(4, 0, 13)]


def points(layout, sweep=SWEEP):
    """Return a row for each point: number, frequency, real and imaginary part, modulus, phase."""
    return "".join(
        layout.format(k, f, z.real, z.imag, -z.imag, abs(z), np.degrees(np.angle(z))) + "\n"
        for k, (f, z) in enumerate(sweep)
    )


IMPEDANCE_FILES = {
    "gamry.DTA": "EXPLAIN\nTAG\tEISPOT\nTITLE\tLABEL\ta cell\tTest\nOCVCURVE\tTABLE\t1\n\tPt\tT\n"
    "\t#\ts\n\t0\t1\nEOC\tQUANT\t0\tV\n"
    + "".join(
        f"ZCURVE{k}\tTABLE\t13\n\tPt\tFreq\tZreal\tZimag\tZmod\tZphz\n\t#\tHz\tohm\tohm\tohm\t°\n"
        + points("\t{0}\t{1:.6g}\t{2:.6g}\t{3:.6g}\t{5:.6g}\t{6:.6g}")
        for k in ("", "1")
    ),
    "zplot.z": "ZPLOT2 ASCII\n  Date:  1-2-2020\n  Data Points:   13\n"
    "  Freq(Hz)\tAmpl\tZ'(a)\tZ''(b)\tErr\nEnd Comments\n"
    + points("{1:.5E}\t1.0E-02\t{2:.4E}\t{3:.4E}\t0"),
    "z60w.txt": '"Z60W Data File: Version 1.1"\n""\n0,2,0,1,0.1,10000\n13\n'
    "\"  Freq (Hz)    Ampl     Z'(a)    Z''(b)    GD   Err\"\n"
    + points("{1:.6g},0,{2:.6g},{3:.6g},0,0"),
    "nova.txt": "Index;Frequency (Hz);Z' (Ω);-Z'' (Ω);Z (Ω);-Phase (°)\n"
    + points("{0};{1:.6g};{2:.6g};{4:.6g};{5:.6g};0").replace(".", ","),
    "chi.txt": "Feb. 20, 2020\nA.C. Impedance\nInstrument Model:  CHI660E\n\n"
    "Freq/Hz, Z'/ohm, Z\"/ohm, Z/ohm, Phase/deg\n\n"
    + points("{1:.3e}, {2:.3e}, {3:.3e}, {5:.3e}, {6:.1f}"),
    "powersuite.txt": "Frequency\t Zre\t Zimg\r\r\n"
    + points("{1:.8g}\t {2:.8g}\t {3:.8g}").replace("\n", "\r\r\n"),
    "sweep.P00": "Procedure : a title\n"
    "t =  736.4 s\n f/Hz \t Z'/Ohm \t -Z''/Ohm \t Edc/V \t Idc/A \t\n"
    " 13 \n" + points(" {1:.4e}\t {2:.4e}\t {4:.4e}\t 3e-1\t 1e-8\t"),
    "sweep.i2b": "A remark\n\n13\n" + points("{1} {2} {3}"),
    "sweep.dfr": "VERSION8.0\n 13\n 1\n"
    + points(" {1}\n {2}\n {4}\n 0\n 0\n 0\n 0\n 0\n 0")
    + " 1.0\n13.07.2022 22:32:00\n",
    "sweep.ids": "\0\0H\0\nTitle=a cell\n"
    "Method=Impedance\nprimary_data    \n3         \n13        \n"
    + points("{2:.5E}  {3:.5E}\t{1:.5E} ")
    + "7\nosc_data\n",
    "named.csv": "freq,Zre,-Zim\n" + points("{1},{2},{4}"),
    "spaced.txt": "a remark\nfrequency real imag\n" + points("{1} {2} {3}").replace(".", ","),
    "polar.csv": "f (kHz);|Z| (mOhm);phase/deg\n" + points("{1};{5};{6}"),
    "bare.csv": points("{1:.18e},{2:.18e},{3:.18e}"),
}
#: name of the file -> content
FILES = {
    "arbin.csv": "Data_Point,Test_Time(s),Current(A),Voltage(V),Charge_Capacity(Ah)\n"
    + rows("{0},{1},{2},{3},0"),
    "neware.csv": "DataPoint,Step Type,Step Index,Total Time,Current(A),Voltage(V),Date\n"
    + rows("{0},{4},1,{5},{2},{3},{6}"),
    "nested.csv": "Cycle ID,Cap_Chg(mAh)\n,Step ID,Step Name\n"
    ",,Record ID,Time(h:min:s.ms),Voltage(V),Current(A),Capacity(Ah),Realtime\n1,0\n,1,CC\n"
    + rows(",,{0},{5},{3},{2},0.1,{6}"),
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
    **IMPEDANCE_FILES,
    "parstat.txt": "Potential (V)\tCurrent (A)\tElapsed Time (s)\tFrequency (Hz)\tZre (ohms)\t"
    "Zim (ohms)\t\n"
    + rows("{3},{2},{1},0,0,0,", "\t")
    + points("3.5\t0\t90{0:02d}\t{1}\t{2}\t{3}\t"),
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


def survives(tmp_path, name, seed, n_least, least_s=0.0):
    """Assert that every edited file is read or refused, and soon; both occur.

    Each edit has a seed of its own, seen among a failure's local names: it comes alone as well.
    """
    content = FILES[name].encode()
    n_edits = n_refused = 0
    end_s = time.process_time() + least_s
    while n_edits < n_least or time.process_time() < end_s:
        path = written(tmp_path, name, edited(content, np.random.default_rng([seed, n_edits])))
        n_edits += 1
        start_s = time.process_time()
        try:
            require_valid(read_file(path))
        except SeicastError:
            n_refused += 1
        assert time.process_time() - start_s < LONGEST_READ_S
    LOG.info("%s: seeds [%d, 0] to [%d, %d], %d refused", name, seed, seed, n_edits - 1, n_refused)
    assert 0 < n_refused < n_edits


@pytest.mark.parametrize("name", FILES)
def test_the_file_itself_is_read(tmp_path, name):
    reading = read_file(written(tmp_path, name, FILES[name].encode()))
    require_valid(reading)
    n_rows = 0 if name in ("sweep.mpt", *IMPEDANCE_FILES) else len(CURRENT_A)
    assert (0 if reading.cycling is None else len(reading.cycling)) == n_rows
    assert {spectrum.frequency_Hz.size for spectrum in reading.spectra} <= {2, len(SWEEP)}
    assert bool(reading.spectra) == (
        name in ("sweep.mpt", "parstat.txt", "batterydata.csv", *IMPEDANCE_FILES)
    )


@pytest.mark.parametrize("name", FILES)
def test_edited_files_are_read_or_refused_and_never_crash(tmp_path, name):
    survives(tmp_path, name, seed=1, n_least=N_EDITS)


@pytest.mark.slow
@pytest.mark.parametrize("name", FILES)
def test_many_edited_files_are_read_or_refused_and_never_crash(tmp_path, name):
    survives(tmp_path, name, seed=2, n_least=N_EDITS_SLOW, least_s=FUZZ_s)


@pytest.mark.parametrize("name", FILES)
def test_a_file_cut_anywhere_is_read_or_refused(tmp_path, name):
    content = FILES[name].encode()
    for length in range(1, len(content)):
        try:
            require_valid(read_file(written(tmp_path, name, content[:length])))
        except SeicastError:
            continue
