"""Cells one by one, or many recipes of one pattern as a scan: asked in one way."""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from features.records import Cell
from features.scan import Scan
from features.scan_table import describe_scan
from features.table import DescriptorTable, describe

T = TypeVar("T")
#: Those of one pattern may be asked as a scan.
Cells = Sequence[Cell] | Scan


def ids_of(cells: Cells) -> Sequence[str]:
    """Return what any cells are called."""
    return cells.ids if isinstance(cells, Scan) else [cell.cell_id for cell in cells]


def rows_of(cells: Cells, rows: Sequence[int]) -> Cells:
    """Return some of any cells, by position."""
    return cells.rows(rows) if isinstance(cells, Scan) else [cells[row] for row in rows]


def of_each(cells: Cells, function: Callable[[Cell], T]) -> list[T]:
    """Return a function's answer for each of any cells, see ``Scan.of_kinds``."""
    return cells.of_each(function) if isinstance(cells, Scan) else list(map(function, cells))


def described(
    cells: Cells, names: Iterable[str] | None = None, n_cycles: int | None = None
) -> DescriptorTable:
    """Return the descriptors of any cells, the same that ``describe`` gives."""
    if isinstance(cells, Scan):
        return describe_scan(cells, names, n_cycles)
    return describe(cells, names, n_cycles)
