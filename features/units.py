"""Units live in names: the suffix of a quantity is its unit."""

from features.errors import UnknownName

#: suffix of a name -> unit as printed. Longest suffix wins.
UNITS = {
    "ohm_cm2": "ohm cm2",
    "ohm_cm2_s05": "ohm cm2 s-1/2",
    "ohm_cm2_per_cycle": "ohm cm2 per cycle",
    "ohm_cm2_per_sqrt_h": "ohm cm2 h-1/2",
    "ohm": "ohm",
    "mA_cm2": "mA cm-2",
    "A": "A",
    "mAh_cm2": "mAh cm-2",
    "Ah": "Ah",
    "Ah2": "Ah2",
    "Ah_per_cycle": "Ah per cycle",
    "Ah_per_V": "Ah V-1",
    "mV": "mV",
    "mV_per_cycle": "mV per cycle",
    "V": "V",
    "s": "s",
    "h": "h",
    "Hz": "Hz",
    "nm": "nm",
    "um": "um",
    "cm2": "cm2",
    "uL": "uL",
    "uL_per_mAh": "uL mAh-1",
    "GPa": "GPa",
    "S_cm": "S cm-1",
    "S_s_alpha_cm2": "S s^alpha cm-2",
    "F_cm2": "F cm-2",
    "degC": "degC",
    "deg": "deg",
    "W": "W",
    "fraction": "fraction",
    "fraction_per_cycle": "fraction per cycle",
    "ratio": "ratio",
    "cycles": "cycles",
    "decades": "decades",
}

PREFIXES = {"n_": "count", "is_": "true or false", "has_": "true or false"}


def unit_of(name: str) -> str:
    """Return the unit that a quantity's name ends in.

    Parameters
    ----------
    name : str
        A quantity, such as ``interface_resistance_ohm_cm2``. ``log10_`` in front
        marks the decadic logarithm of the quantity in that unit.

    Raises
    ------
    UnknownName
        If the name ends in no known unit.

    Examples
    --------
    >>> unit_of("interface_resistance_ohm_cm2")
    'ohm cm2'
    >>> unit_of("log10_current_density_mA_cm2")
    'log10(mA cm-2)'
    """
    if name.startswith("log10_"):
        return f"log10({unit_of(name.removeprefix('log10_'))})"
    for prefix, unit in PREFIXES.items():
        if name.startswith(prefix):
            return unit
    suffixes = [suffix for suffix in UNITS if name.endswith(f"_{suffix}")]
    if not suffixes:
        raise UnknownName(
            f"'{name}' ends in no known unit; allowed endings are {', '.join(sorted(UNITS))}."
        )
    return UNITS[max(suffixes, key=len)]
