"""What a stranger may try, and what a key holder's secret must never do: show."""

import json
import logging
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from models.shelf import Entry, publish
from seicast.places import CHECKOUT
from serving.app import create_app
from serving.limits import HEADERS
from serving.observed import JsonLines
from serving.schemas import EXAMPLE_CELL
from store.keys import KeyStore

#: What runs code when it is read, and what trains: neither belongs behind a request. pyarrow loads
#: cloudpickle by itself where MLflow has brought it; that no room of ours does is a contract.
KEPT_OUT = ("joblib", "dill", "mlflow", "sklearn", "xgboost", "skops", "training")
ASK_ALL = """
import json, sys
from pathlib import Path
from starlette.testclient import TestClient
from serving.app import create_app
from serving.schemas import EXAMPLE_CELL
from serving.service import Stores
from serving.settings import Settings
from store.audit import AuditLog
from store.cells import CellStore
from store.jobs import JobQueue
folder, kept_out = Path(sys.argv[1]), set(sys.argv[2:])
cells = CellStore.open(f"sqlite:///{folder / 'seicast.db'}", str(folder / "raw"))
stores = Stores(cells, JobQueue(cells.database), AuditLog(cells.database))
app = create_app(Settings(shelf=folder / "shelf"), stores=stores)
with TestClient(app, base_url="http://localhost") as client:
    asked = [
        client.post("/v1/predictions", json={"cells": [EXAMPLE_CELL]}),
        client.post("/v1/descriptors", json={"cells": [EXAMPLE_CELL]}),
        client.post("/v1/cells", json={"cell": EXAMPLE_CELL}),
        client.get("/v1/cells"),
        client.get("/v1/cells/Cu3N-SBR-1/predictions"),
        client.get("/v1/models"),
        client.post("/v1/retraining-jobs", json={"target": "cycle_life"}),
        client.get("/v1/retraining-jobs"),
    ]
loaded = sorted({name.partition(".")[0] for name in sys.modules} & kept_out)
print(json.dumps([[reply.status_code for reply in asked], loaded]))
"""


def test_no_request_loads_what_runs_files_or_trains(tmp_path, champions):
    """Nothing that is not there can be reached by whoever finds a way around a check."""
    champion = champions.ready["ce-bare"]
    bundle = tmp_path / "bundle"
    sha256 = champion.predictor.save(bundle)
    publish(tmp_path / "shelf", Entry("ce-bare", 1, "run", sha256), bundle)
    done = subprocess.run(
        [sys.executable, "-c", ASK_ALL, str(tmp_path), *KEPT_OUT],
        capture_output=True,
        text=True,
        check=True,
        cwd=CHECKOUT,
    )
    statuses, loaded = json.loads(done.stdout.splitlines()[-1])
    assert statuses == [200, 200, 201, 200, 200, 200, 202, 200]
    assert loaded == []


@pytest.fixture
def canary(settings, champions, stores):
    """Return a client whose key is a canary, and the key."""
    key = KeyStore(stores.cells.database).add("canary", ["admin"], actor="kim")
    app = create_app(settings, champions, keys=KeyStore(stores.cells.database), stores=stores)
    with TestClient(app, base_url="http://localhost", raise_server_exceptions=False) as client:
        client.headers["authorization"] = f"Bearer {key}"
        yield client, key


WAYS = [
    ("GET", "/v1/models", None),
    ("GET", "/v1/models/{key}", None),
    ("GET", "/v1/cells/{key}", None),
    ("GET", "/v1/cells/{key}/files/{key}", None),
    ("GET", "/v1/cells?lab={key}", None),
    ("GET", "/v1/cells?cursor={key}", None),
    ("GET", "/v1/retraining-jobs?state={key}", None),
    ("GET", "/v1/retraining-jobs/{key}", None),
    ("GET", "/{key}", None),
    ("DELETE", "/v1/cells/A?reason={key}", None),
    ("POST", "/v1/predictions", "{{"),
    ("POST", "/v1/predictions", '{{"cells": "{key}"}}'),
    ("POST", "/v1/predictions", '{{"{key}": 1}}'),
    ("POST", "/v1/predictions", '{{"cells": [{{"cell_id": "{key}", "recipe": 1}}]}}'),
    ("POST", "/v1/descriptors", '{{"cells": [], "names": ["{key}"]}}'),
    ("POST", "/v1/cells", '{{"cell": "{key}"}}'),
    ("POST", "/v1/retraining-jobs", '{{"target": 1, "tier": "{key}"}}'),
    ("POST", "/v1/retraining-jobs/A/cancel", '{{"reason": ["{key}"]}}'),
    ("PATCH", "/v1/models", "{key}"),
    ("GET", "/metrics", None),
]


def test_a_key_shows_in_no_log_metric_or_audit(canary, stores, caplog):
    """Logs are copied to places that keys must never reach."""
    client, key = canary
    secret = key.rpartition("_")[2]
    with caplog.at_level(logging.DEBUG, logger="seicast"):
        for method, path, body in WAYS:
            content = None if body is None else body.format(key=key)
            client.request(
                method,
                path.format(key=key),
                content=content,
                headers={"content-type": "application/json"},
            )
    formatted = "".join(map(JsonLines().format, caplog.records))
    assert formatted.count("request") >= len(WAYS)
    assert secret not in formatted
    assert secret not in client.get("/metrics").text
    assert secret not in repr(stores.audit.entries(limit=1000))
    assert secret not in repr(KeyStore(stores.cells.database).entries())


def test_a_key_in_the_head_comes_back_in_no_reply(canary):
    client, key = canary
    for method, path, body in WAYS:
        reply = client.request(method, path.replace("{key}", "x"), content=body)
        assert key not in reply.text + str(reply.headers)


def test_every_route_of_the_document_carries_the_safe_headers(keeper):
    document = keeper.get("/openapi.json").json()
    for path, methods in document["paths"].items():
        url = re.sub(r"{\w+}", "none", path)
        for method in methods:
            reply = keeper.request(method.upper(), url)
            assert {name: reply.headers[name] for name in HEADERS} == HEADERS, (method, path)
            assert len(reply.headers["x-request-id"]) > 0


TRICKS = [
    f"{head}{tail}"
    for head in (
        *("..", "...", "../..", "%2e%2e", "..%2f", "..\\"),
        *("/etc", "file:///etc", "~", "#", "a/.."),
    )
    for tail in ("", "/passwd", "%00", "\\x", "?v=1")
] + ["a\x00b", "CON", "-rf", "a b\r\nX-Evil: 1", "${HOME}", "a" * 5000]


@pytest.mark.parametrize("name", TRICKS, ids=lambda name: repr(name)[:30])
def test_a_models_name_is_never_a_path(keeper, name):
    """Names are looked up among those in memory; 61 that a file system would take."""
    for path in (f"/v1/models/{quote(name, safe='')}", f"/v1/models/{quote(name, safe='')}/drift"):
        reply = keeper.get(path)
        assert 400 <= reply.status_code < 500
        assert "root:" not in reply.text
        assert "x-evil" not in reply.headers
        assert len(reply.content) <= 16 * 1024
    asked = {"cells": [EXAMPLE_CELL], "model": name}
    assert keeper.post("/v1/predictions", json=asked).status_code == 422


def test_there_are_sixty_tricks():
    assert len(set(TRICKS)) >= 60


@pytest.mark.slow
def test_a_service_told_to_stop_ends_in_order(tmp_path, free_port):
    """Code 0, and what runs at the end has run: the worker beside it is stopped too."""
    environment = os.environ | {"SEICAST_HOME": str(tmp_path), "SEICAST_SHELF": str(tmp_path)}
    command = [sys.executable, "-m", "seicast", "serve", "--port", str(free_port())]
    service = subprocess.Popen(
        command, cwd=CHECKOUT, env=environment, stderr=subprocess.PIPE, text=True
    )
    try:
        assert any("startup complete" in line for line in service.stderr)
        children = _children(service.pid)
        assert len(children) == 1
        time.sleep(3)  # the worker looks for jobs by now
        service.send_signal(signal.SIGTERM)
        assert service.wait(60) == 0
    finally:
        service.kill()
        service.stderr.close()
    assert not any(Path(f"/proc/{child}").exists() for child in children)


def _children(pid):
    """Return the processes that any thread of a process has started."""
    threads = Path(f"/proc/{pid}/task").iterdir()
    return [child for thread in threads for child in (thread / "children").read_text().split()]
