"""Delimited text that no instrument has a claim to: where its table of impedance is, if any.

The delimiter may be a tab, semicolon, comma or any number of spaces. The header is the first line
that names at least two quantities of a spectrum; a table without names must look like a sweep.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import numpy as np
from numpy.typing import NDArray

from features.parsing.impedance_names import PLAIN, impedance_quantities
from features.parsing.text_cells import NUMBER
from features.parsing.text_lines import DELIMITERS, split
from features.parsing.text_table import DECIMAL_COMMA

SPACES = " "
REMARK = re.compile(r"\s*(?:#|%|!|//|\"\"\s*$)")
FEWEST_ROWS = 8
#: A header whose rows are damaged is still one; a table without names needs more.
SMALLEST_SHARE_OF_NUMBERS = 0.8
N_CELLS = (3, 4)
SMALLEST_SPAN_DECADES = 2.0
#: Points of a sweep are about as far apart in log f; a linear axis of time is not.
LARGEST_STEP_RATIO = 20.0


@dataclass(frozen=True)
class LooseTable:
    """Where a table is, and how its cells are kept apart.

    Attributes
    ----------
    line : int
        Index of the header line, or of the first row where there is none.
    delimiter : str
        A space for any number of them.
    names : tuple of str
        Empty where there is no header.
    """

    line: int
    delimiter: str
    names: tuple[str, ...] = ()


def cells_of(line: str, delimiter: str) -> list[str]:
    """Return the cells of a row."""
    return line.split() if delimiter == SPACES else split(line, delimiter)


def named_table(lines: tuple[str, ...]) -> LooseTable | None:
    """Return the first table with names of a spectrum above it."""
    below = ""
    belows = [below := (line if _is_row(line) else below) for line in reversed(lines)][::-1]
    for number, (line, row) in enumerate(zip(lines, belows, strict=True)):
        if _is_row(line):
            continue
        for delimiter, names in _readings(line, row):
            known = set(impedance_quantities(names))
            if len(known) > 1 and ("frequency_hertz" in known or len(known) > 2):
                return LooseTable(number, delimiter, names)
    return None


def bare_table(lines: tuple[str, ...]) -> LooseTable | None:
    """Return a table of three or four columns without names, if the first of them is a sweep."""
    first = next((k for k, line in enumerate(lines) if line.strip() and not REMARK.match(line)), 0)
    rows = [line for line in lines[first:] if line.strip()]
    for delimiter in ("\t", ";", SPACES, ","):
        numbers = [found for line in rows if (found := _numbers(line, delimiter)) is not None]
        is_enough = len(numbers) >= max(FEWEST_ROWS, SMALLEST_SHARE_OF_NUMBERS * len(rows))
        n_cells = {len(row) for row in numbers}
        if is_enough and n_cells <= set(N_CELLS) and _numbers(rows[0], delimiter) is not None:
            frequencies = np.array([row[0] for row in numbers])
            return LooseTable(first, delimiter) if is_sweep(frequencies) else None
    return None


def is_sweep(frequencies: NDArray[np.float64]) -> bool:
    """Tell whether numbers are positive, go one way, and are about evenly spaced in their log."""
    is_positive = (frequencies > 0) & np.isfinite(frequencies)
    if frequencies.size < FEWEST_ROWS or not is_positive.all():
        return False
    steps = np.diff(np.log10(frequencies))
    lowest, highest = np.sort(np.abs(steps))[[0, -1]]
    one_way = bool((steps > 0).all() or (steps < 0).all())
    is_wide = abs(np.sum(steps)) >= SMALLEST_SPAN_DECADES
    return one_way and is_wide and bool(highest <= LARGEST_STEP_RATIO * lowest)


def _readings(line: str, below: str) -> list[tuple[str, tuple[str, ...]]]:
    """Return the ways to split a header line, those that split a row below alike first."""
    line = _plain(line)
    whole = ((delimiter, split(line, delimiter)) for delimiter in DELIMITERS)
    spaced = [re.split(pattern, line.strip()) for pattern in (r"\s{2,}|\t", r"\s+")]
    # Names may be apart by spaces above rows that are apart by something else.
    mixed = product(("\t", ";", SPACES, ","), spaced)
    counts = {delimiter: len(_numbers(below, delimiter) or []) for delimiter in "\t;, "}
    readings = [
        *((delimiter, names) for delimiter, names in whole if len(names) > 1),
        *((delimiter, names) for delimiter, names in mixed if len(names) == counts[delimiter] > 1),
    ]
    readings.sort(key=lambda reading: len(reading[1]) != counts[reading[0]])
    return [
        (delimiter, tuple(name.replace('"', "''") for name in names))
        for delimiter, names in readings
    ]


@lru_cache(maxsize=512)
def _plain(line: str) -> str:
    """Return a header line without marks of a remark, and with the signs of a keyboard."""
    line = re.sub(r"^\s*[#%!]+\s*", "", line).translate(PLAIN)
    return re.sub(r'^\s*"([^"]*)"\s*$', r"\1", line)


def _is_row(line: str) -> bool:
    return re.match(r"\s*\"?[-+]?[.,]?\d", line) is not None


def _numbers(line: str, delimiter: str) -> list[float] | None:
    numbers = [_number(cell) for cell in cells_of(line.rstrip(" \t"), delimiter)]
    return None if None in numbers else [number for number in numbers if number is not None]


def _number(cell: str) -> float | None:
    if DECIMAL_COMMA.fullmatch(cell):
        cell = cell.replace(",", ".")
    return float(cell) if NUMBER.fullmatch(cell) else None
