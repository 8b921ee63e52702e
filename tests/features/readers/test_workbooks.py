"""Excel workbooks written by hand: Arbin, Neware BTS 7 and 8, and plain ones."""

import zipfile
from xml.sax.saxutils import escape

import pytest

from features.errors import UnreadableFile
from features.readers import read_file

NAMESPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def cell(value):
    if isinstance(value, str):
        return f'<c t="inlineStr"><is><t>{escape(value)}</t></is></c>'
    return f"<c><v>{value!r}</v></c>"


def sheet(rows, beyond=""):
    lines = "".join(f"<row>{''.join(map(cell, row))}</row>" for row in rows)
    return f'<worksheet xmlns="{NAMESPACE}"><sheetData>{lines}{beyond}</sheetData></worksheet>'


def link(number, kind, target):
    return f'<Relationship Id="r{number}" Type="{RELATIONS}/{kind}" Target="{target}"/>'


def relationships(links):
    return f'<Relationships xmlns="{PACKAGE}/relationships">{links}</Relationships>'


def workbook(path, sheets):
    """Write the smallest workbook that holds these sheets (name -> XML)."""
    tags = "".join(
        f'<sheet name="{name}" sheetId="{k}" r:id="r{k}"/>' for k, name in enumerate(sheets, 1)
    )
    links = "".join(link(k, "worksheet", f"worksheets/{k}.xml") for k, _ in enumerate(sheets, 1))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("_rels/.rels", relationships(link(1, "officeDocument", "xl/workbook.xml")))
        archive.writestr("xl/_rels/workbook.xml.rels", relationships(links))
        head = f'<workbook xmlns="{NAMESPACE}" xmlns:r="{RELATIONS}">'
        archive.writestr("xl/workbook.xml", f"{head}<sheets>{tags}</sheets></workbook>")
        for k, content in enumerate(sheets.values(), 1):
            archive.writestr(f"xl/worksheets/{k}.xml", content)
    return path


ARBIN = ["Test_Time(s)", "Step_Index", "Cycle_Index", "Voltage(V)", "Current(A)"]
BTS_8 = ["DataPoint", "Cycle Index", "Step Index", "Step Type", "Time", "Current(mA)", "Voltage(V)"]
BTS_8 += ["Chg. Cap.(mAh)", "DChg. Cap.(mAh)"]
BTS_7 = ["Record Index", "Status", "Cycle", "Step", "Current(mA)", "Voltage(V)"]
BTS_7 += ["Relative Time(h:min:s.ms)"]


def test_parts_of_an_arbin_channel_are_joined_in_their_order(tmp_path):
    """Ten parts: as words, part 10 would come before part 2."""
    parts = {f"Channel_3_{k}": sheet([ARBIN, [10.0 * k, 1, 1, 3.0, 0.001]]) for k in (10, 1, 2, 9)}
    reading = read_file(workbook(tmp_path / "a.xlsx", {"Global_Info": sheet([]), **parts}))
    assert reading.format == "Arbin .xlsx"
    assert reading.cycling["test_time_second"].tolist() == [10.0, 20.0, 90.0, 100.0]


def test_two_channels_in_one_workbook_are_refused(tmp_path):
    sheets = {f"Channel_{k}_1": sheet([ARBIN, [0.0, 1, 1, 3.0, 0.001]]) for k in (3, 4)}
    with pytest.raises(UnreadableFile, match=r"channels \['Channel_3', 'Channel_4'\]"):
        read_file(workbook(tmp_path / "a.xlsx", sheets))


def test_neware_records_count_time_over_steps_and_convert_units(tmp_path):
    rows = [
        [1, 1, 1, "CC Chg", "00:00:00", 1.0, 3.0, 0.0, 0.0],
        [2, 1, 1, "CC Chg", "01:00:00", 1.0, 3.5, 1.0, 0.0],
        [3, 1, 2, "CC DChg", "00:00:00", -1.0, 3.4, 0.0, 0.0],
        [4, 1, 2, "CC DChg", "00:30:00.5", -1.0, 3.0, 0.0, 0.5],
    ]
    path = workbook(
        tmp_path / "a.xlsx", {"unit": sheet([["Current"]]), "record": sheet([BTS_8, *rows])}
    )
    reading = read_file(path)
    assert reading.format == "Neware .xlsx"
    assert reading.cycling["test_time_second"].tolist() == [0.0, 3600.0, 3600.0, 5400.5]
    assert reading.cycling["current_ampere"].tolist() == [1e-3, 1e-3, -1e-3, -1e-3]
    assert reading.cycling["charging_capacity_ah"].tolist() == [0.0, 1e-3, 0.0, 0.0]
    assert reading.cycling["discharging_capacity_ah"].tolist() == [0.0, 0.0, 0.0, 5e-4]


def test_older_neware_currents_take_their_sign_from_the_state(tmp_path):
    first = [
        [1, "CC_Chg", 1, 1, 2.0, 3.0, "0:00:00.000"],
        [2, "CC_Chg", 1, 1, 2.0, 3.1, "0:01:00.000"],
    ]
    second = [
        [3, "CC_DChg", 1, 2, 2.0, 3.0, "0:00:00.000"],
        [4, "CC_DChg", 1, 2, 2.0, 2.9, "0:01:00.000"],
    ]
    sheets = {"Detail_1_1_5_2": sheet([BTS_7, *second]), "Detail_1_1_5_1": sheet([BTS_7, *first])}
    reading = read_file(workbook(tmp_path / "a.xlsx", {"Info_1": sheet([]), **sheets}))
    assert reading.cycling["current_ampere"].tolist() == [2e-3, 2e-3, -2e-3, -2e-3]
    assert reading.cycling["test_time_second"].tolist() == [0.0, 60.0, 60.0, 120.0]


def test_plain_workbook_reads_below_its_remarks(tmp_path):
    rows = [["made by hand"], ["Time (h)", "Voltage (mV)", "Current (uA)"], [0.0, 12.0, -500.0]]
    rows.append([1.0, 13.0, -500.0])
    reading = read_file(
        workbook(tmp_path / "a.xlsx", {"notes": sheet([["x"]]), "cell": sheet(rows)})
    )
    assert reading.format == "Excel workbook"
    assert reading.cycling["test_time_second"].tolist() == [0.0, 3600.0]
    assert reading.cycling["voltage_volt"].to_numpy() == pytest.approx([0.012, 0.013])
    assert reading.cycling["current_ampere"].to_numpy() == pytest.approx([-5e-4, -5e-4])
    assert any("Sheet 'cell' was read" in note for note in reading.notes)


def test_plain_workbook_with_impedance_is_a_spectrum(tmp_path):
    rows = [["Frequency (Hz)", "Z' (ohm)", "-Z'' (ohm)"], [1000.0, 10.0, 1.0], [10.0, 12.0, 3.0]]
    reading = read_file(workbook(tmp_path / "a.xlsx", {"EIS": sheet(rows)}))
    assert reading.cycling is None
    assert reading.spectra[0].impedance_ohm.tolist() == [10 - 1j, 12 - 3j]


@pytest.mark.parametrize(
    ("header", "rows"),
    [
        (["freq/kHz", "Z'/mOhm", "-Z''/mOhm"], [[1.0, 1e4, 1e3], [0.01, 1.2e4, 3e3]]),
        (["f", "real", "imag"], [[1000.0, 10.0, 1.0], [10.0, 12.0, 3.0]]),
        (["f", "|Z|", "phase/rad"], [[1000.0, 101**0.5, -0.0996686524911620], [10.0, 153**0.5,
          -0.244978663126864]]),
    ],
)  # fmt: skip
def test_workbook_knows_the_names_of_delimited_text(tmp_path, header, rows):
    path = workbook(tmp_path / "a.xlsx", {"EIS": sheet([["cell 7"], header, *rows])})
    (spectrum,) = read_file(path).spectra
    assert spectrum.frequency_Hz.tolist() == [1000.0, 10.0]
    assert spectrum.impedance_ohm == pytest.approx([10 - 1j, 12 - 3j], rel=1e-12)


def test_workbook_names_the_row_of_a_cell_that_is_no_number(tmp_path):
    rows = [["f", "Z'", "Z''"], [1000.0, 10.0, -1.0], [10.0, "high", -3.0]]
    with pytest.raises(UnreadableFile, match="line 3, column Z': 'high' is no finite number"):
        read_file(workbook(tmp_path / "a.xlsx", {"EIS": sheet(rows)}))


def test_workbook_without_known_columns_is_refused_with_the_way_out(tmp_path):
    with pytest.raises(UnreadableFile, match=r"no header line .* head the columns such as"):
        read_file(workbook(tmp_path / "a.xlsx", {"one": sheet([["a", "b"], [1, 2]])}))


def test_current_without_unit_is_refused(tmp_path):
    rows = [["Time (s)", "Voltage (V)", "Current"], [0.0, 3.0, 1.0]]
    with pytest.raises(UnreadableFile, match="Current"):
        read_file(workbook(tmp_path / "a.xlsx", {"one": sheet(rows)}))


def test_sheet_with_a_far_away_cell_is_refused_before_room_is_made_for_it(tmp_path):
    """The parser makes room for all cells up to the last; this one would end the process."""
    far = sheet([ARBIN], beyond='<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')
    with pytest.raises(UnreadableFile, match="1048576 rows and 16384 columns"):
        read_file(workbook(tmp_path / "a.xlsx", {"Channel_1_1": far}))


def test_workbook_that_unpacks_to_too_much_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("features.parsing.workbook.MOST_UNPACKED_BYTES", 100)
    with pytest.raises(UnreadableFile, match="MiB unpacked"):
        read_file(workbook(tmp_path / "a.xlsx", {"Channel_1_1": sheet([ARBIN])}))


def test_damaged_workbook_is_refused_by_name(tmp_path):
    path = workbook(tmp_path / "a.xlsx", {"Channel_1_1": sheet([ARBIN])})
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(UnreadableFile, match=r"'a\.xlsx' cannot be read as an Excel workbook"):
        read_file(path)
