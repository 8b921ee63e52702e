"""What a stranger reads must be there, and must be so."""

import json
import re
import subprocess

import pytest
import typer
from starlette.testclient import TestClient

from features.readers import readers
from seicast.places import CHECKOUT, EXAMPLE_REQUEST
from seicast.verbs import app
from serving.app import create_app
from serving.champions import Champions
from serving.settings import Settings
from training.cohorts import cohort_names
from training.run_config import RUNS

README = (CHECKOUT / "README.md").read_text()
ROOMS = ("features", "store", "models", "training", "serving", "seicast")
ADRS = sorted((CHECKOUT / "docs" / "adr").glob("*.md"))
PAGES = sorted([*CHECKOUT.glob("*.md"), *(CHECKOUT / "docs").rglob("*.md")])
#: Where packages come from is the machine's business; so is where files lie on it.
ADDRESSES = re.compile(
    r"pyp[i]\.org|pythonhoste[d]|anaconda\.(?:org|com)|--(?:extra-)?index|(?:index|find)[-_]links?\b"
)
MACHINE_PATHS = re.compile(r"(?<![\w.~}])(?:/(?:work|home|root|Users|mnt|tmp)/\w|[A-Z]:\\\w)")


def tracked_files():
    """Return every text file that is, or would be, in the repository."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    reply = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    if reply.returncode:
        pytest.skip("this is no git checkout")
    paths = [CHECKOUT / name for name in reply.stdout.split("\0") if name]
    return [path for path in paths if path.is_file() and b"\0" not in path.read_bytes()[:8000]]


def lines_that_match(pattern):
    return [
        f"{path.relative_to(CHECKOUT)}:{number}: {line.strip()[:80]}"
        for path in tracked_files()
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1)
        if pattern.search(line)
    ]


def verbs(command=None, path=""):
    """Yield every verb of the command line, such as "cells add"."""
    command = command or typer.main.get_command(app)
    for name, child in command.commands.items():
        below = f"{path} {name}".strip()
        if hasattr(child, "commands"):
            yield from verbs(child, below)
        else:
            yield below


@pytest.mark.parametrize("command", ["make demo", "make test", "make bench"])
def test_the_readme_names_the_commands_of_the_makefile(command):
    assert command in README
    assert re.search(rf"^{command.split()[1]}:.*## ", (CHECKOUT / "Makefile").read_text(), re.M)


def test_the_readme_shows_a_prediction_with_its_interval_before_one_must_scroll():
    top = "\n".join(README.splitlines()[:25])
    assert "seicast predict" in top
    assert re.search(r"\d to \d", top)


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_is_on_the_readmes_plan(room):
    assert f"{room}/" in README
    assert (CHECKOUT / room / "__init__.py").is_file()


@pytest.mark.parametrize("verb", list(verbs()))
def test_every_verb_is_in_the_readme(verb):
    assert f"`{verb}`" in README or f"seicast {verb}" in README


@pytest.mark.parametrize("name", [*cohort_names(), *(path.stem for path in RUNS.glob("*.toml"))])
def test_every_run_and_cohort_is_told_of(name):
    """A run nobody hears of is run by nobody."""
    assert any(name in page.read_text() for page in PAGES)


@pytest.mark.parametrize("path", ADRS, ids=lambda path: path.stem)
def test_every_decision_tells_context_decision_consequences_alternatives(path):
    headings = re.findall(r"^## (.*)$", path.read_text(), re.MULTILINE)
    assert headings == ["Context", "Decision", "Consequences", "Alternatives"]
    assert path.read_text().startswith(f"# {path.stem[:4]}: ")


def test_decisions_are_numbered_without_a_gap():
    assert [int(path.stem[:4]) for path in ADRS] == list(range(1, len(ADRS) + 1))


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_link_and_every_file_named_is_there(page):
    text = page.read_text()
    for target in re.findall(r"\]\(([^)#\s]+)", text):
        if "://" not in target:
            assert (page.parent / target).exists(), target
    for named in re.findall(r"\b(?:docs/examples|training/runs)/[\w.-]+\w", text):
        if "NAME" not in named:
            assert (CHECKOUT / named).exists(), named


def test_the_refusal_in_the_readme_is_the_one_that_comes(tmp_path):
    """A stranger who sends a wrong unit must read what he was promised."""
    promised = next(
        json.loads(block)
        for block in re.findall(r"```json\n(.*?)```", README, re.DOTALL)
        if "urn:seicast" in block
    )
    body = EXAMPLE_REQUEST.read_text().replace('"thickness_nm": 1000', '"thickness_nm": 1e9')
    with TestClient(
        create_app(Settings(shelf=tmp_path), Champions()), base_url="http://localhost"
    ) as client:
        headers = {"content-type": "application/json"}
        reply = client.post("/v1/predictions", content=body, headers=headers)
    assert reply.json() == promised


def test_no_file_says_where_packages_come_from():
    """A lock file with addresses installs on one network only."""
    this = "tests/test_docs.py"
    assert [line for line in lines_that_match(ADDRESSES) if not line.startswith(this)] == []


def test_no_file_knows_a_folder_of_somebodys_machine():
    assert lines_that_match(MACHINE_PATHS) == []


def test_every_format_is_listed():
    """A reader nobody hears of is a file somebody converts by hand."""
    page = (CHECKOUT / "docs" / "formats.md").read_text()
    for reader in readers():
        assert reader.FORMAT in page
        assert reader.__name__.rsplit(".", 1)[1] in page
