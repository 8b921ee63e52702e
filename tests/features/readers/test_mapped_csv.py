import pytest

from features.errors import UnreadableFile
from features.readers import read_file
from features.readers.mapped_csv import is_mapping, mapping_names

TEXT = "made by hand\nt;I;U;state\n0,5;2,0;3,1;on\n1,5;-2,0;3,0;off\n"
MAPPING = """
[columns]
test_time_second = "t"
current_ampere = { name = "I", unit = "mA" }
voltage_volt = "U"
"""


@pytest.fixture
def read(tmp_path):
    """Return a function that reads text through a file."""

    def through_file(text, name="cell.csv"):
        path = tmp_path / name
        path.write_bytes(text.encode("utf-8"))
        return read_file(path)

    return through_file


@pytest.fixture
def mapped(tmp_path, read):
    """Return a function that reads text beside a mapping file."""

    def beside(mapping, text=TEXT, name="cell.columns.toml"):
        (tmp_path / name).write_text(mapping)
        return read(text)

    return beside


@pytest.mark.parametrize("name", ["cell.columns.toml", "seicast.columns.toml"])
def test_the_mapping_says_what_a_column_is(mapped, name):
    cycling = mapped(MAPPING, name=name).cycling
    assert cycling["test_time_second"].tolist() == [0.5, 1.5]
    assert cycling["current_ampere"].tolist() == [0.002, -0.002]
    assert cycling["voltage_volt"].tolist() == [3.1, 3.0]


def test_a_unit_in_the_header_needs_none_in_the_mapping(mapped):
    text = (
        TEXT.replace("t;I;U", "Time [h];I (mA);U/mV").replace("3,1", "3100").replace("3,0", "3000")
    )
    mapping = (
        '[columns]\ntest_time_second = "Time [h]"\ncurrent_ampere = "I"\nvoltage_volt = "U/mV"\n'
    )
    cycling = mapped(mapping, text).cycling
    assert cycling["test_time_second"].tolist() == [1800, 5400]
    assert cycling["current_ampere"].tolist() == [0.002, -0.002]
    assert cycling["voltage_volt"].tolist() == [3.1, 3.0]


def test_a_file_whose_current_discharges_is_turned_round(mapped):
    cycling = mapped('positive_current = "discharge"\n' + MAPPING).cycling
    assert cycling["current_ampere"].tolist() == [-0.002, 0.002]


def test_a_spectrum_can_be_mapped(mapped):
    mapping = """
    [columns]
    frequency_hertz = "f"
    real_impedance_ohm = "re"
    imaginary_impedance_ohm = "im"
    """
    (spectrum,) = mapped(mapping, "f,re,im\n100,5,-2\n1,6,-3\n").spectra
    assert spectrum.impedance_ohm.tolist() == [5 - 2j, 6 - 3j]


def test_without_a_mapping_the_error_tells_how_to_write_one(read):
    with pytest.raises(UnreadableFile, match=r"write 'cell.columns.toml' beside it.*'t', 'I', 'U'"):
        read(TEXT)


PREAMBLE = "# made by hand;;;;\nnumber of headers ;19;;;\nanode;tape;;;\nmass;0.0012;;;\n"


@pytest.mark.parametrize("above", ["", PREAMBLE])
@pytest.mark.parametrize(("beyond", "more"), [("", ""), (";;", ";;")])
def test_the_names_that_the_error_offers_are_columns_of_the_file(read, above, beyond, more):
    """A spreadsheet pads its lines; a line of facts above the rows names no column."""
    with pytest.raises(UnreadableFile, match=r"names out of \['t', 'I', 'U'\];"):
        read(f"{above}t;I;U{beyond}\n0,5;2,0;3,1{more}\n1,5;-2,0;3,0{more}\n")


def test_of_a_thousand_columns_the_error_offers_a_few_lines(read):
    names = [f"channel {number}" for number in range(1000)]
    with pytest.raises(UnreadableFile, match=r"'channel 0', .*\] and \d+ more;") as refusal:
        read(",".join(names) + "\n" + ",".join("1" * 1000) + "\n")
    assert len(str(refusal.value)) < 1000


def test_the_hint_for_a_spectrum_names_no_columns_of_cycling(read):
    """Whoever follows it would look for a time and a current that are not there."""
    with pytest.raises(UnreadableFile, match="frequency_hertz") as refusal:
        read("freq;resistance;reactance\n1000;5;-1\n100;6;-2\n", "cell.dat")
    assert "current_ampere" not in str(refusal.value)


@pytest.mark.parametrize(
    ("mapping", "reason"),
    [
        ("[columns", "'cell.columns.toml' is no TOML"),
        ("columns = 3", r"it needs \[columns\]"),
        ("[columns]\n[more]", r"it needs \[columns\]"),
        ('[columns]\nvolts = "U"', "'volts' is no quantity; allowed are test_time_second,"),
        ("[columns]\nvoltage_volt = 3", "voltage_volt is 3; write the column's name"),
        (MAPPING + '[columns.cycle_count]\nname = "c"\nx = "y"', "cycle_count is .* write"),
        ('positive_current = "up"\n' + MAPPING, "'up'; allowed are charge, discharge"),
        ('positive_current = ["charge"]\n' + MAPPING, "'charge'.; allowed are charge, discharge"),
        (MAPPING.replace('"U"', '"V"'), r"no header line with the columns \['i', 't', 'v'\]"),
        (MAPPING.replace('"mA"', '"mA/cm2"'), "line 2, column I: the unit 'mA/cm2' is none of"),
        (MAPPING.replace("voltage_volt", "cycle_count"), r"no column of \['voltage_volt'\]"),
    ],
)
def test_a_mapping_that_says_nothing_clear_is_refused(mapped, mapping, reason):
    with pytest.raises(UnreadableFile, match=reason):
        mapped(mapping)


def test_files_of_known_formats_need_no_mapping_of_their_folder(mapped):
    text = "test_time_second,current_ampere,voltage_volt\n0,1,2\n"
    names = '[columns]\ntest_time_second = "test_time_second"\ncurrent_ampere = "current_ampere"\n'
    mapping = names + 'voltage_volt = "voltage_volt"\n'
    reading = mapped(mapping, text, name="seicast.columns.toml")
    assert reading.format.startswith("Battery Data Format")


def test_a_bad_cell_is_named_with_line_and_column(mapped):
    with pytest.raises(UnreadableFile, match=r"line 4, column U: 'x'.*decimal comma"):
        mapped(MAPPING, TEXT.replace("3,0", "x"))


@pytest.mark.parametrize(
    ("text", "way_out"),
    [
        ("a,b\n1,2\n", "write 'cell.columns.toml' beside it"),
        ("\x00\x01", "Export it as text (CSV)"),
    ],
)
def test_a_file_nobody_reads_gets_the_way_out_before_what_others_may_send(read, text, way_out):
    """Whoever is refused looks for what to do, not for thirty formats; they are told once each."""
    with pytest.raises(UnreadableFile) as refused:
        read(text)
    told = str(refused.value)
    assert told.startswith("No reader claims 'cell.csv'. ")
    assert told.index(way_out) < told.index("docs/formats.md") < told.index("Arbin")
    assert told.count("Neware") == told.count("BioLogic") == 1
    assert len(told.partition("docs/formats.md")[2]) < 250


@pytest.mark.parametrize("name", ["a" * 251 + ".csv", "é" * 125 + ".csv"])
def test_a_name_too_long_for_a_mapping_beside_it_has_none(read, name):
    """To ask for such a mapping is itself an error of the file system."""
    cycling = "test_time_second,current_ampere,voltage_volt\n0,0.001,0.1\n60,0.001,0.1\n"
    assert len(read(cycling, name).cycling) == 2
    with pytest.raises(UnreadableFile, match="No reader"):
        read("a,b\n1,2\n", name)


def test_whoever_sends_a_file_is_told_to_send_its_mapping(read):
    """Over HTTP nothing can be written beside it."""
    with pytest.raises(UnreadableFile) as told:
        read(TEXT)
    assert "write 'cell.columns.toml' beside it" in str(told.value)
    assert "send 'cell.columns.toml' as one more file" in told.value.when_sent
    assert "beside" not in told.value.when_sent


def test_a_table_without_a_header_that_was_sent_needs_its_mapping_sent(read):
    with pytest.raises(UnreadableFile) as told:
        read("1,2,3\n4,5,6\n")
    assert "a mapping file 'cell.columns.toml' for cycling, sent" in told.value.when_sent


def test_other_errors_say_the_same_to_everybody(mapped):
    with pytest.raises(UnreadableFile) as told:
        mapped("columns = 3")
    assert told.value.when_sent == str(told.value)


@pytest.mark.parametrize(
    ("mapping", "said"),
    [
        ("# " + "a" * 70_000, "takes 70002 bytes; a mapping takes 65536 at most"),
        ("a = " + "[" * 5000 + "]" * 5000, "nested too deep"),
        ("a = " + "9" * 9000, "is no TOML"),
        ("[columns]\nvoltage_volt" + ".a" * 9000 + " = 1", "voltage_volt is {'a'"),
        ("[columns]\n" + "b" * 9000 + ' = "x"', "bbb' is no quantity"),
    ],
    ids=["long", "nested", "digits", "dotted", "wide"],
)
def test_a_mapping_is_read_within_bounds_and_told_in_short(mapped, mapping, said):
    """It may come from anybody, over HTTP."""
    with pytest.raises(UnreadableFile) as told:
        mapped(mapping)
    assert said in str(told.value)
    assert len(str(told.value)) < 600


def test_what_is_called_a_mapping_maps_the_file_of_its_name_or_all():
    assert mapping_names("cell7.csv") == ("cell7.columns.toml", "seicast.columns.toml")
    assert all(map(is_mapping, mapping_names("cell7.csv")))
    assert not is_mapping("cell7.csv")
    assert not is_mapping("columns.toml.csv")


def test_a_mapping_may_begin_with_a_byte_order_mark(mapped):
    """So some editors save UTF-8."""
    assert mapped("\ufeff" + MAPPING).cycling is not None
