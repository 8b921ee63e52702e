"""Files are unpacked within bounds, and where nobody else waits for it."""

import gzip
import json
import threading

import pytest

from serving import uploads
from serving.schemas import EXAMPLE_CELL

CSV = b"test_time_second,current_ampere,voltage_volt\n0,0.0005,0.1\n60,0.0005,0.1\n"


@pytest.fixture
def send(keeper):
    """Return a function that sends a cell with one file."""

    def sent(name, content):
        cell = json.dumps({"cell": {**EXAMPLE_CELL, "cell_id": "A1"}})
        return keeper.post("/v1/cells", data={"cell": cell}, files={"file": (name, content)})

    return sent


def test_a_file_is_unpacked_beside_the_loop(send, monkeypatch):
    """The largest takes seconds, in which nothing else would be answered, not even health."""
    unpacked_in, unpacked_bytes = [], uploads._unpacked_bytes

    def noted(*given):
        unpacked_in.append(threading.current_thread().name)
        return unpacked_bytes(*given)

    monkeypatch.setattr(uploads, "_unpacked_bytes", noted)
    assert send("a.csv.gz", gzip.compress(CSV)).status_code in (201, 422)
    (name,) = unpacked_in
    assert "AnyIO worker" in name


def test_a_file_that_unpacks_to_too_much_is_refused(send):
    reply = send("a.csv.gz", gzip.compress(bytes(1 << 20)))
    assert reply.status_code == 413
    assert "unpacks to more than" in reply.json()["detail"]
