"""From a recipe to what lithium goes through: the chain of all laws of the virtual lab.

The film cracks with every breath of the lithium; lithium that the film no longer shields
roughens; rough lithium breaks and repairs more SEI and leaves more dead lithium behind, so
more of the plated charge is lost. Temperature does not act yet.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.errors import InvalidRecord
from features.recipe import Recipe
from training.virtual_lab.conditions import Conditions, conditions_of
from training.virtual_lab.cracks import endurance_cycles, microcracked_fraction, open_fraction
from training.virtual_lab.electrolyte import reactivity_ratio
from training.virtual_lab.film import (
    Film,
    effective_resistance_ohm_cm2,
    film_of,
    shielding_ratio,
)
from training.virtual_lab.lithium import Lithium, lithium_of
from training.virtual_lab.losses import LOSS_EXPONENTS, losses

Array = NDArray[np.float64]

#: Calibrated to bare Li||Cu at 1 mA/cm2, 1 mAh/cm2 (doi:10.1002/adma.201605531), with losses.
ROUGHENING_PER_CYCLE = 0.067
#: Own: surface of fully mossy lithium over its geometric area.
HIGHEST_ROUGHNESS_RATIO = 20.0
#: Own: exponents of current density and capacity for roughening; their product at 1.5 mA/cm2,
#: 3 mAh/cm2 is calibrated to 20 cycles of foil against LTO of the same paper.
ROUGHENING_EXPONENTS = (0.6, 0.6)


@dataclass(frozen=True)
class Scatter:
    """What makes one cell differ from its replicates; 1 everywhere is the ideal cell.

    Attributes
    ----------
    thickness_ratio : float
        Real over nominal thickness of the film.
    shielding_ratio : float
        How well particles and binder were dispersed and spread.
    endurance_ratio : float
        How few flaws the film has as dried.
    loss_ratio, roughening_ratio : float
        How pure and how even lithium and electrolyte are.
    native_sei_ratio : float
        How old the lithium was when the cell was made.
    """

    thickness_ratio: float = 1.0
    shielding_ratio: float = 1.0
    endurance_ratio: float = 1.0
    loss_ratio: float = 1.0
    roughening_ratio: float = 1.0
    native_sei_ratio: float = 1.0


IDEAL = Scatter()


@dataclass(frozen=True, eq=False)
class History:
    """What lithium went through; the entry at 0 is the fresh cell, at k cycle k.

    Attributes
    ----------
    conditions : Conditions
        Per geometric area.
    lithium : Lithium
    native_sei_ratio : float
        Resistance of the fresh SEI over the usual one.
    film_resistance_ohm_cm2 : float
        Film and its flaws side by side, per area of lithium.
    ce_fraction : float array of shape (n_cycles,)
        True Coulombic efficiency; the entry at 0 is cycle 1, as a fresh cell has none.
    microcracked_fraction, exposed_fraction : float array of shape (n_cycles + 1,)
        Lithium that solvent seeps to through the film, and that no film shields.
    roughness_ratio : float array of shape (n_cycles + 1,)
        Real over even area.
    wear_cycles : float array of shape (n_cycles + 1,)
        Cycles of bare lithium in the reference electrolyte at 1 mA/cm2 and 1 mAh/cm2 that
        would have worn the surface as much.
    dead_mAh_cm2 : float array of shape (n_cycles + 1,)
        Dead lithium left so far, per geometric area.
    """

    conditions: Conditions
    lithium: Lithium
    native_sei_ratio: float
    film_resistance_ohm_cm2: float
    ce_fraction: Array
    microcracked_fraction: Array
    exposed_fraction: Array
    roughness_ratio: Array
    wear_cycles: Array
    dead_mAh_cm2: Array


def history_of(recipe: Recipe, n_cycles: int, scatter: Scatter = IDEAL) -> History:
    """Return what lithium goes through under a recipe.

    Parameters
    ----------
    recipe : Recipe
        Coating, electrolyte, current density and capacity must be stated.
    n_cycles : int
    scatter : Scatter
        The ideal cell by default.

    Raises
    ------
    InvalidRecord
        If a fact that the simulation needs is null or unknown to the virtual lab.
    """
    if recipe.coating is None or recipe.electrolyte is None:
        raise InvalidRecord(
            f"Recipe {recipe.recipe_id}: coating or electrolyte is null, which means unknown; "
            f"for a bare control send a coating without phases."
        )
    conditions, lithium = conditions_of(recipe), lithium_of(recipe.cell)
    local = conditions.spread_over(lithium.area_ratio)
    reactivity = reactivity_ratio(recipe.electrolyte) * scatter.loss_ratio
    film = film_of(recipe.coating, scatter.thickness_ratio)
    microcracked, exposed = _damage(film, local, n_cycles, scatter)
    exposed = 1 - lithium.coated_fraction * (1 - exposed)
    pace = reactivity * scatter.roughening_ratio * local.power_law(ROUGHENING_EXPONENTS)
    wear_cycles = pace * np.concatenate([[0.0], np.cumsum(exposed[1:])])
    roughness = roughness_ratio(wear_cycles, lithium.roughness_ratio)
    lost = losses(exposed, roughness, reactivity * local.power_law(LOSS_EXPONENTS))
    dead_mAh_cm2 = conditions.areal_capacity_mAh_cm2 * np.cumsum(lost.dead_fraction)
    return History(
        conditions=conditions,
        lithium=lithium,
        native_sei_ratio=scatter.native_sei_ratio,
        film_resistance_ohm_cm2=effective_resistance_ohm_cm2(film, local.current_density_mA_cm2),
        ce_fraction=lost.ce_fraction,
        microcracked_fraction=microcracked,
        exposed_fraction=exposed,
        roughness_ratio=roughness,
        wear_cycles=wear_cycles,
        dead_mAh_cm2=np.concatenate([[0.0], dead_mAh_cm2]),
    )


def roughness_ratio(wear_cycles: Array, initial_ratio: float = 1.0) -> Array:
    """Return real over even area: exponential at first, then saturating (logistic).

    Protrusions draw the current that makes them grow, until they screen each other
    (doi:10.1021/acscentsci.6b00260 shows both; the law is own).
    """
    spread = HIGHEST_ROUGHNESS_RATIO / initial_ratio - 1
    return HIGHEST_ROUGHNESS_RATIO / (1 + spread * np.exp(-ROUGHENING_PER_CYCLE * wear_cycles))


def _damage(
    film: Film | None, local: Conditions, n_cycles: int, scatter: Scatter
) -> tuple[Array, Array]:
    """Return the microcracked and the exposed share; 0 and 1 without a film."""
    if film is None:
        return np.zeros(n_cycles + 1), np.ones(n_cycles + 1)
    endurance = endurance_cycles(film, local, scatter.endurance_ratio)
    shielded_over_exposed = scatter.shielding_ratio * shielding_ratio(
        film, local.current_density_mA_cm2
    )
    is_whole = 1 - open_fraction(n_cycles, endurance)
    return microcracked_fraction(n_cycles, endurance), 1 / (1 + is_whole * shielded_over_exposed)
