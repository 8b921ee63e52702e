"""A failure is answered with its id and all headers, counted as one, and told in the log alone."""

import asyncio
import json
import logging
import re

import pytest
from starlette.requests import ClientDisconnect
from starlette.testclient import TestClient

from serving import model_answers
from serving.app import create_app
from serving.failures import Failures
from serving.metrics import Metrics
from serving.observed import Observed
from serving.roles import NEEDED
from store.keys import Holder


@pytest.fixture
def failing(settings, champions, monkeypatch):
    """Yield a client of a service that fails when it lists its models."""

    def fail(*_):
        raise ZeroDivisionError("secret-4711")

    monkeypatch.setattr(model_answers, "models", fail)
    with TestClient(create_app(settings, champions), base_url="http://localhost") as client:
        yield client


def test_a_failure_has_an_id_and_the_headers_of_all_replies(failing, caplog):
    with caplog.at_level(logging.INFO):
        reply = failing.get("/v1/models")
    assert reply.status_code == 500
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert reply.headers["x-request-id"]
    assert "secret" not in reply.text
    failure_id = reply.json()["detail"].split()[1].rstrip(";")
    told = next(record for record in caplog.records if record.exc_info)
    assert failure_id in told.getMessage()
    assert told.exc_info[0] is ZeroDivisionError


def test_a_failure_is_counted_and_logged_as_one(failing, caplog):
    with caplog.at_level(logging.INFO, "seicast.requests"):
        failing.get("/v1/models")
    assert caplog.records[-1].facts["status"] == 500
    counted = 'seicast_requests_total{method="GET",route="/v1/models",status="500"} 1.0'
    assert counted in failing.get("/metrics").text


def test_whoever_reads_in_a_browser_gets_a_page(failing, monkeypatch):
    reply = failing.get("/nowhere", headers={"accept": "text/html"})
    assert reply.status_code == 404
    assert reply.headers["content-type"].startswith("text/html")


def test_a_guard_that_fails_is_answered_too(settings, champions):
    class LostKeys:
        def are_none(self):
            return False

        def holder_of(self, key):
            raise ZeroDivisionError

    app = create_app(settings, champions, LostKeys())
    with TestClient(app, base_url="http://localhost") as client:
        reply = client.get("/v1/models", headers={"authorization": "Bearer x"})
        assert reply.status_code == 500
        assert client.get("/health/live").status_code == 200


def test_whoever_leaves_with_half_a_body_is_no_failure(settings, champions, monkeypatch, caplog):
    def leave(*_):
        raise ClientDisconnect

    monkeypatch.setattr(model_answers, "models", leave)
    app = create_app(settings, champions)
    with (
        caplog.at_level(logging.INFO),
        TestClient(app, base_url="http://localhost", raise_server_exceptions=False) as client,
    ):
        client.get("/v1/models")
    assert not any(record.exc_info for record in caplog.records)
    told = [record for record in caplog.records if record.name == "seicast.requests"]
    assert told[-1].facts["status"] == 499


@pytest.mark.parametrize(
    ("error", "status"), [(ZeroDivisionError, 500), (asyncio.CancelledError, 503)]
)
def test_a_reply_that_breaks_off_is_counted_and_told_of_by_what_broke_it(error, status, caplog):
    """Its client saw 200, and half of what belongs to it."""

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"{", "more_body": True})
        raise error

    async def run():
        scope = {"type": "http", "method": "GET", "path": "/", "headers": [], "route": None}
        await Observed(Failures(app), metrics)(scope, None, send)

    async def send(message):
        """Send nowhere."""

    metrics = Metrics()
    with caplog.at_level(logging.INFO):
        try:
            asyncio.run(run())
        except ZeroDivisionError:
            assert status == 500  # the server closes the connection
    (told,) = [each.facts for each in caplog.records if each.name == "seicast.requests"]
    assert (told["status"], told["cut"]) == (status, True)
    assert b'status="%d"} 1.0' % status in metrics.page()


def test_problems_of_the_router_name_the_way_out(failing):
    assert "/openapi.json" in failing.get("/nowhere").json()["detail"]
    reply = failing.delete("/v1/models")
    assert reply.status_code == 405
    assert reply.headers["allow"] == "GET, HEAD"
    assert "GET, HEAD" in json.loads(reply.content)["detail"]


@pytest.mark.parametrize(("method", "path"), [each for each in NEEDED if each[1] != "/"])
def test_an_address_with_a_slash_too_many_is_unknown_as_any_other(keeper, method, path):
    """Sent on to another address, it would be a route that no document names."""
    url = re.sub(r"{[\w:]+}", "none", path)
    reply = keeper.request(method, f"{url}/", follow_redirects=False)
    assert reply.status_code == 404
    assert reply.json()["type"] == "urn:seicast:http"
    assert reply.json()["title"] == "Not Found"


def test_holders_are_still_told_apart(settings, champions):
    class OneKey:
        def are_none(self):
            return False

        def holder_of(self, key):
            return Holder("one", frozenset({"predict"}))

    with TestClient(
        create_app(settings, champions, OneKey()), base_url="http://localhost"
    ) as client:
        reply = client.post("/v1/retraining-jobs", headers={"authorization": "Bearer x"}, json={})
    assert reply.status_code == 403
