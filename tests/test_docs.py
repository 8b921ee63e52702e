"""What a stranger reads must be there, and must be so."""

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from starlette.testclient import TestClient

from features.readers import readers
from features.registry import catalogue
from seicast.places import CHECKOUT, EXAMPLE_REQUEST
from seicast.verbs import app
from serving.app import create_app
from serving.champions import Champions
from serving.roles import NEEDED
from serving.settings import Settings
from training.cohorts import cohort_names
from training.data_folders import data_folder, has_data
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


def load_hook():
    """Return the module that makes pages when the documentation is built."""
    spec = importlib.util.spec_from_file_location("reference", CHECKOUT / "docs" / "reference.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


reference = load_hook()
MADE = reference.pages()
VERBS = [path for path, _ in reference.verbs(typer.main.get_command(app))]


@pytest.mark.parametrize("goal", ["install", "demo", "test", "docs", "bench", "fuzz"])
def test_the_readme_names_the_commands_of_the_makefile(goal):
    assert f"make {goal}" in README
    assert re.search(rf"^{goal}:.*## ", (CHECKOUT / "Makefile").read_text(), re.M)


def test_the_readme_shows_a_prediction_with_its_interval_before_one_must_scroll():
    top = "\n".join(README.splitlines()[:25])
    assert "seicast predict" in top
    assert re.search(r"\d to \d", top)


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_is_on_the_readmes_plan(room):
    assert f"{room}/" in README
    assert (CHECKOUT / room / "__init__.py").is_file()


@pytest.mark.parametrize("verb", VERBS)
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
    """Also for who reads a clone, or looks at it on a host of code, where nothing was made."""
    text = page.read_text()
    for target in re.findall(r"\]\(([^)#\s]+)", text):
        if "://" not in target:
            assert (page.parent / target).exists(), target
    for named in re.findall(r"\b(?:docs/examples|training/runs)/[\w.-]+\w", text):
        if "NAME" not in named:
            assert (CHECKOUT / named).exists(), named


@pytest.mark.parametrize("name", sorted(each for each in MADE if each.startswith("reference/")))
def test_a_page_that_is_made_has_a_signpost_in_a_clone(name):
    """A copy of it would be out of date; the way to the same facts is not."""
    text = (CHECKOUT / "docs" / name).read_text()
    assert text.partition("\n")[0] == MADE[name].partition("\n")[0]
    assert "`make docs`" in text
    assert len(text.splitlines()) < 10


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


@pytest.mark.data
@pytest.mark.slow
def test_the_readme_leads_from_two_files_of_instruments_to_their_sheet(tmp_path):
    """Whoever never saw it has his own sheet in five minutes, by the README alone."""
    if not has_data("instrument_files"):
        pytest.skip("the instrument files are not on this machine")
    files = data_folder("instrument_files")
    shutil.copy(files / "navani" / "test.ndax", tmp_path / "A1.ndax")
    shutil.copy(files / "yadg" / "peis.mpt", tmp_path / "A1.mpt")
    (block,) = (
        each for each in re.findall(r"```sh\n(.*?)```", README, re.DOTALL) if "ndax" in each
    )
    _, _, commands = block.partition("\n")  # the first line sets up what is there already
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    reply = subprocess.run(
        ["bash", "-euc", commands],
        cwd=tmp_path,
        env={**os.environ, "PATH": path, "SEICAST_HOME": str(tmp_path), "COLUMNS": "120"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert reply.returncode == 0, reply.stderr
    assert "initial_ce_fraction" in reply.stdout
    assert "series_resistance_ohm_cm2" in reply.stdout
    assert (tmp_path / "A1.png").is_file()


def test_the_descriptor_that_the_how_to_writes_passes_the_test_that_it_writes():
    """In a process of its own: here it would stay in the catalogue."""
    page = (CHECKOUT / "docs" / "howto" / "add.md").read_text()
    module, test = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    (path,) = re.findall(r"^from (features\.descriptors\.\w+) import", test, re.MULTILINE)
    assert f"{path.replace('.', '/')}.py" in page
    (name,) = re.findall(r"^def (test_\w+)", test, re.MULTILINE)
    script = "\n".join(
        [
            "import runpy, sys, types",
            f"made = sys.modules['{path}'] = types.ModuleType('{path}')",
            f"exec({module!r}, vars(made))",
            test,
            f"{name}(runpy.run_path('tests/conftest.py')['li_cu_cell'])",
        ]
    )
    reply = subprocess.run(
        [sys.executable, "-c", script], cwd=CHECKOUT, capture_output=True, text=True, check=False
    )
    assert reply.returncode == 0, reply.stderr


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


@pytest.mark.parametrize("name", catalogue())
def test_every_descriptor_is_documented_with_its_source(name):
    (row,) = re.findall(rf"^\| `{name}` \| .*$", MADE["reference/descriptors.md"], re.MULTILINE)
    _, unit, version, told, source = (cell.strip() for cell in row.strip("| ").split(" | "))
    assert unit
    assert int(version) >= 1
    assert len(told) > 20
    assert "doi.org" in source or "own" in source


def test_every_setting_is_documented():
    """Whatever the code reads from the environment, and whatever the service may be told."""
    found = set(re.findall(r"`(SEICAST_[A-Z_]+)`", MADE["reference/settings.md"]))
    read = {
        name
        for room in ROOMS
        for path in (CHECKOUT / room).rglob("*.py")
        for name in re.findall(r"SEICAST_[A-Z_]+[A-Z]", path.read_text())
    }
    assert read <= found
    assert {f"SEICAST_{name.upper()}" for name in Settings.__dataclass_fields__} <= found


@pytest.mark.parametrize("route", NEEDED, ids=" ".join)
def test_every_route_is_documented_with_the_role_it_needs(route):
    named = rf"(?:## |- )`{re.escape(' '.join(route))}`"
    assert re.search(rf"^{named}", MADE["reference/http.md"], re.MULTILINE)


def test_every_route_of_the_interface_is_described():
    for method, path, operation in operations():
        assert f"## `{method} {path}`" in MADE["reference/http.md"]
        assert operation.get("description") or operation.get("summary")


def operations():
    document = create_app(Settings(), Champions()).openapi()
    for path, found in document["paths"].items():
        yield from ((method.upper(), path, operation) for method, operation in found.items())


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_is_documented_with_an_example(verb):
    page = MADE["reference/command_line.md"]
    assert re.search(rf"^## `seicast {verb}`\n\n.+\n\n```sh\nseicast {verb}", page, re.MULTILINE)


@pytest.mark.slow
def test_the_pages_build_without_a_warning_and_load_nothing_from_elsewhere(tmp_path):
    """Whoever reads them at a cycler's computer has no internet."""
    nowhere = dict.fromkeys(("http_proxy", "https_proxy"), "http://127.0.0.1:9")
    reply = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", tmp_path / "site"],
        cwd=CHECKOUT,
        env={**os.environ, **nowhere, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert reply.returncode == 0, reply.stderr
    html = {path: path.read_text() for path in (tmp_path / "site").rglob("*.html")}
    assert len(html) > len(MADE)
    loaded = r"<(?:script|img|iframe)[^>]+src=\"?(?:https?:)?//|<link[^>]+stylesheet[^>]+//"
    assert [path.name for path, text in html.items() if re.search(loaded, text)] == []
