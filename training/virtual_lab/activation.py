"""Activation of a film from Cu3N on copper: it turns into Li3N before any lithium is plated.

As in doi:10.1002/adma.201605531: cycles between 0 and 0.4 V at 0.01 mA/cm2. The first
discharge converts the film, Cu3N + 3 Li -> Li3N + 3 Cu; the later ones charge surfaces.
"""

import numpy as np
import pandas as pd

from features.recipe import Coating, Recipe
from training.virtual_lab.series import PROGRESS, cycling_table, followed_by, with_noise

N_ACTIVATION_CYCLES = 10
CURRENT_DENSITY_mA_cm2 = 0.01
LOWER_V, UPPER_V = 0.0, 0.4
#: Three electrons over 204.7 g/mol, by Faraday's law.
CU3N_CAPACITY_mAh_g = 392.9
#: Crystal density of Cu3N times the packing of particles (own).
CU3N_PACKED_g_cm3 = 5.84 * 0.5
#: Own: charge of the surfaces in later activation cycles, per thickness of film.
SURFACE_mAh_cm2_um = 0.004
#: Own: bend of the slope from the upper to the lower limit, and back.
SLOPE_EXPONENT = 0.4


def needs_activation(recipe: Recipe) -> bool:
    """Tell whether a film is made of something that turns into the coating on copper."""
    phases = () if recipe.coating is None else recipe.coating.phases
    return recipe.cell.type == "Li||Cu" and any(phase.name == "Cu3N" for phase in phases)


def activated(
    cycling: pd.DataFrame,
    recipe: Recipe,
    area_cm2: float,
    n_activation_cycles: int,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Return the raw time series of activation, and of cycling behind it.

    The counter of cycles runs on from 1, as a cycler counts them.
    """
    if recipe.coating is None or recipe.coating.is_bare or not n_activation_cycles:
        return cycling
    charge_mAh_cm2 = np.full(
        (n_activation_cycles, 2), SURFACE_mAh_cm2_um * (recipe.coating.thickness_nm or 0.0) / 1000
    )
    charge_mAh_cm2[0, 0] += conversion_mAh_cm2(recipe.coating)
    current_A = 1e-3 * CURRENT_DENSITY_mA_cm2 * area_cm2
    # Sloping, as particles this small convert; the charge lies above by what it polarises.
    falling_V = UPPER_V * (1 - PROGRESS**SLOPE_EXPONENT)
    rising_V = UPPER_V * PROGRESS**SLOPE_EXPONENT
    voltage_V = np.broadcast_to(
        np.stack([falling_V, rising_V]), (n_activation_cycles, 2, PROGRESS.size)
    )
    activation = cycling_table(
        3600 * charge_mAh_cm2 / CURRENT_DENSITY_mA_cm2,
        np.array([-current_A, current_A]),
        with_noise(voltage_V, (LOWER_V, UPPER_V), rng),
    )
    return followed_by(activation, cycling)


def conversion_mAh_cm2(coating: Coating) -> float:
    """Return the charge that turns the Cu3N of a film into Li3N."""
    fraction = sum(phase.weight_fraction for phase in coating.phases if phase.name == "Cu3N")
    thickness_cm = 1e-7 * (coating.thickness_nm or 0.0)
    return CU3N_CAPACITY_mAh_g * CU3N_PACKED_g_cm3 * fraction * thickness_cm
