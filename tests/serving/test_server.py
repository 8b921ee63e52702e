"""A real server on a real socket: half-sent requests are closed, a stop drops nothing."""

import logging
import socket
import threading
import time
from http.client import HTTPConnection

import pytest
import uvicorn

from features.errors import InvalidSetting
from serving import answers
from serving.app import create_app
from serving.connections import ImpatientProtocol
from serving.keyring import NoKeys
from serving.server import OPEN_TO_ALL, check_access, listening
from store.keys import Holder


class Hasty(ImpatientProtocol):
    head_timeout_s = 0.5


class OneKey:
    def are_none(self):
        return False

    def holder_of(self, key):
        return Holder("one", frozenset({"admin"}))


@pytest.fixture
def served(settings, champions):
    """Yield the port of a server in a thread, and the server."""
    listener = listening("127.0.0.1", 0)
    config = uvicorn.Config(
        create_app(settings, champions), http=Hasty, log_config=None, access_log=False
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    _wait(lambda: server.started)
    yield listener.getsockname()[1], server
    server.should_exit = True
    thread.join(10)
    assert not thread.is_alive()


def _wait(is_so, at_most_s=10.0):
    end = time.monotonic() + at_most_s
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.parametrize(
    "half", [b"", b"G", b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nX-Slow: "]
)
def test_a_request_without_its_head_is_closed(served, half):
    port, _ = served
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(half)
        client.settimeout(5)
        assert client.recv(1000) == b""


def test_a_second_half_head_on_the_same_connection_is_closed_too(served):
    port, _ = served
    whole = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(whole)
        assert client.recv(4000).startswith(b"HTTP/1.1 200")
        client.sendall(whole[:-10])
        client.settimeout(5)
        rest = b""
        while chunk := client.recv(1000):
            rest += chunk
        assert b"200" not in rest


def test_150_half_sent_requests_leave_room_for_others(served):
    port, _ = served
    clients = [socket.create_connection(("127.0.0.1", port)) for _ in range(150)]
    try:
        for client in clients:
            client.sendall(b"POST /v1/predictions HTTP/1.1\r\nHost: local")
        connection = HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", "/health/ready")
        assert connection.getresponse().status == 200
        connection.close()
        for client in clients:
            client.settimeout(10)
            assert client.recv(1000) == b""
    finally:
        for client in clients:
            client.close()


def test_an_answer_that_takes_longer_than_the_deadline_for_heads_arrives(
    served, monkeypatch, cell_body
):
    port, _ = served
    models = answers.models
    monkeypatch.setattr(answers, "models", lambda *given: (time.sleep(1.0), models(*given))[1])
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request("GET", "/v1/models")
    assert connection.getresponse().status == 200
    connection.close()


def test_without_keys_the_service_says_so_and_stays_on_this_machine(caplog):
    with caplog.at_level(logging.WARNING):
        check_access(NoKeys(), "127.0.0.1")
    assert OPEN_TO_ALL in caplog.text
    for host in ("0.0.0.0", "192.0.2.1", "::", "lab.example"):
        with pytest.raises(InvalidSetting, match="no keys"):
            check_access(NoKeys(), host)


def test_with_a_key_any_address_will_do(caplog):
    check_access(OneKey(), "0.0.0.0")
    assert not caplog.text


def test_a_taken_port_names_the_way_out():
    taken = listening("127.0.0.1", 0)
    with pytest.raises(InvalidSetting, match="--port"):
        listening("127.0.0.1", taken.getsockname()[1])
    taken.close()
    with pytest.raises(InvalidSetting, match="Cannot listen"):
        listening("192.0.2.1", 8000)


def test_what_was_sent_before_the_end_is_answered(served):
    """The last request lies unread in the socket when the service is told to stop."""
    port, server = served
    whole = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.settimeout(5)
        client.sendall(whole)
        assert client.recv(4000).startswith(b"HTTP/1.1 200")
        server.should_exit = True
        _wait(lambda: not server.started or not server.servers[0].is_serving())
        client.sendall(whole)
        said = b""
        while chunk := client.recv(4000):
            said += chunk
    assert b"HTTP/1.1 200" in said
