"""A shelf with two small predictors, and a command line that knows no other place."""

import sys

import pytest

from models.shelf import Entry, publish
from seicast.__main__ import main
from seicast.places import CHECKOUT
from seicast.printing import console
from training.cohorts import load_cohort
from training.fit import train
from training.run_config import load_config

RUNS = ("coulombic_efficiency-virtual-recipe", "cycle_life-virtual-20_cycles")


@pytest.fixture(scope="session")
def shelf(tmp_path_factory):
    """Return a shelf with an efficiency from the recipe and a life from 20 cycles."""
    folder = tmp_path_factory.mktemp("shelf")
    cohort = load_cohort("virtual")
    some = cohort.subset(tuple(cell.cell_id for cell in cohort.cells[:40]))
    quick = {"models": ("ridge",), "n_selection_folds": 2, "n_test_folds": 2}
    for name in RUNS:
        trained = train(load_config(name).model_copy(update=quick), some)
        sha256 = trained.predictor.save(folder / "made" / name)
        publish(
            folder / "trained", Entry(name, 1, f"run-of-{name}", sha256), folder / "made" / name
        )
    return folder / "trained"


@pytest.fixture
def environment(shelf, monkeypatch, tmp_path):
    """Point everything the command line may touch into a folder of this test."""
    for name in ("SEICAST_CELLS", "SEICAST_DATABASE", "SEICAST_TRACKING_URI", "SEICAST_ARTIFACTS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SEICAST_SHELF", str(shelf))
    monkeypatch.setenv("SEICAST_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SEICAST_DATA", str(tmp_path / "no data"))
    monkeypatch.setenv("COLUMNS", "200")
    # A console made earlier in this process keeps the width it found then.
    monkeypatch.setattr(console, "_width", 200)
    monkeypatch.chdir(CHECKOUT)
    return monkeypatch


@pytest.fixture
def seicast(environment, capsys):
    """Return a function that runs a command line and returns code, output and errors."""

    def run(*words):
        environment.setattr(sys, "argv", ["seicast", *map(str, words)])
        with pytest.raises(SystemExit) as end:
            main()
        output = capsys.readouterr()
        return end.value.code or 0, output.out, output.err

    return run
