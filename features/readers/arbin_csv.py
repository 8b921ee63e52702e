"""Arbin CSV export (MITS Pro): one header line, one row a point.

    Data_Point,Test_Time(s),Step_Index,Cycle_Index,Current(A),Voltage(V),Charge_Capacity(Ah),...
    1,30.0005,1,1,0,3.534595,0,...

Names have spaces or underscores, units in brackets or none (then s, A, V, Ah). Auxiliary channels
may follow without names. I > 0 charges. Both capacity counters run on within a cycle, or over the
whole test, as the schedule resets them.
"""

from pathlib import Path

from features.parsing.reading import Reading
from features.parsing.text_cycling import read_text
from features.parsing.text_format import Column, TextFormat

FORMAT = "Arbin CSV"
LAYOUT = TextFormat(
    FORMAT,
    columns={
        "test time": Column("test_time_second", "s"),
        "current": Column("current_ampere", "A"),
        "voltage": Column("voltage_volt", "V"),
        "cycle index": Column("cycle_count"),
        "step index": Column("step"),
        "charge capacity": Column("charging_capacity_ah", "Ah"),
        "discharge capacity": Column("discharging_capacity_ah", "Ah"),
        "temperature": Column("ambient_temperature_celsius", "C"),
        "aux temperature 1": Column("ambient_temperature_celsius", "C"),
        "date time": Column("date"),
        "datetime": Column("date"),
    },
    signatures=(frozenset({"data point", "test time", "current", "voltage"}),),
    is_ragged=True,
)


def matches(path: Path, head: bytes) -> bool:
    """Tell whether a file is text with the column names of Arbin."""
    return LAYOUT.matches(head)


def read(path: Path) -> Reading:
    """Return the cycling of a file."""
    return read_text(LAYOUT, path)
