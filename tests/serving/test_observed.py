"""One line a request: enough to find it again, nothing of what was sent."""

import json
import logging

import pytest

from serving.observed import JsonLines


@pytest.fixture
def lines(caplog):
    caplog.set_level(logging.INFO, "seicast.requests")

    def formatted():
        return [JsonLines().format(record) for record in caplog.records]

    return formatted


def test_a_request_leaves_one_line_with_its_route_and_id(client, lines):
    reply = client.get("/v1/models/nobody?secret=canary")
    (line,) = lines()
    facts = json.loads(line)
    assert facts["route"] == "/v1/models/{name}"
    assert facts["status"] == 422  # it takes no such parameter
    assert facts["request_id"] == reply.headers["x-request-id"]
    assert "canary" not in line
    assert "nobody" not in line


def test_a_harmless_id_of_the_client_is_kept_and_any_other_replaced(client):
    kept = client.get("/health/live", headers={"x-request-id": "run-7_B"})
    assert kept.headers["x-request-id"] == "run-7_B"
    for harmful in ("a b", "a" * 65, 'a"b', "<script>", "é"):
        reply = client.get("/health/live", headers={b"x-request-id": harmful.encode()})
        assert reply.headers["x-request-id"] != harmful


def test_a_line_break_cannot_forge_a_line():
    record = logging.LogRecord("x", logging.INFO, "", 0, "one\n{two}", (), None)
    assert "\n" not in JsonLines().format(record)


def test_requests_predictions_and_time_are_counted(client, post, cell_body):
    post("/v1/predictions", {"cells": [cell_body]})
    client.get("/nowhere")
    page = client.get("/metrics").text
    assert 'seicast_requests_total{method="POST",route="/v1/predictions",status="200"}' in page
    assert 'route="unmatched",status="404"' in page
    assert 'seicast_request_seconds_count{route="/v1/predictions"}' in page
    assert "process_resident_memory_bytes" in page
    assert "seicast_requests_at_once 1.0" in page
