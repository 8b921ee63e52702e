"""A real server on a real socket: half-sent requests are closed, a stop drops nothing."""

import json
import logging
import signal
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from http.client import HTTPConnection, IncompleteRead

import pytest
import uvicorn

from features.errors import InvalidSetting
from serving import descriptor_answers, model_answers
from serving.app import create_app
from serving.connections import ImpatientProtocol, protocol_behind
from serving.keyring import NoKeys
from serving.server import OPEN_TO_ALL, LingeringServer, check_access, listening
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


@contextmanager
def lingering(app, linger_s, drain_s=None):
    """Yield the port of a server in a thread that stays a while after it was told to stop."""
    listener = listening("127.0.0.1", 0)
    door = app.state.door
    config = uvicorn.Config(
        app,
        http=protocol_behind(door),
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=drain_s,
    )
    server = LingeringServer(config, door, linger_s)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    _wait(lambda: server.started)
    yield listener.getsockname()[1], server, thread
    server.should_exit = True
    thread.join(10)
    assert not thread.is_alive()


def _answer(port, path):
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path)
    reply = connection.getresponse()
    body = reply.read()
    connection.close()
    return reply.status, body


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
    models = model_answers.models
    monkeypatch.setattr(
        model_answers, "models", lambda *given: (time.sleep(1.0), models(*given))[1]
    )
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


def test_a_service_told_to_stop_is_not_ready_at_once_and_answers_a_while(settings, champions):
    """Whoever spreads requests over services takes this one out before it refuses anybody."""
    with lingering(create_app(settings, champions), linger_s=1.5) as (port, server, thread):
        assert _answer(port, "/health/ready")[0] == 200
        server.handle_exit(signal.SIGUSR1, None)  # a number that nobody raises again
        status, body = _answer(port, "/health/ready")
        assert status == 503
        assert b"urn:seicast:stopping" in body
        assert _answer(port, "/health/live")[0] == 200
        assert _answer(port, "/v1/models")[0] == 200
        server._captured_signals.clear()
        thread.join(8)
        assert not thread.is_alive()
        with pytest.raises(ConnectionRefusedError):
            _answer(port, "/health/live")


def test_a_second_signal_cuts_the_lingering_short(settings, champions):
    with lingering(create_app(settings, champions), linger_s=600) as (_, server, thread):
        server.handle_exit(signal.SIGUSR1, None)
        server.handle_exit(signal.SIGUSR1, None)
        server._captured_signals.clear()
        thread.join(8)
        assert not thread.is_alive()


def test_a_request_under_way_when_the_service_is_told_to_stop_is_answered(
    settings, champions, monkeypatch
):
    models, entered = model_answers.models, threading.Event()

    def slow(*given):
        entered.set()
        time.sleep(1.0)
        return models(*given)

    monkeypatch.setattr(model_answers, "models", slow)
    with (
        lingering(create_app(settings, champions), linger_s=0) as (port, server, _),
        ThreadPoolExecutor(1) as pool,
    ):
        pending = pool.submit(_answer, port, "/v1/models")
        entered.wait(10)
        server.handle_exit(signal.SIGUSR1, None)
        server._captured_signals.clear()
        assert pending.result()[0] == 200


@pytest.fixture
def stuck(settings, champions, stores, monkeypatch):
    """Yield a server whose sheets take too long for its drain, and a job whose events go on."""
    entered = threading.Event()
    monkeypatch.setattr(
        descriptor_answers, "descriptors", lambda *_: (entered.set(), time.sleep(2.5))
    )
    app = create_app(settings, champions, stores=stores)
    with (
        lingering(app, linger_s=0, drain_s=1) as (port, server, _),
        closing(HTTPConnection("127.0.0.1", port, timeout=10)) as connection,
    ):
        yield connection, entered, server


def _lines(caplog, of):
    return [record for record in caplog.records if record.name == of]


def _stop(server):
    server.handle_exit(signal.SIGUSR1, None)
    server._captured_signals.clear()


def test_a_request_that_outlasts_the_drain_is_told_so_in_one_plain_line(stuck, caplog, cell_body):
    """It was cut on purpose: nothing failed, and nobody is to search for a fault."""
    connection, entered, server = stuck
    body, headers = json.dumps({"cells": [cell_body]}), {"content-type": "application/json"}
    with caplog.at_level(logging.INFO), ThreadPoolExecutor(1) as pool:
        connection.request("POST", "/v1/descriptors", body, headers)
        pending = pool.submit(connection.getresponse)
        assert entered.wait(10)
        _stop(server)
        reply = pending.result()
        # A client may read its reply before the line is written.
        _wait(lambda: _lines(caplog, "seicast.requests"))
    assert reply.status == 503
    problem = json.loads(reply.read())
    assert problem["type"] == "urn:seicast:stopping"
    assert "look before it is sent again" in problem["detail"]
    assert not any(record.exc_info for record in caplog.records)
    (told,) = _lines(caplog, "seicast.service")
    assert told.getMessage() == "cut at the end of the drain"
    assert told.facts["request_id"] == reply.headers["x-request-id"]
    (asked,) = _lines(caplog, "seicast.requests")
    assert asked.facts["status"] == 503


def test_a_stream_that_outlasts_the_drain_breaks_off_without_a_traceback(stuck, stores, caplog):
    """Its client must not take it for whole, so it is not ended, but cut."""
    connection, _, server = stuck
    job = stores.jobs.submit({"target": "cycle_life"}, actor="kim")
    with caplog.at_level(logging.INFO):
        connection.request("GET", f"/v1/retraining-jobs/{job.job_id}/events")
        reply = connection.getresponse()
        assert reply.readline().startswith(b"id: ")
        _stop(server)
        with closing(reply), pytest.raises(IncompleteRead):
            reply.read()
        _wait(lambda: _lines(caplog, "seicast.service"))
    assert not any(record.exc_info for record in caplog.records)
    (told,) = _lines(caplog, "seicast.service")
    assert told.getMessage() == "cut at the end of the drain"


def test_a_crowd_is_turned_away_at_the_socket_and_the_health_is_not(settings, champions):
    app = create_app(settings, champions)
    app.state.door.max_under_way = 0
    with lingering(app, linger_s=0) as (port, *_):
        status, body = _answer(port, "/v1/models")
        assert status == 503
        assert json.loads(body)["type"] == "urn:seicast:busy"
        assert _answer(port, "/health/live")[0] == 200


def test_whoever_reads_nothing_of_a_long_reply_is_let_go():
    """The application goes on as soon as nobody is there any more, and gives its place back."""
    is_over = threading.Event()

    async def app(scope, receive, send):
        if scope["type"] != "http":
            return
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(50):
            await send({"type": "http.response.body", "body": bytes(1 << 20), "more_body": True})
        await send({"type": "http.response.body", "body": b""})
        is_over.set()

    class Busy(ImpatientProtocol):
        read_timeout_s = 2.0

    listener = listening("127.0.0.1", 0)
    config = uvicorn.Config(app, http=Busy, lifespan="off", log_config=None, access_log=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    _wait(lambda: server.started)
    asked = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with (
        socket.create_connection(listener.getsockname()) as idle,
        socket.create_connection(listener.getsockname()) as slow,
    ):
        idle.sendall(asked)
        assert is_over.wait(10)
        is_over.clear()
        slow.sendall(asked)
        n_bytes = 0
        while n_bytes < 50 << 20:  # reads a little at a time, and gets all of it
            received = slow.recv(1 << 21)
            assert received
            n_bytes += len(received)
        assert is_over.wait(10)
    server.should_exit = True
    thread.join(10)
    assert not thread.is_alive()
