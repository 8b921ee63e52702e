"""A text format as a table: the names in the file, and the quantity each of them is."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from features.errors import UnreadableFile
from features.parsing.clock_times import is_clock, is_date
from features.parsing.column_units import CASED_FACTORS, FACTORS, factor_of, readings_of, unquoted
from features.parsing.text_lines import head_lines, header_in
from features.parsing.text_table import TextTable

#: Their cells are words.
WORDED = ("date", "state", "step")
#: One counter for both directions; where it counts by mass, mAh/g, it is none of the cell's.
EITHER = "either_capacity_ah"


@dataclass(frozen=True)
class Column:
    """What a column of a file holds.

    Attributes
    ----------
    quantity : str
        Out of ``features.records.CYCLING_COLUMNS``; "step_time_second", "date", "state" (charge
        or discharge), "step", "either_capacity_ah" (one counter for both directions);
        "frequency_hertz", "real_impedance_ohm",
        "imaginary_impedance_ohm", "imaginary_of_either_sign_ohm", "modulus_ohm", "phase_degree",
        "loop".
    unit : str
        Where the header writes none; empty for a time whose unit the dates must tell.
    scale : float
        -1 where the file has the other sign.
    """

    quantity: str
    unit: str = ""
    scale: float = 1.0


@dataclass(frozen=True)
class TextFormat:
    """The layout of a text format.

    Attributes
    ----------
    name : str
    columns : mapping of str to Column
        By name in the file, lower case, without unit; of two for a quantity the upper one wins.
    signatures : tuple of frozenset of str
        A line with all names of one of these is the header.
    summaries : tuple of frozenset of str
        Headers of tables with one row a cycle: claimed, and refused.
    is_ragged : bool
        Whether the header may have more or fewer names than the rows have cells.
    may_lack_sign : bool
        Whether a current without state column may be without sign.
    cycling_marks : frozenset of str
        If any, the header of cycling has one of these; without them a file is impedance alone.
    """

    name: str
    columns: Mapping[str, Column]
    signatures: tuple[frozenset[str], ...]
    summaries: tuple[frozenset[str], ...] = ()
    is_ragged: bool = False
    may_lack_sign: bool = False
    cycling_marks: frozenset[str] = frozenset()

    def matches(self, head: bytes) -> bool:
        """Tell whether the head of a file holds a header of this format."""
        return header_in(head_lines(head), self.signatures + self.summaries) is not None

    def refuse_summary(self, path: Path, head: bytes) -> None:
        """Raise where a file holds one row a cycle."""
        if header_in(head_lines(head), self.summaries) is not None:
            raise UnreadableFile(
                f"'{path.name}' ({self.name}) is a summary with one row a cycle; it holds no "
                f"current and voltage over time. Read the file of the time series instead."
            )


@dataclass(frozen=True)
class FoundColumn:
    """A column of a file that is read.

    Attributes
    ----------
    index : int
        From 0.
    header : str
    quantity : str
    unit : str
        As written, or the format's own; "clock" or "date" where the cells are such.
    factor : float
        From that unit to the quantity's own; NaN where it must be told by dates.
    """

    index: int
    header: str
    quantity: str
    unit: str
    factor: float

    @property
    def is_worded(self) -> bool:
        """Tell whether the cells are words."""
        return self.quantity in WORDED or self.unit in ("clock", "date")

    @property
    def meaning(self) -> str:
        """Return what the column was read as."""
        return f"{self.quantity} from {self.unit}" if self.unit else self.quantity


def found_columns(layout: TextFormat, table: TextTable) -> dict[str, list[FoundColumn]]:
    """Return the columns of a table by quantity, the preferred first.

    Raises
    ------
    UnreadableFile
        If a unit is none of the quantity's, or a name is there twice.
    """
    order = list(layout.columns)
    ranked = sorted(
        (order.index(name), index, name, unit)
        for index, cell in enumerate(table.names[: table.n_cells or None])
        if (reading := _known(layout, cell)) is not None
        for name, unit in [reading]
    )
    first_row = table.row(0)[1] if table.n_cells else []
    found: dict[str, list[FoundColumn]] = {}
    for _, index, name, unit in ranked:
        if layout.columns[name].quantity == EITHER and unit and not factor_of(EITHER, unit):
            continue
        column = _found(table, index, layout.columns[name], unit, first_row)
        same = found.setdefault(column.quantity, [])
        if any(column.header == other.header for other in same):
            raise UnreadableFile(
                f"'{table.file}', line {table.first_line - 1}: the column {column.header} is there "
                f"twice; drop or rename one."
            )
        same.append(column)
    return found


def _known(layout: TextFormat, cell: str) -> tuple[str, str] | None:
    return next((reading for reading in readings_of(cell) if reading[0] in layout.columns), None)


def _found(
    table: TextTable, index: int, column: Column, unit: str, first_row: list[str]
) -> FoundColumn:
    header = unquoted(table.names[index])
    below = table.units[index] if index < len(table.units) else ""
    unit = below or unit or column.unit
    cell = first_row[index] if index < len(first_row) else ""
    if column.quantity.endswith("_second") and (is_clock(cell) or is_date(cell)):
        unit, factor = ("clock" if is_clock(cell) else "date"), 1.0
    elif column.quantity in ("test_time_second", "step_time_second") and not unit:
        factor = float("nan")
    else:
        factor = _factor(table, header, column.quantity, unit)
    return FoundColumn(index, header, column.quantity, unit, factor * column.scale)


def _factor(table: TextTable, header: str, quantity: str, unit: str) -> float:
    factor = factor_of(quantity, unit)
    if factor is None:
        units = (*FACTORS[quantity], *CASED_FACTORS.get(quantity, ()))
        allowed = ", ".join(unit for unit in units if not unit.endswith("?"))
        raise UnreadableFile(
            f"'{table.file}', line {table.first_line - 1}, column {header}: the unit '{unit}' is "
            f"none of {quantity}; allowed are {allowed}. Export it in one of these."
        )
    return factor
