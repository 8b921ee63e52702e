"""BatteryArchive.org CSV: a time series of fixed names, or a summary with one row a cycle.

    Date_Time,Test_Time (s),Cycle_Index,Current (A),Voltage (V),Charge_Capacity (Ah),...
    2010-09-02 14:35:40,30.009,1.0,0.0,3.843,0.0,...

I > 0 charges. "Environment_Temperature (C)" or else "Cell_Temperature (C)" is read; what was not
measured is empty. The summary ("..._cycle_data.csv") holds no cycling and is refused.
"""

from pathlib import Path

from features.parsing.reading import Reading
from features.parsing.text_cycling import read_text
from features.parsing.text_format import Column, TextFormat
from features.readers import HEAD_BYTES

FORMAT = "BatteryArchive CSV"
LAYOUT = TextFormat(
    FORMAT,
    columns={
        "test time": Column("test_time_second", "s"),
        "current": Column("current_ampere", "A"),
        "voltage": Column("voltage_volt", "V"),
        "cycle index": Column("cycle_count"),
        "charge capacity": Column("charging_capacity_ah", "Ah"),
        "discharge capacity": Column("discharging_capacity_ah", "Ah"),
        "environment temperature": Column("ambient_temperature_celsius", "C"),
        "cell temperature": Column("ambient_temperature_celsius", "C"),
        "date time": Column("date"),
    },
    signatures=(frozenset({"test time", "cycle index", "current", "environment temperature"}),),
    summaries=(frozenset({"cycle index", "start time", "end time", "min current"}),),
)


def matches(path: Path, head: bytes) -> bool:
    """Tell whether a file is text with the column names of BatteryArchive.org."""
    return LAYOUT.matches(head)


def read(path: Path) -> Reading:
    """Return the cycling of a file; refuse a summary."""
    with path.open("rb") as file:
        LAYOUT.refuse_summary(path, file.read(HEAD_BYTES))
    return read_text(LAYOUT, path)
