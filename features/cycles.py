"""From half-cycles to cycles: what was plated, what was stripped, what it took.

A cycle is a plating and the stripping that follows; see ``features.oriented_record`` for
which half-cycle is which.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.errors import NotMeasured
from features.oriented_record import Array, Record, Rows, record_of
from features.records import Cell
from features.registry import once_per_cell

#: A reservoir (Adams et al., doi:10.1002/aenm.201702097) is plated once, much larger than cycled.
RESERVOIR_RATIO = 1.5
#: What is plated back after each stripping of a reservoir equals it within this share.
RESERVOIR_BALANCE = 0.02
#: Below this share of the plated charge a stripping may have been cut off by the record's end,
UNFINISHED_SHARE = 0.95
#: and was, if its end voltage lies below this share of the usual one.
UNFINISHED_END = 0.5
MAH_PER_AH = 1000.0
KINDS = ("activation", "reservoir", "cycle")
KIND_TYPE = pd.CategoricalDtype(list(KINDS))

Columns = Mapping[str, NDArray[Any]]


@once_per_cell
def cycles(cell: Cell) -> pd.DataFrame:
    """Return one row per finished cycle of a cell's time series.

    Parameters
    ----------
    cell : Cell

    Returns
    -------
    DataFrame
        ``cycle``
            From 1; 0 in activation cycles, which plate no lithium.
        ``kind``
            "activation", "reservoir" (part of an Aurbach test) or "cycle".
        ``plated_Ah``, ``stripped_Ah``
            Charge of the plating and of the stripping half-cycle; in a full cell, of
            charge and discharge.
        ``plated_mAh_cm2``, ``stripped_mAh_cm2``
            The same per area; NaN where the area is not stated.
        ``ce_fraction``
            Stripped over plated charge of the same cycle. NaN in activation, in a
            reservoir test, in Li||Li, and in a cell that starts with a discharge: there
            it does not tell what is lost.
        ``plating_overpotential_mV``, ``stripping_overpotential_mV``, ``hysteresis_mV``
            Medians over the plateau, positive where the reaction needs driving, and
            their sum; in a full cell hysteresis is the gap between charge and discharge.
        ``nucleation_tip_mV``
            Depth of the dip below 0 V at the start of plating; NaN in a full cell.
        ``plating_end_V``, ``stripping_end_V``
            Last oriented voltage of each half-cycle.
        ``duration_s``
            From the first current of the cycle to its last.
        ``temperature_degC``
            Mean ambient temperature, where it was recorded.

    Raises
    ------
    NotMeasured
        If there is no time series, or not one cycle is finished.
    """
    columns = cycle_columns(cell)
    code = sum(number * (columns["kind"] == kind) for number, kind in enumerate(KINDS))
    kind = pd.Categorical.from_codes(code, dtype=KIND_TYPE)
    return pd.DataFrame({**columns, "kind": kind})


@once_per_cell
def cycle_columns(cell: Cell) -> Columns:
    """Return the columns of ``cycles`` as arrays: a frame is slow where one number is asked for.

    Raises
    ------
    NotMeasured
        As ``cycles``.
    """
    record = record_of(cell)
    n_cycles = record.n_pairs - int(_is_unfinished(cell, record))
    if not n_cycles:
        raise NotMeasured("not one cycle of plating and stripping is finished")
    plating, stripping = _pairs(record, n_cycles)
    charge_Ah = record.half_cycles.charge_Ah
    plated_Ah, stripped_Ah = charge_Ah[plating], charge_Ah[stripping]
    kind = _kinds(cell, record, plated_Ah, stripped_Ah)
    per_area = MAH_PER_AH / cell.area_cm2 if cell.area_cm2 is not None else np.nan
    plating_mV, stripping_mV = (
        -1000 * record.plateau_V[plating],
        1000 * record.plateau_V[stripping],
    )
    last = record.half_cycles.last
    return {
        "cycle": np.maximum(np.arange(1, n_cycles + 1) - record.n_activation, 0),
        "kind": kind,
        "plated_Ah": plated_Ah,
        "stripped_Ah": stripped_Ah,
        "plated_mAh_cm2": plated_Ah * per_area,
        "stripped_mAh_cm2": stripped_Ah * per_area,
        "ce_fraction": _ce_fraction(cell, record, kind, plated_Ah, stripped_Ah),
        "plating_overpotential_mV": plating_mV,
        "stripping_overpotential_mV": stripping_mV,
        "hysteresis_mV": np.abs(plating_mV + stripping_mV),
        "nucleation_tip_mV": _nucleation_tips_mV(cell, record, plating),
        "plating_end_V": record.orientation * record.voltage_V[last[plating]],
        "stripping_end_V": record.orientation * record.voltage_V[last[stripping]],
        "duration_s": _durations_s(record, n_cycles),
        "temperature_degC": _temperatures_degC(cell, record, n_cycles),
    }


def rows_where(is_wanted: NDArray[np.bool_], columns: Columns) -> Columns:
    """Return some rows of all columns."""
    return {name: values[is_wanted] for name, values in columns.items()}


@once_per_cell
def regular_columns(cell: Cell) -> Columns:
    """Return the columns of the cycles that plate lithium, those of activation left out."""
    columns = cycle_columns(cell)
    return rows_where(columns["kind"] != "activation", columns)


def plating_and_stripping(cell: Cell) -> tuple[Rows, Rows]:
    """Return the half-cycles that plate and those that strip, one each per finished cycle.

    Activation is left out, as everywhere.

    Raises
    ------
    NotMeasured
        If no cycle that plates lithium is finished.
    """
    record, n_cycles = record_of(cell), cycle_columns(cell)["cycle"].size
    if n_cycles <= record.n_activation:
        raise NotMeasured("the record holds activation alone, no lithium is plated")
    plating, stripping = _pairs(record, n_cycles)
    return plating[record.n_activation :], stripping[record.n_activation :]


def _pairs(record: Record, n_cycles: int) -> tuple[Rows, Rows]:
    """Return the numbers of the plating and of the stripping half-cycles."""
    even, odd = np.arange(0, 2 * n_cycles, 2), np.arange(1, 2 * n_cycles, 2)
    return (even, odd) if record.plates_first else (odd, even)


def _is_unfinished(cell: Cell, record: Record) -> bool:
    """Tell whether the record ends inside the last stripping.

    Only what lies inside the record is looked at, so that a cell cut to its first cycles
    and a cell recorded for only so long agree.
    """
    if cell.is_full_cell or not record.n_pairs:
        return False
    charge_Ah, last = record.half_cycles.charge_Ah, record.half_cycles.last
    final = 2 * record.n_pairs - 1
    if charge_Ah[final] >= UNFINISHED_SHARE * charge_Ah[final - 1]:
        return False
    usual_V = cell.recipe.protocol.upper_cutoff_V
    if usual_V is None:
        earlier_V = record.orientation * record.voltage_V[last[1:final:2]]
        usual_V = float(np.median(earlier_V)) if earlier_V.size else None
    if usual_V is None:
        return False
    return bool(record.orientation * record.voltage_V[last[final]] < UNFINISHED_END * usual_V)


def _kinds(cell: Cell, record: Record, plated_Ah: Array, stripped_Ah: Array) -> NDArray[np.object_]:
    kind = np.full(plated_Ah.size, "cycle", dtype=object)
    kind[: record.n_activation] = "activation"
    if cell.recipe.cell.type == "Li||Cu":
        kind[reservoir_start(plated_Ah, stripped_Ah) :] = "reservoir"
    return kind


def reservoir_start(plated_Ah: Array, stripped_Ah: Array) -> int:
    """Return the cycle, from 0, that plates the reservoir of an Aurbach test; else the number.

    A reservoir is plated once; then less is stripped and just as much plated back, until
    the last stripping takes what is left.
    """
    for start in range(plated_Ah.size - 1):
        is_large = plated_Ah[start] > RESERVOIR_RATIO * stripped_Ah[start]
        back, out = plated_Ah[start + 1 :], stripped_Ah[start:-1]
        if is_large and np.all(np.abs(back - out) <= RESERVOIR_BALANCE * out):
            return start
        if np.any(back[:1] > plated_Ah[start] * (1 - RESERVOIR_BALANCE)) and start > 2:
            break  # steady cycles have begun
    return int(plated_Ah.size)


def _ce_fraction(
    cell: Cell, record: Record, kind: NDArray[np.object_], plated_Ah: Array, stripped_Ah: Array
) -> Array:
    tells = (kind == "cycle") & (plated_Ah > 0)
    if not record.plates_first or cell.recipe.cell.type == "Li||Li":
        tells[:] = False
    ce_fraction = np.full(plated_Ah.size, np.nan)
    np.divide(stripped_Ah, plated_Ah, out=ce_fraction, where=tells)
    return ce_fraction


def _nucleation_tips_mV(cell: Cell, record: Record, plating: NDArray[np.int64]) -> Array:
    if cell.is_full_cell:
        return np.full(plating.size, np.nan)
    return record.nucleation_tips_mV(plating)


def _durations_s(record: Record, n_cycles: int) -> Array:
    first, last = record.half_cycles.first, record.half_cycles.last
    ends = last[1 : 2 * n_cycles : 2]
    return np.asarray(record.time_s[ends] - record.time_s[first[: 2 * n_cycles : 2]])


def _temperatures_degC(cell: Cell, record: Record, n_cycles: int) -> Array:
    if cell.cycling is None or "ambient_temperature_celsius" not in cell.cycling:
        return np.full(n_cycles, np.nan)
    values = cell.cycling["ambient_temperature_celsius"].to_numpy(dtype=float)
    starts = record.half_cycles.first[::2]
    means = np.add.reduceat(values, starts) / np.diff([*starts, values.size])
    return np.asarray(means[:n_cycles])
