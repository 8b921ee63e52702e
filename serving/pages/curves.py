"""What the charts of cycling draw: voltage over charge for some cycles, and columns by cycle.

Profiles lie on one grid of charge, so that a chart overlays them; a few hundred points each say
all that a screen can show. The table of cycles goes whole, thinned where it is very long.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.cycles import cycles, plating_and_stripping
from features.discharge_curves import DischargeCurves, discharge_curves
from features.errors import NotMeasured
from features.oriented_record import Record, record_of
from features.records import Cell
from features.soft_short import Flag, soft_short_flags

Array = NDArray[np.float64]
N_PROFILES, N_GRID = 8, 240
#: More points than these no screen resolves.
MOST_CYCLES = 1000
MAH_PER_AH = 1000.0


def profiles(cell: Cell) -> dict[str, Any]:
    """Return voltage against charge for some cycles, the first and the last among them.

    Raises
    ------
    NotMeasured
        If there is no finished cycle, or no discharge curve.
    """
    if not cell.has_time_series:
        return _discharges(cell)
    record = record_of(cell)
    plating, stripping = plating_and_stripping(cell)
    picked = _spread(len(plating))
    per_area = _per_area(cell)
    halves = np.concatenate([plating[picked], stripping[picked]])
    top_Ah = float(record.half_cycles.charge_Ah[halves].max())
    grid_Ah = np.linspace(0, top_Ah, N_GRID)
    sign = 1.0 if cell.is_full_cell else record.orientation
    series = [
        {
            "name": f"cycle {row + 1}",
            "out": _rounded(_voltage_over(record, int(plating[row]), grid_Ah) * sign),
            "back": _rounded(_voltage_over(record, int(stripping[row]), grid_Ah) * sign),
        }
        for row in picked
    ]
    names = ("charge", "discharge") if cell.is_full_cell else ("plating", "stripping")
    return {
        "x": _rounded(grid_Ah * MAH_PER_AH * per_area),
        "x_name": f"charge passed / mAh{' cm⁻²' if cell.area_cm2 else ''}",
        "y_name": "voltage / V",
        "series": series,
        "halves": names,
    }


def cycle_columns(cell: Cell) -> dict[str, Any]:
    """Return efficiency, hysteresis and flags against the cycle.

    Raises
    ------
    NotMeasured
        If there is no time series, or not one finished cycle.
    """
    if not cell.has_time_series:
        return _capacities(cell)
    table = cycles(cell)
    table = table[table["kind"] != "activation"]
    if table.empty:
        raise NotMeasured("the record holds activation alone, no lithium is plated")
    flags = _flags(cell)
    thinned = table.iloc[_thinned(len(table))]
    shown = set(thinned["cycle"])
    thinned = table[table["cycle"].isin(shown | flags.keys())]
    columns = {
        name: _rounded(thinned[column].to_numpy(dtype=float) * factor, 6)
        for name, column, factor in (
            ("ce", "ce_fraction", 1.0),
            ("hysteresis_mV", "hysteresis_mV", 1.0),
            ("capacity", "stripped_mAh_cm2", 1.0)
            if cell.area_cm2
            else ("capacity", "stripped_Ah", MAH_PER_AH),
        )
        if thinned[column].notna().any()
    }
    return {
        "cycle": [int(each) for each in thinned["cycle"]],
        "columns": columns,
        "capacity_name": "mAh cm⁻²" if cell.area_cm2 else "mAh",
        "flags": [{"cycle": cycle, "words": words} for cycle, words in sorted(flags.items())],
        "unseen": [flag.reason for flag in _all_flags(cell) if not flag.is_sign_of_short],
        "is_thinned": len(thinned) < len(table),
    }


def _flags(cell: Cell) -> dict[int, list[str]]:
    """Return the signs of a short by cycle."""
    found: dict[int, list[str]] = {}
    for flag in _all_flags(cell):
        if flag.is_sign_of_short:
            found.setdefault(flag.cycle, []).append(f"{flag.rule}: {flag.reason}")
    return found


def _all_flags(cell: Cell) -> tuple[Flag, ...]:
    try:
        return soft_short_flags(cell)
    except NotMeasured:
        return ()


def _discharges(cell: Cell) -> dict[str, Any]:
    """Return the discharge curves of a cell that was recorded as capacity over voltage."""
    found = _recorded_curves(cell)
    return {
        "x": _rounded(found.voltage_V[::-4]),
        "x_name": "voltage / V",
        "y_name": "discharged / mAh",
        "series": [
            {
                "name": f"cycle {found.cycle[row]}",
                "out": _rounded(found.capacity_Ah[row][::-4] * MAH_PER_AH),
                "back": None,
            }
            for row in _spread(len(found.cycle))
        ],
        "halves": ("discharge", ""),
    }


def _recorded_curves(cell: Cell) -> DischargeCurves:
    """Return the discharge curves; without cycling its want is the reason, whatever the type."""
    if cell.cycling is None:
        raise NotMeasured("there is no cycling data")
    return discharge_curves(cell)


def _capacities(cell: Cell) -> dict[str, Any]:
    found = _recorded_curves(cell)
    rows = _thinned(len(found.cycle))
    return {
        "cycle": [int(each) for each in found.cycle[rows]],
        "columns": {"capacity": _rounded(found.discharge_capacity_Ah[rows] * MAH_PER_AH, 6)},
        "capacity_name": "mAh",
        "flags": [],
        "unseen": [],
        "is_thinned": len(rows) < len(found.cycle),
    }


def _voltage_over(record: Record, number: int, grid_Ah: Array) -> Array:
    """Return the voltage of a half-cycle on a grid of charge, NaN beyond its end."""
    halves = record.half_cycles
    rows = slice(int(halves.first[number]), int(halves.last[number]) + 1)
    passed_Ah = halves.passed_Ah[rows] - halves.passed_Ah[rows.start]
    voltage_V = np.interp(grid_Ah, passed_Ah, record.voltage_V[rows])
    return np.where(grid_Ah <= passed_Ah[-1] * (1 + 1e-9), voltage_V, np.nan)


def _per_area(cell: Cell) -> float:
    return 1.0 if cell.area_cm2 is None else 1.0 / cell.area_cm2


def _spread(n_cycles: int) -> list[int]:
    """Return up to eight rows, denser at the start, where most happens.

    Examples
    --------
    >>> _spread(3), _spread(100)
    ([0, 1, 2], [0, 1, 3, 6, 13, 26, 51, 99])
    """
    if n_cycles <= N_PROFILES:
        return list(range(n_cycles))
    places = np.geomspace(1, n_cycles, N_PROFILES).round().astype(int) - 1
    return [int(each) for each in np.unique(places)]


def _thinned(n_cycles: int) -> NDArray[np.int64]:
    step = max(1, -(-n_cycles // MOST_CYCLES))
    return np.unique(np.append(np.arange(0, n_cycles, step), n_cycles - 1))


def _rounded(values: Array, n_digits: int = 5) -> list[float | None]:
    """Return numbers as short as a screen needs them; NaN becomes null."""
    return [round(float(each), n_digits) if np.isfinite(each) else None for each in values]
