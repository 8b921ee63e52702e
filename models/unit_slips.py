"""Values far off in a way that another usual unit explains: most likely given in that."""

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from features.units import UNITS

#: Units that one quantity is usually stated in, with their powers of ten; no lab says pm.
USUAL_UNITS = (
    {"nm": -9.0, "um": -6.0, "mm": -3.0},
    {"uA": -6.0, "mA": -3.0, "A": 0.0},
    {"uAh": -6.0, "mAh": -3.0, "Ah": 0.0},
    {"mV": -3.0, "V": 0.0},
    {"mohm": -3.0, "ohm": 0.0, "kohm": 3.0},
    {"s": 0.0, "min": float(np.log10(60)), "h": float(np.log10(3600))},
    {"mHz": -3.0, "Hz": 0.0, "kHz": 3.0, "MHz": 6.0},
    {"kPa": 3.0, "MPa": 6.0, "GPa": 9.0},
    {"uS": -6.0, "mS": -3.0, "S": 0.0},
    {"uL": -6.0, "mL": -3.0, "L": 0.0},
    {"mW": -3.0, "W": 0.0, "kW": 3.0},
    {"percent": -2.0, "fraction": 0.0},
)
#: Share of a slip by which a moved value may miss the training range and still count as usual.
MARGIN = 1 / 6
LOG10 = "log10_"


def slip_hint(name: str, value: float, low: float, high: float) -> str:
    """Return the question to ask of a value that another unit explains, else nothing.

    Examples
    --------
    >>> slip_hint("coating_thickness_nm", 0.5, 100.0, 2000.0)
    '; did you mean 0.5 um?'
    """
    unit = likely_unit(name, value, low, high)
    if unit is None:
        return ""
    given = "" if name.startswith(LOG10) else f"{value:.4g} "
    return f"; did you mean {given}{unit}?"


def likely_unit(name: str, value: float, low: float, high: float) -> str | None:
    """Return the unit in which a value outside its training range would be a usual one.

    Parameters
    ----------
    name : str
        Of the descriptor; its unit is its end.
    value, low, high : float
        Value and training range, decadic logarithms where the name says so.

    Notes
    -----
    Only units that the quantity is usually stated in are named; of several the nearest.

    Examples
    --------
    >>> likely_unit("coating_thickness_nm", 0.5, 100.0, 2000.0)
    'um'
    >>> likely_unit("log10_coating_youngs_modulus_GPa", 2.9, -1.0, 1.0)
    'MPa'
    >>> likely_unit("coulombic_efficiency_fraction", 97.0, 0.8, 0.99)
    'percent'
    >>> likely_unit("sputter_time_s", 5.0, 60.0, 600.0)
    'min'
    """
    usual = _usual_units(name, low, high)
    if not usual or low <= value <= high:
        return None
    at = value
    if not name.startswith(LOG10):
        if value == 0:
            return None
        at = float(np.log10(abs(value)))
    for unit, slip, lowest, highest in usual:
        if lowest <= at + slip <= highest:
            return unit
    return None


def may_slip(name: str, values: Sequence[float], low: float, high: float) -> bool:
    """Tell whether another unit may explain any of some numbers, from their ends alone.

    Examples
    --------
    >>> may_slip("log10_coating_thickness_nm", [1.9, 1.95], 2.0, 3.3)
    False
    """
    usual = _usual_units(name, low, high)
    if len(values) < 2 or not name.startswith(LOG10):
        return bool(usual)
    least, most = min(values), max(values)
    return any(
        most + slip >= lowest and least + slip <= highest for _, slip, lowest, highest in usual
    )


@lru_cache(maxsize=1024)
def _usual_units(name: str, low: float, high: float) -> tuple[tuple[str, float, float, float], ...]:
    """Return the other usual units, each with its decades and those of what is usual with it."""
    decades = _decades(name, low, high)
    if decades is None:
        return ()
    lowest, highest = decades
    return tuple(
        (unit, slip, lowest - MARGIN * abs(slip), highest + MARGIN * abs(slip))
        for unit, slip in _other_units(name)
    )


def _decades(name: str, low: float, high: float) -> tuple[float, float] | None:
    """Return a range in decades; None if one of its ends has no logarithm."""
    if math.isnan(low):
        return None
    if name.startswith(LOG10):
        return low, high
    magnitudes = sorted((abs(low), abs(high)))
    if magnitudes[0] == 0 or low * high < 0:
        return None
    lowest, highest = np.log10(magnitudes).tolist()
    return lowest, highest


def _other_units(name: str) -> tuple[tuple[str, float], ...]:
    """Return the other usual units of a quantity, each with its decades, the nearest first."""
    suffixes = [suffix for suffix in UNITS if name.endswith(f"_{suffix}")]
    if not suffixes:
        return ()
    first, *rest = UNITS[max(suffixes, key=len)].split(" ")
    family = next((units for units in USUAL_UNITS if first in units), {})
    slips = [
        (" ".join([unit, *rest]), power - family[first])
        for unit, power in family.items()
        if unit != first
    ]
    return tuple(sorted(slips, key=lambda each: abs(each[1])))
