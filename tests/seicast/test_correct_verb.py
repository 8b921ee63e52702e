"""What the page of a cell corrects, the command line corrects as well."""

import json

import pytest

from seicast.cell_verbs import open_store
from seicast.places import CHECKOUT

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
def test_type_and_area_are_corrected_as_a_further_version(seicast):
    """The data stay; the version before stays too."""
    words = ["--type", "Li||Li", "--area-cm2", "1.13", "--reason", "the wrong holder"]
    code, output, errors = seicast("cells", "correct", "Cu3N-SBR-1", *words)
    assert (code, errors) == (0, "")
    assert "version 2" in output
    store = open_store()
    before, after = store.get("Cu3N-SBR-1", 1), store.get("Cu3N-SBR-1")
    assert (before.recipe.cell.type, before.area_cm2) == ("Li||Cu", 0.5)
    assert (after.recipe.cell.type, after.area_cm2) == ("Li||Li", 1.13)
    assert after.cycling.equals(before.cycling)
    assert store.raw_bytes("Cu3N-SBR-1") == (CHECKOUT / CYCLING).read_bytes()
    assert store.entry("Cu3N-SBR-1").reason == "the wrong holder"
    assert [line.action for line in store.audit.entries()] == ["add", "correct"]
    store.close()
    kept = json.loads(seicast("cells", "correct", "Cu3N-SBR-1", *words, "--json")[1])
    assert kept["version"] == 2  # the same again changes nothing
    assert "nothing differs" in seicast("cells", "correct", "Cu3N-SBR-1", *words)[1]


@pytest.mark.usefixtures("kept")
def test_a_recording_of_another_cell_is_dropped_and_the_version_before_has_it(seicast):
    words = ["--drop", "cycling", "--reason", "the channel of another cell"]
    code, output, errors = seicast("cells", "correct", "Cu3N-SBR-1", *words)
    assert (code, errors) == (0, "")
    assert "this is version 2, the earlier ones stay" in output
    store = open_store()
    assert store.get("Cu3N-SBR-1").cycling is None
    assert len(store.get("Cu3N-SBR-1", 1).cycling) > 0
    assert store.entry("Cu3N-SBR-1").area_cm2 == store.entry("Cu3N-SBR-1", 1).area_cm2
    store.close()
    assert "nothing differs" in seicast("cells", "correct", "Cu3N-SBR-1", *words)[1]


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize(
    ("cell_id", "words", "fact"),
    [
        ("Cu3N-SBR-1", [], "--type, --area-cm2 or --drop"),
        ("Cu3N-SBR-1", ["--type", "Li|Cu"], "there are Li||Cu, Li||Li"),
        ("Cu3N-SBR-1", ["--area-cm2", "-1"], "area_cm2 is -1"),
        ("Cu3N-SBR-1", ["--drop", "outcome"], "can drop cycling and spectra"),
        ("Cu3N-SBR-1", ["--area-cm2", "0.0001"], "Or is the area wrong?"),
        ("Cu3N-SBR-1", ["--area-cm2", "1", "--reason", ""], "takes a reason"),
        ("nobody", ["--area-cm2", "1"], "No cell 'nobody'"),
    ],
)
def test_a_correction_that_is_none_is_refused_with_the_way_out(seicast, cell_id, words, fact):
    code, output, errors = seicast("cells", "correct", cell_id, *words)
    assert (code, output) == (2, "")
    assert errors.startswith("Error: ")
    assert fact in errors


@pytest.mark.usefixtures("kept")
def test_what_still_does_not_fit_is_told_aside(seicast, monkeypatch):
    monkeypatch.setattr("seicast.correct_verb.misfit_reasons", lambda cell: (cell.cell_id,))
    code, output, errors = seicast("cells", "correct", "Cu3N-SBR-1", "--area-cm2", "0.6", "--json")
    assert code == 0
    assert json.loads(output)["version"] == 2
    assert errors == "doubt: Cu3N-SBR-1\n"
