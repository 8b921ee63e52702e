"""A body of parts is taken whole, as UTF-8 and within its bounds, or not at all."""

import json

import pytest
from starlette.datastructures import Headers
from starlette.formparsers import MultiPartParser

from serving.schemas import EXAMPLE_CELL

CSV = b"test_time_second,current_ampere,voltage_volt\n0,0.0005,0.1\n60,0.0005,0.1\n"
JSON = json.dumps({"cell": {**EXAMPLE_CELL, "cell_id": "A1"}, "outcome": {"ce_fraction": 0.97}})
CORRECTION = json.dumps({"cell": {**EXAMPLE_CELL, "cell_id": "A1"}, "reason": "looked again"})
END = b"--BB--\r\n"
MIB = 1 << 20


def part(name, content, filename=None, more=b""):
    named = b'; filename="%s"' % filename.encode() if filename else b""
    head = b'--BB\r\nContent-Disposition: form-data; name="%s"%s\r\n' % (name.encode(), named)
    return head + more + b"\r\n" + content + b"\r\n"


@pytest.fixture
def send(keeper):
    """Return a function that sends a body of parts."""

    def sent(body, parameters="", method="POST", path="/v1/cells"):
        headers = {"content-type": f"multipart/form-data; boundary=BB{parameters}"}
        return keeper.request(method, path, content=body, headers=headers)

    return sent


@pytest.fixture
def n_kept(keeper):
    """Return a function that counts what is kept."""
    return lambda: keeper.get("/v1/cells").json()["n_cells"]


def test_a_body_that_breaks_off_anywhere_keeps_nothing(send, n_kept):
    """A line that drops in a file leaves a file that reads well: its half would be a finding."""
    body = part("cell", JSON.encode()) + part("file", CSV, "a.csv") + b"--BB--"
    for n_missing in (*range(1, 120), len(body) // 2, len(body) - 10):
        assert send(body[:-n_missing]).status_code == 400, n_missing
    assert n_kept() == 0
    assert send(body).status_code == 201  # the line after the last boundary may be missing


def test_a_correction_that_breaks_off_changes_nothing(send, keeper):
    whole = part("cell", JSON.encode()) + part("file", CSV, "a.csv") + END
    assert send(whole).status_code == 201
    broken = part("cell", CORRECTION.encode()) + part("file", CSV[:-20], "a.csv")[:-2]
    reply = send(broken, method="PUT", path="/v1/cells/A1")
    assert reply.status_code == 400
    assert "breaks off" in reply.json()["detail"]
    found = keeper.get("/v1/cells/A1").json()
    assert (found["version"], found["n_rows"]) == (1, 2)


@pytest.mark.parametrize("filename", [None, "cell.json"])
def test_the_cell_may_have_a_filename_or_none(send, filename):
    assert send(part("cell", JSON.encode(), filename) + END).status_code == 201


@pytest.mark.parametrize("second", [None, "b.json"])
@pytest.mark.parametrize("first", [None, "a.json"])
def test_a_second_cell_is_refused(send, n_kept, first, second):
    """One of them would be lost without a word."""
    cell = JSON.encode()
    reply = send(part("cell", cell, first) + part("cell", cell, second) + END)
    assert reply.status_code == 422
    assert reply.json()["problems"][0]["where"] == "cell"
    assert n_kept() == 0


@pytest.mark.parametrize("filename", [None, "cell.json"])
def test_the_cell_is_bounded_as_a_body_of_its_own(send, keeper, settings, filename):
    room = settings.max_body_bytes - len(JSON)
    assert send(part("cell", b" " * room + JSON.encode(), filename) + END).status_code == 201
    reply = send(part("cell", b" " * (room + 1) + JSON.encode(), filename) + END)
    assert reply.status_code == 413
    alone = {"content": b" " * (room + 1) + JSON.encode()}
    headers = {"content-type": "application/json"}
    assert keeper.post("/v1/cells", **alone, headers=headers).status_code == 413


@pytest.mark.parametrize("filename", [None, "cell.json"])
@pytest.mark.parametrize("letters", ["é".encode("latin-1"), b"\xff\xfe", b"\xed\xa0\x80"])
def test_what_is_not_utf_8_is_refused(send, n_kept, filename, letters):
    broken = JSON.encode().replace(b"SBR", letters)
    assert send(part("cell", broken, filename) + END).status_code == 400
    assert n_kept() == 0


@pytest.mark.parametrize(
    "charset",
    ["undefined", "punycode", "utf-7", "utf-16", "unicode_escape", "idna", "hex", "zzz", "latin-1"],
)
def test_no_stated_charset_is_decoded_by(send, n_kept, charset):
    """JSON is UTF-8; other codecs fail in ways of their own, or make other text of it."""
    body = part("cell", JSON.encode()) + END
    assert send(body, f"; charset={charset}").status_code == 415
    assert n_kept() == 0


@pytest.mark.parametrize("charset", ["utf-8", "UTF-8", '"utf-8"', "utf8"])
def test_utf_8_may_be_stated(send, charset):
    assert send(part("cell", JSON.encode()) + END, f"; charset={charset}").status_code == 201


def test_a_charset_of_the_part_alone_changes_nothing(send, keeper):
    stated = b"Content-Type: application/json; charset=utf-7\r\n"
    cell = JSON.replace("SBR", "+AGE-").encode()
    assert send(part("cell", cell, more=stated) + END).status_code == 201
    phases = keeper.get("/v1/cells/A1").json()["recipe"]["coating"]["phases"]
    assert phases[1]["name"] == "+AGE-"


def test_the_parser_still_keeps_what_is_leant_on():
    """Two of its attributes are its own; whoever moves the lock sees here that they went."""
    heads = Headers({"content-type": "multipart/form-data; boundary=BB"})
    parser = MultiPartParser(heads, None)
    assert parser._files_to_close_on_error == []
    assert parser._current_part.field_name == ""
    assert parser._current_part.file is None


def test_what_follows_the_end_is_no_part(send, keeper):
    body = part("cell", JSON.encode()) + END + part("file", CSV, "a.csv") + END
    assert send(body).status_code == 201
    assert keeper.get("/v1/cells/A1").json()["files"] == []


def test_a_long_part_that_is_no_file_is_refused_whatever_its_name(send, settings):
    body = part("notes", b" " * (settings.max_body_bytes + MIB), "notes.txt")
    assert send(part("cell", JSON.encode()) + body + END).status_code == 413
