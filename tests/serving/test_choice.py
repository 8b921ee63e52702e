"""Which model answers for a cell."""

from dataclasses import replace

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


@pytest.fixture
def tiers(champion_maker):
    """Return models of one target that look at the recipe, at 5 cycles, and at a spectrum too."""

    def tier_of(name, n_cycles, tier):
        made = champion_maker(name)
        task = replace(made.predictor.task, tier=tier)
        return replace(made, predictor=replace(made.predictor, task=task, n_cycles=n_cycles))

    return [
        tier_of("a", None, "recipe"),
        tier_of("b", 5, "5_cycles"),
        tier_of("c", 5, "5_cycles_and_spectra"),
        tier_of("d", 10, "10_cycles"),
    ]


@pytest.mark.parametrize(
    ("n_cycles", "spectrum_cycle", "name", "missing"),
    [
        (0, None, "a", "5_cycles: it needs 5 finished cycles, the cell has 0"),
        (4, None, "a", "5_cycles: it needs 5 finished cycles, the cell has 4"),
        (5, None, "b", "10_cycles: it needs 10 finished cycles, the cell has 5"),
        (5, 5, "c", "10_cycles: it needs 10"),
        (9, 7, "b", "5_cycles_and_spectra: it needs an impedance spectrum within the first 5"),
        (10, 5, "d", ""),
    ],
)
def test_the_richest_tier_that_a_cell_really_brings_answers(
    tiers, cell_maker, make_li_cu_cell, make_spectrum, n_cycles, spectrum_cycle, name, missing
):
    """And what is missing for a richer one is said, not assumed."""
    spectra = () if spectrum_cycle is None else (make_spectrum(cycle=spectrum_cycle),)
    cell = cell_maker()
    if n_cycles:
        cell = make_li_cu_cell(n_cycles=n_cycles, recipe=cell.recipe, spectra=spectra)
    for candidates in (tiers, tiers[::-1]):
        choice = choose(candidates, cell)
        assert choice.champion.entry.name == name
        assert missing in choice.why_not_richer
        assert bool(choice.why_not_richer) == bool(missing)


def test_where_all_tiers_lack_something_the_poorest_answers_and_says_so(tiers, cell_maker):
    choice = choose(tiers[1:], cell_maker())
    assert choice.champion.entry.name == "b"
    assert choice.why_not_richer.startswith("5_cycles: it needs 5 finished cycles")


def test_evidence_in_name_only_is_none(champion_maker, make_li_cu_cell, cell_maker):
    """A symmetric cell runs cycles too, but they tell no efficiency: the recipe answers."""
    recipe_alone = champion_maker("a", type="Li||Li")
    of_cycles = champion_maker(
        "b", type="Li||Li", descriptors=("initial_ce_fraction", "ce_noise_fraction")
    )
    task = replace(of_cycles.predictor.task, tier="5_cycles")
    of_cycles = replace(of_cycles, predictor=replace(of_cycles.predictor, task=task, n_cycles=5))
    cell = make_li_cu_cell(n_cycles=8, recipe=cell_maker(type="Li||Li").recipe)
    choice = choose([recipe_alone, of_cycles], cell)
    assert choice.champion.entry.name == "a"
    assert "5_cycles: of its descriptors 2 are blank" in choice.why_not_richer


def test_a_richer_model_of_simulated_cells_is_named_when_a_real_one_answers(
    tiers, champion_maker, make_li_cu_cell, cell_maker
):
    """Whoever sent cycles is told why they were not looked at."""
    simulated = champion_maker("s", kind="simulated")
    task = replace(simulated.predictor.task, tier="5_cycles")
    simulated = replace(simulated, predictor=replace(simulated.predictor, task=task, n_cycles=5))
    cell = make_li_cu_cell(n_cycles=8, recipe=cell_maker().recipe)
    choice = choose([tiers[0], simulated], cell)
    assert choice.champion.entry.name == "a"
    assert choice.why_not_richer == (
        "5_cycles: s has learnt from simulated cells, the one taken from real ones"
    )
