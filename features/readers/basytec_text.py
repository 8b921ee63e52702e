"""BaSyTec text export: lines that start with "~", the last of them the header; tabs between cells.

    ~Resultfile from Basytec Battery Test System
    ~Time[s] DataSet t-Step[s] ... Command U[V] I[A] ... Ah-Cyc-Charge Ah-Cyc-Discharge ... T1[°C]
    0        1       0         ... Pause   3.5  0    ... 0             0                ... 25.4

"Command" is Pause, Charge or Discharge; I > 0 charges. The counters "Ah-Cyc-..." start anew in
each cycle. T1 is the first temperature sensor.
"""

from pathlib import Path

from features.parsing.reading import Reading
from features.parsing.text_cycling import read_text
from features.parsing.text_format import Column, TextFormat

FORMAT = "BaSyTec text"
LAYOUT = TextFormat(
    FORMAT,
    columns={
        "time": Column("test_time_second", "s"),
        "t-step": Column("step_time_second", "s"),
        "i": Column("current_ampere", "A"),
        "u": Column("voltage_volt", "V"),
        "cyc-count": Column("cycle_count"),
        "line": Column("step"),
        "command": Column("state"),
        "ah-cyc-charge": Column("charging_capacity_ah", "Ah"),
        "ah-cyc-discharge": Column("discharging_capacity_ah", "Ah"),
        "t1": Column("ambient_temperature_celsius", "C"),
    },
    signatures=(frozenset({"time", "dataset", "u", "i"}), frozenset({"time", "command", "u", "i"})),
    is_ragged=True,
)


def matches(path: Path, head: bytes) -> bool:
    """Tell whether a file is text with the column names of BaSyTec."""
    return LAYOUT.matches(head)


def read(path: Path) -> Reading:
    """Return the cycling of a file."""
    return read_text(LAYOUT, path)
