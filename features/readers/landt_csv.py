"""Landt (LAND) CSV export: a few lines about the cell, a header line, one row a point.

    cell model:,,,
    channel_index,cycle_index,step_index,date_time_iso_string,test_time_s,...,current_A,voltage_V,
    1,1,1,04/30/2024 14:33:19,0.020,...,0.0000,2.9215,...,rest,

Units end the names ("current_A") or follow a slash ("Current/mA"). Rows may end with a delimiter
that the header lacks. "step_name" tells rest, charge, discharge; I > 0 charges. The counters
start anew in each step; a single "Capacity" is split by the sign of the current. Temperature
columns of nothing but 0 are channels without a sensor. Chinese names ("测试时间/Sec", "电流/mA",
"电压/V") are known as well, in UTF-8 or GBK.
"""

from pathlib import Path

from features.parsing.reading import Reading
from features.parsing.text_cycling import read_text
from features.parsing.text_format import Column, TextFormat

FORMAT = "Landt CSV"
LAYOUT = TextFormat(
    FORMAT,
    columns={
        "test time": Column("test_time_second", "s"),
        "testtime": Column("test_time_second", "s"),
        "测试时间": Column("test_time_second", "s"),
        "step time": Column("step_time_second", "s"),
        "steptime": Column("step_time_second", "s"),
        "步骤时间": Column("step_time_second", "s"),
        "current": Column("current_ampere", "A"),
        "电流": Column("current_ampere", "A"),
        "voltage": Column("voltage_volt", "V"),
        "电压": Column("voltage_volt", "V"),
        "cycle index": Column("cycle_count"),
        "cycle": Column("cycle_count"),
        "step index": Column("step"),
        "step": Column("step"),
        "step name": Column("state"),
        "mode": Column("state"),
        "charge capacity": Column("charging_capacity_ah", "Ah"),
        "discharge capacity": Column("discharging_capacity_ah", "Ah"),
        "capacity": Column("either_capacity_ah", "Ah"),
        "容量": Column("either_capacity_ah", "Ah"),
        "temperature 1": Column("ambient_temperature_celsius", "C"),
        "temperature 2": Column("ambient_temperature_celsius", "C"),
        "temperature 3": Column("ambient_temperature_celsius", "C"),
        "date time iso string": Column("date"),
        "systime": Column("date"),
        "系统时间": Column("date"),
    },
    signatures=(
        frozenset({"channel index", "step name", "current", "voltage"}),
        frozenset({"testtime", "steptime", "current", "voltage", "systime"}),
        frozenset({"testtime", "steptime", "current", "voltage", "capacity", "mode"}),
        frozenset({"测试时间", "电流", "电压"}),
    ),
    may_lack_sign=True,
)


def matches(path: Path, head: bytes) -> bool:
    """Tell whether a file is text with the column names of Landt."""
    return LAYOUT.matches(head)


def read(path: Path) -> Reading:
    """Return the cycling of a file."""
    return read_text(LAYOUT, path)
