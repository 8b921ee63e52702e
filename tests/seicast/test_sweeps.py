"""A sweep says of each answer what a single prediction says of it."""

import json
from pathlib import Path

import pytest

RECIPE = "docs/examples/cu3n_sbr.json"
SWEEP = ("predict", RECIPE, "--sweep", "current_density_mA_cm2=1:10")


@pytest.fixture
def strict(monkeypatch):
    """Let no life outside of what was learnt be known well enough."""
    monkeypatch.setattr("serving.vagueness.MOST_LIVES_RATIO", 1.0)


@pytest.mark.usefixtures("strict")
def test_answers_that_say_nothing_are_marked_each_and_explained_once(seicast):
    found = json.loads(seicast(*SWEEP, "--json")[1])
    said = [
        (answer["target"], why)
        for answers, reasons in zip(found["predictions"], found["cannot_say"], strict=True)
        for answer, why in zip(answers, reasons, strict=True)
        if why
    ]
    output = seicast(*SWEEP)[1]
    assert said
    assert sum("cannot say" in line for line in output.splitlines() if "│" in line) == len(said)
    for target, why in set(said):
        count = said.count((target, why))
        assert f"{target}: cannot say at {count} of 25 values: {why}" in output


def test_the_mark_is_that_of_the_single_prediction(seicast, strict, tmp_path):
    """One rule, whichever verb asks."""
    found = json.loads(seicast(*SWEEP, "--json")[1])
    recipe = json.loads(Path(RECIPE).read_text())
    cell = recipe["cells"][0] if "cells" in recipe else recipe
    cell["recipe"]["protocol"]["current_density_mA_cm2"] = found["values"][-1]
    (tmp_path / "last.json").write_text(json.dumps(cell))
    output = seicast("predict", tmp_path / "last.json")[1]
    for answer, why in zip(found["predictions"][-1], found["cannot_say"][-1], strict=True):
        assert (f"{answer['target']}: cannot say: {why}" in output) == bool(why)


def test_a_sweep_that_says_something_everywhere_has_no_mark(seicast):
    found = json.loads(seicast(*SWEEP, "--json")[1])
    has_mark = any(why for reasons in found["cannot_say"] for why in reasons)
    assert ("cannot say" in seicast(*SWEEP)[1]) == has_mark
