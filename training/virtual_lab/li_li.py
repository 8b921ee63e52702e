"""Symmetric Li||Li cells: polarisation over the cycles."""

import numpy as np
import pandas as pd

from features.oriented_record import PLATEAU
from features.recipe import Recipe
from training.virtual_lab.history import History
from training.virtual_lab.li_cu import overpotential_V
from training.virtual_lab.life import HORIZON_CYCLES, polarised_cycle
from training.virtual_lab.noise import Noise
from training.virtual_lab.series import PROGRESS, cycling_table, limits_V, with_noise


def cycling(
    recipe: Recipe, history: History, noise: Noise, area_cm2: float, n_cycles: int
) -> pd.DataFrame:
    """Return the raw time series of the first cycles; both half-cycles pass the full capacity."""
    conditions = history.conditions
    current_A = 1e-3 * conditions.current_density_mA_cm2 * area_cm2
    sign = np.array([-1.0, 1.0])[:, np.newaxis]
    voltage_V = with_noise(
        sign * overpotential_V(history, noise, n_cycles),
        limits_V(recipe.protocol, -np.inf, np.inf),
        noise.voltage,
    )
    duration_s = np.full((n_cycles, 2), 1800 * conditions.cycle_h)
    return cycling_table(duration_s, np.array([-current_A, current_A]), voltage_V)


def cycle_life(recipe: Recipe, history: History, noise: Noise) -> int | None:
    """Return the first cycle of confirmed polarisation, None if there is none."""
    is_plateau = np.abs(PROGRESS - np.mean(PLATEAU)) <= np.ptp(PLATEAU) / 2
    driving_V = overpotential_V(history, noise, HORIZON_CYCLES)[:, :, is_plateau]
    return polarised_cycle(np.median(driving_V, axis=2))
