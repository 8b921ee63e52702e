from dataclasses import replace

import pytest

from features.errors import InvalidRecord
from features.recipe import Component
from training.virtual_lab.electrolyte import reactivity_ratio
from training.virtual_lab.recipes import CARBONATE, ETHER


def test_the_reference_electrolyte_has_reactivity_one():
    """The constants of the chemistry are fitted in it."""
    assert reactivity_ratio(CARBONATE) == pytest.approx(1)


def test_ether_with_nitrate_is_milder_than_carbonate():
    assert reactivity_ratio(ETHER) < reactivity_ratio(CARBONATE)


@pytest.mark.parametrize("electrolyte", [CARBONATE, ETHER])
def test_film_formers_calm_an_electrolyte(electrolyte):
    assert reactivity_ratio(replace(electrolyte, additives=())) > reactivity_ratio(electrolyte)


def test_unknown_solvent_is_refused_with_the_known_ones():
    with pytest.raises(InvalidRecord, match=r"brine.*EC"):
        reactivity_ratio(replace(CARBONATE, solvents=(Component("brine", 1.0, "volume_parts"),)))


def test_additive_that_is_no_fraction_is_refused():
    with pytest.raises(InvalidRecord, match="mol_per_L"):
        reactivity_ratio(replace(CARBONATE, additives=(Component("FEC", 0.1, "mol_per_L"),)))
