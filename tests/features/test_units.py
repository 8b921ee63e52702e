import pytest

from features.errors import UnknownName
from features.units import UNITS, unit_of


@pytest.mark.parametrize(("suffix", "unit"), UNITS.items())
def test_every_suffix_is_read_behind_any_quantity(suffix, unit):
    assert unit_of(f"some_quantity_{suffix}") == unit


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("interface_resistance_ohm_cm2", "ohm cm2"),
        ("current_density_mA_cm2", "mA cm-2"),
        ("discharge_fade_Ah_per_cycle", "Ah per cycle"),
        ("electrode_cm2", "cm2"),
    ],
)
def test_the_longest_suffix_wins(name, unit):
    """Ohm cm2 ends in cm2 as well, and is no area."""
    assert unit_of(name) == unit


def test_a_logarithm_keeps_the_unit_of_its_quantity():
    assert unit_of("log10_thickness_nm") == "log10(nm)"


@pytest.mark.parametrize(
    ("name", "unit"),
    [("n_cycles", "count"), ("is_coated", "true or false"), ("has_rest", "true or false")],
)
def test_counts_and_facts_are_told_by_their_prefix(name, unit):
    assert unit_of(name) == unit


@pytest.mark.parametrize("name", ["resistance", "potential_mv", "current_MA", "V", ""])
def test_a_name_without_unit_is_refused_with_the_allowed_endings(name):
    """Upper case is the unit's own: mv and MA are no units here."""
    with pytest.raises(UnknownName, match=f"'{name}' ends in no known unit.*ohm_cm2"):
        unit_of(name)
