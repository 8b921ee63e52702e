"""Overpotentials of plating, stripping and nucleation, read from oriented half-cycles."""

import pandas as pd
from scipy.stats import theilslopes

from features.cycle_table import NUCLEATION_SHARE, cycle_table, half_cycles
from features.errors import NotMeasured
from features.records import Cell
from features.registry import descriptor

PEI_2017 = "doi:10.1021/acs.nanolett.6b04755"


@descriptor(version=1, source="own")
def plating_overpotential_mV(cell: Cell) -> float:
    """Return the plateau overpotential of plating, median over the finished cycles."""
    _refuse_full_cell(cell)
    return _median(cycle_table(cell)["plating_overpotential_mV"])


@descriptor(version=1, source="own")
def stripping_overpotential_mV(cell: Cell) -> float:
    """Return the plateau overpotential of stripping, median over the finished cycles."""
    _refuse_full_cell(cell)
    return _median(cycle_table(cell)["stripping_overpotential_mV"])


@descriptor(version=1, source="own")
def hysteresis_mV(cell: Cell) -> float:
    """Return stripping plus plating plateau overpotential, median over the finished cycles."""
    table = cycle_table(cell)
    return _median(table["plating_overpotential_mV"] + table["stripping_overpotential_mV"])


@descriptor(version=1, source="own")
def hysteresis_slope_mV_per_cycle(cell: Cell) -> float:
    """Return the Theil-Sen slope of the hysteresis over cycle number from cycle 3 on."""
    table = cycle_table(cell)
    table = table[table["cycle"] >= 3].dropna()
    if len(table) < 3:
        raise NotMeasured(f"needs three finished cycles from cycle 3 on, has {len(table)}")
    total_mV = table["plating_overpotential_mV"] + table["stripping_overpotential_mV"]
    return float(theilslopes(total_mV, table["cycle"]).slope)


@descriptor(version=1, source=PEI_2017)
def nucleation_tip_mV(cell: Cell) -> float:
    """Return the depth of the nucleation dip below 0 V in the first plating."""
    _refuse_full_cell(cell)
    first = half_cycles(cell)[0]
    is_early = (first.share > 0) & (first.share <= NUCLEATION_SHARE)
    if not is_early.any():
        raise NotMeasured(f"no row lies in the first {NUCLEATION_SHARE:.0%} of the first plating")
    return float(-1000 * first.voltage_V[is_early].min())


@descriptor(version=1, source=PEI_2017)
def nucleation_overpotential_mV(cell: Cell) -> float:
    """Return the nucleation dip less the plateau of the same, first, plating."""
    return nucleation_tip_mV(cell) + 1000 * half_cycles(cell)[0].plateau_V


def _refuse_full_cell(cell: Cell) -> None:
    """Refuse a cell whose voltage is mostly that of its positive, such as an anode-free one."""
    if cell.is_full_cell:
        raise NotMeasured(f"the voltage of {cell.recipe.cell.type} is no overpotential of lithium")


def _median(overpotential_mV: pd.Series) -> float:
    if overpotential_mV.isna().all():
        raise NotMeasured("no half-cycle has a row on its plateau")
    return float(overpotential_mV.median())
