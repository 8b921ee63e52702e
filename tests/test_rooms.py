"""The walls of the house, as contracts on imports and as a process sees them."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from models.shelf import Entry, publish
from seicast.places import CHECKOUT, EXAMPLE_REQUEST
from training.cohorts import load_cohort
from training.fit import train
from training.run_config import load_config

ROOMS = ("features", "store", "models", "training", "serving", "seicast")
#: Starts the service on a shelf and lets it answer, with every loader of pickles taken away.
SERVE_ONCE = """
import sys
from pathlib import Path

import joblib
import pickle

def refused(*_, **__):
    raise AssertionError("something was unpickled")

pickle.load = pickle.loads = pickle.Unpickler = joblib.load = refused

from starlette.testclient import TestClient
from serving.app import create_app
from serving.settings import Settings

app = create_app(Settings(shelf=Path(sys.argv[1])))
with TestClient(app, base_url="http://localhost") as client:
    reply = client.post(
        "/v1/predictions",
        content=Path(sys.argv[2]).read_bytes(),
        headers={"content-type": "application/json"},
    )
assert reply.status_code == 200, reply.text
assert reply.json()["cells"][0]["predictions"], reply.text
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


def modules_after(code, *arguments):
    """Return the top-level packages that a fresh process holds after some code."""
    reply = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert reply.returncode == 0, reply.stderr
    return set(reply.stdout.split())


@pytest.fixture(scope="module")
def shelf(tmp_path_factory):
    """Return a shelf with one small model."""
    folder = tmp_path_factory.mktemp("shelf")
    config = load_config("coulombic_efficiency-virtual-recipe")
    quick = {"models": ("ridge",), "n_selection_folds": 2, "n_test_folds": 2}
    cohort = load_cohort("virtual")
    some = cohort.subset(tuple(cell.cell_id for cell in cohort.cells[:48]))
    trained = train(config.model_copy(update=quick), some)
    sha256 = trained.predictor.save(folder / "made")
    publish(folder / "shelf", Entry(config.name, 1, "run", sha256), folder / "made")
    return folder / "shelf"


def test_every_import_contract_holds():
    """Imports point down; what two floors share lies on the lower one."""
    linter = Path(sys.executable).with_name("lint-imports")
    reply = subprocess.run(
        [linter, "--no-cache"], cwd=CHECKOUT, capture_output=True, text=True, check=False
    )
    assert reply.returncode == 0, reply.stdout
    assert "0 broken" in reply.stdout


def test_every_room_stands_under_contract_and_says_what_it_is_for():
    """A room that nobody guards becomes everybody's shortcut."""
    contracts = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["tool"]["importlinter"]
    assert set(ROOMS) <= set(contracts["root_packages"])
    for room in ROOMS:
        assert (CHECKOUT / room / "__init__.py").read_text().startswith('"""')


def test_the_service_answers_without_training_mlflow_or_a_pickle(shelf):
    """No label code and no tracking behind the service, and nothing in a file is ever run."""
    loaded = modules_after(SERVE_ONCE, shelf, EXAMPLE_REQUEST)
    assert {"serving", "models", "features"} <= loaded
    assert not loaded & {"training", "seicast", "mlflow", "matplotlib"}


@pytest.mark.parametrize(
    ("room", "strangers"),
    [
        ("features", {"sklearn", "skops", "fastapi", "pydantic", "mlflow", "models", "serving"}),
        ("models", {"fastapi", "pydantic", "mlflow", "training", "serving", "store"}),
        ("store", {"sklearn", "fastapi", "mlflow", "training", "models"}),
        ("training.fit", {"mlflow", "fastapi", "serving"}),
        ("seicast.verbs", {"mlflow", "training", "matplotlib"}),
    ],
)
def test_a_room_loads_nothing_that_is_not_its_business(room, strangers):
    """Contracts look at the text; a process also sees what libraries drag in."""
    code = f"import sys, {room}; print(*sorted({{n.partition('.')[0] for n in sys.modules}}))"
    assert not modules_after(code) & strangers
