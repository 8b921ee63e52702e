"""Notebooks tell one story each: they import everything, define nothing, and run."""

import ast

import jupytext
import pytest
from nbclient import NotebookClient

from seicast.places import CHECKOUT

NOTEBOOKS = sorted((CHECKOUT / "notebooks").glob("*.py"))
#: All four together take two minutes at most, of processor time of the kernels.
BUDGET_S = 120.0
SPENT = "\nimport time\nprint(time.process_time())"


def code_of(path):
    cells = jupytext.read(path).cells
    return [cell.source for cell in cells if cell.cell_type == "code"]


def test_there_are_four_and_they_are_numbered():
    assert [path.name[0] for path in NOTEBOOKS] == ["1", "2", "3", "4"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_defines_nothing(path):
    """What is worth a name is worth a test, in a module."""
    tree = ast.parse("\n".join(code_of(path)))
    defined = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
    assert not [node for node in ast.walk(tree) if isinstance(node, defined)]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_tells_before_it_shows(path):
    cells = jupytext.read(path).cells
    assert cells[0].cell_type == "markdown"
    assert cells[0].source.startswith(f"# {path.name[0]}. ")
    assert cells[-1].source.strip()


@pytest.fixture(scope="module")
def spent():
    return {}


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
@pytest.mark.filterwarnings("default")  # the kernel's own plumbing warns of its own
def test_a_notebook_runs_from_its_first_cell_to_its_last(path, spent):
    notebook = jupytext.read(path)
    last = jupytext.reads(f"# %%{SPENT}", fmt="py:percent").cells[-1]
    notebook.cells.append(last)
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": CHECKOUT}}).execute()
    spent[path.name] = float(last.outputs[0]["text"])


@pytest.mark.slow
def test_all_of_them_keep_the_budget(spent):
    if len(spent) < len(NOTEBOOKS):
        pytest.skip("not all of them ran")
    assert sum(spent.values()) < BUDGET_S
