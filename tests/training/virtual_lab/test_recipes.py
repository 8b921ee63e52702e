import numpy as np
import pytest

from training.virtual_lab import random_recipe
from training.virtual_lab.recipes import LI_LTO, founding_recipe


def test_random_recipes_repeat_with_their_seed():
    one, again, other = (random_recipe(np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert one == again != other


def test_random_recipes_are_bare_or_coated_and_state_their_protocol():
    rng = np.random.default_rng(0)
    recipes = [random_recipe(rng) for _ in range(200)]
    assert {recipe.coating.is_bare for recipe in recipes} == {True, False}
    assert all(recipe.protocol.ce_method == "cycle_average" for recipe in recipes)
    assert all(recipe.protocol.upper_cutoff_V is not None for recipe in recipes)


def test_nitride_coatings_are_stripped_below_their_decomposition():
    """Films from Cu3N must stay below 0.4 to 0.5 V (doi:10.1002/adma.201605531)."""
    rng = np.random.default_rng(0)
    for recipe in (random_recipe(rng) for _ in range(200)):
        if any(phase.name == "Cu3N" for phase in recipe.coating.phases):
            assert recipe.protocol.upper_cutoff_V <= 0.5


@pytest.mark.parametrize("coating", ["bare", "Cu3N+SBR", "Cu3N", "SBR"])
def test_a_full_cell_has_no_copper_cutoff_and_no_copper_ce(coating):
    protocol = founding_recipe(coating, cell=LI_LTO).protocol
    assert protocol.upper_cutoff_V is None
    assert protocol.ce_method is None
