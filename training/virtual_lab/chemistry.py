"""From a recipe to what happens to lithium in every cycle: exposure, roughness, loss.

The chain of one cycle: the film cracks with every breath of the lithium; lithium that the
film no longer shields roughens; rough lithium breaks and repairs more SEI and leaves more
dead lithium behind, so more of the plated charge is lost. Temperature does not act yet.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.errors import InvalidRecord
from features.recipe import Recipe
from training.virtual_lab.electrolyte import reactivity_ratio
from training.virtual_lab.film import (
    Film,
    effective_resistance_ohm_cm2,
    endurance_fraction,
    film_of,
    shielding_ratio,
)

#: Fitted to bare Li||Cu at 1 mA/cm2, 1 mAh/cm2 of doi:10.1002/adma.201605531: 95 % to 70 %.
SMOOTH_LOSS_FRACTION = 0.044
ROUGHENING_PER_CYCLE = 0.051
#: Own: surface of fully mossy lithium over its geometric area.
HIGHEST_ROUGHNESS_RATIO = 20.0
#: Fitted to Cu3N + SBR of the same paper: 97.4 % instead of 95 % of a smooth bare start.
SHIELDED_LOSS_SAVED_FRACTION = 0.48
#: Own: cycles at 1 mA/cm2, 1 mAh/cm2 after which exp(-1) of the best film is uncracked.
LONGEST_ENDURANCE_CYCLES = 260.0
#: Own: loss to the first SEI on the substrate in cycle 1, and how fast it fades.
FORMATION_LOSS_FRACTION = 0.010
FORMATION_CYCLES = 1.5
#: Fitted to Cu3N + SBR at 0.25 mA/cm2, 0.5 mAh/cm2: about 98 %. A higher capacity per cycle
#: dilutes the SEI's share (Adams et al. 2018, doi:10.1002/aenm.201702097).
LOSS_EXPONENTS = (0.22, -0.15)
#: Own: exponents of current density and capacity for roughening and for cracking.
ROUGHENING_EXPONENTS = (0.4, 0.6)
ENDURANCE_EXPONENTS = (-0.4, -0.8)


@dataclass(frozen=True)
class Conditions:
    """How hard lithium is worked in every cycle."""

    current_density_mA_cm2: float
    areal_capacity_mAh_cm2: float

    def power_law(self, exponents: tuple[float, float]) -> float:
        """Return 1 at 1 mA/cm2 and 1 mAh/cm2, elsewhere the product of both powers."""
        by_current, by_capacity = exponents
        return float(
            self.current_density_mA_cm2**by_current * self.areal_capacity_mAh_cm2**by_capacity
        )


@dataclass(frozen=True)
class Scatter:
    """What makes one cell differ from its replicates; 1 everywhere is the ideal cell."""

    thickness_ratio: float = 1.0
    loss_ratio: float = 1.0
    roughening_ratio: float = 1.0
    endurance_ratio: float = 1.0


@dataclass(frozen=True, eq=False)
class History:
    """What lithium went through; the entry at 0 is the fresh cell, at k cycle k.

    Attributes
    ----------
    ce_fraction : float array of shape (n_cycles,)
        True Coulombic efficiency; the entry at 0 is cycle 1, as a fresh cell has none.
    exposed_fraction, roughness_ratio : float array of shape (n_cycles + 1,)
        Lithium that the film does not shield; real over geometric area.
    film_resistance_ohm_cm2 : float
        Film and its flaws side by side.
    wear_cycles : float array of shape (n_cycles + 1,)
        Cycles of bare lithium in the reference electrolyte at 1 mA/cm2 and 1 mAh/cm2 that
        would have worn the surface as much.
    """

    ce_fraction: NDArray[np.float64]
    exposed_fraction: NDArray[np.float64]
    roughness_ratio: NDArray[np.float64]
    film_resistance_ohm_cm2: float
    wear_cycles: NDArray[np.float64]


def conditions_of(recipe: Recipe) -> Conditions:
    """Return current density and capacity of a recipe.

    Raises
    ------
    InvalidRecord
        If the protocol leaves one of them out.
    """
    protocol = recipe.protocol
    if protocol.current_density_mA_cm2 is None or protocol.areal_capacity_mAh_cm2 is None:
        raise InvalidRecord(
            f"Recipe {recipe.recipe_id}: protocol.current_density_mA_cm2 is "
            f"{protocol.current_density_mA_cm2} and areal_capacity_mAh_cm2 is "
            f"{protocol.areal_capacity_mAh_cm2}; the virtual lab needs both to cycle a cell."
        )
    return Conditions(protocol.current_density_mA_cm2, protocol.areal_capacity_mAh_cm2)


def history_of(recipe: Recipe, n_cycles: int, scatter: Scatter = Scatter()) -> History:
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
    conditions = conditions_of(recipe)
    reactivity = reactivity_ratio(recipe.electrolyte) * scatter.loss_ratio
    film = film_of(recipe.coating, scatter.thickness_ratio)
    exposed = exposed_fraction(film, conditions, n_cycles, scatter.endurance_ratio)
    pace = reactivity * scatter.roughening_ratio * conditions.power_law(ROUGHENING_EXPONENTS)
    wear_cycles = pace * np.concatenate([[0.0], np.cumsum(exposed[1:])])
    roughness = roughness_ratio(wear_cycles)
    return History(
        ce_fraction=ce_fraction(
            exposed, roughness, reactivity * conditions.power_law(LOSS_EXPONENTS)
        ),
        exposed_fraction=exposed,
        roughness_ratio=roughness,
        film_resistance_ohm_cm2=effective_resistance_ohm_cm2(
            film, conditions.current_density_mA_cm2
        ),
        wear_cycles=wear_cycles,
    )


def exposed_fraction(
    film: Film | None, conditions: Conditions, n_cycles: int, endurance_ratio: float = 1.0
) -> NDArray[np.float64]:
    """Return the unshielded share of lithium, shape (n_cycles + 1,); 1 without a film.

    Notes
    -----
    Cracks follow a Weibull law of shape 2: few at first, then ever faster.
    """
    if film is None:
        return np.ones(n_cycles + 1)
    endurance_cycles = (
        LONGEST_ENDURANCE_CYCLES
        * endurance_fraction(film)
        * conditions.power_law(ENDURANCE_EXPONENTS)
        * endurance_ratio
    )
    uncracked = np.exp(-((np.arange(n_cycles + 1) / endurance_cycles) ** 2))
    return 1 / (1 + uncracked * shielding_ratio(film, conditions.current_density_mA_cm2))


def roughness_ratio(wear_cycles: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return real over geometric area: exponential at first, then saturating (logistic)."""
    spread = HIGHEST_ROUGHNESS_RATIO - 1
    return HIGHEST_ROUGHNESS_RATIO / (1 + spread * np.exp(-ROUGHENING_PER_CYCLE * wear_cycles))


def ce_fraction(
    exposed: NDArray[np.float64], roughness: NDArray[np.float64], reactivity: float
) -> NDArray[np.float64]:
    """Return the true Coulombic efficiency of cycles 1 to n.

    Parameters
    ----------
    exposed, roughness : float array of shape (n_cycles + 1,)
    reactivity : float
        Electrolyte, current density and capacity, 1 for the reference.

    Notes
    -----
    SEI and dead lithium both scale with the real area. ``exp(-loss)`` keeps the
    efficiency inside (0, 1) however large the loss.
    """
    unshielded = 1 - SHIELDED_LOSS_SAVED_FRACTION * (1 - exposed[1:])
    formation = FORMATION_LOSS_FRACTION * np.exp(-np.arange(exposed.size - 1) / FORMATION_CYCLES)
    loss = SMOOTH_LOSS_FRACTION * roughness[1:] * unshielded + formation
    return np.exp(-reactivity * loss)
