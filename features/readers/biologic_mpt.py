"""BioLogic EC-Lab text, .mpt: a preamble that says its length, a header line, tabs between cells.

    EC-Lab ASCII FILE
    Nb header lines : 81
    Galvanostatic Cycling with Potential Limitation
    ...
    mode  ox/red  ...  time/s  ...  Ewe/V  I Range  ...  <I>/mA  ...  cycle number
    3     1       ...  3,0E+1  ...  3,42E+0   39    ...  0,0E+0  ...  0,0E+0

The preamble may be cut to three lines, or be missing; numbers have a point or a comma, after the
language of the computer. The header ends with a tab that rows lack. Units follow a slash. I > 0 is
an oxidation at the working electrode, which charges a cell whose working electrode is positive.
The counters of charge start anew in each half-cycle. "Ewe" stands against the reference electrode
where there is one (then "Ece" is recorded as well). An open circuit has no column of current.

Rows with a frequency above 0 are impedance, "-Im(Z)/Ohm" its imaginary part with the other sign. A
file without the columns "mode" or "Ns changes" is impedance alone.
"""

import re
from dataclasses import replace
from pathlib import Path

from features.parsing.reading import Reading
from features.parsing.text_cycling import read_text
from features.parsing.text_format import Column, TextFormat
from features.parsing.text_lines import head_lines
from features.readers import HEAD_BYTES

FORMAT = "BioLogic .mpt"
LAYOUT = TextFormat(
    FORMAT,
    columns={
        "time": Column("test_time_second", "s"),
        "i": Column("current_ampere", "mA"),
        "<i>": Column("current_ampere", "mA"),
        "ecell": Column("voltage_volt", "V"),
        "ewe": Column("voltage_volt", "V"),
        "<ewe>": Column("voltage_volt", "V"),
        "<ecell>": Column("voltage_volt", "V"),
        "cycle number": Column("cycle_count"),
        "q charge": Column("charging_capacity_ah", "mA.h"),
        "q discharge": Column("discharging_capacity_ah", "mA.h"),
        "temperature": Column("ambient_temperature_celsius", "C"),
        "freq": Column("frequency_hertz", "Hz"),
        "re(z)": Column("real_impedance_ohm", "Ohm"),
        "-im(z)": Column("imaginary_impedance_ohm", "Ohm", scale=-1.0),
        "im(z)": Column("imaginary_impedance_ohm", "Ohm"),
        "|z|": Column("modulus_ohm", "Ohm"),
        "z cycle": Column("loop"),
    },
    signatures=(
        frozenset({"mode", "error", "time"}),
        frozenset({"ns changes", "ns", "time"}),
        frozenset({"freq", "re(z)", "-im(z)"}),
        frozenset({"freq", "re(z)", "im(z)", "phase(z)"}),
    ),
    is_ragged=True,
    cycling_marks=frozenset({"mode", "ns changes"}),
)
OPEN_CIRCUIT = re.compile(r"\s*(Open Circuit Voltage|Wait)\s*", re.IGNORECASE)
REFERENCE = re.compile(r"<?Ece>?/V")


def matches(path: Path, head: bytes) -> bool:
    """Tell whether a file is EC-Lab text, by its ending and its head."""
    return path.suffix.lower() == ".mpt" and (is_ascii_file(head) or LAYOUT.matches(head))


def read(path: Path) -> Reading:
    """Return the cycling and the spectra of a file."""
    return read_biologic(LAYOUT, path)


def is_ascii_file(head: bytes) -> bool:
    """Tell whether a head is that of a text export of EC-Lab or BT-Lab."""
    first = next(iter(head_lines(head)), "").strip()
    return first in ("EC-Lab ASCII FILE", "BT-Lab ASCII FILE")


def read_biologic(layout: TextFormat, path: Path) -> Reading:
    """Return what a text of EC-Lab or BT-Lab holds."""
    with path.open("rb") as file:
        lines = head_lines(file.read(HEAD_BYTES))
    reading = read_text(layout, path, is_rest=any(map(OPEN_CIRCUIT.fullmatch, lines[:6])))
    has_reference = any(
        REFERENCE.fullmatch(cell) for line in lines if "\t" in line for cell in line.split("\t")
    )
    if reading.cycling is None or not has_reference:
        return reading
    note = "Ece was recorded too: the voltage is that of the working electrode alone (Ewe)."
    return replace(reading, notes=(*reading.notes, note))
