"""Neware CSV export (BTS 7.6 and 8, record layer): one header line, one row a point.

    DataPoint,Cycle Index,Step Index,Step Type,Time,Total Time,Current(A),Voltage(V),...
    1,1,1,CC Chg,00:00:00,00:00:00,0.001,3.21,...

Units stand in brackets: A or mA, V or mV, Ah or mAh. "Time" counts within a step; "Total Time" or
"Cumulative Time" over the test. The step type gives the sign where the current has none; I > 0
charges. The capacity counters start anew in each step; where there is only one, "Capacity(Ah)", it
is split by the sign of the current. Chinese names are known as well, in UTF-8 or GBK.

BTS 7 also writes cycles, steps and points into one file, each layer indented by one more empty
cell; the points are read, and carry the number of their cycle and the name of their step:

    Cycle ID,...
    ,Step ID,Step Name,...
    ,,Record ID,Time(h:min:s.ms),Voltage(V),Current(mA),Temperature(C),Capacity(mAh),...,Realtime
"""

from dataclasses import replace
from pathlib import Path

from features.parsing.nested_rows import flattened
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
        "循环序号": Column("cycle_count"),
        "step index": Column("step"),
        "step": Column("step"),
        "step id": Column("step"),
        "工步号": Column("step"),
        "工步序号": Column("step"),
        "step type": Column("state"),
        "step name": Column("state"),
        "status": Column("state"),
        "state": Column("state"),
        "工步类型": Column("state"),
        "工步名称": Column("state"),
        "工步状态": Column("state"),
        "状态": Column("state"),
        "chg. cap.": Column("charging_capacity_ah", "Ah"),
        "charge capacity": Column("charging_capacity_ah", "Ah"),
        "capacitance chg": Column("charging_capacity_ah", "Ah"),
        "充电容量": Column("charging_capacity_ah", "Ah"),
        "dchg. cap.": Column("discharging_capacity_ah", "Ah"),
        "discharge capacity": Column("discharging_capacity_ah", "Ah"),
        "capacitance dchg": Column("discharging_capacity_ah", "Ah"),
        "放电容量": Column("discharging_capacity_ah", "Ah"),
        "capacity": Column("either_capacity_ah", "Ah"),
        "容量": Column("either_capacity_ah", "Ah"),
        "temperature": Column("ambient_temperature_celsius", "C"),
        "t1": Column("ambient_temperature_celsius", "C"),
        "date": Column("date"),
        "absolute time": Column("date"),
        "realtime": Column("date"),
        "绝对时间": Column("date"),
        "系统时间": Column("date"),
    },
    signatures=(
        frozenset({"datapoint", "step type", "current", "voltage"}),
        frozenset({"record number", "current", "voltage", "time"}),
        frozenset({"record id", "current", "voltage", "time"}),
        frozenset({"数据序号", "电流", "电压"}),
        frozenset({"记录序号", "电流", "电压"}),
    ),
)
#: The layer of steps may have no names, and then nothing gives the current a sign.
NESTED = replace(LAYOUT, may_lack_sign=True)


def matches(path: Path, head: bytes) -> bool:
    """Tell whether a file is text with the column names of Neware."""
    return LAYOUT.matches(head)


def read(path: Path) -> Reading:
    """Return the cycling of a file."""
    flat = flattened(path.read_bytes(), LAYOUT.signatures)
    if flat is None:
        return read_text(LAYOUT, path)
    reading = read_text(NESTED, path, flat)
    note = "Cycles, steps and points stand in layers; the points were read."
    return replace(reading, notes=(*reading.notes, note))
