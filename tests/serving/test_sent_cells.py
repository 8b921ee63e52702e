"""A cell with its files is put together whole, or refused with a way out."""

import gzip
import io

import pandas as pd
import pytest

from tests.serving.sent_files import BDF, ROWS, upload


@pytest.mark.parametrize("n_columns", [3, 40, 1000])
@pytest.mark.parametrize("name", ["run.csv", "a run with a long name " * 8 + ".csv"])
def test_a_file_that_nobody_reads_is_refused_in_a_whole_sentence(keeper, n_columns, name):
    """What follows the names of its columns says where to look on."""
    names = [f"channel {number}" for number in range(n_columns)]
    content = f"{','.join(names)},,\n{','.join('1' * n_columns)},,\n".encode()
    reply = upload(keeper, (name, content))
    told = reply.json()["detail"]
    assert reply.status_code == 422
    assert told.endswith(".")
    assert not told.endswith("..")
    assert "'channel 0'" in told
    assert "''" not in told
    assert len(reply.content) <= 16 * 1024


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ([("run.csv", b"a,b\n1,2\n")], "No reader"),
        ([("run.csv", (BDF + ROWS).encode()), ("two.csv", (BDF + ROWS).encode())], "more than one"),
        ([("empty.csv", b"")], "empty"),
        ([("a.columns.toml", b""), ("run.csv", (BDF + ROWS).encode())], "maps no file"),
        ([("bomb.csv.gz", gzip.compress(b"0" * 30_000_000))], "unpacks"),
    ],
)
def test_files_that_cannot_be_taken_are_refused_by_name_and_nothing_is_kept(keeper, files, said):
    reply = upload(keeper, *files)
    assert 400 <= reply.status_code < 500
    assert said in reply.text
    assert keeper.get("/v1/cells").json()["n_cells"] == 0


TABLE = b"Elapsed;I;Ewe\n0,5;2,0;3,1\n1,5;-2,0;3,0\n"
MAPPING = b"""[columns]
test_time_second = "Elapsed"
current_ampere = { name = "I", unit = "mA" }
voltage_volt = "Ewe"
"""


@pytest.mark.parametrize("name", ["cell7.columns.toml", "seicast.columns.toml"])
def test_a_table_that_nobody_knows_is_read_through_the_mapping_sent_with_it(keeper, name):
    """In any order, and kept with the cell: without it nobody could read the file again."""
    reply = upload(keeper, (name, MAPPING), ("cell7.csv", TABLE))
    assert reply.status_code == 201, reply.text
    assert [file["name"] for file in reply.json()["files"]] == [name, "cell7.csv"]
    assert keeper.get(f"/v1/cells/A1/files/{name}").content == MAPPING
    table = pd.read_csv(io.BytesIO(keeper.get("/v1/cells/A1/cycling").content))
    assert table["current_ampere"].tolist() == [0.002, -0.002]
    assert table["voltage_volt"].tolist() == [3.1, 3.0]


def test_the_advice_to_whoever_sends_a_file_is_one_that_can_be_followed(keeper):
    refused = upload(keeper, ("cell7.csv", TABLE))
    assert refused.status_code == 422
    assert "send 'cell7.columns.toml' as one more file: [columns], then" in refused.text
    assert "beside it" not in refused.text
    assert upload(keeper, ("cell7.csv", TABLE), ("cell7.columns.toml", MAPPING)).is_success


@pytest.mark.parametrize("name", ["é" * 200, "a" * 250 + ".csv", "é" * 121 + ".csv"])
def test_a_name_that_no_disk_takes_is_refused_with_the_limit(keeper, name):
    reply = upload(keeper, (name, (BDF + ROWS).encode()))
    assert reply.status_code == 422
    assert "at most 240" in reply.text
    assert keeper.get("/v1/cells").json()["n_cells"] == 0


@pytest.mark.parametrize("name", ["../../etc/passwd", "C:\\lab\\run.csv", "/run.csv"])
def test_folders_in_a_files_name_are_left_out(keeper, name):
    reply = upload(keeper, (name, (BDF + ROWS).encode()))
    kept = [file["name"] for file in reply.json().get("files", [])]
    assert kept in (["run.csv"], []) or "passwd" in kept[0]
    assert not any("/" in each or "\\" in each for each in kept)


def test_a_body_of_parts_without_the_cell_is_refused(keeper):
    reply = keeper.post("/v1/cells", files=[("file", ("run.csv", b"x"))])
    assert reply.status_code == 422
    assert "cell" in reply.text


def test_broken_parts_are_refused(keeper):
    headers = {"content-type": "multipart/form-data; boundary=x"}
    reply = keeper.post("/v1/cells", content=b"--x\r\nnonsense", headers=headers)
    assert reply.status_code in (400, 422)
    headers = {"content-type": "multipart/form-data"}
    assert keeper.post("/v1/cells", content=b"--x", headers=headers).status_code in (400, 422)
