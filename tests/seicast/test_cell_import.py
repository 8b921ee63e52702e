import json

import pytest

from features.errors import UnreadableFile
from seicast.cell_import import import_all, parcels_in
from serving.schemas import EXAMPLE_CELL
from store import CellFilter, CellStore
from training.virtual_lab import founding_recipe, simulate


def facts(cell_id="facts", **changes):
    return json.dumps({**EXAMPLE_CELL, "cell_id": cell_id, **changes})


def cycling(seed):
    return simulate(founding_recipe("Cu3N+SBR"), seed=seed, n_cycles=3).cell.cycling


def write_cycling(path, seed):
    cycling(seed).to_csv(path, index=False)


@pytest.fixture
def folder(tmp_path):
    """Return a folder with every way to bring a cell, and every way to fail."""
    folder = tmp_path / "exports"
    (folder / "batch 2").mkdir(parents=True)
    write_cycling(folder / "A1.csv", 1)
    (folder / "A1.json").write_text(facts("first"))
    (folder / "batch 2" / "cell.json").write_text(facts())
    write_cycling(folder / "batch 2" / "x.csv", 2)
    write_cycling(folder / "batch 2" / "y.csv", 3)
    (folder / "recipe only.json").write_text(facts("planned"))
    (folder / "no facts.csv").write_text("hello,world\n1,2\n")
    (folder / "batch 2" / "nonsense.csv").write_text("hello,world\n1,2\n")
    (folder / "notes.md").write_text("nothing to read")
    (folder / "settings.json").write_text('{"colour": "blue"}')
    return folder


@pytest.fixture
def store(tmp_path):
    opened = CellStore.open(f"sqlite:///{tmp_path / 'seicast.db'}", str(tmp_path / "cells"))
    yield opened
    opened.close()


def imported(folder, store, **options):
    return {each.name: each for each in import_all(parcels_in(folder), store, **options)}


def states(found):
    return {name: each.state for name, each in found.items()}


def test_every_cell_is_taken_and_every_file_left_out_has_its_reason(folder, store):
    found = imported(folder, store)
    assert states(found) == {
        "A1.csv, A1.json": "kept",
        "batch 2/nonsense.csv": "left out",
        "batch 2/x.csv": "kept",
        "batch 2/y.csv": "kept",
        "no facts.csv": "left out",
        "recipe only.json": "kept",
        "settings.json": "left out",
    }
    assert [each.cell_id for each in store.each()] == ["batch 2_x", "batch 2_y", "first", "planned"]
    assert found["no facts.csv"].reason.startswith("no facts: neither 'no facts.json' nor 'cell.j")
    assert "No reader claims" in found["batch 2/nonsense.csv"].reason
    assert "settings.json" in found["settings.json"].reason
    assert all(bool(each.reason) == (each.state == "left out") for each in found.values())


def test_the_instruments_own_file_is_kept_with_its_cell(folder, store):
    imported(folder, store)
    assert store.raw_bytes("first") == (folder / "A1.csv").read_bytes()
    assert len(store.get("first").cycling) == len(cycling(1))
    assert store.entry("planned").n_rows == 0
    assert store.count(CellFilter(cell_type="Li||Cu")) == 4


def test_who_imported_a_cell_is_in_the_log_once(folder, store):
    for _ in range(2):
        imported(folder, store, actor="ana")
    lines = store.audit.entries()
    assert {(line.actor, line.action) for line in lines} == {("ana", "add")}
    assert sorted(line.subject for line in lines) == sorted(
        f"cell {each.cell_id}" for each in store.each()
    )


def test_a_second_import_reads_no_file_again(folder, store, monkeypatch):
    """An import that was stopped goes on where it stopped."""
    imported(folder, store)
    monkeypatch.setattr("seicast.cell_import.cells_from", None)
    monkeypatch.setattr("seicast.cell_import.read_file", None)
    for name in ("no facts.csv", "batch 2/nonsense.csv", "settings.json"):
        (folder / name).unlink()
    assert set(states(imported(folder, store)).values()) == {"there already"}
    assert store.count() == 4


def test_an_import_that_was_stopped_half_way_goes_on(folder, store):
    some = import_all(parcels_in(folder), store)
    next(some), next(some), next(some)
    some.close()
    assert store.count() == 2
    found = states(imported(folder, store))
    assert found["A1.csv, A1.json"] == found["batch 2/x.csv"] == "there already"
    assert found["batch 2/y.csv"] == "kept"


def test_a_dry_run_says_the_same_and_keeps_nothing(folder, store):
    dry = imported(folder, store, is_dry_run=True)
    assert store.count() == 0
    assert list(store.blobs.files()) == []
    wet = imported(folder, store)
    assert {name: each.reason for name, each in dry.items()} == {
        name: each.reason for name, each in wet.items()
    }
    assert set(states(dry).values()) == {"would be kept", "left out"}
    again = states(imported(folder, store, is_dry_run=True))
    assert set(again.values()) == {"there already", "left out"}


def test_a_file_that_changed_is_another_content_and_is_not_taken_silently(folder, store):
    """Which of the two is right, a person decides: by a correction, or a new name."""
    imported(folder, store)
    write_cycling(folder / "A1.csv", 9)
    found = imported(folder, store)["A1.csv, A1.json"]
    assert found.state == "left out"
    assert "'first' is in the store already, with other content" in found.reason


def test_a_cell_that_was_deleted_does_not_come_back(folder, store):
    imported(folder, store)
    store.delete("first", "short circuit")
    found = imported(folder, store)["A1.csv, A1.json"]
    assert (found.state, store.count()) == ("left out", 3)
    assert "short circuit" in found.reason


def test_two_records_of_cycling_for_one_cell_are_refused(tmp_path, store):
    folder = tmp_path / "twice"
    folder.mkdir()
    (folder / "A1.json").write_text(facts("A1"))
    write_cycling(folder / "A1.csv", 1)
    cycling(2).to_parquet(folder / "A1.parquet")
    (found,) = imported(folder, store).values()
    assert "more than one record of cycling" in found.reason


def test_cycling_and_spectra_of_one_stem_are_one_cell(tmp_path, store):
    folder = tmp_path / "both"
    folder.mkdir()
    (folder / "A1.json").write_text(facts("A1"))
    write_cycling(folder / "A1.csv", 1)
    spectrum = simulate(founding_recipe("Cu3N+SBR"), seed=1, n_cycles=1, spectrum_cycles=(0,))
    (points,) = spectrum.cell.spectra
    rows = zip(
        points.frequency_Hz, points.impedance_ohm.real, points.impedance_ohm.imag, strict=True
    )
    lines = [",".join(map(repr, map(float, row))) for row in rows]
    header = "frequency_hertz,real_impedance_ohm,imaginary_impedance_ohm"
    (folder / "A1.bdf").write_text("\n".join([header, *lines]))
    (found,) = imported(folder, store).values()
    assert found.state == "kept", found.reason
    entry = store.entry("A1")
    assert (entry.n_rows > 0, entry.n_spectra) == (True, 1)
    assert [each.name for each in entry.originals] == ["A1.bdf", "A1.csv"]


def test_a_folder_that_holds_nothing_is_refused(tmp_path):
    with pytest.raises(UnreadableFile, match="There is no folder"):
        parcels_in(tmp_path / "missing")
    with pytest.raises(UnreadableFile, match="holds neither raw files nor cells"):
        parcels_in(tmp_path)


def test_a_store_of_version_0_1_is_imported_once_also_in_its_own_place(tmp_path, store):
    """An upgrade leaves the old folders where they are; they are read, never written."""
    root = tmp_path / "cells"
    for cell_id in ("old 1", "old 2"):
        (root / cell_id).mkdir(parents=True)
        old = {
            "cell_id": cell_id,
            "recipe": {**EXAMPLE_CELL["recipe"], "electrolyte": None},
            "source": {"kind": "measured", "lab": "Basel"},
            "area_cm2": 0.5,
            "cycling": None,
            "spectra": [],
        }
        (root / cell_id / "cell.json").write_text(json.dumps(old))
    assert states(imported(root, store)) == {"old 1": "kept", "old 2": "kept"}
    assert set(states(imported(root, store)).values()) == {"there already"}
    assert store.get("old 1").source.lab == "Basel"
    store.sweep()
    assert (root / "old 1" / "cell.json").is_file()
