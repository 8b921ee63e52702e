"""What the verbs show of kept cells is what the pages show of them."""

import io
import json
from dataclasses import replace

import pandas as pd
import pytest

from features.cycles import cycles
from seicast.cell_verbs import open_store
from seicast.printing import console
from serving.pages import tables
from store.outcome import Outcome
from training.virtual_lab import founding_recipe, simulate


@pytest.fixture(scope="module")
def lab():
    """Return a bare cell and two coated ones, simulated."""
    return {
        cell_id: replace(
            simulate(founding_recipe(kind), seed=seed, n_cycles=20).cell, cell_id=cell_id
        )
        for cell_id, kind, seed in (("B0", "bare", 0), ("C0", "Cu3N+SBR", 0), ("C1", "Cu3N+SBR", 1))
    }


@pytest.fixture
def kept(seicast, lab):
    store = open_store()
    for cell_id, cell in lab.items():
        store.add(
            cell,
            control_id="B0" if cell_id != "B0" else None,
            outcome=Outcome(
                40.0 if cell_id == "B0" else 200.0, is_censored=False, ce_fraction=0.97
            ),
        )
    store.close()
    return seicast


def test_a_list_is_ids_for_scripts_a_table_for_people_and_records_as_json(kept, monkeypatch):
    assert kept("cells", "list")[1].split() == ["B0", "C0", "C1"]
    rows = json.loads(kept("cells", "list", "--phase", "Cu3N", "--json")[1])
    assert [row["cell_id"] for row in rows] == ["C0", "C1"]
    assert rows[0]["outcome"]["cycle_life_cycles"] == 200
    monkeypatch.setattr(console, "_force_terminal", True)
    table = kept("cells", "list")[1]
    assert "Cu3N 0.9 + SBR 0.1" in table
    assert "spectra" in table


def test_a_cell_is_shown_with_every_tier(kept):
    code, output, _ = kept("cells", "show", "C0")
    assert code == 0
    for words in ("C0, version 1", "control: B0", "CE 0.9700", "recipe", "20 cycles"):
        assert words in output
    found = json.loads(kept("cells", "show", "C0", "--json")[1])
    assert {row["target"] for row in found["predictions"]} == {"coulombic_efficiency", "cycle_life"}
    assert all(row["lack"] or row["lower"] <= row["value"] for row in found["predictions"])


def test_an_answer_that_says_nothing_is_marked_as_in_a_prediction(kept, lab, monkeypatch):
    """One rule and the same words, wherever an answer is shown."""
    monkeypatch.setattr("serving.vagueness.MOST_LIVES_RATIO", 1.0)
    store = open_store()
    recipe = replace(lab["C0"].recipe, electrolyte=None)  # no training cell was without
    store.add(replace(lab["C0"], cell_id="P0", recipe=recipe))
    store.close()
    rows = json.loads(kept("cells", "show", "P0", "--json")[1])["predictions"]
    assert any(row["cannot_say"] for row in rows)
    output = kept("cells", "show", "P0")[1]
    for row in rows:
        why = f"{row['target']} ({row['evidence']}, {row['learnt_from']}): cannot say: "
        assert (why in output) == bool(row["cannot_say"])
        assert (f"{why}{row['cannot_say']}" in output) == bool(row["cannot_say"])


@pytest.mark.parametrize("what", ["sheet", "cycles", "cycling", "predictions"])
def test_a_table_is_the_same_printed_and_in_every_file(kept, tmp_path, what):
    printed = pd.read_csv(io.StringIO(kept("cells", "export", "C0", "--what", what)[1]))
    for ending, read in (
        ("csv", pd.read_csv), ("parquet", pd.read_parquet), ("json", pd.read_json)
    ):  # fmt: skip
        path = tmp_path / f"C0.{ending}"
        assert kept("cells", "export", "C0", "--what", what, "--out", path)[0] == 0
        assert len(read(path)) == len(printed)
        assert list(read(path)) == list(printed)


def test_the_exported_cycles_are_those_of_the_cell(kept, lab, tmp_path):
    path = tmp_path / "C0.parquet"
    kept("cells", "export", "C0", "--what", "cycles", "--out", path)
    pd.testing.assert_frame_equal(
        pd.read_parquet(path), cycles(lab["C0"]).reset_index(drop=True), check_dtype=False
    )


def test_a_file_of_no_format_is_refused_with_those_that_there_are(kept, tmp_path):
    code, _, errors = kept("cells", "export", "C0", "--out", tmp_path / "C0.xlsx")
    assert code == 2
    assert ".csv, .parquet, .json" in errors


def test_a_coating_is_held_against_its_control_with_its_replicates(kept):
    code, output, _ = kept("cells", "compare", "C1")
    assert code == 0
    assert "2 of it, 1 uncoated" in output
    assert "it lives 5.00 times as long; better in 2 of 2 pairs" in output
    found = json.loads(kept("cells", "compare", "C1", "--json")[1])
    assert [len(side["points"]) for side in found["outcomes"][0]["sides"]] == [1, 2]


def test_a_cell_without_a_control_says_how_to_name_one(kept):
    assert "cells add --control" in kept("cells", "compare", "B0")[2]


def test_a_cell_nobody_kept_ends_with_code_2(kept):
    for verb in ("show", "export", "compare"):
        code, _, errors = kept("cells", verb, "nobody")
        assert code == 2
        assert "nobody" in errors


def test_drift_needs_cells_and_says_how_many(kept):
    name = "coulombic_efficiency-virtual-recipe"
    code, output, _ = kept("drift", name)
    assert code == 0
    assert "3 kept cells" in output
    assert json.loads(kept("drift", name, "--json")[1])["n_cells"] == 3


def test_the_tables_offered_are_those_that_the_pages_offer():
    from seicast.cell_views import What  # noqa: PLC0415

    assert What == tables.What
