"""Neware CSV export (BTS 7.6 and 8, record layer): one header line, one row a point.

    DataPoint,Cycle Index,Step Index,Step Type,Time,Total Time,Current(A),Voltage(V),...
    1,1,1,CC Chg,00:00:00,00:00:00,0.001,3.21,...

Units stand in brackets: A or mA, V or mV, Ah or mAh. "Time" counts within a step; "Total Time" or
"Cumulative Time" over the test. The step type gives the sign where the current has none; I > 0
charges. The capacity counters start anew in each step. Chinese names are known as well.
"""

from pathlib import Path

from features.parsing.reading import Reading
from features.parsing.text_cycling import read_text
from features.parsing.text_format import Column, TextFormat

FORMAT = "Neware CSV"
LAYOUT = TextFormat(
    FORMAT,
    columns={
        "total time": Column("test_time_second", "s"),
        "cumulative time": Column("test_time_second", "s"),
        "test time": Column("test_time_second", "s"),
        "总时间": Column("test_time_second", "s"),
        "time": Column("step_time_second", "s"),
        "step time": Column("step_time_second", "s"),
        "时间": Column("step_time_second", "s"),
        "current": Column("current_ampere", "A"),
        "电流": Column("current_ampere", "A"),
        "voltage": Column("voltage_volt", "V"),
        "电压": Column("voltage_volt", "V"),
        "cycle index": Column("cycle_count"),
        "cycle": Column("cycle_count"),
        "cycle id": Column("cycle_count"),
        "循环号": Column("cycle_count"),
        "step index": Column("step"),
        "step": Column("step"),
        "step id": Column("step"),
        "工步号": Column("step"),
        "step type": Column("state"),
        "step name": Column("state"),
        "status": Column("state"),
        "state": Column("state"),
        "工步类型": Column("state"),
        "chg. cap.": Column("charging_capacity_ah", "Ah"),
        "charge capacity": Column("charging_capacity_ah", "Ah"),
        "充电容量": Column("charging_capacity_ah", "Ah"),
        "dchg. cap.": Column("discharging_capacity_ah", "Ah"),
        "discharge capacity": Column("discharging_capacity_ah", "Ah"),
        "放电容量": Column("discharging_capacity_ah", "Ah"),
        "t1": Column("ambient_temperature_celsius", "C"),
        "date": Column("date"),
        "absolute time": Column("date"),
        "绝对时间": Column("date"),
    },
    signatures=(
        frozenset({"datapoint", "step type", "current", "voltage"}),
        frozenset({"record number", "current", "voltage", "time"}),
        frozenset({"record id", "current", "voltage", "time"}),
        frozenset({"数据序号", "电流", "电压"}),
    ),
)


def matches(path: Path, head: bytes) -> bool:
    """Tell whether a file is text with the column names of Neware."""
    return LAYOUT.matches(head)


def read(path: Path) -> Reading:
    """Return the cycling of a file."""
    return read_text(LAYOUT, path)
