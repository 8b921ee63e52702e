from dataclasses import replace

import pytest

from training.card import model_card


@pytest.fixture(scope="module")
def card(trained):
    return model_card(trained)


def test_a_card_says_loudly_that_cells_were_simulated(card):
    """Nobody may take a score on virtual cells for one on real cells."""
    assert "40 simulated" in card
    assert "**Simulated cells: " in card
    assert "not how well it predicts a real cell" in card


def test_a_card_of_measured_cells_does_not(trained):
    learnt = replace(trained.predictor.provenance, kinds={"measured": 40})
    measured = replace(trained, predictor=replace(trained.predictor, provenance=learnt))
    assert "imulated cells: its scores" not in model_card(measured)


def test_dummy_and_baseline_stand_below_every_score(trained_on_split):
    lines = model_card(trained_on_split).splitlines()
    rows = [n for n, line in enumerate(lines) if line.startswith("| test ")]
    assert len(rows) == len(trained_on_split.scores)
    for row in rows:
        assert lines[row + 1].startswith("| · dummy |")
        assert lines[row + 2].startswith("| · baseline |")
    assert "ridge on hysteresis_mV" in "\n".join(lines)


def test_a_table_has_as_many_cells_in_every_row(card):
    """Else it is no table in Markdown."""
    for block in card.split("\n\n"):
        rows = [line for line in block.splitlines() if line.startswith("|")]
        assert len({row.count("|") for row in rows}) <= 1, block


def test_held_out_groups_are_named(card):
    assert "Whole groups (recipe) are held out." in card


def test_kin_between_training_and_test_is_told(trained_on_split):
    """7 % is one cell of fifteen."""
    card = model_card(trained_on_split)
    assert "The split is the published one: 7% of test share a recipe with a training cell" in card


def test_left_out_cells_are_counted(trained):
    assert "Left out" not in model_card(trained)
    assert "Left out for want of a label: 6." in model_card(replace(trained, n_left_out=6))


def test_what_the_model_is_and_saw_is_written_down(card, trained):
    """Enough to judge and to repeat the run without asking."""
    learnt = trained.predictor.provenance
    for fact in (
        "# life-handmade",
        "Predicts cycle_life in cycles from the recipe and the first 10 cycles",
        "40 cells",
        "20 groups (recipe)",
        "Li||Cu",
        learnt.citation,
        learnt.data_sha256,
        f"**{trained.champion.label}**",
        *trained.selection,
    ):
        assert fact in card, fact


def test_every_descriptor_stands_with_version_and_source(card, trained):
    for name, version in trained.predictor.descriptor_versions.items():
        assert f"| `{name}` | {version} | " in card


def test_a_model_without_a_window_says_that_it_sees_the_recipe_alone(trained):
    blind = replace(trained, config=trained.config.model_copy(update={"n_cycles": None}))
    assert "from the recipe alone" in model_card(blind)
