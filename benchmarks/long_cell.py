"""A Li||Cu cell of millions of rows, and the same numbers in the columns that each tool wants.

The virtual lab makes the cell; every half-cycle is then sampled evenly and densely, as a
cycler that records every few seconds would. Both ends of a half-cycle are recorded, so the
trapezoidal rule is exact and all tools must find the same charge. All files are compressed
alike, with LZ4, as PyProBE compresses its own.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import parquet

from features.records import Cell
from training.virtual_lab import founding_recipe, simulate
from training.virtual_lab.series import PROGRESS, VOLTAGE_NOISE_V, TICK_s

Array = NDArray[np.float64]
Rows = NDArray[np.int64]

ROWS_PER_HALF_CYCLE = 1000
#: Of the virtual cell; they are repeated behind each other where more are asked for.
N_CYCLES = 500
#: Own: scatter of a good cycler's current, as a share of it.
CURRENT_NOISE_FRACTION = 1e-4
SECONDS_PER_HOUR = 3600.0


@dataclass(frozen=True, eq=False)
class LongCell:
    """Rows of a cell that plates on copper first, with the charge that a cycler counts.

    Attributes
    ----------
    time_s, current_A, voltage_V : float arrays of shape (n_rows,)
    half_cycle : int array of shape (n_rows,)
        From 0; even ones plate.
    """

    time_s: Array
    current_A: Array
    voltage_V: Array
    half_cycle: Rows

    @cached_property
    def step_time_s(self) -> Array:
        """Return the time since the start of the half-cycle."""
        return np.asarray(self.time_s - self.time_s[self._first])

    @cached_property
    def step_charge_Ah(self) -> Array:
        """Return the charge passed without sign since the start of the half-cycle."""
        steps = np.zeros(self.time_s.size)
        mean_A = (self.current_A[1:] + self.current_A[:-1]) / 2
        steps[1:] = np.abs(mean_A) * np.diff(self.time_s) / SECONDS_PER_HOUR
        steps[::ROWS_PER_HALF_CYCLE] = 0.0
        by_half = steps.reshape(-1, ROWS_PER_HALF_CYCLE)
        return np.asarray(np.cumsum(by_half, axis=1).ravel())

    @property
    def is_plating(self) -> NDArray[np.bool_]:
        """Tell for each row whether lithium is plated."""
        return np.asarray(self.half_cycle % 2 == 0)

    @property
    def _first(self) -> Rows:
        return self.half_cycle * ROWS_PER_HALF_CYCLE


def facts() -> Cell:
    """Return what is known of the cell, without raw data."""
    return replace(simulate(founding_recipe("Cu3N+SBR"), seed=0, n_cycles=1).cell, cycling=None)


def long_cell(n_rows: int) -> LongCell:
    """Return a cell of so many rows, a multiple of those of a cycle."""
    coarse = _coarse()
    half_cycle = np.arange(n_rows // ROWS_PER_HALF_CYCLE)
    shape = half_cycle % len(coarse["voltage_V"])
    duration_s = coarse["duration_s"][shape]
    start_s = np.concatenate([[0.0], np.cumsum(duration_s + TICK_s)[:-1]])
    progress = np.linspace(0, 1, ROWS_PER_HALF_CYCLE)
    rng = np.random.default_rng(0)
    current_A = np.repeat(coarse["current_A"][shape], ROWS_PER_HALF_CYCLE)
    return LongCell(
        time_s=(start_s[:, np.newaxis] + duration_s[:, np.newaxis] * progress).ravel(),
        current_A=current_A * (1 + rng.normal(0, CURRENT_NOISE_FRACTION, n_rows)),
        voltage_V=coarse["voltage_V"][shape].ravel() + rng.normal(0, VOLTAGE_NOISE_V, n_rows),
        half_cycle=np.repeat(half_cycle, ROWS_PER_HALF_CYCLE),
    )


def _coarse() -> dict[str, Array]:
    """Return duration, current and densely sampled voltage of every half-cycle."""
    cycling = simulate(founding_recipe("Cu3N+SBR"), seed=0, n_cycles=N_CYCLES).cell.cycling
    if cycling is None:
        raise ValueError("the virtual lab recorded no cycling")
    time_s, current_A, voltage_V = (
        cycling[name].to_numpy(dtype=float).reshape(-1, PROGRESS.size)
        for name in ("test_time_second", "current_ampere", "voltage_volt")
    )
    dense = np.linspace(0, 1, ROWS_PER_HALF_CYCLE)
    return {
        "duration_s": time_s[:, -1] - time_s[:, 0],
        "current_A": current_A[:, 0],
        "voltage_V": np.stack([np.interp(dense, PROGRESS, each) for each in voltage_V]),
    }


def write_own(cell: LongCell, path: Path) -> None:
    """Write the columns that the Battery Data Format requires."""
    _write(
        path,
        {
            "test_time_second": cell.time_s,
            "current_ampere": cell.current_A,
            "voltage_volt": cell.voltage_V,
        },
    )


def write_cellpy(cell: LongCell, path: Path) -> None:
    """Write cellpy's raw frame; its counters start anew in each cycle."""
    charge_Ah = cell.step_charge_Ah
    plated_Ah = charge_Ah[ROWS_PER_HALF_CYCLE - 1 :: ROWS_PER_HALF_CYCLE]
    before_Ah = plated_Ah[np.maximum(cell.half_cycle - 1, 0)]
    _write(
        path,
        {
            "data_point": np.arange(1, cell.time_s.size + 1),
            "cycle_index": cell.half_cycle // 2 + 1,
            "step_index": cell.half_cycle % 2 + 1,
            "test_time": cell.time_s,
            "step_time": cell.step_time_s,
            "current": cell.current_A,
            "voltage": cell.voltage_V,
            "charge_capacity": np.where(cell.is_plating, 0.0, charge_Ah),
            "discharge_capacity": np.where(cell.is_plating, charge_Ah, before_Ah),
        },
    )


def write_pyprobe(cell: LongCell, path: Path) -> None:
    """Write PyProBE's own format, compressed as PyProBE does for performance."""
    charge_Ah = np.where(cell.is_plating, -cell.step_charge_Ah, cell.step_charge_Ah)
    ends_Ah = charge_Ah[ROWS_PER_HALF_CYCLE - 1 :: ROWS_PER_HALF_CYCLE]
    starts_Ah = np.concatenate([[0.0], np.cumsum(ends_Ah)[:-1]])
    columns: dict[str, NDArray[Any]] = {
        "Time [s]": cell.time_s,
        "Step": cell.half_cycle % 2 + 1,
        "Event": cell.half_cycle.astype(np.uint64),
        "Current [A]": cell.current_A,
        "Voltage [V]": cell.voltage_V,
        "Capacity [Ah]": starts_Ah[cell.half_cycle] + charge_Ah,
    }
    _write(path, columns)


def _write(path: Path, columns: dict[str, NDArray[Any]]) -> None:
    parquet.write_table(pa.table(columns), path, compression="lz4")
