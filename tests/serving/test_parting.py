"""Who is refused while he still sends reads the refusal all the same, and cannot send for ever."""

import json
import logging
import socket
import time
from contextlib import suppress

import pytest

from serving import parting
from serving.app import create_app
from serving.settings import Settings

HEAD = b"POST /v1/predictions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
LIVE = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"


def status_of(connection):
    """Return the status of the reply after which the server closes, and how often one came."""
    received = b""
    while some := connection.recv(1 << 16):
        received += some
    return int(received[9:12]), received.count(b"HTTP/1.1 ")


@pytest.fixture(autouse=True)
def _patient(monkeypatch):
    """Close no connection because the machine is busy; a test of what comes late says so."""
    monkeypatch.setattr(parting, "LINGER_S", 60.0)


@pytest.fixture
def client(served, champions, tmp_path):
    app = create_app(Settings(shelf=tmp_path, max_body_bytes=1000), champions)
    with served(app, has_lane=True) as one:
        yield one


def test_a_body_that_is_too_large_is_sent_to_its_end_and_the_refusal_read(client):
    """As plain clients do, which look for a reply when they have sent all."""
    n_bytes = 2 << 20
    client.connection.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % n_bytes)
    for _ in range(n_bytes >> 14):
        client.connection.sendall(bytes(1 << 14))
        time.sleep(0.0005)
    assert status_of(client.connection) == (413, 1)


def test_a_crowd_reads_its_refusal_whatever_it_goes_on_to_send(client):
    client.app.state.door.max_under_way = 0
    client.connection.sendall(HEAD + b"Content-Length: 900000\r\n\r\n")
    for _ in range(9):
        time.sleep(0.01)
        client.connection.sendall(bytes(100_000))
    assert status_of(client.connection) == (503, 1)


@pytest.mark.parametrize("bound", ["LINGER_S", "MOST_LINGER_BYTES"])
def test_nobody_is_listened_to_for_ever(client, monkeypatch, bound):
    monkeypatch.setattr(parting, bound, 0.1 if bound == "LINGER_S" else 100_000)
    client.connection.sendall(HEAD + b"Content-Length: 100000000\r\n\r\n")
    began_s, is_heard = time.monotonic(), True
    while is_heard and time.monotonic() < began_s + 50:
        try:
            client.connection.sendall(bytes(10_000))
        except ConnectionError:
            is_heard = False
        time.sleep(0.001)
    assert not is_heard


def test_a_connection_that_is_read_to_its_end_is_closed_at_once(client):
    client.connection.sendall(LIVE.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
    began_s = time.monotonic()
    assert status_of(client.connection) == (200, 1)
    assert not client.server.server_state.connections
    assert time.monotonic() < began_s + parting.LINGER_S


def test_the_rest_of_a_body_that_was_refused_unread_is_skipped(served, settings, champions, caplog):
    """The connection goes on with what follows it."""
    with (
        caplog.at_level(logging.INFO),
        served(create_app(settings, champions), has_lane=True) as client,
    ):
        n_bytes = 500_000
        head = HEAD.replace(b"application/json", b"text/plain")
        client.connection.sendall(head + b"Content-Length: %d\r\n\r\n" % n_bytes)
        assert client.reply()[0].startswith("HTTP/1.1 415")
        client.connection.sendall(b"Upgrade: \r\n\r\nupgrade: h2c\r\n".ljust(n_bytes, b" "))
        client.connection.sendall(LIVE)
        first, _, body = client.reply()
    assert first.endswith("200 OK")
    assert json.loads(body)["status"] == "live"


def test_a_client_that_leaves_while_it_is_waited_for_is_let_go(client):
    client.connection.sendall(HEAD + b"Content-Length: 100000\r\n\r\n")
    time.sleep(0.05)
    with suppress(OSError):
        client.connection.shutdown(socket.SHUT_RDWR)
    end = time.monotonic() + parting.LINGER_S / 2
    while client.server.server_state.connections:
        assert time.monotonic() < end
        time.sleep(0.01)
