"""What was sent with a cell is given back: cycling, spectra, files."""

import io

import pandas as pd

from serving.schemas import EXAMPLE_CELL
from tests.serving.sent_files import BDF, ROWS, upload


def test_an_instruments_own_file_is_read_and_given_back_byte_for_byte(keeper):
    content = (BDF + ROWS).encode()
    made = upload(keeper, ("run.csv", content))
    assert made.status_code == 201, made.text
    assert made.json()["n_rows"] == 119
    assert [file["name"] for file in made.json()["files"]] == ["run.csv"]
    assert keeper.get("/v1/cells/A1/files/run.csv").content == content
    table = pd.read_csv(io.BytesIO(keeper.get("/v1/cells/A1/cycling").content))
    assert table["current_ampere"].iloc[0] == -0.001
    parquet = keeper.get("/v1/cells/A1/cycling", params={"format": "parquet"}).content
    pd.testing.assert_frame_equal(pd.read_parquet(io.BytesIO(parquet)), table)


def test_the_longest_name_is_kept_as_it_came(keeper):
    name = "é" * 118 + ".csv"
    assert upload(keeper, (name, (BDF + ROWS).encode())).status_code == 201
    assert keeper.get(f"/v1/cells/A1/files/{name}").content == (BDF + ROWS).encode()


def test_spectra_come_back_to_the_bit(keeper):
    spectrum = {
        "frequency_hertz": [1e5, 10.0, 0.1],
        "real_impedance_ohm": [1.1, 20.3, 70.7],
        "imaginary_impedance_ohm": [-0.1, -5.5, -0.3],
        "cycle": 3,
    }
    facts = {"cell": {**EXAMPLE_CELL, "cell_id": "A1", "spectra": [spectrum]}}
    assert keeper.post("/v1/cells", json=facts).status_code == 201
    (found,) = keeper.get("/v1/cells/A1/spectra").json()["spectra"]
    assert {name: found[name] for name in spectrum} == spectrum


def test_a_cell_without_cycling_says_so_where_it_is_asked_for(keeper):
    assert keeper.post("/v1/cells", json={"cell": EXAMPLE_CELL}).status_code == 201
    reply = keeper.get(f"/v1/cells/{EXAMPLE_CELL['cell_id']}/cycling")
    assert 400 <= reply.status_code < 500
    assert "was kept without cycling" in reply.text
