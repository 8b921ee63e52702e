"""Li||Cu cells of the virtual lab: simulated, so never part of a score reported as measured.

Campaigns, as a lab runs them: one electrolyte, current and capacity, a bare control and
different coatings, two cells of each. Coatings from Cu3N are activated first. Every cell also
carries impedance spectra; a Li||Cu cell has no symmetric one, so they are those of a Li||Li
sister with the same film and cycling. A life ends by ``ce_collapse``, as
``features.end_of_life`` has it, and by nothing else.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from features.recipe import Coating, Recipe
from training.cohort import Cohort
from training.virtual_lab import VirtualCell, founding_recipe, simulate
from training.virtual_lab.activation import N_ACTIVATION_CYCLES, needs_activation
from training.virtual_lab.experiment import cell_id
from training.virtual_lab.recipes import FOUNDING_COATINGS, random_coated, random_control

N_CAMPAIGNS = 30
N_COATINGS = 4
N_REPLICATES = 2
N_CYCLES = 100
SPECTRUM_CYCLES = (0, 10, 20, 50, 100)
SEED = 20170301
#: Phase -> family, after the most of what is inorganic in a coating.
FAMILIES = {
    "Cu3N": "nitride",
    "Li3N": "nitride",
    "LiF": "fluoride",
    "Li3PO4": "phosphate",
    "Al2O3": "oxide",
}


def load() -> Cohort:
    """Return the cohort: the founding paper's four recipes first, then random campaigns."""
    campaigns = list(_campaigns())
    cells = [_simulated(recipe, seed) for recipe in _recipes(campaigns) for seed in _seeds()]
    return Cohort(
        name="virtual",
        citation="simulated by Seicast's virtual lab",
        cells=tuple(virtual.cell for virtual in cells),
        outcomes=_outcomes(cells),
        groups=tuple(virtual.cell.recipe.recipe_id for virtual in cells),
        group_kind="recipe",
        families=tuple(family_of(virtual.cell.recipe.coating) for virtual in cells),
        family_kind="phase family",
        controls={
            cell_id(recipe, seed): cell_id(control, seed)
            for control, *coated in campaigns
            for recipe in coated
            for seed in _seeds()
        },
    )


def family_of(coating: Coating | None) -> str:
    """Return the phase family of a coating: of its foremost inorganic phase, if it has one."""
    if coating is None or coating.is_bare:
        return "bare"
    inorganic = [phase for phase in coating.phases if phase.role == "inorganic"]
    if not inorganic:
        return "polymer"
    foremost = max(inorganic, key=lambda phase: phase.weight_fraction)
    return FAMILIES.get(foremost.name, "other inorganic")


def _campaigns() -> Iterator[list[Recipe]]:
    """Yield the recipes of every campaign, its bare control first."""
    yield [founding_recipe(coating) for coating in FOUNDING_COATINGS]
    rng = np.random.default_rng(SEED)
    controls = [founding_recipe("bare")]
    while len(controls) <= N_CAMPAIGNS:
        control = random_control(rng)
        if control in controls:
            continue
        controls.append(control)
        coated = {(each := random_coated(control, rng)).recipe_id: each for _ in range(N_COATINGS)}
        yield [control, *coated.values()]


def _recipes(campaigns: list[list[Recipe]]) -> list[Recipe]:
    """Return all recipes: the founding ones, then the others mixed, so that any part has all."""
    founding, *others = campaigns
    recipes = [recipe for campaign in others for recipe in campaign]
    order = np.random.default_rng(SEED).permutation(len(recipes))
    return [*founding, *(recipes[number] for number in order)]


def _simulated(recipe: Recipe, seed: int) -> VirtualCell:
    is_activated = needs_activation(recipe)
    return simulate(
        recipe,
        seed=seed,
        n_cycles=N_CYCLES,
        spectrum_cycles=SPECTRUM_CYCLES,
        n_activation_cycles=N_ACTIVATION_CYCLES if is_activated else 0,
    )


def _seeds() -> range:
    return range(N_REPLICATES)


def _outcomes(cells: list[VirtualCell]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "cycle_life_cycles": [virtual.true_cycle_life_cycles for virtual in cells],
            "is_censored": [virtual.is_censored for virtual in cells],
            "ce_fraction": [virtual.true_ce_fraction for virtual in cells],
            "r_sei_growth_ratio": [virtual.true_r_sei_growth_ratio for virtual in cells],
        },
        index=pd.Index([virtual.cell.cell_id for virtual in cells], name="cell_id"),
    )
