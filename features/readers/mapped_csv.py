"""Any delimited text, through a small mapping file that says once which column is what.

For 'cell7.csv' write 'cell7.columns.toml' beside it; for all files of a folder that no other
reader knows, 'seicast.columns.toml' in it:

    positive_current = "charge"                    # or "discharge"; "charge" where left out

    [columns]
    test_time_second = "Elapsed"                   # unit as in the header, else second
    current_ampere = { name = "I", unit = "mA" }   # or with its unit told here
    voltage_volt = "Ewe/V"
    cycle_count = "cycle"                          # this and all below may be left out
    charging_capacity_ah = { name = "Qc", unit = "mAh" }
    state = "Mode"                                 # words for charge and discharge, if any

On the right stand names as in the file; on the left ``QUANTITIES``. The header line is the first
with all of these names; above it anything may stand. Delimiter and decimal sign are told from the
file. Instead of cycling, "frequency_hertz", "real_impedance_ohm" and "imaginary_impedance_ohm"
make a spectrum.
"""

import os
import re
import reprlib
import tomllib
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

from features.errors import UnreadableFile
from features.parsing.column_units import factor_of, readings_of
from features.parsing.impedance_names import impedance_quantities
from features.parsing.reading import Reading
from features.parsing.text_cycling import read_text
from features.parsing.text_format import WORDED, Column, TextFormat
from features.parsing.text_lines import DELIMITERS, head_lines, listed, split
from features.parsing.text_sweeps import SPECTRUM
from features.readers import readers
from features.records import COLUMN_SETS, CYCLING_COLUMNS

FORMAT = "any CSV with a mapping file"
QUANTITIES = (*CYCLING_COLUMNS, *SPECTRUM, "step_time_second", *WORDED)
ENDING = ".columns.toml"
FOLDER_MAPPING = f"seicast{ENDING}"
#: Of a mapping; it names a dozen columns.
MOST_BYTES = 65_536
#: Of its tables, where it has others than it may.
MOST_SHOWN = 8
#: It claims what no other reader does; a mapping says more.
LAST_RESORT = "features.readers.delimited_spectrum"
#: NAME_MAX of the file systems in use.
LONGEST_NAME_BYTES = 255
SIGNS = {"charge": 1.0, "discharge": -1.0}


def matches(path: Path, head: bytes) -> bool:
    """Tell whether a text has a mapping file of its own, or its folder's and no other reader."""
    if not head_lines(head):
        return False
    if _has_own_mapping(path):
        return True
    if not (path.parent / FOLDER_MAPPING).is_file():
        return False
    others = [reader for reader in readers() if reader.__name__ not in (__name__, LAST_RESORT)]
    return not any(reader.matches(path, head) for reader in others) and _layout(path).matches(head)


def read(path: Path) -> Reading:
    """Return the cycling or the spectra of a file.

    Raises
    ------
    UnreadableFile
        If the mapping file or the file itself is not what it should be.
    """
    return read_text(_layout(path), path)


def own_mapping(path: Path) -> Path:
    """Return where the mapping file of a single file stands."""
    return path.with_suffix(ENDING)


def _has_own_mapping(path: Path) -> bool:
    place = own_mapping(path)
    # A name that no file system takes is nobody's; asking for it would be an error.
    return len(os.fsencode(place.name)) <= LONGEST_NAME_BYTES and place.is_file()


def mapping_names(name: str) -> tuple[str, str]:
    """Return what the mapping of a file may be called: its own, and that of its folder.

    Examples
    --------
    >>> mapping_names("cell7.csv")
    ('cell7.columns.toml', 'seicast.columns.toml')
    """
    return own_mapping(Path(name)).name, FOLDER_MAPPING


def is_mapping(name: str) -> bool:
    """Tell whether a file is called as a mapping is."""
    return name.endswith(ENDING)


def hint(path: Path, head: bytes, *, is_sent: bool = False) -> str:
    """Return how to write a mapping file for delimited text; for anything else, nothing.

    Parameters
    ----------
    path : Path
    head : bytes
    is_sent : bool
        Whether the file came alone over HTTP, so that nothing can be written beside it.
    """
    names, mapping = _names_in(head), own_mapping(path).name
    if not names and _has_numbers(head):
        return (
            " Its numbers have no header: put a line of names above them, such as "
            "freq/Hz,Z'/ohm,-Z''/ohm for a spectrum, or time/s,I/mA,E/V and a mapping file "
            f"'{mapping}' for cycling{', sent as one more file' if is_sent else ''}."
        )
    if not names:
        return ""
    entries = ", ".join(f'{quantity} = "..."' for quantity in SPECTRUM)
    if not set(impedance_quantities(names)) - {"phase_degree"}:  # a cycler has phases, too
        cycling = ", ".join(f'{quantity} = "..."' for quantity in COLUMN_SETS[0])
        entries = f"{cycling}, or for a spectrum {entries}"
    way = f"send '{mapping}' as one more file" if is_sent else f"write '{mapping}' beside it"
    rest = "docs/formats.md" if is_sent else "features/readers/mapped_csv.py"
    return (
        f" To read it as delimited text, {way}: [columns], then {entries}, with names out of "
        f"{listed(names)}; {rest} tells the rest."
    )


def _names_in(head: bytes) -> list[str]:
    """Return the names of the columns: a line above numbers, of several the one above the most."""
    lines = [line for line in head_lines(head) if line.strip()]
    found: list[str] = []
    n_most = 0
    for above, below in pairwise(lines):
        for delimiter in DELIMITERS:
            names, cells = split(above, delimiter), split(below, delimiter)
            n_numbers = _numbers_below(names, cells)
            if n_numbers > n_most:
                found, n_most = [name.strip() for name in names if name.strip()], n_numbers
    return found


def _has_numbers(head: bytes) -> bool:
    """Tell whether most lines are nothing but numbers and delimiters."""
    lines = [line for line in head_lines(head) if line.strip()]
    n_rows = sum(
        re.fullmatch(r"[-+\d.,;:\seE]*\d[-+\d.,;:\seE]*", line) is not None for line in lines
    )
    return 2 * n_rows > len(lines)


def _numbers_below(names: list[str], cells: list[str]) -> int:
    """Return how many names of a line stand above numbers; none where it is no header."""

    def is_number(cell: str) -> bool:
        return re.fullmatch(r"\s*[-+]?[\d.,]+(e[-+]?\d+)?\s*", cell, re.IGNORECASE) is not None

    is_header = sum(bool(name.strip()) for name in names) > 1 and len(names) <= len(cells)
    if not is_header or any(map(is_number, names)):
        return 0
    return sum(
        bool(name.strip()) and is_number(cell) for name, cell in zip(names, cells, strict=False)
    )


def _layout(path: Path) -> TextFormat:
    """Return the layout that the mapping file of a file describes."""
    place = own_mapping(path) if _has_own_mapping(path) else path.parent / FOLDER_MAPPING
    mapping = _toml(place)
    unknown = sorted(set(mapping) - {"columns", "positive_current"})
    columns = mapping.get("columns")
    if unknown or not isinstance(columns, dict) or not columns:
        raise UnreadableFile(
            f"'{place.name}' has {sorted(mapping)[:MOST_SHOWN]}; it needs [columns] and may have "
            f"positive_current, nothing else."
        )
    sign = mapping.get("positive_current", "charge")
    if not isinstance(sign, str) or sign not in SIGNS:
        raise UnreadableFile(
            f"'{place.name}': positive_current is {reprlib.repr(sign)}; allowed are "
            f"{', '.join(SIGNS)}."
        )
    named = dict(
        _column(place, quantity, entry, SIGNS[sign]) for quantity, entry in columns.items()
    )
    return TextFormat(FORMAT, named, (frozenset(named),), may_lack_sign=True)


def _toml(place: Path) -> dict[str, Any]:
    n_bytes = place.stat().st_size
    if n_bytes > MOST_BYTES:
        raise UnreadableFile(
            f"'{place.name}' takes {n_bytes} bytes; a mapping takes {MOST_BYTES} at most."
        )
    try:
        return tomllib.loads(place.read_text(encoding="utf-8-sig"))
    except ValueError as error:  # no UTF-8, no TOML, or a number of too many digits
        raise UnreadableFile(f"'{place.name}' is no TOML: {error}.") from error
    except RecursionError:
        raise UnreadableFile(
            f"'{place.name}' is nested too deep; a mapping has one table, [columns]."
        ) from None


def _column(place: Path, quantity: str, entry: Any, sign: float) -> tuple[str, Column]:
    if quantity not in QUANTITIES:
        raise UnreadableFile(
            f"'{place.name}': '{quantity[:80]}' is no quantity; allowed are "
            f"{', '.join(QUANTITIES)}."
        )
    entry = {"name": entry} if isinstance(entry, str) else entry
    if not _is_entry(entry):
        raise UnreadableFile(
            f"'{place.name}': {quantity} is {reprlib.repr(entry)}; write the column's name in "
            f'quotes, or {{ name = "...", unit = "..." }}.'
        )
    unit = entry.get("unit") or _unit_in(entry["name"], quantity)
    scale = sign if quantity == "current_ampere" else 1.0
    return readings_of(entry["name"])[0][0], Column(quantity, unit, scale)


def _is_entry(entry: Any) -> bool:
    return (
        isinstance(entry, Mapping)
        and {"name"} <= set(entry) <= {"name", "unit"}
        and all(isinstance(value, str) and value for value in entry.values())
    )


def _unit_in(name: str, quantity: str) -> str:
    """Return the unit within a name as written, else the quantity's own."""
    units = [unit for _, unit in readings_of(name)[1:] if factor_of(quantity, unit) is not None]
    return units[0] if units else quantity.rsplit("_", 1)[-1]
