"""EC-Lab binaries written by hand, whose every byte is known."""

import struct

import numpy as np
import pytest

from features.errors import UnreadableFile
from features.readers import read_file

TIME, VOLTAGE, CURRENT, CHARGE, HALF_CYCLE = 4, 6, 8, 7, 468
FREQUENCY, REAL, MINUS_IMAGINARY, LOOP = 32, 37, 38, 469
MODE, ERROR = 1, 3


def module(name, body, version, is_new=False):
    length = struct.pack("<I", len(body))
    words = b"\xff\xff\xff\xff" + length + bytes(4) if is_new else length
    head = b"MODULE" + name.ljust(10).encode() + name.ljust(25).encode() + words
    return head + struct.pack("<I", version) + b"01/31/24" + body


def mpr(ids, dtypes, rows, version=3):
    """Return a file with settings and rows; the layouts differ in counts and offset."""
    counts, width, offset = {
        0: ("<IB", "B", 100),
        2: ("<IB", "H", 405),
        3: ("<IB", "H", 406),
        11: ("<IH", "H", 1007),
    }[version]
    head = struct.pack(counts, len(rows), len(ids)) + struct.pack(f"<{len(ids)}{width}", *ids)
    record = np.dtype([(f"c{k}", dtype) for k, dtype in enumerate(dtypes)])
    body = head.ljust(offset, b"\0") + np.array(rows, dtype=record).tobytes()
    is_new = version == 11
    start = b"BIO-LOGIC MODULAR FILE\x1a".ljust(48) + bytes(4)
    return (
        start
        + module("VMP Set", b"\x04" + bytes(60), 11 if is_new else 0, is_new)
        + module("VMP data", body, version, is_new)
    )


def written(tmp_path, content):
    path = tmp_path / "run.mpr"
    path.write_bytes(content)
    return path


GALVANOSTATIC = ((MODE, ERROR, TIME, VOLTAGE, CURRENT), ("u1", "<f8", "<f4", "<f4"))
ROWS = [(1, 0.0, 3.0, 0.5), (1, 10.0, 3.25, 0.5), (1, 20.0, 3.0, -0.5)]


@pytest.mark.parametrize("version", [0, 2, 3, 11])
def test_every_known_version_gives_the_same_rows(tmp_path, version):
    reading = read_file(written(tmp_path, mpr(*GALVANOSTATIC, ROWS, version)))
    assert reading.cycling["test_time_second"].tolist() == [0.0, 10.0, 20.0]
    assert reading.cycling["voltage_volt"].tolist() == [3.0, 3.25, 3.0]
    assert reading.cycling["current_ampere"].to_numpy() == pytest.approx([5e-4, 5e-4, -5e-4])
    assert reading.facts == {"date": "01/31/24", "technique": "GCPL"}


def test_current_is_the_charge_over_the_time_where_none_is_stored(tmp_path):
    """1 mAh in an hour is 1 mA; EC-Lab calls this <I>."""
    ids, dtypes = (MODE, TIME, VOLTAGE, CHARGE, HALF_CYCLE), ("u1", "<f8", "<f4", "<f8", "<u4")
    rows = [(1, 0, 3.0, 0, 0), (1, 3600, 3.1, 1, 0), (1, 7200, 3.0, -2, 1), (1, 9000, 3, -1, 2)]
    reading = read_file(written(tmp_path, mpr(ids, dtypes, rows)))
    cycling = reading.cycling
    assert cycling["current_ampere"].tolist() == pytest.approx([0, 1e-3, -2e-3, -2e-3])
    assert cycling["charging_capacity_ah"].tolist() == pytest.approx([0, 1e-3, 1e-3, 1e-3])
    assert cycling["discharging_capacity_ah"].tolist() == pytest.approx([0, 0, 2e-3, 3e-3])
    assert cycling["cycle_count"].tolist() == [0, 0, 0, 1]
    assert any("stores no current" in note for note in reading.notes)


def test_open_circuit_without_current_is_no_current(tmp_path):
    rows = [(3, 0.0, 3.0), (3, 1.0, 3.0)]
    reading = read_file(written(tmp_path, mpr((MODE, TIME, VOLTAGE), ("u1", "<f8", "<f4"), rows)))
    assert reading.cycling["current_ampere"].tolist() == [0.0, 0.0]
    assert any("open circuit" in note for note in reading.notes)


def test_potentiostatic_rows_without_current_and_charge_are_refused(tmp_path):
    content = mpr((MODE, TIME, VOLTAGE), ("u1", "<f8", "<f4"), [(2, 0.0, 3.0)])
    with pytest.raises(UnreadableFile, match="neither current nor charge"):
        read_file(written(tmp_path, content))


def test_impedance_loops_become_spectra_and_the_rest_cycling(tmp_path):
    ids = (MODE, TIME, VOLTAGE, CURRENT, FREQUENCY, REAL, MINUS_IMAGINARY, LOOP)
    dtypes = ("u1", "<f8", "<f4", "<f4", "<f4", "<f4", "<f4", "<u4")
    sweep = [(1000.0, 10.0, 1.0), (100.0, 12.0, 3.0)]
    rows = [(3, 0.0, 3.0, 0.0, 0.0, 0.0, 0.0, 0)]
    rows += [(2, 1.0, 3.0, 0.0, *point, 1) for point in sweep]
    rows += [(2, 2.0, 3.0, 0.0, *point, 2) for point in sweep]
    reading = read_file(written(tmp_path, mpr(ids, dtypes, rows)))
    assert len(reading.cycling) == 1
    assert [spectrum.impedance_ohm.tolist() for spectrum in reading.spectra] == [
        [10 - 1j, 12 - 3j],
        [10 - 1j, 12 - 3j],
    ]


def test_unknown_column_is_refused_by_its_id_with_the_way_out(tmp_path):
    content = mpr((TIME, VOLTAGE, 999), ("<f8", "<f4", "<f4"), [(0.0, 3.0, 1.0)])
    with pytest.raises(UnreadableFile, match=r"column with id 999, .* export the file as \.mpt"):
        read_file(written(tmp_path, content))


def test_file_without_rows_is_refused_with_its_technique(tmp_path):
    with pytest.raises(UnreadableFile, match=r"no rows: its technique \(GCPL\)"):
        read_file(written(tmp_path, mpr(*GALVANOSTATIC, [])))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda content: content[:-1], "cut short"),
        (lambda content: content[:60], "cut short"),
        (lambda content: content.replace(b"MODULEVMP data", b"MODULFVMP data"), "no module starts"),
    ],
)
def test_cut_or_altered_file_is_refused(tmp_path, damage, message):
    with pytest.raises(UnreadableFile, match=message):
        read_file(written(tmp_path, damage(mpr(*GALVANOSTATIC, ROWS))))


def test_number_of_rows_that_does_not_fit_is_refused(tmp_path):
    content = bytearray(mpr(*GALVANOSTATIC, ROWS))
    at = content.index(b"MODULEVMP data") + 57
    content[at : at + 4] = struct.pack("<I", 2**31)
    with pytest.raises(UnreadableFile, match="says 2147483648 rows of 17 bytes"):
        read_file(written(tmp_path, content))
