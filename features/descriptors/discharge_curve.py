"""What the discharge curve Q(V) of a full cell tells about ageing, over the first cycles.

The change of Q(V) is a least-squares slope over all cycles rather than a difference of
two: one faulty curve then moves it little. The idea of Q(V) differences is Severson et al.
"""

import numpy as np
from numpy.typing import NDArray

from features.discharge_curves import DischargeCurves, discharge_curves
from features.errors import NotMeasured
from features.records import Cell
from features.registry import descriptor

SEVERSON_2019 = "doi:10.1038/s41560-019-0356-8"
#: The first cycles still form the cell; changes are counted from here.
FIRST_CYCLE = 10
#: Late fade is the slope over so many last cycles of the window.
N_LATE_CYCLES = 10


@descriptor(version=1, source=SEVERSON_2019, needs_whole_window=True)
def log10_discharge_difference_variance_Ah2(cell: Cell) -> float:
    """Return log10 of the variance over voltage of Q(V, last cycle) - Q(V, cycle 10)."""
    curves = discharge_curves(cell)
    difference_Ah = curves.of(int(curves.cycle[-1])) - curves.of(FIRST_CYCLE)
    return _log10(np.var(difference_Ah), "the two curves are equal")


@descriptor(version=1, source=f"own, after {SEVERSON_2019}", needs_whole_window=True)
def log10_discharge_slope_variance_Ah2(cell: Cell) -> float:
    """Return log10 of the variance over voltage of the change of Q(V) since cycle 10.

    The change is the least-squares slope of Q(V) over the cycles, times their span.
    """
    return _log10(np.var(_change_Ah(discharge_curves(cell))), "Q(V) does not change")


@descriptor(version=1, source=f"own, after {SEVERSON_2019}", needs_whole_window=True)
def log10_discharge_slope_minimum_Ah(cell: Cell) -> float:
    """Return log10 of the size of the lowest value of the change of Q(V) since cycle 10."""
    return _log10(abs(_change_Ah(discharge_curves(cell)).min()), "Q(V) does not change")


@descriptor(version=1, source=SEVERSON_2019)
def discharge_capacity_cycle_2_Ah(cell: Cell) -> float:
    """Return the discharge capacity of cycle 2."""
    return float(discharge_curves(cell).of(2).max())


@descriptor(version=1, source=SEVERSON_2019, needs_whole_window=True)
def discharge_capacity_rise_Ah(cell: Cell) -> float:
    """Return the largest discharge capacity of the window minus that of cycle 2."""
    curves = discharge_curves(cell)
    return float(curves.discharge_capacity_Ah.max() - curves.of(2).max())


@descriptor(version=1, source=SEVERSON_2019, needs_whole_window=True)
def discharge_capacity_last_Ah(cell: Cell) -> float:
    """Return the discharge capacity of the window's last cycle."""
    return float(discharge_curves(cell).discharge_capacity_Ah[-1])


@descriptor(version=1, source=SEVERSON_2019, needs_whole_window=True)
def discharge_fade_Ah_per_cycle(cell: Cell) -> float:
    """Return the least-squares slope of discharge capacity from cycle 10 on."""
    curves = discharge_curves(cell)
    return _capacity_slope(curves, curves.cycle >= FIRST_CYCLE)


@descriptor(version=1, source=SEVERSON_2019, needs_whole_window=True)
def discharge_late_fade_Ah_per_cycle(cell: Cell) -> float:
    """Return the least-squares slope of discharge capacity over the last 10 cycles."""
    curves = discharge_curves(cell)
    return _capacity_slope(curves, curves.cycle > curves.cycle[-1] - N_LATE_CYCLES)


def _change_Ah(curves: DischargeCurves) -> NDArray[np.float64]:
    """Return slope of Q(V) over cycles times their span, one value a voltage."""
    is_used = curves.cycle >= FIRST_CYCLE
    cycle = curves.cycle[is_used].astype(float)
    if cycle.size < 3:
        raise NotMeasured(
            f"needs three discharge curves from cycle {FIRST_CYCLE} on, has {cycle.size}"
        )
    centred = cycle - cycle.mean()
    # Less the first curve, so that curves which do not change give exactly 0.
    capacity_Ah = curves.capacity_Ah[is_used] - curves.capacity_Ah[is_used][0]
    slope = centred @ capacity_Ah / (centred @ centred)
    return np.asarray(slope * (cycle[-1] - cycle[0]))


def _capacity_slope(curves: DischargeCurves, is_used: NDArray[np.bool_]) -> float:
    if is_used.sum() < 3:
        raise NotMeasured(f"a fade needs three cycles, has {int(is_used.sum())}")
    return float(np.polyfit(curves.cycle[is_used], curves.discharge_capacity_Ah[is_used], 1)[0])


def _log10(value: float | np.floating, why_zero: str) -> float:
    if not value > 0:
        raise NotMeasured(why_zero)
    return float(np.log10(value))
