import hashlib
import io
import json
from dataclasses import asdict

import pandas as pd
import pytest

from features.errors import BrokenStore
from store.earlier_layout import earlier_cells, files_of, read_earlier


def write_earlier(root, cell):
    """Write a cell as version 0.1 did."""
    folder = root / cell.cell_id
    folder.mkdir(parents=True)
    facts = {
        "cell_id": cell.cell_id,
        "recipe": asdict(cell.recipe),
        "source": asdict(cell.source),
        "area_cm2": cell.area_cm2,
        "cycling": None if cell.cycling is None else keep(folder, cell.cycling),
        "spectra": [
            {
                "sha256": keep(folder, in_table(spectrum)),
                "cycle": spectrum.cycle,
                "time_h": spectrum.time_h,
                "n_interfaces": spectrum.n_interfaces,
            }
            for spectrum in cell.spectra
        ],
    }
    (folder / "cell.json").write_text(json.dumps(facts, indent=2))


def in_table(spectrum):
    return pd.DataFrame(
        {
            "frequency_hertz": spectrum.frequency_Hz,
            "real_impedance_ohm": spectrum.impedance_ohm.real,
            "imaginary_impedance_ohm": spectrum.impedance_ohm.imag,
        }
    )


def keep(folder, table):
    content = io.BytesIO()
    table.to_parquet(content, index=False)
    sha256 = hashlib.sha256(content.getvalue()).hexdigest()
    (folder / f"{sha256}.parquet").write_bytes(content.getvalue())
    return sha256


@pytest.mark.parametrize("changes", [{}, {"cycling": None}, {"spectra": ()}], ids=str)
def test_a_cell_of_version_0_1_is_read_as_it_was_sent(tmp_path, make_cell, assert_same, changes):
    write_earlier(tmp_path, make_cell(**changes))
    (folder,) = earlier_cells(tmp_path)
    assert_same(read_earlier(folder), make_cell(**changes))
    assert set(files_of(folder)) == set(folder.iterdir())


def test_cells_are_found_in_the_order_of_their_ids(tmp_path, make_cell):
    for cell_id in ("B 2", "A1", "c.3_x-y"):
        write_earlier(tmp_path, make_cell(cell_id))
    assert [each.name for each in earlier_cells(tmp_path)] == ["A1", "B 2", "c.3_x-y"]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"cell_id": "A1", "recipe": {}}', "not JSON"])
def test_another_cell_json_is_none_of_version_0_1(tmp_path, text):
    (tmp_path / "A1").mkdir()
    (tmp_path / "A1" / "cell.json").write_text(text)
    assert earlier_cells(tmp_path) == []


def test_damaged_raw_data_are_refused(tmp_path, make_cell):
    write_earlier(tmp_path, make_cell())
    path = next((tmp_path / "A1").glob("*.parquet"))
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(BrokenStore, match="was altered; restore it"):
        read_earlier(tmp_path / "A1")
    path.unlink()
    with pytest.raises(BrokenStore, match="is missing; restore it"):
        read_earlier(tmp_path / "A1")
