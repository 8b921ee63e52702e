"""Li||Cu cells: plate a fixed charge on copper, strip it to a cutoff, count what comes back."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.recipe import Recipe
from training.virtual_lab.chemistry import History, conditions_of
from training.virtual_lab.interface import SERIES_RESISTANCE_ohm_cm2, interface_of
from training.virtual_lab.life import COLLAPSED_CE_FRACTION, first_confirmed_cycle
from training.virtual_lab.series import PROGRESS, cycling_table, limits_V, tail, with_noise

#: Stripping ends here where the protocol states no cutoff; 0.5 to 1 V is common practice.
STRIPPING_CUTOFF_V = 1.0
#: Own: scatter of measured CE from the cycler's current and clock alone.
CHARGE_NOISE_FRACTION = 2e-4
#: Own: nucleation on bare copper at 1 mA/cm2; a shielding film halves it.
NUCLEATION_V = 0.08
#: Own: share of the nucleation dip left once lithium has been there before.
LATER_NUCLEATION_FRACTION = 0.12
#: Own: where the dip is deepest, as a share of the half-cycle.
NUCLEATION_PROGRESS = 0.012
#: Own: higher voltage at the start of a half-cycle, and at its end through dead lithium.
PEAKING_FRACTION = 0.2
ARCING_FRACTION = 0.4


def cycling(
    recipe: Recipe,
    history: History,
    area_cm2: float,
    n_cycles: int,
    rngs: tuple[np.random.Generator, np.random.Generator],
) -> pd.DataFrame:
    """Return the raw time series of the first cycles; copper is plated first, current negative.

    Parameters
    ----------
    rngs : pair of Generator
        For the charge and for the voltage, so that a longer test extends a shorter one.
    """
    conditions = conditions_of(recipe)
    plating_s = 3600 * conditions.areal_capacity_mAh_cm2 / conditions.current_density_mA_cm2
    noise = rngs[0].normal(0, CHARGE_NOISE_FRACTION, n_cycles)
    stripping_s = plating_s * history.ce_fraction[:n_cycles] * (1 + noise)
    current_A = 1e-3 * conditions.current_density_mA_cm2 * area_cm2
    cutoffs_V = limits_V(recipe.protocol, -np.inf, STRIPPING_CUTOFF_V)
    voltage_V = np.stack(
        [
            plating_voltage_V(history, conditions.current_density_mA_cm2, n_cycles),
            stripping_voltage_V(history, conditions.current_density_mA_cm2, n_cycles, cutoffs_V[1]),
        ],
        axis=1,
    )
    duration_s = np.stack([np.full(n_cycles, plating_s), stripping_s], axis=1)
    return cycling_table(
        duration_s, (-current_A, current_A), with_noise(voltage_V, cutoffs_V, rngs[1])
    )


def cycle_life(recipe: Recipe, history: History) -> int | None:
    """Return the first cycle of the confirmed CE collapse, None if there is none."""
    return first_confirmed_cycle(history.ce_fraction < COLLAPSED_CE_FRACTION)


def plateau_V(
    history: History, current_density_mA_cm2: float, n_cycles: int
) -> NDArray[np.float64]:
    """Return the plateau overpotential of every cycle: both interfaces and the electrolyte."""
    before_cycle = interface_of(history).resistance_ohm_cm2[:n_cycles]
    return 1e-3 * current_density_mA_cm2 * (SERIES_RESISTANCE_ohm_cm2 + 2 * before_cycle)


def overpotential_V(
    history: History, current_density_mA_cm2: float, n_cycles: int
) -> NDArray[np.float64]:
    """Return the overpotential without sign, shape (n_cycles, PROGRESS.size)."""
    peaking = PEAKING_FRACTION * np.exp(-PROGRESS / 0.03)
    mossy_fraction = 1 - 1 / history.roughness_ratio[:n_cycles, np.newaxis]
    arcing = ARCING_FRACTION * mossy_fraction * PROGRESS**4
    plateau = plateau_V(history, current_density_mA_cm2, n_cycles)[:, np.newaxis]
    overpotential: NDArray[np.float64] = plateau * (1 + peaking + arcing)
    return overpotential


def plating_voltage_V(
    history: History, current_density_mA_cm2: float, n_cycles: int
) -> NDArray[np.float64]:
    """Return the voltage of plating, with its nucleation dip, deep in cycle 1 alone."""
    dip_V = NUCLEATION_V * np.sqrt(current_density_mA_cm2) * (1 + history.exposed_fraction[0]) / 2
    depth_V = np.where(np.arange(n_cycles) == 0, dip_V, LATER_NUCLEATION_FRACTION * dip_V)
    reduced = PROGRESS / NUCLEATION_PROGRESS
    dip = depth_V[:, np.newaxis] * reduced * np.exp(1 - reduced)
    voltage_V: NDArray[np.float64] = -dip - overpotential_V(
        history, current_density_mA_cm2, n_cycles
    )
    return voltage_V


def stripping_voltage_V(
    history: History, current_density_mA_cm2: float, n_cycles: int, cutoff_V: float
) -> NDArray[np.float64]:
    """Return the voltage of stripping: a plateau, then the rise to the cutoff."""
    plateau = overpotential_V(history, current_density_mA_cm2, n_cycles)
    return plateau + (cutoff_V - plateau) * tail(PROGRESS)
