"""Whatever is wrong with a body, on whichever route: refused, soon, in few words, nothing kept."""

import json
import time
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from serving.app import create_app
from serving.cell_schemas import CORRECTION_EXAMPLE, KEPT_CELL_EXAMPLE, OUTCOME_EXAMPLE
from serving.column_schemas import COLUMNAR_EXAMPLE
from serving.job_schemas import CANCEL_EXAMPLE, RETRAINING_EXAMPLE
from serving.schemas import DESCRIPTOR_EXAMPLE, PREDICTION_EXAMPLE
from serving.service import Stores
from store.audit import AuditLog
from store.cells import CellStore
from store.jobs import JobQueue

_SPEC = spec_from_file_location("damaged_json", Path(__file__).with_name("damaged_json.py"))
damaged_json = module_from_spec(_SPEC)
_SPEC.loader.exec_module(damaged_json)

MOST_BYTES, MOST_S = 16 * 1024, 2.0
ROUTES = {
    "predictions": ("POST", "/v1/predictions", PREDICTION_EXAMPLE),
    "columnar": ("POST", "/v1/predictions/columnar", COLUMNAR_EXAMPLE),
    "descriptors": ("POST", "/v1/descriptors", DESCRIPTOR_EXAMPLE),
    "cells": ("POST", "/v1/cells", KEPT_CELL_EXAMPLE),
    "correction": ("PUT", "/v1/cells/A1", CORRECTION_EXAMPLE),
    "outcome": ("PUT", "/v1/cells/A1/outcome", OUTCOME_EXAMPLE),
    "jobs": ("POST", "/v1/retraining-jobs", RETRAINING_EXAMPLE),
    "cancel": ("POST", "/v1/retraining-jobs/none/cancel", CANCEL_EXAMPLE),
    "promote": ("POST", "/v1/models/none/promote", {"version": 2, "reason": "a better one"}),
}
CASES = [
    pytest.param(route, content, id=f"{route}, {name}")
    for route, (_, _, example) in ROUTES.items()
    for name, content in damaged_json.damaged(example)
]
JSON = {"content-type": "application/json"}


def check(reply, seconds):
    assert 400 <= reply.status_code < 500, reply.text
    assert reply.headers["content-type"] == "application/problem+json"
    assert len(reply.content) <= MOST_BYTES
    assert seconds < MOST_S
    assert "Traceback" not in reply.text
    json.loads(reply.content)


@pytest.fixture(scope="module")
def module_keeper(settings, champions, tmp_path_factory):
    """Yield a client of one service that keeps cells and jobs, for all cases."""
    folder = tmp_path_factory.mktemp("kept")
    cells = CellStore.open(f"sqlite:///{folder / 'seicast.db'}", str(folder / "raw"))
    stores = Stores(cells, JobQueue(cells.database), AuditLog(cells.database))
    app = create_app(settings, champions, stores=stores)
    with TestClient(app, base_url="http://localhost", raise_server_exceptions=False) as client:
        yield client
    cells.close()


@pytest.mark.parametrize(("route", "content"), CASES)
def test_a_damaged_body_is_refused_wherever_it_is_sent(module_keeper, route, content):
    method, path, _ = ROUTES[route]
    start = time.process_time()
    reply = module_keeper.request(method, path, content=content, headers=JSON)
    check(reply, time.process_time() - start)


def test_there_are_many_cases_and_nothing_of_them_was_kept(module_keeper):
    assert len(CASES) >= 200
    assert module_keeper.get("/v1/cells").json()["n_cells"] == 0
    assert module_keeper.get("/v1/retraining-jobs").json()["jobs"] == []


GOOD = json.dumps(KEPT_CELL_EXAMPLE)
PART = 'Content-Disposition: form-data; name="{name}"'
FORMS = {
    "no parts": b"",
    "no end": f"--x\r\n{PART.format(name='cell')}\r\n\r\n{GOOD}".encode(),
    "no name": f"--x\r\nContent-Disposition: form-data\r\n\r\n{GOOD}\r\n--x--".encode(),
    "another name": f"--x\r\n{PART.format(name='cel')}\r\n\r\n{GOOD}\r\n--x--".encode(),
    "no JSON": f"--x\r\n{PART.format(name='cell')}\r\n\r\n{{\r\n--x--".encode(),
    "an empty cell": f"--x\r\n{PART.format(name='cell')}\r\n\r\n\r\n--x--".encode(),
    "two cells": f"--x\r\n{PART.format(name='cell')}\r\n\r\n{GOOD}\r\n".encode() * 2 + b"--x--",
    "another boundary": f"--y\r\n{PART.format(name='cell')}\r\n\r\n{GOOD}\r\n--y--".encode(),
    "no line breaks": b"--x" * 10_000,
    "a head without an end": b"--x\r\n" + b"A: b\r\n" * 20_000,
    "a long line": b"--x\r\n" + b"A" * 1_000_000,
    "a file without a name": (
        f"--x\r\n{PART.format(name='cell')}\r\n\r\n{GOOD}\r\n"
        f"--x\r\n{PART.format(name='file')}\r\n\r\na,b\r\n--x--"
    ).encode(),
    "many files": f'--x\r\n{PART.format(name="file")}; filename="a"\r\n\r\n1\r\n'.encode() * 60
    + b"--x--",
}


@pytest.mark.parametrize("name", FORMS)
def test_a_damaged_form_is_refused(module_keeper, name):
    headers = {"content-type": "multipart/form-data; boundary=x"}
    start = time.process_time()
    reply = module_keeper.post("/v1/cells", content=FORMS[name], headers=headers)
    check(reply, time.process_time() - start)
