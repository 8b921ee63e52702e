"""Bounds that hold whatever a client says about its body, and headers on every reply."""

import threading
from concurrent.futures import ThreadPoolExecutor

import anyio
import httpx2
import pytest
from starlette.testclient import TestClient

from serving import answers
from serving.app import create_app
from serving.limits import HEADERS
from serving.settings import Settings

JSON = {"content-type": "application/json"}


@pytest.fixture(scope="module")
def small(champions):
    settings = Settings(max_body_bytes=1000, read_timeout_s=1)
    with TestClient(
        create_app(settings, champions), base_url="http://localhost", raise_server_exceptions=False
    ) as client:
        yield client


def test_a_stated_length_above_the_limit_is_refused(small):
    reply = small.post("/v1/predictions", content=b" " * 1001, headers=JSON)
    assert reply.status_code == 413
    assert "1000 bytes" in reply.json()["detail"]
    assert reply.headers["connection"] == "close"


def test_a_body_in_chunks_is_counted_while_it_comes(small):
    """Chunks state no length beforehand."""
    chunks = (b" " * 100 for _ in range(20))
    assert small.post("/v1/predictions", content=chunks, headers=JSON).status_code == 413


def test_a_lying_length_does_not_help(small):
    reply = small.post(
        "/v1/predictions", content=b" " * 2000, headers={**JSON, "content-length": "10"}
    )
    assert reply.status_code == 413


def test_a_body_at_the_limit_passes(small):
    assert small.post("/v1/predictions", content=b" " * 1000, headers=JSON).status_code == 400


def test_a_body_that_never_ends_times_out(small):
    """A half-sent request must not hold its place for ever."""

    async def chunks():
        yield b" "
        await anyio.sleep(30)

    async def send():
        transport = httpx2.ASGITransport(small.app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.post("/v1/predictions", content=chunks(), headers=JSON)

    reply = anyio.run(send)
    assert reply.status_code == 408
    assert "1 s" in reply.json()["detail"]


@pytest.mark.parametrize(
    ("path", "status"),
    [("/v1/models", 200), ("/v1/models/none", 404), ("/nowhere", 404), ("/v1/predictions", 405)],
)
def test_every_reply_carries_the_safe_headers(client, path, status):
    reply = client.get(path)
    assert reply.status_code == status
    assert {name: reply.headers[name] for name in HEADERS} == HEADERS


def test_the_health_answers_while_a_prediction_computes(client, post, cell_body, monkeypatch):
    """Work runs in threads: a long answer must not look like a dead service.

    A single recipe, which takes no longer than handing it to a thread, is answered at once.
    """
    entered, release = threading.Event(), threading.Event()
    answered = answers.answered

    def slow(*arguments):
        entered.set()
        release.wait(60)
        return answered(*arguments)

    monkeypatch.setattr(answers, "answered", slow)
    two = [cell_body, {**cell_body, "cell_id": "B"}]
    with ThreadPoolExecutor(1) as pool:
        pending = pool.submit(post, "/v1/predictions", {"cells": two})
        assert entered.wait(60)
        assert client.get("/health/live").status_code == 200
        assert not pending.done()
        release.set()
        assert pending.result().status_code == 200
