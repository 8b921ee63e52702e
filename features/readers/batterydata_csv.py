"""CSV of batterydata.energy.gov (NREL, Argonne): raw rows, or a summary with one row a cycle.

    Cycle_Index,Step,Time_s,Amphr,Watthr,Current_A,Voltage_V,Cell_Temperature_C,...,Datenum_d,...
    1,1,0,0,0,0,3.27603571,29.7005,...

I > 0 charges. "NaN" stands for what was not measured. Rows with a "Frequency_Hz" are points of an
impedance spectrum: Z_Real_Ohm, and Z_Imag_Ohm with its own sign. The summary is refused.
"""

from pathlib import Path

from features.parsing.reading import Reading
from features.parsing.text_cycling import read_text
from features.parsing.text_format import Column, TextFormat
from features.readers import HEAD_BYTES

FORMAT = "batterydata.energy.gov CSV"
LAYOUT = TextFormat(
    FORMAT,
    columns={
        "time": Column("test_time_second", "s"),
        "current": Column("current_ampere", "A"),
        "voltage": Column("voltage_volt", "V"),
        "cycle index": Column("cycle_count"),
        "charge capacity": Column("charging_capacity_ah", "Ah"),
        "discharge capacity": Column("discharging_capacity_ah", "Ah"),
        "cell temperature": Column("ambient_temperature_celsius", "C"),
        "frequency": Column("frequency_hertz", "Hz"),
        "z real": Column("real_impedance_ohm", "Ohm"),
        "z imag": Column("imaginary_impedance_ohm", "Ohm"),
    },
    signatures=(frozenset({"cycle index", "time", "current", "voltage", "datenum"}),),
    summaries=(frozenset({"cycle index", "tsecs start", "tsecs end"}),),
)


def matches(path: Path, head: bytes) -> bool:
    """Tell whether a file is text with the column names of batterydata.energy.gov."""
    return LAYOUT.matches(head)


def read(path: Path) -> Reading:
    """Return the cycling and the spectra of a file; refuse a summary."""
    with path.open("rb") as file:
        LAYOUT.refuse_summary(path, file.read(HEAD_BYTES))
    return read_text(LAYOUT, path)
