"""Autolab FRA .dfr: a version, the number of points, one more number, then nine lines a point.

    VERSION8.0
     29
     1
     10000.0             frequency in Hz
     109.00918219439028  real part in ohm
     26.55567987651522   imaginary part in ohm, its sign turned
     0.0                 six more numbers, which are left out
     ...

What stands below the points is left out. A line too many or too few shifts all that follows, so
the frequencies must all be positive and go one way.
"""

import re
from pathlib import Path

import numpy as np

from features.errors import UnreadableFile
from features.parsing.impedance_text import Piece, read_impedance
from features.parsing.loose_table import LARGEST_STEP_RATIO
from features.parsing.reading import Reading
from features.parsing.text_format import Column, TextFormat
from features.parsing.text_lines import as_utf8, head_lines, printable

FORMAT = "Autolab .dfr"
FIRST_LINE = re.compile(r"\s*VERSION\s*\d[\d.]*\s*")
COUNT = re.compile(rb"\s*([1-9]\d{0,6})\s*", re.ASCII)
N_LINES_ABOVE, N_LINES = 3, 9
NAMES = (
    "frequency (first of nine lines)",
    "real part (second of nine lines)",
    "imaginary part turned (third of nine lines)",
    *(f"number {k} of nine lines" for k in range(4, 10)),
)
QUANTITIES = (
    Column("frequency_hertz", "Hz"),
    Column("real_impedance_ohm", "Ohm"),
    Column("imaginary_impedance_ohm", "Ohm", scale=-1.0),
)
LAYOUT = TextFormat(
    FORMAT,
    columns=dict(zip(NAMES, QUANTITIES, strict=False)),
    signatures=(frozenset(NAMES[:3]),),
)


def matches(path: Path, head: bytes) -> bool:
    """Tell whether a text starts with a version and has such an ending."""
    first = next(iter(head_lines(head)), "")
    return path.suffix.lower() == ".dfr" and FIRST_LINE.fullmatch(first) is not None


def read(path: Path) -> Reading:
    """Return the spectrum of a file.

    Raises
    ------
    UnreadableFile
        If the number of points, or a line of them, is not what it should be.
    """
    lines = as_utf8(path.read_bytes()).split(b"\n")
    count = COUNT.fullmatch(lines[1]) if len(lines) > 1 else None
    if count is None:
        came = printable(b"".join(lines[1:2]).decode(errors="replace"))
        raise UnreadableFile(
            f"'{path.name}' ({FORMAT}), line 2: '{came}' is no number of points; export it again."
        )
    numbers = lines[N_LINES_ABOVE : N_LINES_ABOVE + N_LINES * int(count[1])]
    n_whole = len(numbers) // N_LINES
    blocks = [numbers[k * N_LINES : (k + 1) * N_LINES] for k in range(n_whole)]
    # Each row stands on the first line of its nine, so that a refusal names about the right one.
    rows = [b"\t".join(map(bytes.strip, block)) + b"\n" * N_LINES for block in blocks]
    header = b"\n" * (N_LINES_ABOVE - 1) + "\t".join(NAMES).encode() + b"\n"
    reading = read_impedance(LAYOUT, path, [Piece(header + b"".join(rows), 1, int(count[1]))])
    _require_unshifted(path, blocks, reading)
    return reading


def _require_unshifted(path: Path, blocks: list[list[bytes]], reading: Reading) -> None:
    """Refuse a file in which a line is missing or was put in."""
    spectrum = reading.spectra[0]
    steps = np.diff(np.log(spectrum.frequency_Hz))
    is_one_way = (steps < 0).all() or (steps > 0).all()
    is_even = steps.size == 0 or np.abs(steps).max() <= LARGEST_STEP_RATIO * np.abs(steps).min()
    if (
        len(reading.spectra) > 1
        or spectrum.frequency_Hz.size < len(blocks)
        or not (is_one_way and is_even)
    ):
        raise UnreadableFile(
            f"'{path.name}' ({FORMAT}): the first of each nine lines is no sweep of frequencies "
            f"above 0 Hz that go one way in like steps; a line is missing or too many. "
            f"Export it again."
        )
