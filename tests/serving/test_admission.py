"""A full service refuses at once and says so; who watches it is always answered."""

import json
import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event

import pytest
from starlette.testclient import TestClient

from serving import answers
from serving.admission import Door
from serving.app import create_app
from serving.metrics import Metrics


def test_who_comes_beyond_the_capacity_is_refused_and_the_health_is_not(
    settings, champions, cell_body, monkeypatch
):
    entered, release = Event(), Event()
    answered = answers.answered

    def slow(*arguments):
        entered.set()
        release.wait(60)
        return answered(*arguments)

    monkeypatch.setattr(answers, "answered", slow)
    app = create_app(replace(settings, max_at_once=1), champions)
    with TestClient(app, base_url="http://localhost") as client, ThreadPoolExecutor(1) as pool:
        two = [cell_body, {**cell_body, "cell_id": "B"}]
        pending = pool.submit(client.post, "/v1/predictions", json={"cells": two})
        assert entered.wait(60)
        refused = client.get("/v1/models")
        assert refused.status_code == 503
        assert refused.headers["retry-after"] == "1"
        assert refused.json()["type"] == "urn:seicast:busy"
        assert client.get("/health/live").status_code == 200
        assert client.get("/metrics").status_code == 200
        release.set()
        assert pending.result().status_code == 200
        assert client.get("/v1/models").status_code == 200


@pytest.fixture
def metrics():
    """Return counters of nothing so far."""
    return Metrics()


@pytest.fixture
def door(metrics):
    """Return a door with room for two requests and one stream."""
    return Door(max_at_once=2, max_streams=1, metrics=metrics)


ASKED = b"POST /v1/predictions HTTP/1.1\r\nHost: localhost\r\n\r\n{}"


def test_a_door_lets_in_while_there_may_be_room_and_then_refuses_as_the_application_does(door):
    assert door.refusal(ASKED, n_under_way=2) is None
    head, _, body = door.refusal(ASKED, n_under_way=3).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
    stated = dict(line.split(": ", 1) for line in head.decode().lower().split("\r\n")[1:])
    assert stated["retry-after"] == "1"
    assert stated["connection"] == "close"
    assert stated["x-content-type-options"] == "nosniff"
    assert int(stated["content-length"]) == len(body)
    assert json.loads(body)["type"] == "urn:seicast:busy"


@pytest.mark.parametrize(
    "passed_on",
    [
        b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /health/ready?x=1 HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nAccept: text/html\r\n\r\n",
        b"HEAD /v1/models HTTP/1.1\r\nHost: localhost\r\n\r\n",
        ASKED[:30],
        b"\x16\x03\x01 what is this\r\n\r\n",
    ],
)
def test_a_door_never_turns_away_health_or_what_it_cannot_read_at_a_glance(door, passed_on):
    assert door.refusal(passed_on, n_under_way=1000) is None


def test_a_door_counts_each_it_turns_away_and_says_so_once(door, metrics, caplog):
    with caplog.at_level(logging.WARNING):
        for _ in range(50):
            door.refusal(ASKED, n_under_way=3)
    assert len(caplog.records) == 1
    assert b'method="POST",route="refused at the door",status="503"} 50.0' in metrics.page()
