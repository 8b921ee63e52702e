"""The one way from cells to numbers, for training, for prediction and for the plain sheet."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.errors import NotMeasured
from features.records import Cell
from features.registry import Descriptor, select
from features.window import first_cycles, last_cycle


@dataclass(frozen=True, eq=False)
class DescriptorTable:
    """Descriptors of some cells, with the reason for every blank.

    Attributes
    ----------
    cell_ids : tuple of str
    array : float array of shape (n_cells, n_descriptors)
        NaN where not measured.
    units : dict of name to unit
        Its order is that of the columns.
    versions : dict of name to version
    blanks : tuple of dict of name to str
        Why values are blank, one a row; rows may share one.
    n_cycles : int or None
        The window every cell was cut to.
    """

    cell_ids: tuple[str, ...]
    array: NDArray[np.float64]
    units: dict[str, str]
    versions: dict[str, int]
    blanks: tuple[Mapping[str, str], ...]
    n_cycles: int | None

    @property
    def names(self) -> list[str]:
        """Return the descriptors' names, in the order of the columns."""
        return list(self.units)

    @cached_property
    def values(self) -> pd.DataFrame:
        """Return the array as a frame, indexed by cell_id; the service's own path needs none."""
        index = pd.Index(self.cell_ids, name="cell_id")
        return pd.DataFrame(self.array, index=index, columns=self.names)

    def absent(self, row: int) -> dict[str, str]:
        """Return the blank descriptors of a row with their reasons."""
        return dict(self.blanks[row])

    @cached_property
    def reasons(self) -> dict[tuple[int, str], str]:
        """Return why values are blank, by row and name."""
        return {
            (row, name): why for row, blank in enumerate(self.blanks) for name, why in blank.items()
        }

    def rows(self, rows: Sequence[int]) -> "DescriptorTable":
        """Return the table of some cells, by position."""
        cell_ids = tuple(self.cell_ids[row] for row in rows)
        blanks = tuple(self.blanks[row] for row in rows)
        return replace(self, cell_ids=cell_ids, array=self.array[list(rows)], blanks=blanks)

    def columns(self, names: Sequence[str]) -> "DescriptorTable":
        """Return the table of some descriptors, by name."""
        column = {name: number for number, name in enumerate(self.units)}
        return replace(
            self,
            array=self.array[:, [column[name] for name in names]],
            units={name: self.units[name] for name in names},
            versions={name: self.versions[name] for name in names},
            blanks=tuple(
                {name: why for name, why in blank.items() if name in names} for blank in self.blanks
            ),
        )


def describe(
    cells: Sequence[Cell], names: Iterable[str] | None = None, n_cycles: int | None = None
) -> DescriptorTable:
    """Return the descriptors of some cells.

    Parameters
    ----------
    cells : sequence of Cell
    names : iterable of str, optional
        Descriptors wanted; all of the catalogue by default.
    n_cycles : int, optional
        Every cell is cut to its first so many cycles before anything looks.

    Raises
    ------
    UnknownName
        If a descriptor is not in the catalogue.

    Examples
    --------
    >>> from features import Cell, CellDesign, Protocol, Recipe, Source
    >>> recipe = Recipe(CellDesign("Li||Cu"), protocol=Protocol(current_density_mA_cm2=0.5))
    >>> cell = Cell("A1", recipe, Source("measured"))
    >>> table = describe([cell], ["current_density_mA_cm2", "initial_ce_fraction"])
    >>> float(table.values.loc["A1", "current_density_mA_cm2"])
    0.5
    >>> table.absent(0)
    {'initial_ce_fraction': 'there is no cycling data'}
    """
    descriptors = select(names)
    values = np.full((len(cells), len(descriptors)), np.nan)
    blanks: list[dict[str, str]] = [{} for _ in cells]
    for row, cell in enumerate(cells):
        seen = cell if n_cycles is None else first_cycles(cell, n_cycles)
        for column, descriptor in enumerate(descriptors):
            try:
                values[row, column] = measured(descriptor, seen, n_cycles)
            except NotMeasured as reason:
                blanks[row][descriptor.name] = str(reason)
    return DescriptorTable(
        cell_ids=tuple(cell.cell_id for cell in cells),
        array=values,
        units={d.name: d.unit for d in descriptors},
        versions={d.name: d.version for d in descriptors},
        blanks=tuple(blanks),
        n_cycles=n_cycles,
    )


def measured(descriptor: Descriptor, cell: Cell, n_cycles: int | None) -> float:
    """Return one finite value, or raise NotMeasured with the reason."""
    if descriptor.needs_whole_window and n_cycles is not None and last_cycle(cell) < n_cycles:
        raise NotMeasured(
            f"needs all of the first {n_cycles} cycles, the cell has run {last_cycle(cell)}"
        )
    try:
        value = float(descriptor.function(cell))
    except NotMeasured:
        raise
    except Exception as error:
        error.add_note(f"while computing descriptor '{descriptor.name}' of cell '{cell.cell_id}'")
        raise
    if not math.isfinite(value):
        raise NotMeasured(f"the data give {value}, which is no number")
    return value
