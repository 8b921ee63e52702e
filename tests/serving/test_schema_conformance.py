"""Requests made up from the OpenAPI document, valid and not: each is answered as documented."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from models.bundle import bundle_sha256
from models.shelf import publish
from seicast.places import CHECKOUT

CONFIG = Path(__file__).with_name("schemathesis.toml")
#: The service keeps such a connection open until the job ends; a made-up job never does.
ENDLESS = r"/events$"
N_EXAMPLES = os.environ.get("SEICAST_SCHEMA_EXAMPLES", "100")


@pytest.fixture
def port(tmp_path, champions, free_port):
    """Yield the port of a service of its own, with a store and a shelf."""
    for champion in champions.ready.values():
        bundle = tmp_path / "bundles" / champion.entry.name
        champion.predictor.save(bundle)
        entry = type(champion.entry)(champion.entry.name, 1, "run", bundle_sha256(bundle))
        publish(tmp_path / "shelf", entry, bundle)
    port = free_port()
    places = {"SEICAST_SHELF": str(tmp_path / "shelf"), "SEICAST_HOME": str(tmp_path / "home")}
    # A job for each example; no worker takes any.
    places["SEICAST_MAX_QUEUED_JOBS"] = "100000"
    command = [sys.executable, "-m", "seicast", "serve", "--no-worker", "--port", str(port)]
    log = tmp_path / "log"
    with log.open("wb") as errors:
        service = subprocess.Popen(command, cwd=CHECKOUT, env=os.environ | places, stderr=errors)
    try:
        _wait_until_it_answers(service, log)
        yield port
    finally:
        service.terminate()
        service.wait(60)
    assert "traceback" not in log.read_text()


def _wait_until_it_answers(service, log, at_most_s=120):
    deadline = time.monotonic() + at_most_s
    while "startup complete" not in log.read_text():
        assert service.poll() is None, log.read_text()
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.mark.slow
def test_every_route_keeps_to_its_document(port):
    """All checks, 100 examples a route: statuses, media types, headers, bodies, methods."""
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIG), "run"),
        f"http://127.0.0.1:{port}/openapi.json",
        *("--checks", "all", "--phases", "examples,coverage,fuzzing"),
        *("--max-examples", N_EXAMPLES, "--generation-deterministic", "--no-color"),
        *("--exclude-path-regex", ENDLESS, "--request-timeout", "20"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=CHECKOUT)
    assert done.returncode == 0, done.stdout[-20_000:]
