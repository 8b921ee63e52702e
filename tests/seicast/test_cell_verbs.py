import csv
import json
import re

import pytest
import typer

from seicast import places
from seicast.cell_verbs import cells_app, open_store
from serving.schemas import EXAMPLE_CELL

RECIPE = "docs/examples/cu3n_sbr.json"
CYCLING = "docs/examples/simulated_cycling.csv"


@pytest.fixture
def shelf(tmp_path):
    """Return an empty shelf: cells are kept without any model."""
    return tmp_path / "shelf"


@pytest.fixture
def kept(seicast):
    """Keep the example cell."""
    assert seicast("cells", "add", RECIPE, "--cycling", CYCLING)[0] == 0


@pytest.mark.usefixtures("kept")
def test_a_cell_that_was_added_is_listed_with_the_file_it_came_from(seicast):
    assert seicast("cells", "list")[1].split() == ["Cu3N-SBR-1"]
    store = open_store()
    assert store.raw_bytes("Cu3N-SBR-1").startswith(b"test_time_second")
    store.close()


def test_an_empty_store_says_how_to_fill_it(seicast):
    code, output, errors = seicast("cells", "list")
    assert (code, output) == (0, "")  # a script that reads ids reads none
    assert "No cell is kept yet; add one: seicast cells add" in errors


@pytest.mark.usefixtures("kept")
def test_the_same_again_changes_nothing_and_other_content_is_refused(seicast):
    code, output, _ = seicast("cells", "add", RECIPE, "--cycling", CYCLING)
    assert (code, output.split(", in")[0]) == (0, "kept Cu3N-SBR-1, version 1")
    code, _, errors = seicast("cells", "add", RECIPE)
    assert code == 2
    assert "'Cu3N-SBR-1' is in the store already, with other content" in errors


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize(
    ("words", "is_listed"),
    [
        (["--type", "Li||Cu"], True),
        (["--type", "Li||Li"], False),
        (["--phase", "Cu3N"], True),
        (["--phase", "Cu"], False),
        (["--with-life"], False),
        (["--without-life"], True),
        (["--lab", "Basel"], False),
    ],
    ids=str,
)
def test_a_list_is_narrowed_by_its_options(seicast, words, is_listed):
    _, output, errors = seicast("cells", "list", *words)
    assert ("Cu3N-SBR-1" in output) == is_listed
    assert ("None of 1 cells is like that" in errors) != is_listed


@pytest.mark.usefixtures("kept")
def test_a_cell_is_finished_then_deleted_and_the_log_says_by_whom(seicast):
    words = ["--life", "212", "--event", "ce_collapse", "--rule", "CE < 0.90"]
    code, output, errors = seicast("cells", "finish", "Cu3N-SBR-1", *words)
    assert (code, errors) == (0, "")
    assert output == "kept the outcome of Cu3N-SBR-1 as version 2\n"
    assert seicast("cells", "list", "--with-life")[1].split() == ["Cu3N-SBR-1"]
    assert seicast("cells", "delete", "Cu3N-SBR-1", "--reason", "short circuit")[0] == 0
    assert "No cell is kept yet" in seicast("cells", "list")[2]
    code, _, errors = seicast("cells", "finish", "Cu3N-SBR-1", *words)
    assert code == 2
    assert "short circuit" in errors
    store = open_store()
    assert [line.action for line in store.audit.entries()] == ["add", "finish", "delete"]
    assert all(line.actor for line in store.audit.entries())
    store.close()


def test_an_import_reports_every_file_and_fails_if_any_was_left_out(seicast, tmp_path):
    folder = tmp_path / "exports"
    folder.mkdir()
    (folder / "planned.json").write_text(json.dumps(EXAMPLE_CELL))
    (folder / "nonsense.csv").write_text("hello,world\n1,2\n")
    report = tmp_path / "report.csv"
    code, output, errors = seicast("cells", "import", folder, "--dry-run", "--report", report)
    assert code == 1
    assert "1 left out, 1 would be kept" in output
    assert "nonsense.csv: no facts" in errors
    rows = csv.DictReader(report.read_text().splitlines())
    assert [(row["files"], row["state"]) for row in rows] == [
        ("nonsense.csv", "left out"),
        ("planned.json", "would be kept"),
    ]
    (folder / "nonsense.csv").unlink()
    assert seicast("cells", "import", folder)[0] == 0
    assert "1 there already" in seicast("cells", "import", folder)[1]


@pytest.mark.usefixtures("kept")
def test_the_restore_drill_of_the_operators_page_works(seicast, environment, tmp_path):
    """A backup that was never restored is a hope."""
    assert seicast("cells", "delete", "Cu3N-SBR-1", "--reason", "for the log")[0] == 0
    code, output, _ = seicast("cells", "check")
    assert code == 0
    (anchor,) = re.findall(r"last audit line: (\d+:[0-9a-f]{64})", output)
    assert seicast("cells", "backup", tmp_path / "backup")[0] == 0
    environment.setenv("SEICAST_HOME", str(tmp_path / "backup"))
    code, output, errors = seicast("cells", "check", "--anchor", anchor)
    assert (code, errors) == (0, "")
    assert f"last audit line: {anchor}" in output
    code, _, errors = seicast("cells", "check", "--anchor", f"3:{anchor.partition(':')[2]}")
    assert code == 1
    assert "is not the one that was kept elsewhere" in errors


@pytest.mark.usefixtures("kept")
def test_a_store_moves_to_another_database_and_proves_itself_there(seicast, environment, tmp_path):
    assert seicast("keys", "add", "boss", "--role", "admin")[0] == 0  # for the log
    _, output, _ = seicast("cells", "check")
    (anchor,) = re.findall(r"last audit line: (\d+:[0-9a-f]{64})", output)
    url, root = f"sqlite:///{tmp_path / 'new' / 'seicast.db'}", str(tmp_path / "new" / "cells")
    code, output, _ = seicast("cells", "move", "--database", url, "--cells", root)
    assert code == 0
    assert "1 cells and 2 raw files" in output
    code, _, errors = seicast("cells", "move", "--database", url, "--cells", root)
    assert code != 0
    assert "already" in errors
    environment.setenv("SEICAST_DATABASE", url)
    environment.setenv("SEICAST_CELLS", root)
    assert seicast("cells", "check", "--anchor", anchor)[0] == 0
    assert seicast("cells", "list")[1].split() == ["Cu3N-SBR-1"]


@pytest.mark.usefixtures("kept")
def test_a_check_names_what_is_missing_and_fails(seicast, tmp_path):
    (path,) = (tmp_path / "home" / "cells").rglob("*.parquet")
    path.unlink()
    code, output, errors = seicast("cells", "check")
    assert (code, output) == (1, "")
    assert path.name in errors
    assert "cell 'Cu3N-SBR-1'" in errors


def test_an_anchor_that_no_check_printed_is_refused(seicast):
    code, _, errors = seicast("cells", "check", "--anchor", "x")
    assert code == 2
    assert "NUMBER:SHA256" in errors


@pytest.mark.usefixtures("kept")
def test_a_sweep_leaves_what_is_in_use(seicast):
    assert seicast("cells", "sweep", "--hours", "0")[1] == "removed 0 files of 0.0 MB\n"
    assert seicast("cells", "check")[0] == 0


def test_every_command_of_the_operators_page_is_one():
    """An operator in trouble copies the line."""
    page = (places.CHECKOUT / "docs" / "operating.md").read_text()
    blocks = "\n".join(re.findall(r"```sh\n(.*?)```", page, re.DOTALL))
    known = typer.main.get_command(cells_app).commands
    named = re.findall(r"seicast cells (\w+)([^#\n]*)", blocks)
    assert len(named) >= 8
    for verb, rest in named:
        options = {name for parameter in known[verb].params for name in parameter.opts}
        assert set(re.findall(r"--[\w-]+", rest)) <= options
