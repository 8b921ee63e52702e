from dataclasses import replace

import numpy as np
import pytest

from features.errors import InvalidRecord
from training.virtual_lab.history import Scatter, history_of
from training.virtual_lab.recipes import (
    FOUNDING_COATINGS,
    HOST_LTO,
    founding_recipe,
    random_recipe,
)


def mean_ce_fraction(recipe, first, last):
    return history_of(recipe, last).ce_fraction[first - 1 :].mean()


def with_thickness(recipe, thickness_nm):
    return replace(recipe, coating=replace(recipe.coating, thickness_nm=float(thickness_nm)))


def test_ideal_lithium_behaves_as_published():
    """95 % to 70 % in 50 cycles bare, 97.4 % under the film (doi:10.1002/adma.201605531)."""
    bare = history_of(founding_recipe("bare"), 50).ce_fraction
    assert bare[:5].mean() == pytest.approx(0.95, abs=0.01)
    assert bare[-1] == pytest.approx(0.70, abs=0.01)
    assert mean_ce_fraction(founding_recipe("Cu3N+SBR"), 20, 70) == pytest.approx(0.974, abs=0.005)


def test_composite_beats_each_of_its_phases_and_they_beat_bare():
    """Particles need a binder, a binder needs particles that conduct lithium."""
    ce = {name: mean_ce_fraction(founding_recipe(name), 5, 50) for name in FOUNDING_COATINGS}
    assert ce["Cu3N+SBR"] > max(ce["Cu3N"], ce["SBR"]) > min(ce["Cu3N"], ce["SBR"]) > ce["bare"]


def test_a_vanishing_film_is_a_bare_electrode():
    thin = with_thickness(founding_recipe("Cu3N+SBR"), 0.1)
    bare = mean_ce_fraction(founding_recipe("bare"), 5, 50)
    assert mean_ce_fraction(thin, 5, 50) == pytest.approx(bare, abs=0.02)


def test_higher_current_never_helps():
    slow, fast = (
        mean_ce_fraction(founding_recipe("Cu3N+SBR", current_density_mA_cm2=j), 5, 50)
        for j in (0.5, 2.0)
    )
    assert fast < slow


@pytest.mark.parametrize("seed", range(20))
def test_efficiency_stays_between_zero_and_one(seed):
    ce_fraction = history_of(random_recipe(np.random.default_rng(seed)), 2000).ce_fraction
    assert np.all((ce_fraction > 0) & (ce_fraction < 1))


@pytest.mark.parametrize("seed", range(20))
def test_roughness_never_heals(seed):
    roughness = history_of(random_recipe(np.random.default_rng(seed)), 2000).roughness_ratio
    assert roughness[0] == pytest.approx(1)
    assert np.all(np.diff(roughness) >= 0)


def test_history_does_not_depend_on_how_far_it_is_followed():
    recipe = founding_recipe("Cu3N+SBR")
    short, long = history_of(recipe, 10).ce_fraction, history_of(recipe, 100).ce_fraction
    assert np.array_equal(short, long[:10])


@pytest.mark.parametrize("missing", ["coating", "electrolyte"])
def test_unknown_coating_or_electrolyte_is_refused(missing):
    """Null means unknown, and the lab cannot build the unknown."""
    with pytest.raises(InvalidRecord, match="null"):
        history_of(replace(founding_recipe("bare"), **{missing: None}), 10)


@pytest.mark.parametrize(
    ("trait", "is_good"),
    [
        ("shielding_ratio", True),
        ("endurance_ratio", True),
        ("loss_ratio", False),
        ("roughening_ratio", False),
    ],
)
def test_every_trait_of_a_replicate_acts_the_way_its_name_says(trait, is_good):
    recipe = founding_recipe("Cu3N+SBR")
    low, high = (
        history_of(recipe, 300, Scatter(**{trait: ratio})).ce_fraction[200:].mean()
        for ratio in (0.8, 1.25)
    )
    assert (high > low) == is_good


def test_dead_lithium_is_counted_per_geometric_area():
    """All that is lost, less what became SEI, lies dead: less than all, and never less later."""
    history = history_of(founding_recipe("bare", areal_capacity_mAh_cm2=2.0), 50)
    lost_mAh_cm2 = 2.0 * np.cumsum(-np.log(history.ce_fraction))
    assert history.dead_mAh_cm2[0] == 0
    assert np.all(np.diff(history.dead_mAh_cm2) > 0)
    assert np.all(history.dead_mAh_cm2[1:] < lost_mAh_cm2)


def test_a_film_on_a_host_leaves_its_inner_surface_bare():
    """doi:10.1038/ncomms10992: the pores are deeper than a cast film reaches."""
    recipe = founding_recipe("Cu3N+SBR", cell=HOST_LTO)
    on_host, on_foil = (
        history_of(each, 1).exposed_fraction[0] for each in (recipe, founding_recipe("Cu3N+SBR"))
    )
    assert on_host > 0.4
    assert on_foil < 0.1
