from dataclasses import replace

import pytest

from features import (
    Cell,
    CellDesign,
    Coating,
    Component,
    Electrolyte,
    Phase,
    Protocol,
    Recipe,
    Source,
)
from models.facts import from_facts, to_facts
from models.scope import NO_SCOPE, Scope, learn_scope

CARBONATE = Electrolyte(
    salts=(Component("LiPF6", 1.0, "mol_per_L"),),
    solvents=(Component("EC", 1.0, "volume_parts"), Component("DEC", 1.0, "volume_parts")),
    additives=(Component("LiNO3", 0.01, "weight_fraction"),),
)
NITRIDE = Coating((Phase("Cu3N", 0.9, "inorganic"), Phase("SBR", 0.1, "polymer")))
PROTOCOL = Protocol(temperature_degC=25.0, ce_method="cycle_average")


def make_cell(*, type="Li||Cu", coating=NITRIDE, electrolyte=CARBONATE, source=None, **protocol):
    recipe = Recipe(CellDesign(type), coating, electrolyte, replace(PROTOCOL, **protocol))
    return Cell("A1", recipe, source or Source("measured"))


def with_solvents(*names_and_amounts):
    solvents = tuple(Component(name, part, "volume_parts") for name, part in names_and_amounts)
    return replace(CARBONATE, solvents=solvents)


def scope_of(*cells, has_method=True, spans_origins=True):
    return learn_scope(cells, has_method=has_method, spans_origins=spans_origins)


@pytest.fixture(scope="module")
def scope():
    return scope_of(make_cell())


def test_what_was_learnt_from_is_no_stranger(scope):
    assert scope.reasons(make_cell()) == []


def test_an_empty_scope_flags_nobody():
    """A predictor that was never told of its cells keeps silent."""
    stranger = make_cell(electrolyte=None, coating=None, temperature_degC=None)
    assert NO_SCOPE.reasons(stranger) == []


@pytest.mark.parametrize("name", ["lipf6", "LiPF6", "Li PF6"])
def test_a_molecule_is_known_under_every_spelling(scope, name):
    salts = (Component(name, 1.0, "mol_per_L"),)
    assert scope.reasons(make_cell(electrolyte=replace(CARBONATE, salts=salts))) == []


def test_any_salt_that_nobody_tried_is_named(scope):
    """Anions end up in the interphase, little as there may be of them."""
    salts = (*CARBONATE.salts, Component("LiBOB", 0.02, "mol_per_L"))
    (reason,) = scope.reasons(make_cell(electrolyte=replace(CARBONATE, salts=salts)))
    assert reason == "no training cell has the salt LiBOB"


def test_a_salt_that_was_an_additive_is_known(scope):
    salts = (*CARBONATE.salts, Component("LiNO3", 0.1, "mol_per_L"))
    assert scope.reasons(make_cell(electrolyte=replace(CARBONATE, salts=salts))) == []


@pytest.mark.parametrize(("share", "is_strange"), [(0.3, False), (0.5, True), (1.0, True)])
def test_a_solvent_is_a_stranger_from_half_of_the_mix_on(scope, share, is_strange):
    electrolyte = with_solvents(("EC", 1 - share), ("DME", share))
    reasons = scope.reasons(make_cell(electrolyte=electrolyte))
    assert reasons == ["no training cell has the solvent DME"] * is_strange


def test_a_film_of_another_material_is_named(scope):
    film = Coating((Phase("MXene", 0.8, "inorganic"), Phase("SBR", 0.2, "polymer")))
    (reason,) = scope.reasons(make_cell(coating=film))
    assert reason == "no training cell has a coating with MXene"


def test_a_phase_is_known_by_its_formula_or_another_name(scope):
    film = Coating(
        (
            Phase("copper nitride", 0.5, "inorganic"),
            Phase("rubber", 0.4, "polymer", formula="SBR"),
            Phase("styrene-butadiene rubber", 0.1, "polymer"),
        )
    )
    assert scope.reasons(make_cell(coating=film)) == []


def test_bare_copper_is_no_strange_film(scope):
    assert scope.reasons(make_cell(coating=Coating(()))) == []


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ({"electrolyte": None}, "no electrolyte is stated; every training cell states one"),
        ({"coating": None}, "no coating is stated, nor that there is none"),
    ],
)
def test_what_every_training_cell_states_must_be_stated(scope, missing, words):
    assert scope.reasons(make_cell(**missing)) == [words]
    partly = scope_of(make_cell(), make_cell(**missing))
    assert partly.reasons(make_cell(**missing)) == []


@pytest.mark.parametrize("method", ["aurbach", "inferred_full_cell", None])
def test_an_efficiency_measured_otherwise_is_another_quantity(scope, method):
    """Methods are never pooled silently."""
    (reason,) = scope.reasons(make_cell(ce_method=method))
    assert "in training cells by cycle_average" in reason


def test_a_life_does_not_depend_on_how_an_efficiency_is_measured():
    assert scope_of(make_cell(), has_method=False).reasons(make_cell(ce_method="aurbach")) == []


@pytest.mark.parametrize(
    ("stated", "is_far"), [(21.0, False), (30.0, False), (45.0, True), (0.0, True)]
)
def test_a_test_much_hotter_or_colder_is_another_condition(scope, stated, is_far):
    assert bool(scope.reasons(make_cell(temperature_degC=stated))) == is_far


@pytest.mark.parametrize(("stated", "is_far"), [(20.0, False), (30.0, False), (60.0, True)])
def test_tests_that_state_no_temperature_are_taken_for_room_temperature(stated, is_far):
    silent = scope_of(make_cell(temperature_degC=None))
    assert bool(silent.reasons(make_cell(temperature_degC=stated))) == is_far
    assert silent.reasons(make_cell(temperature_degC=None)) == []


def test_another_voltage_window_of_a_full_cell_is_told():
    facts = {"type": "graphite||LFP", "coating": None, "electrolyte": None, "ce_method": None}
    known = scope_of(make_cell(**facts, lower_cutoff_V=2.0, upper_cutoff_V=3.6), has_method=False)
    assert known.reasons(make_cell(**facts, lower_cutoff_V=2.0, upper_cutoff_V=3.65)) == []
    (reason,) = known.reasons(make_cell(**facts, lower_cutoff_V=2.0, upper_cutoff_V=4.2))
    assert reason == "a cutoff is 4.2 V; training cells were cycled between 2 and 3.6 V"


def test_one_laboratory_says_nothing_of_another():
    """Unless whole ones were held out, no interval has met what another one changes."""
    own, other = (make_cell(source=Source("measured", lab=lab)) for lab in ("own", "other"))
    alone = scope_of(own, spans_origins=False)
    assert alone.reasons(own) == []
    (reason,) = alone.reasons(other)
    assert "not known to be from own" in reason
    assert alone.reasons(make_cell())
    assert scope_of(own, spans_origins=True).reasons(other) == []
    # Where one training cell does not say where it is from, nobody can.
    assert scope_of(own, make_cell(), spans_origins=False).reasons(other) == []


def test_a_simulated_cell_has_no_origin():
    virtual = make_cell(source=Source("simulated", lab="virtual lab"))
    assert scope_of(virtual, spans_origins=False).origins == ()


def test_a_scope_survives_json(scope):
    facts = {key: list(value) if isinstance(value, tuple) else value
             for key, value in to_facts(scope).items()}  # fmt: skip
    assert repr(from_facts(Scope, facts, "scope")) == repr(scope)
