import inspect
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import typer
from typer.testing import CliRunner

from features import describe, read_cycling
from features.registry import catalogue
from models.shelf import load_champion
from seicast.cell_files import cells_from
from seicast.places import CHECKOUT
from seicast.verbs import app

RECIPE = "docs/examples/cu3n_sbr.json"
CYCLING = "docs/examples/simulated_cycling.csv"
#: Verbs that train, open servers, or need data or kept cells; each has a test elsewhere.
NOT_RUN_HERE = (
    "cells backup",
    "cells compare",
    "cells correct",
    "cells delete",
    "cells export",
    "cells finish",
    "cells import",
    "cells list",
    "cells move",
    "cells show",
    "compare",
    "demo",
    "jobs add",
    "jobs cancel",
    "jobs execute",
    "jobs follow-shelf",
    "jobs show",
    "jobs work",
    "keys revoke",
    "promote",
    "rollback",
    "serve",
    "train",
    "data fetch",
)
#: Verbs that stay, or that a worker starts.
NO_JSON = ("demo", "serve", "jobs work", "jobs execute", "jobs follow-shelf")


def commands(command=None, path=""):
    """Yield every verb with its path, such as "cells add"."""
    command = command or typer.main.get_command(app)
    for name, child in getattr(command, "commands", {}).items():
        below = f"{path} {name}".strip()
        if hasattr(child, "commands"):
            yield from commands(child, below)
        else:
            yield below, child


VERBS = dict(commands())


def example_of(verb):
    """Return the words of the example in a verb's help, without the program's name."""
    (example,) = re.findall(r"Example: seicast (.*)", inspect.cleandoc(VERBS[verb].help))
    return shlex.split(example)


@pytest.fixture(params=VERBS)
def verb(request):
    return request.param


@pytest.fixture
def spectrum_file(tmp_path):
    """Return a file with one arc of 80 ohm, in Battery Data Format."""
    frequency_Hz = np.logspace(5, -1, 40)
    impedance_ohm = 5 + 80 / (1 + 2j * np.pi * frequency_Hz * 1e-3)
    table = pd.DataFrame(
        {
            "frequency_hertz": frequency_Hz,
            "real_impedance_ohm": impedance_ohm.real,
            "imaginary_impedance_ohm": impedance_ohm.imag,
        }
    )
    table.to_csv(tmp_path / "arc.csv", index=False)
    return tmp_path / "arc.csv"


@pytest.fixture
def cell_file(tmp_path):
    """Return a function that writes the example cell with some fields changed."""
    text = (CHECKOUT / RECIPE).read_text()

    def write(old="", new=""):
        assert old in text
        (tmp_path / "mine.json").write_text(text.replace(old, new) if old else text)
        return tmp_path / "mine.json"

    return write


def test_the_verbs_are_those_of_the_house():
    assert {"demo", "serve", "train", "predict", "describe", "models"} <= set(VERBS)
    assert {"cells add", "cells list", "data list", "data fetch"} <= set(VERBS)


def test_every_help_shows_one_example_of_its_own_verb(verb):
    """A newcomer copies the line; so it has to be there."""
    reply = CliRunner().invoke(app, [*verb.split(), "--help"], env={"COLUMNS": "200"})
    assert reply.exit_code == 0
    assert f"Example: seicast {verb}" in reply.output
    assert example_of(verb)[: len(verb.split())] == verb.split()


def test_every_example_works_as_printed(verb, seicast):
    """Files it names exist, options it uses exist."""
    words = example_of(verb)
    for word in words:
        if word.startswith(("docs/", "training/")):
            assert (CHECKOUT / word).is_file(), word
    if verb not in NOT_RUN_HERE:
        code, output, errors = seicast(*words)
        assert (code, errors) == (0, "")
        assert output.strip()


def test_without_a_verb_the_help_comes():
    reply = CliRunner().invoke(app, [])
    for verb in VERBS:
        assert verb.split()[0] in reply.output


def test_a_prediction_for_a_recipe_is_that_of_the_predictor(seicast, shelf):
    """The front door adds nothing and loses nothing."""
    code, output, _ = seicast("predict", RECIPE, "--json")
    assert code == 0
    (cell,) = json.loads(output)["cells"]
    found = {each["target"]: each for each in cell["predictions"]}
    cells = cells_from(CHECKOUT / RECIPE, None, [])
    for target, reply in found.items():
        champion = load_champion(shelf, reply["model"]["name"])
        (answer,) = champion.predictor.predict(cells)
        assert (reply["value"], reply["lower"], reply["upper"]) == (
            answer.value,
            answer.lower,
            answer.upper,
        )
        assert reply["target"] == target == answer.target


def test_cycling_beside_the_recipe_is_used(seicast):
    """The life model looks at 20 cycles; with them fewer descriptors are absent."""
    bare = json.loads(seicast("predict", RECIPE, "--json")[1])
    full = json.loads(seicast("predict", RECIPE, "--cycling", CYCLING, "--json")[1])
    without, with_cycles = (
        next(each for each in reply["cells"][0]["predictions"] if each["target"] == "cycle_life")
        for reply in (bare, full)
    )
    assert "log10_ce_loss_fraction" in without["absent"]
    assert "log10_ce_loss_fraction" not in with_cycles["absent"]
    assert with_cycles["value"] != without["value"]


def test_the_table_says_value_interval_model_and_that_cells_were_simulated(seicast):
    code, output, _ = seicast("predict", RECIPE, "--level", "0.8")
    assert code == 0
    words = " ".join(output.split())
    for fact in ("Cu3N-SBR-1", "coulombic_efficiency", "(80%)", "simulated cells", "absent:"):
        assert fact in words


@pytest.mark.parametrize("verb", ["predict", "describe"])
def test_what_a_lab_wrote_is_printed_as_it_was_written(seicast, tmp_path, verb):
    """Square brackets are markup to the console, which stops at one that closes nothing."""
    body = json.loads(Path("docs/examples/cu3n_sbr.json").read_text())
    phase = body["cells"][0]["recipe"]["coating"]["phases"][0]
    phase |= {"name": "nitride [/new]", "formula": "((([/b]"}
    (tmp_path / "A1.json").write_text(json.dumps(body))
    code, output, errors = seicast(verb, tmp_path / "A1.json")
    assert (code, errors) == (0, "")
    doubt = "doubt: the formula '((([/b]' of phase 'nitride [/new]' cannot be read"
    assert doubt in " ".join(output.split())


def test_a_model_can_be_asked_by_name(seicast):
    name = "cycle_life-virtual-20_cycles"
    reply = json.loads(seicast("predict", RECIPE, "--model", name, "--json")[1])
    (answer,) = reply["cells"][0]["predictions"]
    assert answer["model"]["name"] == name


def test_the_descriptor_sheet_is_that_of_describe(seicast, spectrum_file):
    code, output, _ = seicast(
        "describe", RECIPE, "--cycling", CYCLING, "--spectrum", spectrum_file, "--json"
    )
    assert code == 0
    (found,) = json.loads(output)["cells"]
    cells = cells_from(CHECKOUT / RECIPE, CHECKOUT / CYCLING, [spectrum_file])
    table = describe(cells)
    assert set(found["descriptors"]) == set(catalogue())
    for name, reply in found["descriptors"].items():
        value = table.values[name].iloc[0]
        assert reply["value"] == (None if np.isnan(value) else value)
        assert reply["reason"] == table.absent(0).get(name)
    assert found["descriptors"]["high_frequency_resistance_ohm_cm2"]["value"] > 0


def test_a_window_cuts_what_is_described(seicast):
    one, two = (
        json.loads(seicast("describe", RECIPE, "--cycling", CYCLING, "--n-cycles", n, "--json")[1])
        for n in (1, 20)
    )
    short, long = (reply["cells"][0]["descriptors"]["ce_noise_fraction"] for reply in (one, two))
    assert short["value"] is None
    assert long["value"] is not None


def test_describe_without_a_cell_is_the_catalogue(seicast):
    code, output, _ = seicast("describe")
    assert code == 0
    for name in catalogue():
        assert name[:12] in output


def test_models_are_listed_with_scores_beside_the_dummys(seicast):
    reply = json.loads(seicast("models", "--json")[1])
    assert [card["model"]["name"] for card in reply["models"]] == [
        "coulombic_efficiency-virtual-recipe",
        "cycle_life-virtual-20_cycles",
    ]
    for card in reply["models"]:
        for score in card["provenance"]["scores"].values():
            assert {"rmse", "rmse_dummy", "rmse_baseline"} <= set(score)


def test_models_are_a_table_with_a_row_for_every_split(seicast):
    """Names go into other verbs, so they stand in one piece, also on a narrow terminal."""
    cards = json.loads(seicast("models", "--json")[1])["models"]
    lines = seicast("models")[1].splitlines()
    heading = next(line for line in lines if "dummy" in line)
    for card in cards:
        (row,) = (line for line in lines if card["model"]["name"] in line)
        assert len(row) == len(heading)
        for score in card["provenance"]["scores"].values():
            assert f"{score['rmse']:.3g}" in row
            assert f"{score['rmse_dummy']:.3g}" in row


def test_a_shelf_without_models_says_how_to_get_one(seicast, environment, tmp_path):
    environment.setenv("SEICAST_SHELF", str(tmp_path / "empty"))
    code, output, errors = seicast("models")
    assert (code, output) == (0, "")
    assert "seicast demo" in errors


def test_data_sets_are_listed_with_whom_to_cite(seicast):
    code, output, _ = seicast("data", "list")
    assert code == 0
    for fact in ("severson2019: not here", "kim2023_ce: not here", "doi:"):
        assert fact in output


ERRORS = {
    "a file that is not there": (["predict", "nowhere.json"], "nowhere.json"),
    "a folder for a file": (["predict", "docs"], "'docs' cannot be read as JSON"),
    "a folder to inspect": (["inspect", "docs"], "seicast describe"),
    "a level that is none": (["predict", RECIPE, "--level", "1"], "between 0 and 1"),
    "a level the groups cannot carry": (["predict", RECIPE, "--level", "0.99"], "groups"),
    "a model nobody has": (["predict", RECIPE, "--model", "x"], "No model is called 'x'"),
    "a cycling file of no format": (["describe", RECIPE, "--cycling", "Makefile"], "Makefile"),
    "a spectrum that is cycling": (["describe", RECIPE, "--spectrum", CYCLING], "no impedance"),
    "a run nobody has": (["train", "nobody"], "There is no run file 'nobody'"),
    "a data set nobody has": (["data", "fetch", "moon", "--from", "docs"], "'moon'"),
    "a data set that is not there": (["data", "fetch", "kim2023_ce", "--from", "docs"], "missing"),
    "a run without its data": (["train", "cycle_life-severson2019"], "seicast data fetch"),
}


@pytest.mark.parametrize("case", ERRORS)
def test_an_error_ends_with_code_2_and_one_sentence(seicast, case):
    """Who came, what came, the way out; a traceback is for faults of ours."""
    words, fact = ERRORS[case]
    code, _, errors = seicast(*words)
    assert code == 2
    assert errors.startswith("Error: ")
    assert errors.count("\n") == 1
    assert fact in errors


@pytest.mark.parametrize(
    ("old", "new", "facts"),
    [
        ('"thickness_nm": 1000', '"thickness_nm": 1e9', ("thickness_nm", "0.1 to 100000")),
        ('"thickness_nm"', '"thickness_um"', ("thickness_um", "unknown field", "thickness_nm")),
        ('"area_cm2": 0.5', '"area_cm2": NaN', ("mine.json",)),
        ('"area_cm2": 0.5', '"area_cm2": "half"', ("area_cm2", "number")),
    ],
)
def test_a_wrong_field_is_named_with_what_is_allowed(seicast, cell_file, old, new, facts):
    """Whoever typed it looks for the name of the field and its bounds."""
    code, _, errors = seicast("predict", cell_file(old, new))
    assert code == 2
    for fact in facts:
        assert fact in errors


def test_raw_files_go_with_one_cell(seicast, tmp_path):
    body = json.loads((CHECKOUT / RECIPE).read_text())
    cell = body["cells"][0] if "cells" in body else body
    two = {"cells": [cell, {**cell, "cell_id": "another"}]}
    (tmp_path / "two.json").write_text(json.dumps(two))
    code, _, errors = seicast("predict", tmp_path / "two.json", "--cycling", CYCLING)
    assert code == 2
    assert "holds 2 cells; raw files go with one cell" in errors
    assert seicast("predict", tmp_path / "two.json")[0] == 0


def test_cycling_in_milliampere_is_refused(seicast, tmp_path):
    """0.5 mA written as 0.5 A is 1000 mA/cm2 on half a square centimetre."""
    table = read_cycling(CHECKOUT / CYCLING)
    table.assign(current_ampere=1000 * table["current_ampere"]).to_csv(
        tmp_path / "mA.csv", index=False
    )
    code, _, errors = seicast("predict", RECIPE, "--cycling", tmp_path / "mA.csv")
    assert code == 2
    assert "Is the current in mA?" in errors


def test_a_negative_window_is_a_wrong_use_of_the_verb(seicast):
    code, _, errors = seicast("describe", RECIPE, "--n-cycles", "-1")
    assert code == 2
    assert "Traceback" not in errors


def test_an_empty_shelf_tells_how_to_fill_it(seicast, environment, tmp_path):
    environment.setenv("SEICAST_SHELF", str(tmp_path / "empty"))
    code, _, errors = seicast("predict", RECIPE)
    assert code == 2
    assert "seicast demo" in errors


def test_a_process_of_its_own_ends_the_same_way(environment):
    """As a shell sees it: code 2, one line on stderr, nothing on stdout."""
    reply = subprocess.run(
        [sys.executable, "-m", "seicast", "predict", "nowhere.json"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (reply.returncode, reply.stdout) == (2, "")
    assert reply.stderr.startswith("Error: 'nowhere.json' cannot be read")


def test_train_records_and_publishes_what_then_answers(seicast, environment, tmp_path):
    """From a run file of one's own to an answer, in one verb."""
    environment.setenv("SEICAST_SHELF", str(tmp_path / "trained"))
    run_file = tmp_path / "mine.toml"
    run_file.write_text(
        'name = "mine"\ntarget = "coulombic_efficiency"\ncohort = "virtual"\nmodels = ["ridge"]\n'
        'n_selection_folds = 2\nn_test_folds = 2\nbaseline = ["is_coated"]\n'
        '[descriptor_sets]\none = ["is_coated", "solvent_O_fraction"]\n'
    )
    code, output, _ = seicast("train", run_file)
    assert code == 0
    assert "mine v1: ridge.one; promoted" in " ".join(output.split())
    reply = json.loads(seicast("predict", RECIPE, "--json")[1])
    (answer,) = reply["cells"][0]["predictions"]
    assert answer["model"]["name"] == "mine"
    assert answer["trained_on"]["kinds"] == {"simulated": 308}
    assert (tmp_path / "home" / "mlflow.db").is_file()


@pytest.mark.parametrize("verb", [name for name in VERBS if name not in NO_JSON])
def test_every_verb_speaks_json(verb):
    """What people read in a table, scripts read as JSON."""
    assert "--json" in {word for each in VERBS[verb].params for word in each.opts}


@pytest.mark.parametrize("words", [["describe"], ["data", "list"], ["models"], ["jobs", "list"]])
def test_what_is_said_to_be_json_is_json(seicast, words):
    code, output, errors = seicast(*words, "--json")
    assert (code, errors) == (0, "")
    json.loads(output)


def test_a_cell_is_drawn_beside_its_sheet(seicast, tmp_path):
    plot = tmp_path / "A1.png"
    code, output, errors = seicast("describe", RECIPE, "--cycling", CYCLING, "--plot", plot)
    assert code == 0
    assert "ce_mean_fraction" in output
    assert plot.read_bytes().startswith(b"\x89PNG")
    assert str(plot) in errors


def test_a_cell_without_cycling_cannot_be_drawn(seicast, tmp_path):
    code, _, errors = seicast("describe", RECIPE, "--plot", tmp_path / "A1.png")
    assert code == 2
    assert "--cycling" in errors


def test_a_sweep_asks_for_every_value_between_its_ends(seicast):
    code, output, _ = seicast("predict", RECIPE, "--sweep", "thickness_nm=100:10000", "--json")
    assert code == 0
    found = json.loads(output)
    assert (found["values"][0], found["values"][-1]) == (100, 10_000)
    middle = found["values"].index(1000)
    (alone,) = json.loads(seicast("predict", RECIPE, "--json")[1])["cells"]
    for swept, own in zip(found["predictions"][middle], alone["predictions"], strict=True):
        assert swept["value"] == pytest.approx(own["value"])
    code, output, _ = seicast("predict", RECIPE, "--sweep", "current_density_mA_cm2")
    assert code == 0
    assert output.count("OUTSIDE") > 0


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("colour", "choose one of thickness_nm"),
        ("thickness_nm=9:1", "must rise"),
        ("thickness_nm=thin:thick", "thickness_nm=LOW:HIGH"),
    ],
)
def test_a_sweep_that_is_none_is_refused_with_the_way_out(seicast, text, fact):
    code, _, errors = seicast("predict", RECIPE, "--sweep", text)
    assert code == 2
    assert fact in errors


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_are_taught_the_verbs(shell):
    """The script that --show-completion prints asks the program itself."""
    environment = {**os.environ, "_SEICAST_COMPLETE": f"source_{shell}"}
    command = [Path(sys.executable).with_name("seicast")]
    reply = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False, cwd=CHECKOUT
    )
    assert reply.returncode == 0, reply.stderr
    assert "_SEICAST_COMPLETE" in reply.stdout


def test_completion_knows_verbs_options_and_choices():
    def completed(words):
        environment = {
            **os.environ,
            "_SEICAST_COMPLETE": "complete_bash",
            "COMP_WORDS": words,
            "COMP_CWORD": str(len(words.split(" ")) - 1),
        }
        command = [Path(sys.executable).with_name("seicast")]
        reply = subprocess.run(
            command, env=environment, capture_output=True, text=True, check=False, cwd=CHECKOUT
        )
        return reply.stdout.split()

    assert {"predict", "promote"} <= set(completed("seicast pr"))
    assert "export" in completed("seicast cells ex")
    assert "--json" in completed("seicast cells list --js")
    assert "predictions" in completed("seicast cells export A1 --what pre")
