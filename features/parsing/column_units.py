"""Column headers of instruments: a name and a unit, and the factor from that unit to ours."""

import math
import re
from functools import lru_cache

SECONDS = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1.0),
    **dict.fromkeys(("min", "mins", "minute", "minutes"), 60.0),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 3600.0),
    **dict.fromkeys(("d", "day", "days"), 86_400.0),
    **dict.fromkeys(("ms", "millisecond", "milliseconds"), 1e-3),
}
AMPERES = {
    **dict.fromkeys(("a", "amp", "amps", "ampere", "amperes"), 1.0),
    **dict.fromkeys(("ma", "mamp", "mamps", "milliampere", "milliamps"), 1e-3),
    **dict.fromkeys(("ua", "microampere"), 1e-6),
    **dict.fromkeys(("na", "nanoampere"), 1e-9),
}
VOLTS = {
    **dict.fromkeys(("v", "volt", "volts"), 1.0),
    **dict.fromkeys(("mv", "millivolt", "millivolts"), 1e-3),
    **dict.fromkeys(("uv", "microvolt"), 1e-6),
}
AMPERE_HOURS = {
    **dict.fromkeys(("ah", "amphr", "amphrs", "amperehour"), 1.0),
    **dict.fromkeys(("mah", "mamphr", "milliamperehour"), 1e-3),
    **dict.fromkeys(("uah", "microamperehour"), 1e-6),
    **dict.fromkeys(("c", "as", "coulomb"), 1 / 3600),
}
CELSIUS = dict.fromkeys(("c", "°c", "degc", "deg", "celsius", "℃", "�c", "â°c"), 1.0)
HERTZ = {"hz": 1.0, "hertz": 1.0, "khz": 1e3}
OHMS = {"ohm": 1.0, "ohms": 1.0, "ω": 1.0, "kohm": 1e3, "kohms": 1e3, "kω": 1e3}
DEGREES = {
    **dict.fromkeys(("°", "deg", "degs", "degree", "degrees"), 1.0),
    **dict.fromkeys(("rad", "rads", "radian", "radians"), math.degrees(1.0)),
    # A header without a unit: the values must tell.
    "deg?": 1.0,
}
#: Alike once case is dropped, so they count as written; "mhz" and "MOHM" are nothing.
CASED_HERTZ = {"mHz": 1e-3, "MHz": 1e6}
CASED_OHMS = {
    **dict.fromkeys(("mOhm", "mohm", "mOhms", "mohms", "mΩ", "m\N{OHM SIGN}"), 1e-3),
    **dict.fromkeys(("MOhm", "Mohm", "MOhms", "Mohms", "MΩ", "M\N{OHM SIGN}"), 1e6),
}

#: quantity -> unit -> factor to the quantity's own unit
FACTORS = {
    "test_time_second": SECONDS,
    "step_time_second": SECONDS,
    "current_ampere": AMPERES,
    "voltage_volt": VOLTS,
    "charging_capacity_ah": AMPERE_HOURS,
    "discharging_capacity_ah": AMPERE_HOURS,
    "either_capacity_ah": AMPERE_HOURS,
    "ambient_temperature_celsius": CELSIUS,
    "frequency_hertz": HERTZ,
    "real_impedance_ohm": OHMS,
    "imaginary_impedance_ohm": OHMS,
    "imaginary_of_either_sign_ohm": OHMS,
    "modulus_ohm": OHMS,
    "phase_degree": DEGREES,
}
CASED_FACTORS = {
    "frequency_hertz": CASED_HERTZ,
    **{quantity: CASED_OHMS for quantity, units in FACTORS.items() if units is OHMS},
}
#: "Current (mA)", "I [mA]"; up to two characters may follow, as in "Temperature (C)_1".
BRACKETS = re.compile(r"(?P<name>.*\S)\s*[\[(](?P<unit>[^\[\]()]*)[\])]\S{0,2}")
SLASH = re.compile(r"(?P<name>.*\S)\s*/\s*(?P<unit>[^/]+)")
UNDERSCORE = re.compile(r"(?P<name>.+)_(?P<unit>[^_]+)")


def factor_of(quantity: str, unit: str) -> float | None:
    """Return the factor from a unit as written to the quantity's own; None if it is unknown.

    Examples
    --------
    >>> factor_of("current_ampere", "mA")
    0.001
    >>> factor_of("charging_capacity_ah", "mA.h")
    0.001
    >>> factor_of("current_ampere", "mA/cm2") is None
    True
    >>> factor_of("frequency_hertz", "mHz"), factor_of("frequency_hertz", "MHz")
    (0.001, 1000000.0)
    """
    if quantity not in FACTORS:
        return 1.0
    cased = CASED_FACTORS.get(quantity, {}).get(unit.strip())
    return FACTORS[quantity].get(_plain(unit)) if cased is None else cased


def is_unit(text: str) -> bool:
    """Tell whether a text is the unit of some quantity, such as "[mA]"."""
    unit = text.strip().strip("[]()").strip()
    is_plain = any(_plain(unit) in factors for factors in FACTORS.values())
    return is_plain or any(unit in factors for factors in CASED_FACTORS.values())


@lru_cache(maxsize=4096)
def readings_of(cell: str) -> tuple[tuple[str, str], ...]:
    """Return the ways to read a header cell as name and unit, the plain name first.

    Examples
    --------
    >>> readings_of("Current (mA)")
    (('current (ma)', ''), ('current', 'mA'))
    >>> readings_of("Cell_Temperature_C")
    (('cell temperature c', ''), ('cell temperature', 'C'))
    """
    cell = unquoted(cell)
    matches = (pattern.fullmatch(cell) for pattern in (BRACKETS, SLASH, UNDERSCORE))
    units = ((name_key(match["name"]), match["unit"].strip()) for match in matches if match)
    return ((name_key(cell), ""), *units)


def unquoted(cell: str) -> str:
    """Return a header cell without quotes around it; those of Z' and Z'' are part of the name.

    Examples
    --------
    >>> unquoted(" '~Time[s]' "), unquoted("Z''")
    ('Time[s]', "Z''")
    """
    cell = cell.strip().strip('"~').strip()
    is_quoted = len(cell) > 1 and cell[0] == cell[-1] == "'"
    return (cell[1:-1] if is_quoted else cell).strip().strip("~").strip()


def name_key(name: str) -> str:
    """Return a column's name without case, and with one space for spaces and underscores."""
    return re.sub(r"[\s_]+", " ", name).strip().strip("#").strip().casefold()


def _plain(unit: str) -> str:
    unit = unit.replace("µ", "u").replace("μ", "u")
    return re.sub(r"[\s.*·-]", "", unit).casefold()
