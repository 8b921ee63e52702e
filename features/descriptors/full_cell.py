"""What the curves of a full cell tell besides Q(V): gap, main peak of dQ/dV, early fade."""

import numpy as np
from numpy.typing import NDArray

from features.cycles import plating_and_stripping
from features.discharge_curves import N_GRID, DischargeCurves, discharge_curves
from features.errors import NotMeasured
from features.oriented_record import record_of
from features.records import Cell
from features.registry import descriptor
from features.theil_sen import theil_sen_slope

Array = NDArray[np.float64]

SEVERSON_2019 = "doi:10.1038/s41560-019-0356-8"
DUBARRY_2012 = "doi:10.1016/j.jpowsour.2012.07.016"
N_RECENT = 5
#: dQ/dV is taken over so many steps of the voltage grid either way: 1 % of the window.
HALF_SPAN = 5
#: A main peak stands out from the mean of dQ/dV by this factor.
LEAST_PROMINENCE = 1.5
#: Cycles over which the early fade is read; the first is what it is relative to.
FADE_CYCLES = (3, 20)
N_LEAST_FADE = 5


@descriptor(version=3, source="own")
def charge_discharge_gap_V(cell: Cell) -> float:
    """Return mean charging less mean discharging voltage, median over the last five cycles.

    The means are over charge, so the gap is the energy lost per charge.
    """
    if not cell.is_full_cell:
        raise NotMeasured(f"{cell.recipe.cell.type} is no full cell; its hysteresis is given")
    record = record_of(cell)
    charging, discharging = (half[-N_RECENT:] for half in plating_and_stripping(cell))
    whole = np.array([0.0, 1.0])
    gap_V = record.mean_V(charging, whole) - record.mean_V(discharging, whole)
    if np.isnan(gap_V).all():
        raise NotMeasured("no cycle passes charge both ways")
    return float(np.nanmedian(gap_V))


@descriptor(version=2, source=DUBARRY_2012, needs_whole_window=True)
def incremental_capacity_peak_V(cell: Cell) -> float:
    """Return the voltage of the main peak of dQ/dV in the last discharge."""
    return _peak(discharge_curves(cell), -1)[0]


@descriptor(version=2, source=DUBARRY_2012, needs_whole_window=True)
def incremental_capacity_peak_Ah_per_V(cell: Cell) -> float:
    """Return the height of the main peak of dQ/dV in the last discharge."""
    return _peak(discharge_curves(cell), -1)[1]


@descriptor(version=2, source=DUBARRY_2012, needs_whole_window=True)
def incremental_capacity_shift_V(cell: Cell) -> float:
    """Return how far the main peak of dQ/dV moves from cycle 3 to the last discharge."""
    curves = discharge_curves(cell)
    third = np.flatnonzero(curves.cycle == FADE_CYCLES[0])
    if not third.size:
        raise NotMeasured(f"there is no discharge curve of cycle {FADE_CYCLES[0]}")
    return _peak(curves, -1)[0] - _peak(curves, int(third[0]))[0]


@descriptor(version=2, source=f"own, after {SEVERSON_2019}")
def early_capacity_slope_fraction_per_cycle(cell: Cell) -> float:
    """Return the Theil-Sen slope of discharge capacity in cycles 3 to 20, over that of cycle 3."""
    curves = discharge_curves(cell)
    first, last = FADE_CYCLES
    is_used = (curves.cycle >= first) & (curves.cycle <= last)
    if is_used.sum() < N_LEAST_FADE or curves.cycle[is_used][0] != first:
        raise NotMeasured(f"needs {N_LEAST_FADE} discharges from cycle {first} on")
    capacity_Ah = curves.discharge_capacity_Ah[is_used]
    return theil_sen_slope(curves.cycle[is_used], capacity_Ah) / float(capacity_Ah[0])


def _peak(curves: DischargeCurves, row: int) -> tuple[float, float]:
    """Return voltage and height of the main peak of dQ/dV of one discharge."""
    if not curves.voltage_V[0] > curves.voltage_V[-1]:
        raise NotMeasured("the voltage of the discharges does not fall")
    voltage_V = np.linspace(curves.voltage_V[0], curves.voltage_V[-1], N_GRID)
    capacity_Ah = np.interp(-voltage_V, -curves.voltage_V, curves.capacity_Ah[row])
    low, high = slice(None, -2 * HALF_SPAN), slice(2 * HALF_SPAN, None)
    width_V = 2 * HALF_SPAN * (voltage_V[0] - voltage_V[1])
    slope_Ah_V = (capacity_Ah[high] - capacity_Ah[low]) / width_V
    top = int(np.argmax(slope_Ah_V))
    mean_Ah_V = (capacity_Ah[-1] - capacity_Ah[0]) / (voltage_V[0] - voltage_V[-1])
    if not slope_Ah_V[top] > LEAST_PROMINENCE * mean_Ah_V > 0:
        raise NotMeasured("dQ/dV of a discharge has no peak that stands out")
    return float(voltage_V[HALF_SPAN:-HALF_SPAN][top]), float(slope_Ah_V[top])
