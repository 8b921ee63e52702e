from dataclasses import replace

import numpy as np
import pytest

from features.errors import InvalidRecord
from training.virtual_lab.chemistry import history_of
from training.virtual_lab.recipes import (
    ETHER,
    FOUNDING_COATINGS,
    founding_recipe,
    random_recipe,
)

MILD = {"current_density_mA_cm2": 0.25, "areal_capacity_mAh_cm2": 0.5}


def mean_ce_fraction(recipe, first, last):
    return history_of(recipe, last).ce_fraction[first - 1 :].mean()


def with_thickness(recipe, thickness_nm):
    return replace(recipe, coating=replace(recipe.coating, thickness_nm=float(thickness_nm)))


def test_bare_lithium_decays_as_published():
    """95 % to 70 % within 50 cycles at 1 mA/cm2, 1 mAh/cm2 (doi:10.1002/adma.201605531)."""
    ce_fraction = history_of(founding_recipe("bare"), 50).ce_fraction
    assert ce_fraction[:5].mean() == pytest.approx(0.95, abs=0.01)
    assert ce_fraction[-1] == pytest.approx(0.70, abs=0.01)


@pytest.mark.parametrize(
    ("recipe", "window", "published"),
    [
        (founding_recipe("Cu3N+SBR"), (20, 70), 0.974),
        (founding_recipe("Cu3N+SBR", **MILD), (1, 150), 0.98),
        (founding_recipe("Cu3N+SBR", electrolyte=ETHER, **MILD), (1, 300), 0.985),
    ],
)
def test_composite_reaches_the_published_efficiency(recipe, window, published):
    """Within half a point of doi:10.1002/adma.201605531."""
    assert mean_ce_fraction(recipe, *window) == pytest.approx(published, abs=0.005)


def test_composite_beats_each_of_its_phases_and_they_beat_bare():
    """Particles need a binder, a binder needs particles that conduct lithium."""
    ce = {name: mean_ce_fraction(founding_recipe(name), 5, 50) for name in FOUNDING_COATINGS}
    assert ce["Cu3N+SBR"] > max(ce["Cu3N"], ce["SBR"]) > min(ce["Cu3N"], ce["SBR"]) > ce["bare"]


def test_particles_without_binder_start_high_and_decay_faster():
    composite, particles = (
        history_of(founding_recipe(name), 30).ce_fraction for name in ("Cu3N+SBR", "Cu3N")
    )
    assert particles[0] == pytest.approx(composite[0], abs=0.005)
    assert particles[-1] < composite[-1] - 0.05


@pytest.mark.parametrize("last_cycle", [50, 200])
def test_thickness_optimum_lies_near_a_micrometre(last_cycle):
    """Thinner films have pinholes, thicker ones resist and crack."""
    thickness_nm = np.geomspace(50, 20_000, 40)
    recipe = founding_recipe("Cu3N+SBR")
    ce = [mean_ce_fraction(with_thickness(recipe, t), 5, last_cycle) for t in thickness_nm]
    assert 300 < thickness_nm[np.argmax(ce)] < 3000


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


def test_protocol_without_current_is_refused():
    recipe = founding_recipe("bare")
    silent = replace(recipe, protocol=replace(recipe.protocol, current_density_mA_cm2=None))
    with pytest.raises(InvalidRecord, match="current_density_mA_cm2 is None"):
        history_of(silent, 10)
