"""Cut a cell to its first cycles, so that no descriptor sees what a client cannot yet have."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from features.oriented_record import row_numbers
from features.records import Cell
from features.registry import once_per_cell


@once_per_cell
def row_cycles(cell: Cell) -> NDArray[np.int64]:
    """Return the cycle, from 1, of every row of a cell's cycling; 0 before the first.

    Time series are numbered by the current itself, where activation is no cycle yet;
    capacity-voltage curves by
    ``cycle_count``, where a counter that starts at 0 is shifted by one.
    """
    if cell.cycling is None:
        return np.zeros(0, dtype=np.int64)
    if cell.has_time_series:
        return row_numbers(cell)
    count = cell.cycling["cycle_count"].to_numpy().astype(np.int64)
    return count + 1 if count.min() == 0 else count


def last_cycle(cell: Cell) -> int:
    """Return the number of the last cycle begun, 0 where nothing was cycled."""
    return int(row_cycles(cell).max(initial=0))


def first_cycles(cell: Cell, n_cycles: int) -> Cell:
    """Return the cell as it was after its first ``n_cycles`` cycles.

    Spectra taken later go, and so do spectra whose cycle nobody wrote down: they
    cannot be shown to lie inside the window.
    """
    if n_cycles < 0:
        raise ValueError(f"n_cycles must be 0 or more, got {n_cycles}.")
    spectra = tuple(s for s in cell.spectra if s.cycle is not None and s.cycle <= n_cycles)
    kept = row_cycles(cell) <= n_cycles
    if cell.cycling is None or not kept.any():
        return replace(cell, cycling=None, spectra=spectra)
    if kept.all() and len(spectra) == len(cell.spectra):
        return cell
    return replace(cell, cycling=cell.cycling.loc[kept].reset_index(drop=True), spectra=spectra)
