"""Li||Cu cells: plate a fixed charge on copper, strip it to a cutoff, count what comes back."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.recipe import Recipe
from training.virtual_lab.history import History
from training.virtual_lab.interface import (
    DOUBLING_DEAD_mAh_cm2,
    SERIES_RESISTANCE_ohm_cm2,
    interface_of,
)
from training.virtual_lab.life import collapse_cycle
from training.virtual_lab.noise import Noise
from training.virtual_lab.series import PROGRESS, cycling_table, limits_V, tail, with_noise

Array = NDArray[np.float64]

#: Stripping ends here where the protocol states no cutoff; 0.5 to 1 V is common practice.
STRIPPING_CUTOFF_V = 1.0
#: Own: nucleation on bare copper at 1 mA/cm2; a shielding film halves it.
NUCLEATION_V = 0.08
#: Own: share of the nucleation dip left once lithium has been there before.
LATER_NUCLEATION_FRACTION = 0.12
#: Own: where the dip is deepest, as a share of the half-cycle.
NUCLEATION_PROGRESS = 0.012
#: Own: higher voltage at the start of a half-cycle, and at its end through dead lithium, as
#: the peaks of doi:10.1021/acscentsci.6b00260 turn into the arcs of doi:10.1039/C7TA00371D.
PEAKING_FRACTION = 0.2
ARCING_FRACTION = 0.4


def cycling(
    recipe: Recipe, history: History, noise: Noise, area_cm2: float, n_cycles: int
) -> pd.DataFrame:
    """Return the raw time series of the first cycles; copper is plated first, current negative."""
    conditions = history.conditions
    plating_s = 1800 * conditions.cycle_h
    current_A = 1e-3 * conditions.current_density_mA_cm2 * area_cm2
    cutoffs_V = limits_V(recipe.protocol, -np.inf, STRIPPING_CUTOFF_V)
    driving_V = overpotential_V(history, noise, n_cycles)
    voltage_V = np.stack(
        [
            -driving_V[:, 0] - nucleation_dip_V(history, n_cycles),
            driving_V[:, 1] + (cutoffs_V[1] - driving_V[:, 1]) * tail(PROGRESS),
        ],
        axis=1,
    )
    stripping_s = plating_s * measured_ce_fraction(history, noise)[:n_cycles]
    return cycling_table(
        np.stack([np.full(n_cycles, plating_s), stripping_s], axis=1),
        np.array([-current_A, current_A]),
        with_noise(voltage_V, cutoffs_V, noise.voltage),
    )


def cycle_life(recipe: Recipe, history: History, noise: Noise) -> int | None:
    """Return the first cycle of the confirmed CE collapse, None if there is none."""
    return collapse_cycle(measured_ce_fraction(history, noise))


def measured_ce_fraction(history: History, noise: Noise) -> Array:
    """Return the CE as the cycler counts it, shape (HORIZON_CYCLES,)."""
    measured: Array = history.ce_fraction * noise.charge_ratio[: history.ce_fraction.size]
    return measured


def plateaus_V(history: History, noise: Noise, n_cycles: int) -> Array:
    """Return the plateau overpotential of both half-cycles, shape (n_cycles, 2).

    Both interfaces and the electrolyte between them polarise.
    """
    before_cycle = interface_of(history).resistance_ohm_cm2[:n_cycles, np.newaxis]
    resistance_ohm_cm2 = SERIES_RESISTANCE_ohm_cm2 + 2 * before_cycle
    plateaus: Array = (
        1e-3
        * history.conditions.current_density_mA_cm2
        * resistance_ohm_cm2
        * noise.polarisation_ratio[:n_cycles]
    )
    return plateaus


def overpotential_V(history: History, noise: Noise, n_cycles: int) -> Array:
    """Return the overpotential without sign, shape (n_cycles, 2, PROGRESS.size)."""
    peaking = PEAKING_FRACTION * np.exp(-PROGRESS / 0.03)
    dead_mAh_cm2 = history.dead_mAh_cm2[:n_cycles]
    buried_fraction = dead_mAh_cm2 / (dead_mAh_cm2 + DOUBLING_DEAD_mAh_cm2)
    arcing = ARCING_FRACTION * buried_fraction[:, np.newaxis, np.newaxis] * PROGRESS**4
    plateaus = plateaus_V(history, noise, n_cycles)[:, :, np.newaxis]
    overpotential: Array = plateaus * (1 + peaking + arcing)
    return overpotential


def nucleation_dip_V(history: History, n_cycles: int) -> Array:
    """Return what plating needs more at its start, deep in cycle 1 alone."""
    current_density_mA_cm2 = history.conditions.current_density_mA_cm2
    dip_V = NUCLEATION_V * np.sqrt(current_density_mA_cm2) * (1 + history.exposed_fraction[0]) / 2
    depth_V = np.where(np.arange(n_cycles) == 0, dip_V, LATER_NUCLEATION_FRACTION * dip_V)
    reduced = PROGRESS / NUCLEATION_PROGRESS
    dip: Array = depth_V[:, np.newaxis] * reduced * np.exp(1 - reduced)
    return dip
