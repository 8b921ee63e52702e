from dataclasses import replace

import pytest

from features.errors import InvalidRecord
from training.virtual_lab.conditions import Conditions, conditions_of
from training.virtual_lab.recipes import founding_recipe


def test_a_cycle_takes_as_long_as_both_half_cycles():
    assert Conditions(0.5, 1.0).cycle_h == pytest.approx(4.0)


def test_power_laws_are_one_at_the_reference():
    """All constants are given at 1 mA/cm2 and 1 mAh/cm2."""
    assert Conditions(1.0, 1.0).power_law((0.7, -3.0)) == 1
    assert Conditions(2.0, 3.0).power_law((1.0, -1.0)) == pytest.approx(2 / 3)


def test_a_larger_surface_sees_less_current_for_as_long():
    spread = Conditions(1.5, 3.0).spread_over(6.0)
    assert spread == Conditions(0.25, 0.5)
    assert spread.cycle_h == Conditions(1.5, 3.0).cycle_h


def test_protocol_without_current_is_refused():
    recipe = founding_recipe("bare")
    silent = replace(recipe, protocol=replace(recipe.protocol, current_density_mA_cm2=None))
    with pytest.raises(InvalidRecord, match="current_density_mA_cm2 is None"):
        conditions_of(silent)
