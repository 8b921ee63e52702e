"""VersaStudio .par: sections in angle brackets; each "Segment" holds a table.

    <Application>
    Name=VersaStudio
    </Application>
    <Segment1>
    Type=2
    Definition=Segment #, Point #, E(V), I(A), Elapsed Time(s), ..., Frequency(Hz), ..., Z Real, ...
    0,0,0,-3.282372E-06,1.812,...
    </Segment1>

Segments follow each other in time. I > 0 is an oxidation at the working electrode, which charges a
cell whose working electrode is positive. Rows with a frequency above 0 are impedance; "Z Imag" has
its own sign. A file of such rows alone is impedance alone.
"""

import re
from pathlib import Path

from features.errors import UnreadableFile
from features.parsing.reading import Reading
from features.parsing.text_cycling import read_text
from features.parsing.text_format import Column, TextFormat
from features.parsing.text_lines import as_utf8

FORMAT = "VersaStudio .par"
LAYOUT = TextFormat(
    FORMAT,
    columns={
        "elapsed time": Column("test_time_second", "s"),
        "i": Column("current_ampere", "A"),
        "e": Column("voltage_volt", "V"),
        "segment": Column("loop"),
        "frequency": Column("frequency_hertz", "Hz"),
        "z real": Column("real_impedance_ohm", "Ohm"),
        "z imag": Column("imaginary_impedance_ohm", "Ohm"),
    },
    signatures=(frozenset({"segment", "elapsed time", "e", "i"}),),
    is_ragged=True,
)
SEGMENT = re.compile(rb"<Segment\d+>\n(.*?)</Segment\d+>", re.DOTALL)
DEFINITION = b"Definition="


def matches(path: Path, head: bytes) -> bool:
    """Tell whether a file is a VersaStudio experiment."""
    return head.startswith(b"<Application>") and b"Name=VersaStudio" in head


def read(path: Path) -> Reading:
    """Return the cycling and the spectra of a file."""
    return read_text(LAYOUT, path, _only_tables(path))


def _only_tables(path: Path) -> bytes:
    """Return the file with every line emptied that is neither header nor row."""
    data = as_utf8(path.read_bytes())
    kept, definitions, position = bytearray(), set[bytes](), 0
    for segment in SEGMENT.finditer(data):
        kept += b"\n" * data.count(b"\n", position, segment.start(1))
        above, _, rows = segment[1].partition(DEFINITION)
        header, _, rows = rows.partition(b"\n")
        kept += b"\n" * above.count(b"\n") + (b"" if definitions else header) + b"\n" + rows
        definitions.add(header)
        position = segment.end(1)
    if len(definitions) != 1:
        raise UnreadableFile(
            f"'{path.name}' ({FORMAT}) has segments of {len(definitions)} kinds of columns; one "
            f"is needed. Export each action to a file of its own."
        )
    return bytes(kept)
