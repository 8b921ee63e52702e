"""Coulombic efficiency of the first cycles: stripped over plated charge of the same cycle."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from features.cycles import Columns, cycle_columns, rows_where
from features.errors import NotMeasured
from features.oriented_record import medians
from features.records import Cell
from features.registry import descriptor, once_per_cell
from features.theil_sen import theil_sen_slope

ADAMS_2018 = "doi:10.1002/aenm.201702097"
#: Cycles 1 and 2 form the SEI on copper; steady values are read from here on.
FIRST_STEADY_CYCLE = 3
#: The stated window of a mean CE (field notes D18).
STATED_CYCLES = (5, 20)
#: A cycle is compared with so many that follow it, and is stable this close to their median.
N_NEXT = 5
STABLE_FRACTION = 0.005
#: A cycler's charges agree better than this; more stripped than plated needs an explanation.
CE_OVER_1 = 1.005
#: No cycler counts charge more closely; a smaller mean loss is none.
LEAST_LOSS = 1e-6
#: Consistent with the standard deviation for normal noise.
MAD_TO_SD = 1.4826


@descriptor(version=2, source=ADAMS_2018)
def initial_ce_fraction(cell: Cell) -> float:
    """Return the Coulombic efficiency of cycle 1."""
    return float(_cycles(cell)["ce_fraction"][0])


@descriptor(version=2, source=ADAMS_2018)
def ce_mean_fraction(cell: Cell) -> float:
    """Return the mean Coulombic efficiency from cycle 3 on."""
    return float(_steady(cell, 1)["ce_fraction"].mean())


@descriptor(version=1, source=ADAMS_2018)
def ce_mean_cycles_5_to_20_fraction(cell: Cell) -> float:
    """Return the mean Coulombic efficiency of cycles 5 to 20, all of which must be finished."""
    return mean_ce_fraction(cell, *STATED_CYCLES)


@descriptor(version=3, source="own, after doi:10.1073/pnas.2214357120")
def log10_ce_loss_fraction(cell: Cell) -> float:
    """Return log10 of the mean of 1 - CE from cycle 3 on."""
    loss = 1 - float(_steady(cell, 1)["ce_fraction"].mean())
    if loss < LEAST_LOSS:
        raise NotMeasured("no less charge was stripped than plated; suspect a short circuit")
    return float(np.log10(loss))


@descriptor(version=3, source="own")
def ce_slope_fraction_per_cycle(cell: Cell) -> float:
    """Return the Theil-Sen slope of Coulombic efficiency over cycle number from cycle 3 on."""
    steady = _steady(cell, 3)
    return theil_sen_slope(steady["cycle"], steady["ce_fraction"])


@descriptor(version=2, source="own")
def ce_noise_fraction(cell: Cell) -> float:
    """Return the cycle-to-cycle scatter of CE as a robust SD, blind to a steady trend.

    Each CE is compared with the mean of its two neighbours; for independent noise that
    difference has 3/2 of its variance.
    """
    ce = _steady(cell, 5)["ce_fraction"]
    difference = ce[1:-1] - (ce[:-2] + ce[2:]) / 2
    mad = medians(np.abs(difference - medians(difference)))
    return float(MAD_TO_SD * mad / np.sqrt(1.5))


@descriptor(version=1, source=f"own, after {ADAMS_2018}")
def n_cycles_to_stabilise(cell: Cell) -> float:
    """Return the first cycle whose CE lies within 0.5 points of the median of the next five."""
    columns = _cycles(cell)
    ce = columns["ce_fraction"]
    if ce.size <= N_NEXT:
        raise NotMeasured(f"needs {N_NEXT + 1} finished cycles, has {ce.size}")
    next_median = medians(sliding_window_view(ce[1:], N_NEXT))
    is_stable = np.abs(ce[:-N_NEXT] - next_median) < STABLE_FRACTION
    if not is_stable.any():
        raise NotMeasured("no cycle yet lies within 0.5 points of the five that follow it")
    return float(columns["cycle"][np.argmax(is_stable)])


@descriptor(version=1, source="own")
def n_cycles_ce_over_1(cell: Cell) -> float:
    """Return how many finished cycles strip over 0.5 % more than they plate.

    A short circuit, or dead lithium that has found contact again.
    """
    return float((_cycles(cell)["ce_fraction"] > CE_OVER_1).sum())


@descriptor(version=1, source="own")
def irreversible_charge_mAh_cm2(cell: Cell) -> float:
    """Return the charge plated and not stripped again, summed over the finished cycles."""
    columns = _cycles(cell)
    if cell.area_cm2 is None:
        raise NotMeasured("the electrode's area is not stated")
    if (cycle_columns(cell)["kind"] == "reservoir").any():
        raise NotMeasured("lithium is left in the reservoir of an Aurbach test")
    return float((columns["plated_mAh_cm2"] - columns["stripped_mAh_cm2"]).sum())


def mean_ce_fraction(cell: Cell, first: int, last: int) -> float:
    """Return the mean Coulombic efficiency of a stated run of cycles, both ends included.

    Raises
    ------
    NotMeasured
        If one of the cycles is not finished, or CE tells nothing here.
    """
    columns = _cycles(cell)
    cycle = columns["cycle"]
    stated = columns["ce_fraction"][(cycle >= first) & (cycle <= last)]
    if stated.size < last - first + 1:
        raise NotMeasured(
            f"needs finished cycles {first} to {last}, has {stated.size} of these "
            f"{last - first + 1}"
        )
    return float(stated.mean())


@once_per_cell
def _cycles(cell: Cell) -> Columns:
    """Return the cycles whose CE tells what is lost."""
    columns = cycle_columns(cell)
    is_told = ~np.isnan(columns["ce_fraction"])
    if is_told.any():
        return rows_where(is_told, columns)
    if cell.recipe.cell.type == "Li||Li":
        raise NotMeasured("a symmetric cell passes the same charge both ways, whatever it loses")
    if (columns["kind"] == "reservoir").any():
        raise NotMeasured("an Aurbach test has one CE in all, none per cycle")
    raise NotMeasured("no cycle plates and then strips lithium")


def _steady(cell: Cell, n_needed: int) -> Columns:
    columns = _cycles(cell)
    is_steady = columns["cycle"] >= FIRST_STEADY_CYCLE
    n_steady = int(is_steady.sum())
    if n_steady < n_needed:
        raise NotMeasured(
            f"needs {n_needed} finished cycles from cycle {FIRST_STEADY_CYCLE} on, has {n_steady}"
        )
    return rows_where(is_steady, columns)
