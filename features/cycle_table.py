"""Plating and stripping, cycle by cycle, of a cell that cycles lithium metal.

Everything is oriented so that plating on the working electrode is negative: Li||Cu and
anode-free cells plate first, whatever the wiring of the channel.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.errors import NotMeasured
from features.half_cycles import charge_steps_Ah, current_sign, half_cycle_number
from features.records import Cell
from features.registry import once_per_cell

#: Share of a half-cycle's charge over which a plateau is read (field notes D3, D4).
PLATEAU = (0.3, 0.7)
#: The nucleation dip lies in the first part of the first plating (field notes D1).
NUCLEATION_SHARE = 0.15


@dataclass(frozen=True, eq=False)
class HalfCycle:
    """One plating or stripping: rows that carry current, oriented and reduced to charge.

    Attributes
    ----------
    charge_Ah : float
    share : float array of shape (n_rows,)
        Charge passed so far over the charge of the whole half-cycle, 0 to 1.
    voltage_V : float array of shape (n_rows,)
        Negative while plating.
    """

    charge_Ah: float
    share: NDArray[np.float64]
    voltage_V: NDArray[np.float64]

    @property
    def plateau_V(self) -> float:
        """Return the median voltage of the plateau; NaN without rows there."""
        inside = (self.share >= PLATEAU[0]) & (self.share <= PLATEAU[1])
        return float(np.median(self.voltage_V[inside])) if inside.any() else np.nan


@once_per_cell
def half_cycles(cell: Cell) -> list[HalfCycle]:
    """Return plating, stripping, plating, ... of a Li||Cu, anode-free or Li||Li cell.

    Raises
    ------
    NotMeasured
        If there is no time series, or the cell plates no lithium metal on its working electrode.
    """
    if cell.cycling is None:
        raise NotMeasured("there is no cycling data")
    if cell.recipe.cell.type not in ("Li||Cu", "anode-free", "Li||Li"):
        raise NotMeasured(f"{cell.recipe.cell.type} does not show plating and stripping apart")
    if not cell.has_time_series:
        raise NotMeasured("there is no time series of current")
    return _cut(cell.cycling)


def _cut(cycling: pd.DataFrame) -> list[HalfCycle]:
    current_A = cycling["current_ampere"].to_numpy(dtype=float)
    steps_Ah = charge_steps_Ah(current_A, cycling["test_time_second"].to_numpy(dtype=float))
    sign = current_sign(current_A)
    active = np.flatnonzero(sign)
    if not active.size:
        raise NotMeasured("no current flows in the whole record")
    voltage_V = -sign[active[0]] * cycling["voltage_volt"].to_numpy(dtype=float)
    number = half_cycle_number(current_A)[active]
    pieces = np.split(active, np.flatnonzero(np.diff(number)) + 1)
    return [_half_cycle(steps_Ah[rows], voltage_V[rows]) for rows in pieces]


def _half_cycle(steps_Ah: NDArray[np.float64], voltage_V: NDArray[np.float64]) -> HalfCycle:
    passed_Ah = np.cumsum(steps_Ah)
    total_Ah = float(passed_Ah[-1])
    share = passed_Ah / total_Ah if total_Ah > 0 else np.zeros_like(passed_Ah)
    return HalfCycle(total_Ah, share, voltage_V)


@once_per_cell
def cycle_table(cell: Cell) -> pd.DataFrame:
    """Return one row per finished cycle of plating and stripping.

    Returns
    -------
    DataFrame
        ``cycle`` (from 1), ``plated_Ah``, ``stripped_Ah``, ``ce_fraction`` (stripped over
        plated of the same cycle), ``plating_overpotential_mV`` and
        ``stripping_overpotential_mV`` (medians over the plateau, positive when the
        reaction needs driving).

    Raises
    ------
    NotMeasured
        If not one cycle was finished.
    """
    halves = half_cycles(cell)
    pairs = list(zip(halves[0::2], halves[1::2], strict=False))
    if not pairs:
        raise NotMeasured("not one cycle of plating and stripping is finished")
    plated_Ah = np.array([plating.charge_Ah for plating, _ in pairs])
    stripped_Ah = np.array([stripping.charge_Ah for _, stripping in pairs])
    if not (plated_Ah > 0).all():
        empty = int(np.argmin(plated_Ah > 0)) + 1
        raise NotMeasured(f"cycle {empty} has one row of plating, which is no charge")
    return pd.DataFrame(
        {
            "cycle": np.arange(1, len(pairs) + 1),
            "plated_Ah": plated_Ah,
            "stripped_Ah": stripped_Ah,
            "ce_fraction": stripped_Ah / plated_Ah,
            "plating_overpotential_mV": [-1000 * plating.plateau_V for plating, _ in pairs],
            "stripping_overpotential_mV": [1000 * stripping.plateau_V for _, stripping in pairs],
        }
    )
