"""Coulombic efficiency of the first cycles: stripped over plated charge of the same cycle."""

import numpy as np
import pandas as pd
from scipy.stats import theilslopes

from features.cycles import cycles
from features.errors import NotMeasured
from features.records import Cell
from features.registry import descriptor

ADAMS_2018 = "doi:10.1002/aenm.201702097"
#: Cycles 1 and 2 form the SEI on copper; steady values are read from here on.
FIRST_STEADY_CYCLE = 3
#: Consistent with the standard deviation for normal noise.
MAD_TO_SD = 1.4826


@descriptor(version=2, source=ADAMS_2018)
def initial_ce_fraction(cell: Cell) -> float:
    """Return the Coulombic efficiency of cycle 1."""
    return float(_cycles(cell)["ce_fraction"].iloc[0])


@descriptor(version=2, source=ADAMS_2018)
def ce_mean_fraction(cell: Cell) -> float:
    """Return the mean Coulombic efficiency from cycle 3 on."""
    return float(_steady(cell, 1)["ce_fraction"].mean())


@descriptor(version=2, source="own, after doi:10.1073/pnas.2214357120")
def log10_ce_loss_fraction(cell: Cell) -> float:
    """Return log10 of the mean of 1 - CE from cycle 3 on."""
    loss = 1 - float(_steady(cell, 1)["ce_fraction"].mean())
    if loss <= 0:
        raise NotMeasured("more charge was stripped than plated; suspect a short circuit")
    return float(np.log10(loss))


@descriptor(version=2, source="own")
def ce_slope_fraction_per_cycle(cell: Cell) -> float:
    """Return the Theil-Sen slope of Coulombic efficiency over cycle number from cycle 3 on."""
    steady = _steady(cell, 3)
    return float(theilslopes(steady["ce_fraction"], steady["cycle"]).slope)


@descriptor(version=2, source="own")
def ce_noise_fraction(cell: Cell) -> float:
    """Return the cycle-to-cycle scatter of CE as a robust SD, blind to a steady trend.

    Each CE is compared with the mean of its two neighbours; for independent noise that
    difference has 3/2 of its variance.
    """
    ce = _steady(cell, 5)["ce_fraction"].to_numpy()
    difference = ce[1:-1] - (ce[:-2] + ce[2:]) / 2
    mad = np.median(np.abs(difference - np.median(difference)))
    return float(MAD_TO_SD * mad / np.sqrt(1.5))


def _cycles(cell: Cell) -> pd.DataFrame:
    """Return the cycles whose CE tells what is lost."""
    table = cycles(cell)
    told = table[table["ce_fraction"].notna()]
    if len(told):
        return told
    if cell.recipe.cell.type == "Li||Li":
        raise NotMeasured("a symmetric cell passes the same charge both ways, whatever it loses")
    if (table["kind"] == "reservoir").any():
        raise NotMeasured("an Aurbach test has one CE in all, none per cycle")
    raise NotMeasured("no cycle plates and then strips lithium")


def _steady(cell: Cell, n_needed: int) -> pd.DataFrame:
    cycles = _cycles(cell)
    steady = cycles[cycles["cycle"] >= FIRST_STEADY_CYCLE]
    if len(steady) < n_needed:
        raise NotMeasured(
            f"needs {n_needed} finished cycles from cycle {FIRST_STEADY_CYCLE} on, "
            f"has {len(steady)}"
        )
    return steady
