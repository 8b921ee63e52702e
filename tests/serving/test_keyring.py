"""Once a key exists everything is denied by default; every route times every role is in a table."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from serving.app import create_app
from serving.keyring import GUESS_BURST
from serving.pages.routes import ROUTERS
from serving.roles import ANY, NEEDED, OPEN, may, needed_role
from store.keys import ROLES, Holder

TABLE = Path(__file__).with_name("roles.json")
#: The interactive documentation, which is for people.
DOCUMENTATION = ("/docs", "/docs/{file:path}", "/openapi.json")


class SomeKeys:
    """One key a role, called like it."""

    def are_none(self):
        return False

    def holder_of(self, key):
        return Holder(f"{key}-key", frozenset({key})) if key in ROLES else None


@pytest.fixture(scope="module")
def guarded(settings, champions):
    app = create_app(settings, champions, SomeKeys())
    with TestClient(app, base_url="http://localhost", raise_server_exceptions=False) as client:
        yield client


def with_key(key):
    return {"authorization": f"Bearer {key}"}


def routes(client):
    """Return the routes of the OpenAPI document, and those of the pages, which are not in it."""
    document = client.get("/openapi.json").json()
    found = [
        (method.upper(), path) for path, methods in document["paths"].items() for method in methods
    ]
    pages = [route for router in ROUTERS for route in router.routes]
    found += [(method, route.path) for route in pages for method in route.methods]
    return sorted(found, key=lambda route: (route[1], route[0]))


def test_every_route_has_a_row_and_every_row_a_route(guarded):
    """A route that somebody adds is closed until somebody says for whom it is open."""
    rows = {route for route in NEEDED if route[1] not in DOCUMENTATION}
    assert rows == set(routes(guarded))


def test_every_route_and_role_answers_as_in_the_table(guarded):
    """401 without a key, 403 with a key of another role, anything else with the right one."""
    expected = json.loads(TABLE.read_text())
    found = {}
    for method, path in routes(guarded):
        # Names nobody has: what is behind the door does not matter here.
        url = path.replace("{", "no-").replace("}", "")
        answers = {"none": guarded.request(method, url).status_code}
        for role in ROLES:
            status = guarded.request(method, url, headers=with_key(role)).status_code
            answers[role] = status if status == 403 else "passed"
        answers["none"] = answers["none"] if answers["none"] == 401 else "passed"
        found[f"{method} {path}"] = answers
    assert found == expected


def test_a_route_without_a_row_is_for_administrators():
    assert needed_role("DELETE", "/v1/anything") == "admin"
    assert needed_role("TRACE", "/v1/predictions") == "admin"


@pytest.mark.parametrize("role", ROLES)
def test_no_role_but_admin_contains_another(role):
    allowed = {needed for needed in ROLES if may(frozenset({role}), needed)}
    assert allowed == (set(ROLES) if role == "admin" else {role})
    assert may(frozenset({role}), ANY)
    assert may(frozenset(), OPEN)
    assert not may(frozenset(), ANY)


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer  ", "Basic cHJlZGljdA==", "predict", "Bearer wrong"]
)
def test_no_key_and_a_wrong_key_get_401_and_the_way_out(guarded, header):
    reply = guarded.get("/v1/models", headers={"authorization": header})
    assert reply.status_code in (401, 429)
    assert "key" in reply.text
    assert "wrong" not in reply.json()["detail"]


def without_refill(app):
    """Return an application whose buckets never refill, however long the requests take."""
    gatekeeper = app.state.lane._guards.gatekeeper
    for buckets in (gatekeeper.guesses, gatekeeper.requests):
        buckets.clock = lambda: 0.0
    return app


def test_guessing_ends_soon_and_hurts_nobody_else(settings, champions):
    app = without_refill(create_app(settings, champions, SomeKeys()))
    with TestClient(app, base_url="http://localhost") as client:
        statuses = [
            client.get("/v1/models", headers=with_key(f"guess-{n}")).status_code for n in range(200)
        ]
        assert statuses.count(401) == GUESS_BURST
        assert set(statuses[GUESS_BURST:]) == {429}
        assert client.get("/health/ready").status_code == 200


def test_whoever_guesses_does_not_lock_out_a_right_key_of_the_same_house(settings, champions):
    with TestClient(
        create_app(settings, champions, SomeKeys()), base_url="http://localhost"
    ) as client:
        for number in range(GUESS_BURST + 5):
            client.get("/v1/models", headers=with_key(f"guess-{number}"))
        assert client.get("/v1/models", headers=with_key("predict")).status_code == 200


def test_a_key_that_asks_too_often_is_told_when_to_come_back(settings, champions):
    slow = replace(settings, requests_per_s=1)
    app = without_refill(create_app(slow, champions, SomeKeys()))
    with TestClient(app, base_url="http://localhost") as client:
        replies = [client.get("/v1/models", headers=with_key("predict")) for _ in range(4)]
        other = client.get("/v1/models", headers=with_key("retrain"))
    assert [reply.status_code for reply in replies] == [200, 200, 429, 429]
    assert int(replies[-1].headers["retry-after"]) >= 1
    assert other.status_code == 200


def test_a_key_shows_nowhere_in_a_reply(guarded):
    reply = guarded.post("/v1/predictions", content=b"{", headers=with_key("canary-4711"))
    assert "canary" not in reply.text + str(reply.headers)
