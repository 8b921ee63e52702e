"""The short way and the router lead to the same place."""

import json

import pytest
from starlette.testclient import TestClient

from serving.app import create_app
from serving.shortcut import Shortcut


@pytest.fixture(scope="module")
def routed(settings, champions):
    """Return a client of a service without shortcut."""
    app = create_app(settings, champions)
    app.user_middleware = [each for each in app.user_middleware if each.cls is not Shortcut]
    with TestClient(app, base_url="http://localhost", raise_server_exceptions=False) as client:
        yield client


BODIES = {
    "good": lambda cell: {"cells": [cell]},
    "two cells": lambda cell: {"cells": [cell, {**cell, "cell_id": "B"}]},
    "unknown field": lambda cell: {"cells": [cell], "colour": 1},
    "no cells": lambda cell: {"cells": []},
    "level": lambda cell: {"cells": [cell], "level": 0.99},
    "model": lambda cell: {"cells": [cell], "model": "old"},
}


@pytest.mark.parametrize("path", ["/v1/predictions", "/v1/predictions/columnar"])
@pytest.mark.parametrize("name", BODIES)
def test_both_ways_give_the_same_reply(client, routed, cell_body, path, name):
    content = json.dumps(BODIES[name](cell_body))
    replies = [
        each.post(path, content=content, headers={"content-type": "application/json"})
        for each in (client, routed)
    ]
    short, long = ((reply.status_code, reply.content, names(reply)) for reply in replies)
    assert short == long


def names(reply):
    return {name: value for name, value in reply.headers.items() if name != "x-request-id"}


def test_what_is_not_posted_goes_to_the_router(client):
    reply = client.get("/v1/predictions")
    assert reply.status_code == 405
    assert reply.headers["allow"] == "POST"


def test_its_routes_are_in_the_document_once(client):
    paths = client.get("/openapi.json").json()["paths"]
    assert list(paths["/v1/predictions"]) == ["post"]
