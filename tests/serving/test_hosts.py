"""A page elsewhere, whatever it calls itself, gets nothing from a service on this machine."""

import pytest

EVIL = "evil.example"


@pytest.mark.parametrize(
    ("host", "origin", "status"),
    [
        ("localhost", None, 200),
        ("localhost:8000", None, 200),
        ("127.0.0.1:8000", None, 200),
        ("[::1]:8000", None, 200),
        ("LOCALHOST", None, 200),
        ("localhost:8000", "http://localhost:8000", 200),
        ("localhost:8000", "https://localhost:8000", 200),
        (EVIL, None, 403),
        (f"{EVIL}:8000", None, 403),
        (f"localhost.{EVIL}", None, 403),
        ("localhost@evil.example", None, 403),
        ("", None, 403),
        ("localhost:8000", f"http://{EVIL}", 403),
        ("localhost:8000", "http://localhost:9000", 403),
        ("localhost:8000", "null", 403),
    ],
)
def test_only_own_names_and_own_pages_are_answered(client, host, origin, status):
    headers = {"host": host} | ({"origin": origin} if origin else {})
    assert client.get("/health/live", headers=headers).status_code == status


def test_no_other_origin_is_ever_allowed_by_a_header(client):
    reply = client.options(
        "/v1/predictions",
        headers={"origin": "http://localhost", "access-control-request-method": "POST"},
    )
    assert not [name for name in reply.headers if name.startswith("access-control")]
