"""Which model answers for a cell."""

import pytest

from features import Coating, Phase
from serving.choice import choose

COATED = Coating((Phase("Cu3N", 1.0),))


def chosen(candidates, cell):
    return choose(candidates, cell).champion.entry.name


@pytest.mark.parametrize("is_reversed", [False, True])
def test_scope_goes_before_the_kind_of_training(champion_maker, cell_maker, is_reversed):
    """A measured model that never saw a coating knows less of one than a simulated one that did."""
    measured = champion_maker("a-bare", kind="measured")
    simulated = champion_maker("b-coated", kind="simulated", has_coated=True)
    candidates = [measured, simulated][:: -1 if is_reversed else 1]
    assert chosen(candidates, cell_maker(coating=COATED)) == "b-coated"
    assert chosen(candidates, cell_maker()) == "a-bare"


def test_in_scope_measured_goes_before_simulated(champion_maker, cell_maker):
    simulated = champion_maker("a", kind="simulated")
    literature = champion_maker("b", kind="literature")
    assert chosen([simulated, literature], cell_maker()) == "b"


def test_in_scope_the_model_with_fewer_blanks_answers(champion_maker, cell_maker):
    """A model of first cycles has nothing to say about a bare recipe."""
    needs_cycles = champion_maker(
        "a", descriptors=("log10_current_density_mA_cm2", "initial_ce_fraction")
    )
    needs_recipe = champion_maker("b")
    assert chosen([needs_cycles, needs_recipe], cell_maker()) == "b"


def test_without_blanks_the_model_that_looks_at_more_answers(champion_maker, cell_maker):
    """Whoever measured more gets the better answer."""
    less = champion_maker("a", descriptors=("log10_current_density_mA_cm2",))
    more = champion_maker("b")
    assert chosen([less, more], cell_maker()) == "b"


def test_equal_models_are_told_apart_by_name(champion_maker, cell_maker):
    candidates = [champion_maker("b"), champion_maker("a")]
    assert chosen(candidates, cell_maker()) == "a"


def test_a_coating_nobody_described_counts_as_bare(champion_maker, cell_maker):
    candidates = [champion_maker("a", has_coated=True), champion_maker("b")]
    assert chosen(candidates, cell_maker(coating=None)) == "b"
    assert chosen(candidates, cell_maker(coating=Coating(()))) == "b"


def test_the_sentence_names_what_the_model_has_not_learnt(champion_maker, cell_maker):
    choice = choose([champion_maker("a")], cell_maker(type="Li||LFP"))
    assert "Li||LFP" in choice.because
    assert "not learnt" in choice.because
