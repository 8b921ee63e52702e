"""Li||LTO cells with little lithium: full capacity until the excess is used up, then ever less."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.errors import InvalidRecord
from features.recipe import Recipe
from training.virtual_lab.conditions import conditions_of
from training.virtual_lab.history import History
from training.virtual_lab.interface import SERIES_RESISTANCE_ohm_cm2, interface_of
from training.virtual_lab.noise import Noise
from training.virtual_lab.series import PROGRESS, cycling_table, limits_V, tail, with_noise

#: Two-phase plateau of lithium titanate against lithium.
LTO_PLATEAU_V = 1.55
#: Usual window of Li||LTO where the protocol states none.
LOWER_CUTOFF_V, UPPER_CUTOFF_V = 1.0, 2.5
#: Of doi:10.1002/adma.201605531: two cycles at 0.2 C before those at 0.5 C.
N_SLOW_CYCLES, SLOW_CURRENT_RATIO = 2, 0.4
#: Own: composite LTO electrode.
LTO_RESISTANCE_ohm_cm2 = 30.0


def cycling(
    recipe: Recipe, history: History, noise: Noise, area_cm2: float, n_cycles: int
) -> pd.DataFrame:
    """Return the raw time series of the first cycles; empty LTO is discharged first.

    LTO returns all the lithium it took: charge and discharge of a cycle pass the same
    charge, and lithium's losses show only once the excess is gone.
    """
    capacity_mAh_cm2 = delivered_mAh_cm2(history.ce_fraction[:n_cycles], *_inventory(recipe))
    current_mA_cm2 = current_density_mA_cm2(history, n_cycles)
    duration_s = 3600 * capacity_mAh_cm2 / current_mA_cm2
    current_A = 1e-3 * area_cm2 * current_mA_cm2
    voltage_V = _voltage_V(recipe, history, noise, n_cycles)
    return cycling_table(
        np.stack([duration_s, duration_s], axis=1),
        np.stack([-current_A, current_A], axis=1),
        with_noise(
            voltage_V, limits_V(recipe.protocol, LOWER_CUTOFF_V, UPPER_CUTOFF_V), noise.voltage
        ),
    )


def cycle_life(recipe: Recipe, history: History, noise: Noise) -> int | None:
    """Return the number of full cycles before the cell first falls short, None if it never does."""
    return full_cycles(history.ce_fraction, *_inventory(recipe))


def current_density_mA_cm2(history: History, n_cycles: int) -> NDArray[np.float64]:
    """Return the current density of every cycle, the first ones slow."""
    ratio = np.where(np.arange(n_cycles) < N_SLOW_CYCLES, SLOW_CURRENT_RATIO, 1.0)
    return history.conditions.current_density_mA_cm2 * ratio


def full_cycles(
    ce_fraction: NDArray[np.float64], lithium_mAh_cm2: float, capacity_mAh_cm2: float
) -> int | None:
    """Return how many cycles run at full capacity before the first that falls short.

    Parameters
    ----------
    ce_fraction : float array of shape (n_cycles,)
    lithium_mAh_cm2, capacity_mAh_cm2 : float
        Lithium put in, and what the cell passes in every full cycle.

    Returns
    -------
    int or None
        None where the lithium outlasts the cycles given.

    Notes
    -----
    For a constant efficiency this is ``Q_excess / (Q_c (1 - CE))``, rounded up: the
    lithium left in cycle N + 1 is less than one capacity.

    Examples
    --------
    >>> full_cycles(np.full(100, 0.883), lithium_mAh_cm2=10, capacity_mAh_cm2=3)
    20
    """
    lost_mAh_cm2 = capacity_mAh_cm2 * np.cumsum(1 - ce_fraction)
    is_short = lost_mAh_cm2 > lithium_mAh_cm2 - capacity_mAh_cm2
    return int(np.argmax(is_short)) + 1 if is_short.any() else None


def delivered_mAh_cm2(
    ce_fraction: NDArray[np.float64], lithium_mAh_cm2: float, capacity_mAh_cm2: float
) -> NDArray[np.float64]:
    """Return the discharged capacity of every cycle, shape (n_cycles,)."""
    delivered = np.empty(ce_fraction.size)
    left_mAh_cm2 = lithium_mAh_cm2
    for cycle, efficiency in enumerate(ce_fraction):
        delivered[cycle] = min(capacity_mAh_cm2, left_mAh_cm2)
        left_mAh_cm2 -= delivered[cycle] * (1 - efficiency)
    return delivered


def _voltage_V(
    recipe: Recipe, history: History, noise: Noise, n_cycles: int
) -> NDArray[np.float64]:
    """Return the voltage, shape (n_cycles, 2, PROGRESS.size): plateaus that end at a cutoff."""
    interface = interface_of(history).resistance_ohm_cm2[:n_cycles, np.newaxis]
    resistance_ohm_cm2 = (
        interface * noise.polarisation_ratio[:n_cycles]
        + SERIES_RESISTANCE_ohm_cm2
        + LTO_RESISTANCE_ohm_cm2
    )
    current_mA_cm2 = current_density_mA_cm2(history, n_cycles)[:, np.newaxis]
    overpotential = 1e-3 * current_mA_cm2 * resistance_ohm_cm2
    plateaus = LTO_PLATEAU_V + np.array([-1.0, 1.0]) * overpotential
    ends = np.array(limits_V(recipe.protocol, LOWER_CUTOFF_V, UPPER_CUTOFF_V))
    voltage: NDArray[np.float64] = plateaus[:, :, np.newaxis] + (ends - plateaus)[
        :, :, np.newaxis
    ] * tail(PROGRESS)
    return voltage


def _inventory(recipe: Recipe) -> tuple[float, float]:
    """Return lithium put in and capacity cycled, both in mAh cm-2."""
    lithium, positive = recipe.cell.lithium_capacity_mAh_cm2, recipe.cell.positive_capacity_mAh_cm2
    cycled = conditions_of(recipe).areal_capacity_mAh_cm2
    if lithium is None or positive is None or not cycled <= positive < lithium:
        raise InvalidRecord(
            f"Recipe {recipe.recipe_id}: the cell cycles {cycled}, its positive electrode takes "
            f"{positive} and its lithium is {lithium} mAh/cm2; state all three, in rising order."
        )
    return lithium, cycled
