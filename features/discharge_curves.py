"""Discharge curves Q(V), cycle by cycle, on one voltage grid; faulty curves repaired and told."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.errors import NotMeasured
from features.oriented_record import Record, record_of
from features.records import Cell
from features.registry import once_per_cell
from features.window import row_cycles

Array = NDArray[np.float64]

N_GRID = 1000
#: A curve that leaves this span of the median capacity is an artefact of the export.
PLAUSIBLE_SHARE = (-0.05, 1.2)


@dataclass(frozen=True, eq=False)
class Curve:
    """One discharge: capacity against voltage, each of shape (n_rows,)."""

    cycle: int
    voltage_V: Array
    capacity_Ah: Array


@dataclass(frozen=True, eq=False)
class DischargeCurves:
    """Discharged capacity against falling voltage.

    Attributes
    ----------
    cycle : int array of shape (n_cycles,)
    voltage_V : float array of shape (n_voltages,)
        Falling.
    capacity_Ah : float array of shape (n_cycles, n_voltages)
    repaired : tuple of int
        Cycles whose curve was faulty and replaced by its neighbours' mean.
    """

    cycle: NDArray[np.int64]
    voltage_V: Array
    capacity_Ah: Array
    repaired: tuple[int, ...]

    @property
    def discharge_capacity_Ah(self) -> Array:
        """Return the capacity of every cycle: the largest value on its curve."""
        return np.asarray(self.capacity_Ah.max(axis=1))

    def of(self, cycle: int) -> Array:
        """Return the curve of one cycle."""
        rows = np.flatnonzero(self.cycle == cycle)
        if not rows.size:
            raise NotMeasured(f"there is no discharge curve of cycle {cycle}")
        return np.asarray(self.capacity_Ah[rows[0]])


@once_per_cell
def discharge_curves(cell: Cell) -> DischargeCurves:
    """Return the discharge curves of a full cell.

    Raises
    ------
    NotMeasured
        If there is no cycling, the cell is no full cell, or there are fewer than two curves.
    """
    if not cell.is_full_cell:
        raise NotMeasured(f"{cell.recipe.cell.type} has no discharge curve over a voltage window")
    if cell.cycling is None:
        raise NotMeasured("there is no cycling data")
    has_counter = not cell.has_time_series
    curves = _counted_curves(cell, cell.cycling) if has_counter else _integrated_curves(cell)
    if len(curves) < 2:
        raise NotMeasured(f"needs two discharge curves, there are {len(curves)}")
    cycle = np.array([curve.cycle for curve in curves])
    voltage_V, on_grid_Ah = _on_one_grid(curves)
    capacity_Ah, repaired = _repair(on_grid_Ah)
    return DischargeCurves(cycle, voltage_V, capacity_Ah, tuple(cycle[repaired].tolist()))


def _counted_curves(cell: Cell, cycling: pd.DataFrame) -> list[Curve]:
    """Return the curves of a table of capacity against voltage, as counted by the cycler."""
    number = row_cycles(cell)
    voltage_V = cycling["voltage_volt"].to_numpy(dtype=float)
    capacity_Ah = cycling["discharging_capacity_ah"].to_numpy(dtype=float)
    order = np.argsort(number, kind="stable")
    pieces = np.split(order, np.flatnonzero(np.diff(number[order])) + 1)
    return [Curve(int(number[rows[0]]), voltage_V[rows], capacity_Ah[rows]) for rows in pieces]


def _integrated_curves(cell: Cell) -> list[Curve]:
    """Return the curves of a time series, integrated over each discharging half-cycle."""
    record = record_of(cell)
    number = row_cycles(cell)
    half_cycles = record.half_cycles
    return [
        _integrated_curve(record, half, int(number[half_cycles.first[half]]))
        for half in range(int(record.plates_first), len(half_cycles), 2)
    ]


def _integrated_curve(record: Record, half: int, number: int) -> Curve:
    first, last = int(record.half_cycles.first[half]), int(record.half_cycles.last[half])
    rows = np.arange(first, last + 1)
    passed_Ah = record.half_cycles.passed_Ah
    if record.half_cycles.has_rest[half]:
        rows = rows[np.diff(passed_Ah[rows], prepend=passed_Ah[first] - 1) > 0]
    return Curve(number, record.voltage_V[rows], passed_Ah[rows] - passed_Ah[first])


def _on_one_grid(curves: list[Curve]) -> tuple[Array, Array]:
    """Return one falling voltage grid and all curves on it; untouched if they share one already."""
    first = curves[0].voltage_V
    if all(np.array_equal(curve.voltage_V, first) for curve in curves):
        return first, np.stack([curve.capacity_Ah for curve in curves])
    high = min(curve.voltage_V.max() for curve in curves)
    low = max(curve.voltage_V.min() for curve in curves)
    if not high > low:
        raise NotMeasured("the discharge curves share no voltage window")
    grid_V = np.linspace(high, low, N_GRID)
    return grid_V, np.stack([_interpolated(curve, grid_V) for curve in curves])


def _interpolated(curve: Curve, grid_V: Array) -> Array:
    rising = np.argsort(curve.voltage_V, kind="stable")
    return np.asarray(np.interp(grid_V, curve.voltage_V[rising], curve.capacity_Ah[rising]))


def _repair(capacity_Ah: Array) -> tuple[Array, NDArray[np.bool_]]:
    """Replace faulty curves by the mean of their nearest sound neighbours."""
    typical_Ah = float(np.median(capacity_Ah.max(axis=1)))
    low, high = (share * typical_Ah for share in PLAUSIBLE_SHARE)
    is_faulty = (capacity_Ah.min(axis=1) < low) | (capacity_Ah.max(axis=1) > high)
    sound = np.flatnonzero(~is_faulty)
    if sound.size < 2:
        raise NotMeasured("fewer than two discharge curves are plausible")
    mended = capacity_Ah.copy()
    for row in np.flatnonzero(is_faulty):
        before, after = sound[sound < row][-1:], sound[sound > row][:1]
        mended[row] = capacity_Ah[np.concatenate([before, after])].mean(axis=0)
    return mended, is_faulty
