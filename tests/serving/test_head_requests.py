"""HEAD gets the head of GET's reply, on every route that answers GET."""

import pytest


@pytest.mark.parametrize(
    "path", ["/v1/models", "/v1/models/ce-bare", "/health/live", "/metrics", "/", "/nowhere"]
)
def test_the_head_is_that_of_get_and_there_is_no_body(client, path):
    asked, got = client.head(path), client.get(path)
    assert asked.status_code == got.status_code
    assert asked.content == b""
    for name in ("content-type", "cache-control"):
        assert asked.headers[name] == got.headers[name]


def test_what_is_posted_has_no_head(client):
    reply = client.head("/v1/predictions")
    assert reply.status_code == 405
    assert reply.headers["allow"] == "POST"


def test_it_is_counted_under_its_route(client):
    client.head("/v1/models/ce-bare")
    assert 'method="HEAD",route="/v1/models/{name}",status="200"' in client.get("/metrics").text
