"""Train, compare, promote, roll back: the whole way of a small model."""

import json

import pytest

from models.shelf import load_champion
from seicast import places
from store.audit import AuditLog
from store.migrations import open_database
from training.cohorts import load_cohort

RUN = """
name = "mine"
target = "cycle_life"
cohort = "handmade"
n_selection_folds = 2
n_test_folds = 2
models = ["{model}"]
[tiers.recipe]
sets = ["recipe"]
baseline = ["is_coated"]
[tiers.20_cycles]
sets = ["recipe", "cycles"]
baseline = ["is_coated"]
[descriptor_sets]
recipe = ["is_coated", "log10_coating_thickness_nm", "log10_current_density_mA_cm2"]
cycles = ["log10_ce_loss_fraction", "hysteresis_mV"]
"""


@pytest.fixture
def train(seicast, environment, tmp_path, monkeypatch):
    """Return a function that trains both tiers with a model, on a part of the cohort."""
    cohort = load_cohort("virtual")
    some = cohort.subset(tuple(cell.cell_id for cell in cohort.cells[:60]))
    monkeypatch.setattr("seicast.training_runs.load_cohort", lambda name: some)
    environment.setenv("SEICAST_SHELF", str(tmp_path / "trained"))

    def with_model(model, executor="local:1"):
        (tmp_path / "mine.toml").write_text(RUN.format(model=model))
        return seicast("train", tmp_path / "mine.toml", "--executor", executor)

    return with_model


def actions():
    return [line.action for line in AuditLog(open_database(places.database_url())).entries()]


@pytest.mark.slow
def test_a_model_is_trained_refused_forced_compared_and_rolled_back(train, seicast):
    """Every step says what it did, and the audit log tells the story."""
    code, output, _ = train("ridge")
    assert code == 0
    assert "mine-recipe v1" in output
    assert "mine-20_cycles v1" in output
    assert load_champion(places.shelf(), "mine-20_cycles").predictor.task.tier == "20_cycles"

    _, output, _ = train("mean")
    assert "refused" in output
    assert "| dummy |" in output
    assert load_champion(places.shelf(), "mine-recipe").entry.version == 1

    code, output, errors = seicast("promote", "mine-recipe")
    assert code == 1
    assert "mine-recipe v2: refused" in output
    assert "--force --reason" in errors
    code, _, errors = seicast("promote", "mine-recipe", "--force")
    assert code == 2
    assert "needs a reason" in errors
    assert seicast("promote", "mine-recipe", "--force", "--reason", "a drill")[0] == 0
    assert load_champion(places.shelf(), "mine-recipe").entry.version == 2

    code, output, _ = seicast("compare", "mine-recipe@1", "mine-recipe@2")
    assert code == 0
    assert "('ridge',)" in output
    assert "the first is better with P = " in output
    assert "rmse_scale_dummy" in output

    code, output, _ = seicast("rollback", "mine-recipe", "--reason", "the drill is over")
    assert code == 0
    assert "v1 answers again" in output
    assert load_champion(places.shelf(), "mine-recipe").entry.version == 1
    assert actions()[-2:] == ["force", "rollback"]
    assert {"promote", "refuse"} <= set(actions())


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["promote", "nobody"], "No model is registered as 'nobody'"),
        (["rollback", "nobody", "--reason", "why not"], "nobody"),
        (["rollback", "nobody"], "needs a reason"),
        (["compare", "nobody", "nothing"], "No model is registered as 'nobody'"),
        (["train", "cycle_life-virtual-7_cycles"], "has no tier '7_cycles'"),
        (["train", "cycle_life-store"], "No measured cell of the store has an outcome yet"),
        (["train", "cycle_life-virtual-recipe", "--executor", "moon"], "no executor 'moon'"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence(seicast, words, told):
    code, _, errors = seicast(*words)
    assert code == 2
    assert told in errors


@pytest.mark.slow
def test_the_reply_names_the_tier_and_why_not_a_richer_one(train, seicast):
    train("ridge")
    reply = json.loads(seicast("predict", "docs/examples/cu3n_sbr.json", "--json")[1])
    (answer,) = reply["cells"][0]["predictions"]
    assert answer["tier"] == "recipe"
    assert answer["why_not_richer"] == "20_cycles: it needs 20 finished cycles, the cell has 0"
    shown = seicast("predict", "docs/examples/cu3n_sbr.json")[1]
    assert "not richer: 20_cycles" in shown
    assert "moved by: " in shown
