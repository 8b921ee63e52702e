from dataclasses import replace

import pytest

from features.errors import InvalidRecord
from features.recipe import Coating, Phase
from training.virtual_lab.film import (
    endurance_fraction,
    film_current_fraction,
    film_of,
    shielding_ratio,
)
from training.virtual_lab.recipes import FOUNDING_COATINGS


def founding_film():
    return film_of(replace(FOUNDING_COATINGS["Cu3N+SBR"], youngs_modulus_GPa=None))


def test_mixing_rule_gives_the_published_modulus_of_the_composite():
    """Nanoindentation found 0.71 to 0.81 GPa (doi:10.1002/adma.201605531)."""
    assert 0.71 <= founding_film().youngs_modulus_GPa <= 0.81


def test_a_bare_control_has_no_film_and_no_shielding():
    assert film_of(Coating(phases=())) is None
    assert shielding_ratio(None, 1.0) == 0


def test_stated_properties_win_over_the_mixing_rule():
    """A measured modulus knows more than a rule."""
    film = film_of(replace(FOUNDING_COATINGS["Cu3N+SBR"], ionic_conductivity_S_cm=1e-9))
    assert film.ionic_conductivity_S_cm == 1e-9


def test_resistive_film_sends_the_current_through_its_flaws():
    film = founding_film()
    insulating = replace(film, ionic_conductivity_S_cm=1e-12)
    assert film_current_fraction(film, 1.0) > 0.5
    assert film_current_fraction(insulating, 1.0) < 0.01


def test_no_current_spreads_evenly_over_any_film():
    """Without current there is no drop across the film that could divert it."""
    assert film_current_fraction(founding_film(), 1e-12) == pytest.approx(1)


def test_shielding_vanishes_with_the_film():
    assert shielding_ratio(replace(founding_film(), thickness_um=1e-9), 1.0) == pytest.approx(
        0, abs=1e-6
    )


def test_binder_holds_particles_together():
    film = founding_film()
    assert endurance_fraction(film) > 10 * endurance_fraction(replace(film, binder_fraction=0))


def test_unknown_phase_behaves_as_its_role_says():
    unknown = Coating((Phase("unobtainium", 1.0, role="inorganic"),), thickness_nm=500)
    assert film_of(unknown).youngs_modulus_GPa == pytest.approx(2.0)


def test_unknown_phase_without_a_role_is_refused():
    with pytest.raises(InvalidRecord, match="unobtainium"):
        film_of(Coating((Phase("unobtainium", 1.0),), thickness_nm=500))


def test_coating_without_thickness_is_refused():
    with pytest.raises(InvalidRecord, match="thickness_nm"):
        film_of(replace(FOUNDING_COATINGS["SBR"], thickness_nm=None))
