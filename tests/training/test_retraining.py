"""A lab's finished cells become a model that answers; done twice it ends where it did once."""

import math
from dataclasses import replace

import pytest

from features.errors import InvalidRecord, MissingData, UnknownName
from features.records import Source
from models.shelf import champion_entry
from store import CellStore
from store.audit import AuditLog
from store.outcome import Outcome
from training.cohorts import load_cohort
from training.registry import Registry
from training.retraining import config_for, result_of, retrain
from training.tracking import JOB, TrackingStore

REQUEST = {"target": "coulombic_efficiency", "tier": "recipe", "cells": {"lab": "ours"}}
N_CELLS = 60


@pytest.fixture(scope="module")
def made_cells():
    """Return cells of the virtual lab as if a lab had measured them."""
    cohort = load_cohort("virtual")
    pairs = zip(cohort.cells, cohort.outcomes["ce_fraction"], strict=True)
    known = [(cell, ce) for cell, ce in pairs if math.isfinite(ce) and 0 < ce < 1]
    source = Source("measured", lab="ours")
    return [
        (replace(cell, source=source, cycling=None, spectra=()), float(ce))
        for cell, ce in known[:: len(known) // N_CELLS][:N_CELLS]
    ]


@pytest.fixture
def store(tmp_path):
    kept = CellStore.open(f"sqlite:///{tmp_path / 'seicast.db'}", str(tmp_path / "raw"))
    yield kept
    kept.close()


@pytest.fixture
def registry(tmp_path, store):
    tracking = TrackingStore(
        f"sqlite:///{tmp_path / 'mlflow.db'}",
        (tmp_path / "artifacts").as_uri(),
        tmp_path / "mlflow.lock",
    )
    return Registry(tracking, tmp_path / "shelf", AuditLog(store.database), "kim")


def silent(state, message, fraction):
    """Tell nobody."""


def fill(store, cells):
    for cell, ce in cells:
        store.add(cell, outcome=Outcome(ce_fraction=ce))


@pytest.mark.slow
def test_done_twice_it_ends_where_it_did_once(store, registry, made_cells):
    """A worker killed after it registered, or promoted, leaves nothing double."""
    fill(store, made_cells)
    told = []
    first = retrain(REQUEST, "job-1", store, registry, lambda *said: told.append(said))
    client = registry.tracking.client()
    left_open = client.create_run("1", tags={JOB: "job-1"})
    again = retrain(REQUEST, "job-1", store, registry, silent)
    assert again.entry == first.entry
    assert [each.version for each in client.search_model_versions("")] == [first.entry.version]
    assert client.get_run(left_open.info.run_id).info.status == "KILLED"
    states = [state for state, _, _ in told]
    assert list(dict.fromkeys(states)) == ["running", "evaluating", "registered"]
    fractions = [fraction for _, _, fraction in told]
    assert fractions == sorted(fractions)
    if first.is_champion:
        assert champion_entry(registry.shelf, first.entry.name) == first.entry
    assert result_of(first)["bundle_sha256"] == first.entry.bundle_sha256


def test_too_few_recipes_are_refused_with_how_many_are_needed(store, registry, made_cells):
    fill(store, made_cells[:3])
    with pytest.raises(InvalidRecord, match=r"fall into . group.s. \(recipes\)"):
        retrain(REQUEST, "job-1", store, registry, silent)


def test_recipes_without_the_outcome_that_is_learnt_do_not_count(store, registry, made_cells):
    fill(store, made_cells[:3])
    for row, (cell, _) in enumerate(made_cells[3:30]):
        store.add(cell, outcome=Outcome(cycle_life_cycles=100 + row, is_censored=False))
    with pytest.raises(InvalidRecord, match="4 at least"):
        retrain({**REQUEST, "cells": {}}, "job-1", store, registry, silent)


def test_coatings_that_share_one_control_are_told_to_have_their_own(store, registry, made_cells):
    """The one control's outcome is in every label: whoever is held out, it was learnt from."""
    fill(store, made_cells[:1])
    control_id = made_cells[0][0].cell_id
    for cell, ce in made_cells[1:30]:
        store.add(cell, control_id=control_id, outcome=Outcome(ce_fraction=ce))
    with pytest.raises(InvalidRecord, match=r"fall into 1 group.s. .* controls of their own"):
        retrain({"target": "delta_lce"}, "job-1", store, registry, silent)


def test_cells_without_outcomes_teach_nothing(store, registry, made_cells):
    for cell, _ in made_cells[:4]:
        store.add(cell)
    with pytest.raises(MissingData, match="outcome"):
        retrain(REQUEST, "job-1", store, registry, silent)


def test_what_nobody_trains_is_answered_with_what_is_trained():
    with pytest.raises(UnknownName, match="recipe"):
        config_for("cycle_life", "7_cycles")
    with pytest.raises(UnknownName):
        config_for("colour", "recipe")
