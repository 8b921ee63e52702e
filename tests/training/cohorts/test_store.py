from dataclasses import replace

import pytest

from features.errors import MissingData
from features.records import Source
from store import CellFilter, CellStore, Outcome
from training.cohorts.store import cohort_of, load
from training.virtual_lab import founding_recipe, simulate


@pytest.fixture
def store(tmp_path):
    return CellStore.open(f"sqlite:///{tmp_path / 'cells.db'}", str(tmp_path / "raw"))


def make_cell(name, coating="Cu3N+SBR", kind="measured", lab="ours"):
    cell = simulate(founding_recipe(coating), seed=0, n_cycles=3).cell
    return replace(cell, cell_id=name, source=Source(kind, lab=lab), spectra=())


def test_finished_cells_come_with_outcome_group_and_control(store):
    store.add(make_cell("bare", "bare"), outcome=Outcome(20, False, 0.9))
    store.add(make_cell("coated"), control_id="bare", outcome=Outcome(100, True, 0.97))
    cohort = cohort_of(store)
    assert [cell.cell_id for cell in cohort.cells] == ["bare", "coated"]
    assert cohort.outcomes.loc["coated"].to_dict() == {
        "cycle_life_cycles": 100, "is_censored": True, "ce_fraction": 0.97,
    }  # fmt: skip
    assert cohort.controls == {"coated": "bare"}
    assert list(cohort.groups) == [cell.recipe.recipe_id for cell in cohort.cells]
    assert cohort.families == ("bare", "Cu3N")


def test_running_and_simulated_cells_stay_out(store):
    """The one has no outcome yet, the other never had a real one."""
    store.add(make_cell("done"), outcome=Outcome(ce_fraction=0.97))
    store.add(make_cell("running"))
    store.add(make_cell("made up", kind="simulated"), outcome=Outcome(ce_fraction=0.99))
    assert [cell.cell_id for cell in cohort_of(store).cells] == ["done"]


def test_what_a_filter_leaves_out_is_not_learnt_from(store):
    store.add(make_cell("a"), outcome=Outcome(ce_fraction=0.97))
    store.add(make_cell("b", lab="theirs"), outcome=Outcome(ce_fraction=0.97))
    assert [cell.cell_id for cell in cohort_of(store, CellFilter(lab="theirs")).cells] == ["b"]


@pytest.mark.parametrize("ce", [1.0, 1.02])
def test_an_efficiency_of_one_or_more_teaches_nothing(store, ce):
    """Dead lithium that found contact, or a short: no efficiency of a coating."""
    store.add(make_cell("a"), outcome=Outcome(ce_fraction=ce))
    assert cohort_of(store).outcomes["ce_fraction"].isna().all()


def test_an_empty_store_says_what_to_do(store):
    with pytest.raises(MissingData, match="state what became of finished cells"):
        cohort_of(store)


def test_the_environment_names_the_store(store, monkeypatch, tmp_path):
    store.add(make_cell("a"), outcome=Outcome(ce_fraction=0.97))
    monkeypatch.setenv("SEICAST_DATABASE", f"sqlite:///{tmp_path / 'cells.db'}")
    monkeypatch.setenv("SEICAST_CELLS", str(tmp_path / "raw"))
    assert [cell.cell_id for cell in load().cells] == ["a"]
    monkeypatch.delenv("SEICAST_DATABASE")
    with pytest.raises(MissingData, match="SEICAST_DATABASE"):
        load()
