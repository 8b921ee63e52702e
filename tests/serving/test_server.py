"""A real server on a real socket: half-sent requests are closed, a stop drops nothing."""

import json
import logging
import signal
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection, IncompleteRead

import pytest
import uvicorn

from features.errors import InvalidSetting
from serving import descriptor_answers, model_answers, patience
from serving.app import create_app
from serving.connections import protocol_behind
from serving.keyring import NoKeys
from serving.patience import ImpatientProtocol
from serving.server import OPEN_TO_ALL, LingeringServer, check_access, listening
from store.keys import Holder

#: What comes at once is waited for no longer than this, however busy the machine is.
PATIENCE_S = 60.0


class Hasty(ImpatientProtocol):
    head_timeout_s = 0.5


class OneKey:
    def are_none(self):
        return False

    def holder_of(self, key):
        return Holder("one", frozenset({"admin"}))


@contextmanager
def running(server, listener):
    """Yield the thread of a server that listens; it ends with the block, however that ends."""
    # Of a test that failed, the thread must not keep all the others from ending.
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        _wait(lambda: server.started)
        yield thread
    finally:
        server.should_exit = True
        thread.join(PATIENCE_S)
    assert not thread.is_alive()


@pytest.fixture
def served(settings, champions):
    """Yield the port of a server in a thread, and the server."""
    listener = listening("127.0.0.1", 0)
    config = uvicorn.Config(
        create_app(settings, champions), http=Hasty, log_config=None, access_log=False
    )
    server = uvicorn.Server(config)
    with running(server, listener):
        yield listener.getsockname()[1], server


@contextmanager
def lingering(app, linger_s, drain_s=None):
    """Yield the port of a server in a thread that stays a while after it was told to stop."""
    listener = listening("127.0.0.1", 0)
    # Else the system takes as much of a reply as it likes, and it is sent before it is read.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 18)
    door = app.state.door
    config = uvicorn.Config(
        app,
        http=protocol_behind(door),
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=drain_s,
    )
    server = LingeringServer(config, door, linger_s)
    with running(server, listener) as thread:
        yield listener.getsockname()[1], server, thread


def _answer(port, path):
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    connection.request("GET", path)
    reply = connection.getresponse()
    body = reply.read()
    connection.close()
    return reply.status, body


def _wait(is_so, at_most_s=PATIENCE_S):
    end = time.monotonic() + at_most_s
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.01)


def _head(client):
    """Return the head of a reply, which may come in pieces."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = client.recv(1)
        assert byte, "the connection was closed"
        head += byte
    return head


def _rest(client, at_most_s=5.0):
    """Return what a client still gets until the server closes the connection."""
    client.settimeout(at_most_s)
    rest = b""
    with suppress(ConnectionResetError):  # what the server did not read is thrown away
        while chunk := client.recv(4000):
            rest += chunk
    return rest


@pytest.mark.parametrize(
    "half", [b"", b"G", b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nX-Slow: "]
)
def test_a_request_without_its_head_is_closed(served, half):
    port, _ = served
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(half)
        assert _rest(client) == b""


def test_a_second_half_head_on_the_same_connection_is_closed_too(served, monkeypatch):
    port, _ = served
    whole = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"
    monkeypatch.setattr(Hasty, "head_timeout_s", PATIENCE_S)  # for the first
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(whole)
        assert _head(client).startswith(b"HTTP/1.1 200")
        monkeypatch.undo()
        client.sendall(whole[:-10])
        assert b"HTTP/1.1" not in _rest(client)


def test_150_half_sent_requests_leave_room_for_others(served):
    port, _ = served
    clients = [socket.create_connection(("127.0.0.1", port)) for _ in range(150)]
    try:
        for client in clients:
            client.sendall(b"POST /v1/predictions HTTP/1.1\r\nHost: local")
        assert _answer(port, "/health/ready")[0] == 200
        for client in clients:
            assert _rest(client, at_most_s=10) == b""
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
    assert _answer(port, "/v1/models")[0] == 200


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


def test_what_was_sent_before_the_end_is_answered(served, monkeypatch):
    """The last request lies unread in the socket when the service is told to stop."""
    port, server = served
    whole = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"
    monkeypatch.setattr(Hasty, "head_timeout_s", PATIENCE_S)
    monkeypatch.setattr(patience, "LAST_CALL_S", PATIENCE_S)
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(whole)
        assert _head(client).startswith(b"HTTP/1.1 200")
        server.should_exit = True
        _wait(lambda: not server.started or not server.servers[0].is_serving())
        client.sendall(whole)
        assert b"HTTP/1.1 200" in _rest(client)


def test_a_service_told_to_stop_is_not_ready_at_once_and_answers_a_while(settings, champions):
    """Whoever spreads requests over services takes this one out before it refuses anybody."""
    with lingering(create_app(settings, champions), linger_s=600) as (port, server, thread):
        assert _answer(port, "/health/ready")[0] == 200
        server.handle_exit(signal.SIGUSR1, None)  # a number that nobody raises again
        status, body = _answer(port, "/health/ready")
        assert status == 503
        assert b"urn:seicast:stopping" in body
        assert _answer(port, "/health/live")[0] == 200
        assert _answer(port, "/v1/models")[0] == 200
        server._captured_signals.clear()
        server._leaves_at_s -= 600  # so long it has lingered
        thread.join(PATIENCE_S)
        assert not thread.is_alive()
        with pytest.raises(ConnectionRefusedError):
            _answer(port, "/health/live")


def test_a_second_signal_cuts_the_lingering_short(settings, champions):
    with lingering(create_app(settings, champions), linger_s=600) as (_, server, thread):
        server.handle_exit(signal.SIGUSR1, None)
        server.handle_exit(signal.SIGUSR1, None)
        server._captured_signals.clear()
        thread.join(PATIENCE_S)
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
        assert entered.wait(PATIENCE_S)
        server.handle_exit(signal.SIGUSR1, None)
        server._captured_signals.clear()
        assert pending.result()[0] == 200


@pytest.fixture
def stuck(settings, champions, stores, monkeypatch):
    """Yield a server whose sheets take longer than its drain, and a connection to it."""
    entered, is_over = threading.Event(), threading.Event()
    monkeypatch.setattr(
        descriptor_answers, "descriptors", lambda *_: (entered.set(), is_over.wait(PATIENCE_S))
    )
    app = create_app(settings, champions, stores=stores)
    with (
        lingering(app, linger_s=0, drain_s=1) as (port, server, _),
        closing(HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)) as connection,
    ):
        yield connection, entered, server
        is_over.set()


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
        assert entered.wait(PATIENCE_S)
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


def test_a_body_that_is_late_when_the_drain_ends_is_told_that_the_service_stops(
    settings, champions, caplog
):
    """Its own deadline lies behind: a client that sends it again, elsewhere, is right to."""
    half = b"POST /v1/predictions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n"
    half += b"Content-Type: application/json\r\n\r\n{"
    app = create_app(settings, champions)
    with (
        caplog.at_level(logging.INFO),
        lingering(app, linger_s=0, drain_s=1) as (port, server, _),
        socket.create_connection(("127.0.0.1", port), timeout=30) as client,
    ):
        client.sendall(half)
        _wait(lambda: app.state.service.metrics.n_at_once == 1)
        _stop(server)
        said = _rest(client, at_most_s=30)
        _wait(lambda: _lines(caplog, "seicast.requests"))
    assert settings.read_timeout_s > 1
    assert said.startswith(b"HTTP/1.1 503")
    assert b"urn:seicast:stopping" in said
    (asked,) = _lines(caplog, "seicast.requests")
    assert asked.facts["status"] == 503


def test_who_has_not_read_his_reply_when_the_drain_ends_is_told_of_as_cut(
    settings, champions, cell_body, caplog
):
    cells = [{**cell_body, "cell_id": f"c{number}"} for number in range(1000)]
    body = json.dumps({"cells": cells}).encode()
    head = b"POST /v1/predictions HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n"
    head += b"Content-Type: application/json\r\n\r\n"
    with (
        caplog.at_level(logging.INFO),
        lingering(create_app(settings, champions), linger_s=0, drain_s=1) as (port, server, thread),
        socket.socket() as client,
    ):
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", port))
        client.sendall(head % len(body) + body)
        assert client.recv(12, socket.MSG_WAITALL) == b"HTTP/1.1 200"
        _stop(server)
        thread.join(PATIENCE_S)
    (asked,) = _lines(caplog, "seicast.requests")
    assert (asked.facts["status"], asked.facts["cut"]) == (503, True)


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
    asked = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with (
        running(uvicorn.Server(config), listener),
        socket.create_connection(listener.getsockname()) as idle,
        socket.create_connection(listener.getsockname(), timeout=PATIENCE_S) as slow,
    ):
        idle.sendall(asked)
        assert is_over.wait(PATIENCE_S)
        is_over.clear()
        slow.sendall(asked)
        n_bytes = 0
        while n_bytes < 50 << 20:  # reads a little at a time, and gets all of it
            received = slow.recv(1 << 21)
            assert received
            n_bytes += len(received)
        assert is_over.wait(PATIENCE_S)
