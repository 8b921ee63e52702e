"""Small cohorts of simulated cells, and runs on them that end in a second."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from training.cohort import Cohort
from training.fit import train
from training.run_config import RunConfig
from training.virtual_lab import random_recipe, simulate

SETS = {
    "cycles": ("log10_ce_loss_fraction", "hysteresis_mV"),
    "recipe": ("is_coated", "log10_coating_thickness_nm", "log10_current_density_mA_cm2"),
}


def make_cohort(n_recipes=20, n_replicates=2, **changes):
    """Return simulated cells of so many recipes, ten cycles each; a group is a recipe."""
    rng = np.random.default_rng(4)
    recipes = {}
    while len(recipes) < n_recipes:
        recipe = random_recipe(rng)
        recipes.setdefault(recipe.recipe_id, recipe)
    virtual = [
        simulate(recipe, seed=seed, n_cycles=10)
        for recipe in recipes.values()
        for seed in range(n_replicates)
    ]
    outcomes = pd.DataFrame(
        {
            "cycle_life_cycles": [each.true_cycle_life_cycles for each in virtual],
            "is_censored": False,
            "ce_fraction": [each.true_ce_fraction for each in virtual],
        },
        index=[each.cell.cell_id for each in virtual],
    )
    cohort = Cohort(
        name="handmade",
        citation="simulated for the tests",
        cells=tuple(each.cell for each in virtual),
        outcomes=outcomes,
        groups=tuple(each.cell.recipe.recipe_id for each in virtual),
        group_kind="recipe",
    )
    return replace(cohort, **changes)


def make_config(**changes):
    facts = {
        "name": "life-handmade",
        "target": "cycle_life",
        "cohort": "handmade",
        "n_cycles": 10,
        "models": ("mean", "ridge"),
        "descriptor_sets": SETS,
        "baseline": ("hysteresis_mV",),
        "n_selection_folds": 3,
        "n_test_folds": 4,
    }
    return RunConfig(**(facts | changes))


def make_trained(**changes):
    """Return a small run that beats the dummy."""
    return train(make_config(**changes), make_cohort())


def with_split(cohort, n_train):
    """Return the cohort with a published split that parts replicates: one kin in "test"."""
    ids = tuple(cell.cell_id for cell in cohort.cells)
    return replace(cohort, splits={"train": ids[:n_train], "test": ids[n_train:]})


@pytest.fixture(scope="session")
def cohort():
    return make_cohort()


@pytest.fixture(scope="session")
def config():
    return make_config()


@pytest.fixture(scope="session")
def config_maker():
    return make_config


@pytest.fixture(scope="session")
def trained():
    return make_trained()


@pytest.fixture(scope="session")
def split_cohort(cohort):
    """Return a published split in which one test cell has its replicate in training."""
    return with_split(cohort, 25)


@pytest.fixture(scope="session")
def trained_on_split(split_cohort):
    return train(make_config(target="coulombic_efficiency"), split_cohort)
