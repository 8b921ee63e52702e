"""Overpotentials of plating, stripping and nucleation, read from oriented half-cycles."""

import numpy as np
from numpy.typing import NDArray

from features.cycles import plating_and_stripping, regular_columns
from features.errors import NotMeasured
from features.oriented_record import Record, medians, record_of
from features.records import Cell
from features.registry import descriptor
from features.theil_sen import theil_sen_slope

Array = NDArray[np.float64]

PEI_2017 = "doi:10.1021/acs.nanolett.6b04755"
#: A good cycler resolves so much; a smaller hysteresis is none.
LEAST_mV = 0.01


@descriptor(version=2, source="own")
def plating_overpotential_mV(cell: Cell) -> float:
    """Return the plateau overpotential of plating, median over the finished cycles."""
    _refuse_full_cell(cell)
    return _median(regular_columns(cell)["plating_overpotential_mV"])


@descriptor(version=2, source="own")
def stripping_overpotential_mV(cell: Cell) -> float:
    """Return the plateau overpotential of stripping, median over the finished cycles."""
    _refuse_full_cell(cell)
    return _median(regular_columns(cell)["stripping_overpotential_mV"])


@descriptor(version=3, source="own")
def hysteresis_mV(cell: Cell) -> float:
    """Return stripping plus plating plateau overpotential, median over the finished cycles."""
    return _median(regular_columns(cell)["hysteresis_mV"])


@descriptor(version=4, source="own")
def hysteresis_slope_mV_per_cycle(cell: Cell) -> float:
    """Return the Theil-Sen slope of the hysteresis over cycle number from cycle 3 on."""
    columns = regular_columns(cell)
    cycle, found_mV = columns["cycle"], columns["hysteresis_mV"]
    is_used = (cycle >= 3) & ~np.isnan(found_mV)
    if is_used.sum() < 3:
        raise NotMeasured(f"needs three finished cycles from cycle 3 on, has {is_used.sum()}")
    return theil_sen_slope(cycle[is_used], found_mV[is_used])


@descriptor(version=2, source="own", needs_whole_window=True)
def hysteresis_growth_ratio(cell: Cell) -> float:
    """Return the hysteresis of the last finished cycle over that of cycle 3."""
    columns = regular_columns(cell)
    found_mV = columns["hysteresis_mV"]
    third_mV = found_mV[columns["cycle"] == 3]
    if not third_mV.size:
        raise NotMeasured("cycle 3 is not finished")
    if np.isnan(found_mV[-1]) or not third_mV[0] > LEAST_mV:
        raise NotMeasured("cycle 3 or the last cycle shows no hysteresis")
    return float(found_mV[-1] / third_mV[0])


@descriptor(version=1, source="own")
def plateau_resistance_ohm_cm2(cell: Cell) -> float:
    """Return the hysteresis over both current densities, per electrode, median over the cycles.

    In Li||Li both electrodes are lithium and each has half of it.
    """
    _refuse_full_cell(cell)
    if cell.area_cm2 is None:
        raise NotMeasured("the electrode's area is not stated")
    record = record_of(cell)
    plating, stripping = plating_and_stripping(cell)
    n_electrodes = 2 if cell.recipe.cell.type == "Li||Li" else 1
    current_mA = 1000 * (record.load_A(plating) + record.load_A(stripping))
    resistance_ohm = regular_columns(cell)["hysteresis_mV"] / current_mA
    return _median(resistance_ohm * cell.area_cm2 / n_electrodes)


@descriptor(version=2, source=PEI_2017)
def nucleation_tip_mV(cell: Cell) -> float:
    """Return the depth of the nucleation dip below 0 V in the first plating."""
    record, first = _first_plating(cell)
    return _known(record.nucleation_tip_mV(first))


@descriptor(version=2, source=PEI_2017)
def nucleation_overpotential_mV(cell: Cell) -> float:
    """Return the nucleation dip less the plateau of the same, first, plating."""
    record, first = _first_plating(cell)
    return nucleation_tip_mV(cell) + 1000 * _known(float(record.plateau_V[first]))


def _first_plating(cell: Cell) -> tuple[Record, int]:
    """Return the record and the half-cycle that first plates lithium, finished or not."""
    _refuse_full_cell(cell)
    record = record_of(cell)
    first = 2 * record.n_activation
    if first >= len(record.half_cycles):
        raise NotMeasured("the record holds activation alone, no lithium is plated")
    return record, first


def _known(value: float) -> float:
    if np.isnan(value):
        raise NotMeasured("the first plating has no row where this is read")
    return value


def _refuse_full_cell(cell: Cell) -> None:
    """Refuse a cell whose voltage is mostly that of its positive, such as an anode-free one."""
    if cell.is_full_cell:
        raise NotMeasured(f"the voltage of {cell.recipe.cell.type} is no overpotential of lithium")


def _median(of_cycles: Array) -> float:
    known = of_cycles[~np.isnan(of_cycles)]
    if not known.size:
        raise NotMeasured("no half-cycle has a row on its plateau")
    return float(medians(known))
