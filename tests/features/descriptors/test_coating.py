import pytest

from features.descriptors.coating import (
    coating_inorganic_fraction,
    coating_inorganic_volume_fraction,
    coating_polymer_fraction,
    coating_voltage_drop_mV,
    is_coated,
    log10_coating_conductivity_S_cm,
    log10_coating_resistance_ohm_cm2,
    log10_coating_thickness_nm,
    log10_coating_youngs_modulus_GPa,
    shear_modulus_ratio,
)
from features.errors import NotMeasured
from features.recipe import CellDesign, Coating, Phase, Protocol, Recipe
from features.records import Cell, Source

PHASES = (
    Phase("Cu3N", 0.6, "inorganic"),
    Phase("LiF", 0.2, "inorganic"),
    Phase("SBR", 0.15, "polymer"),
    Phase("carbon", 0.05, "additive"),
)
OF_A_LAYER = [
    log10_coating_thickness_nm,
    log10_coating_conductivity_S_cm,
    log10_coating_youngs_modulus_GPa,
    log10_coating_resistance_ohm_cm2,
    shear_modulus_ratio,
]


def make_cell(coating):
    return Cell("A1", Recipe(CellDesign("Li||Cu"), coating), Source("measured"))


def coated(**facts):
    return make_cell(Coating(PHASES, **facts))


BARE = make_cell(Coating(()))
UNDESCRIBED = make_cell(None)


def test_a_coating_with_phases_is_a_coating_and_one_without_is_bare():
    assert is_coated(coated()) == 1
    assert is_coated(BARE) == 0


def test_weight_fractions_of_one_role_are_added():
    assert coating_inorganic_fraction(coated()) == pytest.approx(0.8)
    assert coating_polymer_fraction(coated()) == pytest.approx(0.15)


def test_a_bare_electrode_holds_nothing_inorganic_and_no_polymer():
    assert coating_inorganic_fraction(BARE) == 0
    assert coating_polymer_fraction(BARE) == 0


@pytest.mark.parametrize("fraction", [coating_inorganic_fraction, coating_polymer_fraction])
def test_a_phase_of_unknown_role_leaves_fractions_open(fraction):
    """It might be either; a sum without it would be too low."""
    cell = make_cell(Coating((Phase("Cu3N", 0.9, "inorganic"), Phase("X", 0.1))))
    with pytest.raises(NotMeasured, match="the role of X is not stated"):
        fraction(cell)


def test_each_property_of_the_layer_is_read_in_decades():
    cell = coated(thickness_nm=1e3, ionic_conductivity_S_cm=1e-6, youngs_modulus_GPa=10.0)
    assert log10_coating_thickness_nm(cell) == pytest.approx(3)
    assert log10_coating_conductivity_S_cm(cell) == pytest.approx(-6)
    assert log10_coating_youngs_modulus_GPa(cell) == pytest.approx(1)


def test_a_micrometre_of_a_microsiemens_per_centimetre_is_a_hundred_ohm_cm2():
    """1e-4 cm over 1e-6 S cm-1."""
    cell = coated(thickness_nm=1e3, ionic_conductivity_S_cm=1e-6)
    assert log10_coating_resistance_ohm_cm2(cell) == pytest.approx(2)


@pytest.mark.parametrize("of_a_layer", OF_A_LAYER)
def test_what_is_not_stated_is_not_assumed(of_a_layer):
    with pytest.raises(NotMeasured, match=r"the coating's .* is not stated"):
        of_a_layer(coated())


@pytest.mark.parametrize("of_a_layer", OF_A_LAYER)
def test_a_bare_electrode_has_no_layer(of_a_layer):
    """log10 of nothing is no number, and zero would be a nanometre."""
    with pytest.raises(NotMeasured, match="bare"):
        of_a_layer(BARE)


@pytest.mark.parametrize(
    "function", [is_coated, coating_inorganic_fraction, coating_polymer_fraction, *OF_A_LAYER]
)
def test_a_coating_nobody_described_is_not_bare(function):
    with pytest.raises(NotMeasured, match="does not describe the coating"):
        function(UNDESCRIBED)


def test_a_coating_as_stiff_as_it_takes_has_twice_lithium_s_shear_modulus():
    """G = E / 2.6 with Poisson's ratio 0.3; lithium has 3.4 GPa."""
    assert shear_modulus_ratio(coated(youngs_modulus_GPa=2.6 * 2 * 3.4)) == pytest.approx(2)


def test_heavy_particles_fill_less_than_their_weight():
    """0.61 / 6.1 of Cu3N beside 0.39 / 0.94 of rubber."""
    phases = (Phase("copper nitride", 0.61, "inorganic", "Cu3N"), Phase("SBR", 0.39, "polymer"))
    expected = 0.1 / (0.1 + 0.39 / 0.94)
    assert coating_inorganic_volume_fraction(make_cell(Coating(phases))) == pytest.approx(expected)
    assert coating_inorganic_volume_fraction(BARE) == 0


def test_a_volume_needs_the_density_of_every_phase():
    with pytest.raises(NotMeasured, match="density of carbon is not known"):
        coating_inorganic_volume_fraction(coated())


def test_a_milliampere_through_an_ohm_cm2_drops_a_millivolt():
    """A micrometre of 1e-6 S cm-1 is 100 ohm cm2; at 0.5 mA cm-2 it takes 50 mV."""
    coating = Coating(PHASES, thickness_nm=1e3, ionic_conductivity_S_cm=1e-6)
    recipe = Recipe(CellDesign("Li||Cu"), coating, protocol=Protocol(current_density_mA_cm2=0.5))
    assert coating_voltage_drop_mV(Cell("A1", recipe, Source("measured"))) == pytest.approx(50)
