"""Novonix UHPC CSV: a summary, the protocol as one line of JSON, then one row a point.

    [Summary] ... [End Summary] [Protocol] {...} [End Protocol] [Data]
    Date and Time,Cycle Number,Step Type,Run Time (h),Step Time (h),Current (A),Potential (V),...
    2025-07-19 15:26:20,1,7,0.0000000,0.0000000,0.00000000,3.84318331,...

I > 0 charges; the step type is a number of the protocol, not a direction. One capacity counter
serves both directions: it is split by the sign of the current. "Temperature" is the sensor at the
cell, "Circuit Temperature" the instrument's own and left out.
"""

from pathlib import Path

from features.parsing.reading import Reading
from features.parsing.text_cycling import read_text
from features.parsing.text_format import Column, TextFormat

FORMAT = "Novonix CSV"
LAYOUT = TextFormat(
    FORMAT,
    columns={
        "run time": Column("test_time_second", "h"),
        "step time": Column("step_time_second", "h"),
        "current": Column("current_ampere", "A"),
        "potential": Column("voltage_volt", "V"),
        "cycle number": Column("cycle_count"),
        "step number": Column("step"),
        "capacity": Column("either_capacity_ah", "Ah"),
        "temperature": Column("ambient_temperature_celsius", "C"),
        "date and time": Column("date"),
    },
    signatures=(frozenset({"run time", "step type", "current", "potential"}),),
)


def matches(path: Path, head: bytes) -> bool:
    """Tell whether a file is text of a Novonix charger."""
    return head.lstrip(b"\xef\xbb\xbf").startswith(b"[Summary]") or LAYOUT.matches(head)


def read(path: Path) -> Reading:
    """Return the cycling of a file."""
    return read_text(LAYOUT, path)
