"""Values that are off by a thousand or a million: most likely given in another unit."""

import numpy as np

from features.units import UNITS

#: Prefixes by their power of ten, for units that take them.
PREFIXES = {-12: "p", -9: "n", -6: "u", -3: "m", 0: "", 3: "k", 6: "M", 9: "G", 12: "T"}
BASES = ("m", "A", "Ah", "V", "Ohm", "ohm", "s", "Hz", "Pa", "S", "L", "W", "g")
#: Powers of ten by which units are mistaken for one another.
SLIPS = (3, -3, 6, -6)
#: Decades beyond the training range within which a value moved by a slip counts as usual.
MARGIN_DECADES = 0.5
LOG10 = "log10_"


def slip_hint(name: str, value: float, low: float, high: float) -> str:
    """Return the question to ask of a value that is off by a thousand or so, else nothing.

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

    Examples
    --------
    >>> likely_unit("coating_thickness_nm", 0.5, 100.0, 2000.0)
    'um'
    >>> likely_unit("log10_coating_youngs_modulus_GPa", 2.9, -1.0, 1.0)
    'MPa'
    >>> likely_unit("coulombic_efficiency_fraction", 97.0, 0.8, 0.99)
    'percent'
    """
    decades = _decades(name, value, low, high)
    if decades is None:
        return None
    at, lowest, highest = decades
    slips = (2,) if name.endswith("_fraction") else SLIPS
    for slip in slips:
        if lowest - MARGIN_DECADES <= at - slip <= highest + MARGIN_DECADES:
            # A value a thousand times too large was given in a unit a thousand times smaller.
            return "percent" if slip == 2 else _unit_off_by(name, -slip)
    return None


def _decades(name: str, value: float, low: float, high: float) -> tuple[float, float, float] | None:
    """Return value and range in decades; None inside the range, or if one has no logarithm."""
    if low <= value <= high or np.isnan(low):
        return None
    if name.startswith(LOG10):
        return value, low, high
    magnitudes = sorted((abs(low), abs(high)))
    if value == 0 or magnitudes[0] == 0 or low * high < 0:
        return None
    lowest, highest = np.log10(magnitudes).tolist()
    return float(np.log10(abs(value))), lowest, highest


def _unit_off_by(name: str, power: int) -> str | None:
    """Return the unit of a name, so many powers of ten larger: nm, 3 -> um."""
    suffixes = [suffix for suffix in UNITS if name.endswith(f"_{suffix}")]
    if not suffixes:
        return None
    first, *rest = UNITS[max(suffixes, key=len)].split(" ")
    for own, prefix in PREFIXES.items():
        for base in BASES:
            if first == prefix + base and own + power in PREFIXES:
                return " ".join([PREFIXES[own + power] + base, *rest])
    return None
