"""Li||Cu cells of the virtual lab: simulated, so never part of a score reported as measured.

Every cell also carries impedance spectra after 0, 10, ... 50 cycles. A Li||Cu cell has no
symmetric spectrum, so they are those of a Li||Li sister with the same coating and cycling.
"""

import numpy as np
import pandas as pd

from features.recipe import Recipe
from training.cohort import Cohort
from training.virtual_lab import VirtualCell, founding_recipe, random_recipe, simulate
from training.virtual_lab.recipes import FOUNDING_COATINGS

N_RECIPES = 120
N_REPLICATES = 2
N_CYCLES = 50
SPECTRUM_CYCLES = tuple(range(0, N_CYCLES + 1, 10))
SEED = 20170301


def load() -> Cohort:
    """Return the cohort: the founding paper's four recipes and random ones, two cells each."""
    cells = [
        simulate(recipe, seed=seed, n_cycles=N_CYCLES, spectrum_cycles=SPECTRUM_CYCLES)
        for recipe in _recipes()
        for seed in range(N_REPLICATES)
    ]
    return Cohort(
        name="virtual",
        citation="simulated by Seicast's virtual lab",
        cells=tuple(virtual.cell for virtual in cells),
        outcomes=_outcomes(cells),
        groups=tuple(virtual.cell.recipe.recipe_id for virtual in cells),
        group_kind="recipe",
    )


def _recipes() -> list[Recipe]:
    """Return different recipes; bare ones have few choices, so the draw repeats itself."""
    rng = np.random.default_rng(SEED)
    recipes = {recipe.recipe_id: recipe for recipe in map(founding_recipe, FOUNDING_COATINGS)}
    while len(recipes) < N_RECIPES:
        recipe = random_recipe(rng)
        recipes.setdefault(recipe.recipe_id, recipe)
    return list(recipes.values())


def _outcomes(cells: list[VirtualCell]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "cycle_life_cycles": [virtual.true_cycle_life_cycles for virtual in cells],
            "is_censored": [virtual.is_censored for virtual in cells],
            "ce_fraction": [virtual.true_ce_fraction for virtual in cells],
        },
        index=pd.Index([virtual.cell.cell_id for virtual in cells], name="cell_id"),
    )
