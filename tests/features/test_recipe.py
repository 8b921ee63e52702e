import json
import math
from dataclasses import asdict, fields, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.errors import InvalidRecord
from features.recipe import (
    RANGES,
    CellDesign,
    Coating,
    Component,
    Electrolyte,
    Phase,
    Protocol,
    Recipe,
    recipe_from_dict,
)

BUILDERS = {
    "weight_fraction": lambda value: Phase("X", value),
    "thickness_nm": lambda value: Coating((), thickness_nm=value),
    "youngs_modulus_GPa": lambda value: Coating((), youngs_modulus_GPa=value),
    "ionic_conductivity_S_cm": lambda value: Coating((), ionic_conductivity_S_cm=value),
    "density_g_mL": lambda value: Component("X", 1.0, "mole_parts", density_g_mL=value),
    "amount": lambda value: Component("X", value, "mole_parts"),
    "volume_uL": lambda value: Electrolyte(volume_uL=value),
    "lithium_capacity_mAh_cm2": lambda value: CellDesign("Li||Cu", lithium_capacity_mAh_cm2=value),
    "positive_capacity_mAh_cm2": lambda value: CellDesign("Li||Cu", None, None, value),
    **{
        field.name: lambda value, name=field.name: Protocol(**{name: value})
        for field in fields(Protocol)
        if field.name in RANGES
    },
}

text = st.none() | st.text(max_size=8)


def number(name):
    low, high = RANGES[name]
    return st.none() | st.floats(low, high)


components = st.builds(
    Component,
    st.text(max_size=8),
    st.floats(0, 1),
    st.sampled_from(["mol_per_L", "volume_parts", "weight_fraction"]),
    st.sampled_from([None, "C3H4O3"]),
    number("density_g_mL"),
)
coatings = st.builds(
    Coating,
    st.sampled_from([(), (Phase("Cu3N", 0.9, "inorganic"), Phase("SBR", 0.1, None, "C8H8"))]),
    number("thickness_nm"),
    text,
    text,
    number("youngs_modulus_GPa"),
    number("ionic_conductivity_S_cm"),
)
several = st.lists(components, max_size=3).map(tuple)
recipes = st.builds(
    Recipe,
    st.builds(
        CellDesign,
        st.sampled_from(["Li||Cu", "Li||LTO"]),
        text,
        number("lithium_capacity_mAh_cm2"),
        number("positive_capacity_mAh_cm2"),
    ),
    st.none() | coatings,
    st.none() | st.builds(Electrolyte, several, several, several, number("volume_uL")),
    st.builds(
        Protocol,
        number("current_density_mA_cm2"),
        number("areal_capacity_mAh_cm2"),
        number("upper_cutoff_V"),
        number("lower_cutoff_V"),
        number("temperature_degC"),
        st.sampled_from([None, "aurbach"]),
        text,
    ),
)


def test_every_range_belongs_to_a_field():
    """A range whose field was renamed would guard nothing."""
    assert set(BUILDERS) == set(RANGES)


@pytest.mark.parametrize("name", RANGES)
def test_a_number_is_allowed_at_both_ends_of_its_range(name):
    for value in RANGES[name]:
        assert getattr(BUILDERS[name](value), name) == value


@pytest.mark.parametrize("name", RANGES)
def test_a_number_outside_its_range_is_refused_by_name_and_range(name):
    low, high = RANGES[name]
    for value in (math.nextafter(low, -math.inf), math.nextafter(high, math.inf)):
        with pytest.raises(InvalidRecord, match=rf"\.{name} is .*allowed is"):
            BUILDERS[name](value)


@pytest.mark.parametrize("name", RANGES)
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_none_is_refused(name, value):
    """Not reported is null; NaN is a fault on the way."""
    with pytest.raises(InvalidRecord, match=name):
        BUILDERS[name](value)


def test_percent_is_refused_where_fractions_are_meant():
    with pytest.raises(InvalidRecord, match="weight_fraction is 90; allowed is 0 to 1"):
        Phase("Cu3N", 90)
    with pytest.raises(InvalidRecord, match=r"'FEC': weight_fraction is 10.*not percent"):
        Component("FEC", 10, "weight_fraction")


def test_parts_may_exceed_one():
    """3:7 by volume is no fraction."""
    assert Component("EC", 3, "volume_parts").amount == 3


@pytest.mark.parametrize("second", [0.0, 0.08, 0.12, 0.5])
def test_weight_fractions_of_a_coating_add_up_to_one(second):
    with pytest.raises(InvalidRecord, match="weight fractions add up to"):
        Coating((Phase("Cu3N", 0.9), Phase("SBR", second)))


def test_weight_fractions_may_be_rounded():
    """Thirds are reported as 0.33, which makes 0.99."""
    for third in (0.33, 0.3366):
        assert not Coating(tuple(Phase(name, third) for name in "ABC")).is_bare


def test_no_phases_is_bare_and_holds_nothing():
    bare = Coating(())
    assert bare.is_bare
    assert bare.fraction_of("inorganic") == 0


def test_phases_of_one_role_are_added():
    coating = Coating((Phase("A", 0.5, "polymer"), Phase("B", 0.2, "polymer"), Phase("C", 0.3)))
    assert not coating.is_bare
    assert coating.fraction_of("polymer") == pytest.approx(0.7)


def test_an_impossible_formula_is_refused_at_once():
    with pytest.raises(InvalidRecord, match="Xx"):
        Component("X", 1, "volume_parts", formula="Xx2")


def test_a_recipe_without_protocol_states_none():
    assert recipe_from_dict({"cell": {"type": "Li||Cu"}}) == Recipe(CellDesign("Li||Cu"))


@given(recipes)
@settings(deadline=None)
def test_a_recipe_survives_the_way_through_json(recipe):
    """The store keeps recipes as JSON; what comes back is the same recipe, under the same id."""
    back = recipe_from_dict(json.loads(json.dumps(asdict(recipe))))
    assert back == recipe
    assert back.recipe_id == recipe.recipe_id


@given(recipes, recipes)
@settings(deadline=None)
def test_equal_recipes_share_an_id_and_others_do_not(one, other):
    assert (one.recipe_id == other.recipe_id) == (one == other)


def test_one_and_one_point_zero_are_one_recipe():
    """Replicates stay together however their numbers were typed."""
    integer, real = (
        Recipe(CellDesign("Li||Cu"), protocol=Protocol(one, lower_cutoff_V=zero))
        for one, zero in ((1, 0), (1.0, -0.0))
    )
    assert integer == real
    assert integer.recipe_id == real.recipe_id


#: Where not every name is allowed.
OTHER_NAMES = {"Li||Cu": "Li||Li"}


def changed_values(record):
    """Yield copies of a record, each with one field changed, at any depth."""
    for field in fields(record):
        value = getattr(record, field.name)
        if isinstance(value, float):
            yield replace(record, **{field.name: value * 0.999})
        elif isinstance(value, tuple) and value:
            for part in changed_values(value[0]):
                yield replace(record, **{field.name: (part, *value[1:])})
        elif hasattr(value, "__dataclass_fields__"):
            for part in changed_values(value):
                yield replace(record, **{field.name: part})
        elif isinstance(value, str) and field.name not in ("unit", "formula"):
            yield replace(record, **{field.name: OTHER_NAMES.get(value, value + "?")})


def test_every_field_counts_for_the_id(coated_recipe):
    """A thinner coating is another recipe, and splits must see that."""
    changed = list(changed_values(coated_recipe))
    ids = {recipe.recipe_id for recipe in (coated_recipe, *changed)}
    assert len(changed) > 25
    assert len(ids) == len(changed) + 1


def test_the_id_is_the_same_in_every_process():
    """It stands in files; Python's own hash changes from run to run."""
    assert Recipe(CellDesign("Li||Cu")).recipe_id == "37d90f672fc37794"


def test_a_cell_type_nobody_has_is_refused_with_the_list():
    """A typo must not pass for a full cell."""
    with pytest.raises(InvalidRecord, match=r"'LiCu'; there are Li\|\|Cu"):
        CellDesign("LiCu")
