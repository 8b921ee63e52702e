import json
from dataclasses import replace

import fsspec
import numpy as np
import pandas as pd
import pytest

from features import (
    Cell,
    CellDesign,
    Coating,
    Component,
    Electrolyte,
    Phase,
    Protocol,
    Recipe,
    Source,
    Spectrum,
    describe,
)
from features.errors import InvalidRecord, SeicastError, UnknownName
from store import CellStore
from training.virtual_lab import founding_recipe, simulate

FULL_RECIPE = Recipe(
    CellDesign("Li||Cu", substrate="Cu", lithium_capacity_mAh_cm2=10.0),
    Coating((Phase("Cu3N", 0.9, "inorganic", "Cu3N"), Phase("SBR", 0.1)), thickness_nm=1000.0),
    Electrolyte(
        salts=(Component("LiPF6", 1.0, "mol_per_L"),),
        solvents=(Component("EC", 1.0, "volume_parts"), Component("DEC", 1.0, "volume_parts")),
        additives=(Component("Zuckerlösung", 0.1, "weight_fraction", "C12H22O11", 1.2),),
        volume_uL=75.0,
    ),
    Protocol(current_density_mA_cm2=1.0, ce_method="cycle_average"),
)


@pytest.fixture(params=["folder", "memory"])
def root(request, tmp_path):
    """Return an empty root of each kind that fsspec offers here."""
    if request.param == "folder":
        return str(tmp_path / "cells")
    return f"memory://{tmp_path.name}/cells"


@pytest.fixture
def store(root):
    return CellStore(root)


def make_cell(cell_id="A1", **changes):
    """Return a cell with three rows of cycling and one spectrum."""
    cell = Cell(
        cell_id,
        FULL_RECIPE,
        Source("measured", lab="B", batch="7", replicate="2", doi="10.1002/adma.201605531"),
        area_cm2=0.5,
        cycling=pd.DataFrame(
            {
                "test_time_second": [0.0, 1 / 3, 1e9],
                "current_ampere": [-5e-4, 5e-4, 0.0],
                "voltage_volt": [-0.1, np.nextafter(0.1, 1), 5e-324],
            }
        ),
        spectra=(spectrum(),),
    )
    return replace(cell, **changes)


def spectrum(**changes):
    facts = {"cycle": 5, "time_h": 24.5, "n_interfaces": 2} | changes
    return Spectrum(
        np.array([1e5, 1.0, 0.01]), np.array([4 - 0.3j, 50 - 20j, 90 - 1e-12j]), **facts
    )


def assert_same(found, kept):
    """Assert that two cells are the same, raw data bit for bit."""
    for name in ("cell_id", "recipe", "source", "area_cm2"):
        assert getattr(found, name) == getattr(kept, name)
    if kept.cycling is None:
        assert found.cycling is None
    else:
        pd.testing.assert_frame_equal(found.cycling, kept.cycling, check_exact=True)
    assert len(found.spectra) == len(kept.spectra)
    for a, b in zip(found.spectra, kept.spectra, strict=True):
        assert (a.frequency_Hz == b.frequency_Hz).all()
        assert (a.impedance_ohm == b.impedance_ohm).all()
        assert (a.cycle, a.time_h, a.n_interfaces) == (b.cycle, b.time_h, b.n_interfaces)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"cycling": None},
        {"spectra": ()},
        {"area_cm2": None, "cycling": None, "spectra": ()},
        {"source": Source("literature")},
        {"recipe": Recipe(CellDesign("Li||Li"))},
        {"recipe": Recipe(CellDesign("Li||Cu"), Coating(()), Electrolyte())},
        {"spectra": (spectrum(cycle=0), spectrum(cycle=None, time_h=None, n_interfaces=None))},
    ],
)
def test_a_cell_comes_back_as_it_was_sent(store, changes):
    """Null means "not reported" and must not become zero, nor an empty coating a missing one."""
    cell = make_cell(**changes)
    store.add(cell)
    assert_same(store.get("A1"), cell)


def test_a_cell_that_was_kept_is_described_by_the_same_bits(store):
    """The store is a way from the lab to training; the answer must not depend on it."""
    cell = simulate(founding_recipe("Cu3N+SBR"), seed=3, n_cycles=5, spectrum_cycles=(0, 5)).cell
    store.add(cell)
    pd.testing.assert_frame_equal(
        describe([store.get(cell.cell_id)]).values, describe([cell]).values, check_exact=True
    )


def test_another_store_on_the_same_root_sees_the_same_cells(store, root):
    for cell_id in ("B 2", "A1", "c.3_x-y"):
        store.add(make_cell(cell_id))
    assert CellStore(root).ids() == ["A1", "B 2", "c.3_x-y"]
    assert_same(CellStore(root).get("B 2"), make_cell("B 2"))


def test_a_root_may_be_called_anything(tmp_path):
    """Brackets and stars in a folder's name are no pattern."""
    store = CellStore(str(tmp_path / "cells [lab *]"))
    store.add(make_cell())
    assert store.ids() == ["A1"]


def test_an_empty_store_holds_nothing(store):
    assert store.ids() == []
    with pytest.raises(UnknownName, match="No cell 'A1' is in the store; it holds 0 cells"):
        store.get("A1")


def test_a_taken_id_is_refused_and_the_first_cell_stays(store):
    """Raw data are never overwritten; a correction is a new cell."""
    store.add(make_cell())
    with pytest.raises(InvalidRecord, match="'A1' is in the store already"):
        store.add(make_cell(area_cm2=1.0))
    assert store.get("A1").area_cm2 == 0.5


@pytest.mark.parametrize(
    "cell_id",
    [
        "",
        " A",
        ".",
        "..",
        ".hidden",
        "../up",
        "a/b",
        "a\\b",
        "/abs",
        "a\n",
        "a\x00",
        "Ä1",
        "x" * 201,
    ],
)
def test_an_id_that_makes_no_folder_is_refused(store, cell_id):
    """It becomes a path; nobody may choose where on the disk."""
    for act in (lambda: store.add(make_cell(cell_id)), lambda: store.get(cell_id)):
        with pytest.raises(InvalidRecord, match="is not allowed; use letters"):
            act()
    assert store.ids() == []


def raw_files(root):
    files, path = fsspec.url_to_fs(root)
    return files, sorted(str(each) for each in files.glob(f"{path}/*/*.parquet"))


def test_altered_raw_data_are_refused(store, root):
    """A descriptor of altered data is a finding that nobody made."""
    store.add(make_cell())
    files, paths = raw_files(root)
    assert len(paths) == 2
    for path in paths:
        whole = files.cat_file(path)
        files.pipe_file(path, whole[:-9] + bytes([whole[-9] ^ 1]) + whole[-8:])
        with pytest.raises(InvalidRecord, match="was altered; restore it"):
            store.get("A1")
        files.pipe_file(path, whole)
    assert_same(store.get("A1"), make_cell())


def test_missing_raw_data_are_named(store, root):
    store.add(make_cell())
    files, paths = raw_files(root)
    files.rm_file(paths[0])
    with pytest.raises(SeicastError, match=r"\.parquet is missing; restore it"):
        store.get("A1")


def test_a_half_written_cell_is_not_there(store, root, monkeypatch):
    """Power fails between raw data and facts: the id is still free, and sending again works."""
    write = CellStore._write

    def fail_at_the_facts(self, path, content):
        if path.endswith("cell.json"):
            raise OSError("power failure")
        write(self, path, content)

    monkeypatch.setattr(CellStore, "_write", fail_at_the_facts)
    with pytest.raises(OSError, match="power failure"):
        store.add(make_cell())
    assert raw_files(root)[1]
    monkeypatch.undo()
    assert store.ids() == []
    with pytest.raises(UnknownName):
        store.get("A1")
    store.add(make_cell())
    assert_same(store.get("A1"), make_cell())


def test_nothing_is_left_beside_the_cells(store, root):
    store.add(make_cell())
    files, path = fsspec.url_to_fs(root)
    assert not [each for each in files.find(path) if str(each).endswith(".partial")]


def test_facts_are_readable_without_this_code(store, root):
    """A lab's data outlive the program that kept them."""
    store.add(make_cell())
    files, path = fsspec.url_to_fs(root)
    facts = json.loads(files.cat_file(f"{path}/A1/cell.json"))
    assert facts["recipe"]["coating"]["phases"][0]["name"] == "Cu3N"
    assert len(facts["cycling"]) == len(facts["spectra"][0]["sha256"]) == 64
