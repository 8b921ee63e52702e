import numpy as np
import pytest

from models.unit_slips import likely_unit, may_slip, slip_hint

THICKNESS, CURRENT = "log10_coating_thickness_nm", "log10_current_density_mA_cm2"
MODULUS = "log10_coating_youngs_modulus_GPa"


@pytest.mark.parametrize(
    ("name", "value", "low", "high", "unit"),
    [
        (THICKNESS, -0.1, 2.3, 3.3, "um"),
        (THICKNESS, -3.5, 2.3, 3.3, "mm"),
        (MODULUS, 2.9, -2.0, 0.5, "MPa"),
        (MODULUS, 6.1, -0.5, 0.5, "kPa"),
        (CURRENT, 2.9, -0.6, 0.7, "uA cm-2"),
        (CURRENT, -3.1, -0.6, 0.7, "A cm-2"),
        ("hysteresis_mV", 0.04, 20.0, 100.0, "V"),
        ("initial_ce_fraction", 97.0, 0.8, 0.99, "percent"),
        ("log10_coating_conductivity_S_cm", -2.0, -6.0, -4.5, "mS cm-1"),
        ("log10_sputter_time_s", 0.7, 1.8, 2.8, "min"),
        ("rest_h", 50.0, 0.2, 2.0, "min"),
        ("rest_h", 5000.0, 0.2, 2.0, "s"),
    ],
)
def test_the_unit_in_which_the_value_would_be_usual_is_named(name, value, low, high, unit):
    """A number a thousand times too large was given in a unit a thousand times smaller."""
    assert likely_unit(name, value, low, high) == unit


@pytest.mark.parametrize(
    ("name", "value", "low", "high"),
    [
        (THICKNESS, 3.0, 2.3, 3.3),
        (THICKNESS, 4.5, 2.3, 3.3),
        ("ce_slope_fraction_per_cycle", 5.0, -0.1, 0.1),
        ("hysteresis_mV", 0.0, 20.0, 100.0),
        ("arc_width_growth_ratio", 1000.0, 0.9, 1.1),
        (THICKNESS, 3.0, float("nan"), float("nan")),
    ],
)
def test_nothing_is_guessed_where_no_unit_explains_the_value(name, value, low, high):
    assert likely_unit(name, value, low, high) is None
    assert slip_hint(name, value, low, high) == ""


@pytest.mark.parametrize(
    ("name", "value", "low", "high"),
    [
        (THICKNESS, 4.954, 2.3, 3.3),
        (THICKNESS, 5.9, 2.3, 3.3),
        (CURRENT, -6.1, -0.6, 0.7),
        ("hysteresis_mV", 4e4, 20.0, 100.0),
        ("log10_sputter_power_W", 7.4, 1.3, 2.0),
    ],
)
def test_units_that_no_lab_states_a_quantity_in_are_never_named(name, value, low, high):
    """90 um is a thick film; nobody typed picometres, kiloamperes or microvolts."""
    assert likely_unit(name, value, low, high) is None


@pytest.mark.parametrize("name", [THICKNESS, CURRENT, MODULUS])
def test_what_the_ends_of_some_values_rule_out_none_of_them_is(name):
    rng = np.random.default_rng(0)
    ruled_out = 0
    for _ in range(300):
        low, width, spread = rng.uniform(-3, 3), rng.uniform(0, 3), rng.uniform(0, 2)
        values = (low + rng.uniform(-5, 5) + rng.uniform(0, spread, 9)).tolist()
        units = {likely_unit(name, value, low, low + width) for value in values}
        if not may_slip(name, values, low, low + width):
            ruled_out += 1
            assert units == {None}
    assert ruled_out > 30
