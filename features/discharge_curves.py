"""Discharge curves Q(V), cycle by cycle, on one voltage grid; faulty curves repaired and told."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.errors import NotMeasured
from features.half_cycles import charge_steps_Ah, current_sign
from features.records import Cell
from features.registry import once_per_cell
from features.window import row_cycles

N_GRID = 1000
#: A curve that leaves this span of the median capacity is an artefact of the export.
PLAUSIBLE_SHARE = (-0.05, 1.2)


@dataclass(frozen=True, eq=False)
class DischargeCurves:
    """Discharged capacity against falling voltage.

    Attributes
    ----------
    cycle : int array of shape (n_cycles,)
    capacity_Ah : float array of shape (n_cycles, n_voltages)
    repaired : tuple of int
        Cycles whose curve was faulty and replaced by its neighbours' mean.
    """

    cycle: NDArray[np.int64]
    capacity_Ah: NDArray[np.float64]
    repaired: tuple[int, ...]

    @property
    def discharge_capacity_Ah(self) -> NDArray[np.float64]:
        """Return the capacity of every cycle: the largest value on its curve."""
        return np.asarray(self.capacity_Ah.max(axis=1))

    def of(self, cycle: int) -> NDArray[np.float64]:
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
    table = _capacity_voltage(cell)
    curves = [group for _, group in table.groupby("cycle", sort=True)]
    if len(curves) < 2:
        raise NotMeasured(f"needs two discharge curves, there are {len(curves)}")
    cycle = np.array([int(curve["cycle"].iloc[0]) for curve in curves])
    capacity_Ah, repaired = _repair(_on_one_grid(curves))
    return DischargeCurves(cycle, capacity_Ah, tuple(cycle[repaired].tolist()))


def _capacity_voltage(cell: Cell) -> pd.DataFrame:
    """Return columns cycle, voltage, capacity of the discharges."""
    cycling = cell.cycling
    if cycling is None:
        raise NotMeasured("there is no cycling data")
    if not cell.has_time_series:
        return pd.DataFrame(
            {
                "cycle": row_cycles(cell),
                "voltage": cycling["voltage_volt"].to_numpy(),
                "capacity": cycling["discharging_capacity_ah"].to_numpy(),
            }
        )
    return _integrated(cell, cycling)


def _integrated(cell: Cell, cycling: pd.DataFrame) -> pd.DataFrame:
    """Integrate the discharging half-cycles of a time series."""
    current_A = cycling["current_ampere"].to_numpy(dtype=float)
    steps_Ah = charge_steps_Ah(current_A, cycling["test_time_second"].to_numpy(dtype=float))
    table = pd.DataFrame(
        {"cycle": row_cycles(cell), "voltage": cycling["voltage_volt"], "step": steps_Ah}
    )[current_sign(current_A) < 0]
    return table.assign(capacity=table.groupby("cycle")["step"].cumsum())


def _on_one_grid(curves: list[pd.DataFrame]) -> NDArray[np.float64]:
    """Return all curves on one falling voltage grid; untouched if they share one already."""
    first = curves[0]["voltage"].to_numpy()
    if all(np.array_equal(curve["voltage"].to_numpy(), first) for curve in curves):
        return np.stack([curve["capacity"].to_numpy(dtype=float) for curve in curves])
    high = min(curve["voltage"].max() for curve in curves)
    low = max(curve["voltage"].min() for curve in curves)
    if not high > low:
        raise NotMeasured("the discharge curves share no voltage window")
    grid = np.linspace(high, low, N_GRID)
    return np.stack([_interpolated(curve, grid) for curve in curves])


def _interpolated(curve: pd.DataFrame, grid_V: NDArray[np.float64]) -> NDArray[np.float64]:
    by_voltage = curve.sort_values("voltage", kind="stable")
    return np.asarray(np.interp(grid_V, by_voltage["voltage"], by_voltage["capacity"]))


def _repair(capacity_Ah: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
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
