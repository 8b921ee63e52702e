"""Access databases written by hand: one definition page, one page of rows."""

import gzip
import struct

import pytest

from features.errors import UnreadableFile
from features.readers import read_file

PAGE = 4096
#: name, Access type, struct code
COLUMNS = [
    ("Test_ID", 4, "i"),
    ("Data_Point", 4, "i"),
    ("Test_Time", 7, "d"),
    ("Cycle_Index", 4, "i"),
    ("Current", 6, "f"),
    ("Voltage", 6, "f"),
    ("Charge_Capacity", 7, "d"),
    ("Discharge_Capacity", 7, "d"),
]
AUXILIARY = [
    ("Test_ID", 4, "i"),
    ("Data_Point", 4, "i"),
    ("Auxiliary_Index", 3, "h"),
    ("Data_Type", 3, "h"),
    ("X", 6, "f"),
]
ROWS = [
    (1, 2, 10.0, 1, 0.5, 3.5, 0.0, 0.0),
    (1, 1, 0.0, 1, 0.0, 3.0, 0.0, 0.0),
    (1, 3, 20.0, 2, -0.5, 3.25, 0.001, 0.0),
]


def definition(columns, n_rows):
    head = bytearray(b"\x02\x01" + bytes(61))
    struct.pack_into("<I", head, 16, n_rows)
    struct.pack_into("<H", head, 45, len(columns))
    entries, names, offset = b"", b"", 0
    for number, (name, kind, code) in enumerate(columns):
        entry = bytearray(25)
        entry[0], entry[15] = kind, 1
        struct.pack_into("<H", entry, 5, number)
        struct.pack_into("<HH", entry, 21, offset, struct.calcsize(code))
        offset += struct.calcsize(code)
        entries += entry
        names += struct.pack("<H", 2 * len(name)) + name.encode("utf-16-le")
    return bytes(head + entries + names).ljust(PAGE, b"\0")


def rows_page(columns, rows, owner):
    codes = "<" + "".join(code for _, _, code in columns)
    mask = b"\xff" * ((len(columns) + 7) // 8)
    records = [struct.pack("<H", len(columns)) + struct.pack(codes, *row) + mask for row in rows]
    page, starts, end = bytearray(PAGE), [], PAGE
    for record in records:
        page[end - len(record) : end] = record
        end -= len(record)
        starts.append(end)
    page[:14] = b"\x01\x01" + struct.pack("<HIIH", 0, owner, 0, len(rows))
    struct.pack_into(f"<{len(starts)}H", page, 14, *starts)
    return bytes(page)


def database(rows=ROWS, auxiliary=(), version=1):
    first = b"\x00\x01\x00\x00Standard Jet DB\x00" + bytes([version])
    pages = [first.ljust(PAGE, b"\0"), definition(COLUMNS, len(rows)), rows_page(COLUMNS, rows, 1)]
    if auxiliary:
        pages += [definition(AUXILIARY, len(auxiliary)), rows_page(AUXILIARY, auxiliary, 3)]
    return b"".join(pages)


def written(tmp_path, content, name="cell.res"):
    path = tmp_path / name
    path.write_bytes(content)
    return path


def test_rows_come_in_the_order_of_their_points(tmp_path):
    reading = read_file(written(tmp_path, database()))
    assert reading.format == "Arbin .res"
    assert reading.cycling["test_time_second"].tolist() == [0.0, 10.0, 20.0]
    assert reading.cycling["current_ampere"].tolist() == [0.0, 0.5, -0.5]
    assert reading.cycling["voltage_volt"].tolist() == [3.0, 3.5, 3.25]
    assert reading.cycling["cycle_count"].tolist() == [1, 1, 2]
    assert reading.cycling["charging_capacity_ah"].tolist() == [0.0, 0.0, 0.001]


def test_packed_file_reads_the_same(tmp_path):
    plain = read_file(written(tmp_path, database()))
    packed = read_file(written(tmp_path, gzip.compress(database()), "cell.res.gz"))
    assert packed.cycling.equals(plain.cycling)


def test_first_thermometer_is_the_temperature(tmp_path):
    auxiliary = [(1, k, 0, 0, 4.2) for k in (1, 2, 3)]  # a voltage
    auxiliary += [(1, k, 0, 1, 24.5 + k) for k in (1, 2, 3)]
    auxiliary += [(1, k, 1, 1, 99.0) for k in (1, 2, 3)]
    reading = read_file(written(tmp_path, database(auxiliary=auxiliary)))
    assert reading.cycling["ambient_temperature_celsius"].tolist() == [25.5, 26.5, 27.5]


def test_several_tests_in_one_file_are_refused(tmp_path):
    """They may be different cells; nobody could tell their rows apart afterwards."""
    rows = [*ROWS, (2, 1, 0.0, 1, 0.0, 3.0, 0.0, 0.0)]
    with pytest.raises(UnreadableFile, match=r"holds 2 tests \(Test_ID \[1.0, 2.0\]\)"):
        read_file(written(tmp_path, database(rows)))


def test_missing_rows_are_noticed(tmp_path):
    content = database()
    cut = content[: 2 * PAGE] + bytes(PAGE)
    with pytest.raises(UnreadableFile, match="announces 3 rows and holds 0"):
        read_file(written(tmp_path, cut))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (database(rows=[]), "0 tables with rows"),
        (database(version=0), "Access 97"),
        (database()[:100], "ends within its first page"),
        (database()[:PAGE], "0 tables with rows"),
    ],
)
def test_what_is_no_arbin_result_is_refused(tmp_path, content, message):
    with pytest.raises(UnreadableFile, match=message):
        read_file(written(tmp_path, content))


def test_gzip_that_unpacks_to_too_much_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("features.readers.arbin_res.MOST_UNPACKED_BYTES", 2 * PAGE)
    with pytest.raises(UnreadableFile, match="unpacks to more than"):
        read_file(written(tmp_path, gzip.compress(database()), "cell.res.gz"))


def test_cut_gzip_is_refused(tmp_path):
    with pytest.raises(UnreadableFile, match="EOFError"):
        read_file(written(tmp_path, gzip.compress(database())[:-20], "cell.res.gz"))
