"""Corners of a connection: what is behind a request, who half-closes, whose reply is cut."""

import json
import logging
import re
import socket
import struct
import threading
import time
from contextlib import closing, contextmanager
from fcntl import ioctl
from termios import FIONREAD

import pytest
import uvicorn

from serving import descriptor_answers, parting
from serving.app import create_app
from serving.patience import ImpatientProtocol
from serving.server import listening

#: What comes at once is waited for no longer than this, however busy the machine is.
PATIENCE_S = 60.0
HOST = b"Host: localhost\r\n"
JSON = b"Content-Type: application/json\r\n"
GARBAGE = b"\x00\x01 what is this\r\n\r\n"
LIVE = b"GET /health/live HTTP/1.1\r\n" + HOST + b"\r\n"
UNFINISHED = b"POST /v1/predictions HTTP/1.1\r\n" + HOST + JSON + b"Content-Length: 100\r\n\r\n{"
BROKEN = (
    b"POST /v1/predictions HTTP/1.1\r\n"
    + HOST
    + JSON
    + b"Transfer-Encoding: chunked\r\n\r\nno length\r\n"
)


def packed(body, path="/v1/predictions"):
    first = b"POST %b HTTP/1.1\r\n" % path.encode()
    return b"%b%bContent-Length: %d\r\n\r\n%b" % (first, HOST + JSON, len(body), body)


def wait(is_so, at_most_s=PATIENCE_S):
    end = time.monotonic() + at_most_s
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.005)


def all_of(connection):
    """Return what comes until the connection is closed."""
    received = b""
    while some := connection.recv(1 << 16):
        received += some
    return received


def replies(received):
    """Return status and body of each reply, in their order."""
    found = []
    while received:
        head, _, received = received.partition(b"\r\n\r\n")
        n_bytes = int(re.search(rb"content-length: (\d+)", head)[1])
        found.append((int(head[9:12]), received[:n_bytes]))
        assert len(found[-1][1]) == n_bytes
        received = received[n_bytes:]
    return found


def leave(connection):
    """Close a connection so that the other end is told at once."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def n_unread(end):
    """Return how many bytes lie unread at the server's end of a connection."""
    try:
        (n_bytes,) = struct.unpack("i", ioctl(end.get_extra_info("socket"), FIONREAD, bytes(4)))
    except (OSError, ValueError):  # it was closed meanwhile
        return 0
    return n_bytes


class Watched:
    """A server, new connections to it, and the lines of its log."""

    def __init__(self, client, caplog):
        self.client, self.caplog = client, caplog

    def connect(self):
        """Return a new connection, which the server has taken."""
        address = self.client.connection.getpeername()
        connection = socket.create_connection(address, timeout=PATIENCE_S)
        wait(lambda: self.others_of(connection))
        return connection

    def others_of(self, connection):
        """Return the server's ends of a connection, which is one while it is open."""
        ends = [each.transport for each in list(self.client.server.server_state.connections)]
        name = connection.getsockname()
        return [end for end in ends if end.get_extra_info("peername") == name]

    def has_read(self, connection):
        """Tell whether the server has read all that was sent, or reads no more."""
        return not any(n_unread(end) for end in self.others_of(connection))

    def ask(self, *packets, is_half_closed=False):
        """Return the replies to what is sent on one connection, which the server closes.

        A packet is sent when the one before was read, for it to be one.
        """
        with closing(self.connect()) as connection:
            for packet in packets:
                wait(lambda: self.has_read(connection))
                connection.sendall(packet)
            if is_half_closed:
                connection.shutdown(socket.SHUT_WR)
            return replies(all_of(connection))

    @property
    def facts(self):
        """Return what each line says of a request."""
        return [each.facts for each in self.caplog.records if each.name == "seicast.requests"]

    def told(self, n_lines=1):
        """Return route and status of each line, once there are so many."""
        wait(lambda: len(self.facts) >= n_lines)
        return [(each["route"], each["status"]) for each in self.facts]

    def counted(self, method, route, status):
        labels = {"method": method, "route": route, "status": str(status)}
        registry = self.client.service.metrics.registry
        return registry.get_sample_value("seicast_requests_total", labels) or 0.0

    @property
    def is_at_rest(self):
        places = self.client.app.state.lane._guards.places
        return places.n_at_once == self.client.service.metrics.n_at_once == 0


@contextmanager
def watching(served, app, caplog, has_lane):
    with caplog.at_level(logging.INFO), served(app, has_lane=has_lane) as client:
        yield Watched(client, caplog)
        wait(lambda: not client.server.server_state.tasks)
        assert client.app.state.lane._guards.places.n_at_once == 0
        assert client.service.metrics.n_at_once == 0


@pytest.fixture(autouse=True)
def _patient(monkeypatch):
    """Close no connection before its client, busy as the machine is, has sent all."""
    monkeypatch.setattr(parting, "LINGER_S", PATIENCE_S)


@pytest.fixture(params=[True, False], ids=["lane", "no lane"])
def server(request, served, settings, champions, caplog):
    """Yield a server with the lane, and one without."""
    with watching(served, create_app(settings, champions), caplog, request.param) as one:
        yield one


@pytest.fixture
def recipe(cell_body):
    return packed(json.dumps({"cells": [cell_body]}).encode())


@pytest.fixture
def batch(cell_body):
    """Return a request of so many cells that they are answered in a thread, in pieces."""
    cells = [{**cell_body, "cell_id": f"c{number}"} for number in range(600)]
    return packed(json.dumps({"cells": cells, "explain": False}).encode())


PREDICTIONS = "/v1/predictions"


@pytest.mark.parametrize("behind", [GARBAGE, BROKEN], ids=["no request", "a broken body"])
def test_a_request_with_garbage_behind_it_is_answered_and_then_the_garbage(server, recipe, behind):
    (first, body), (second, problem) = server.ask(recipe + behind)
    assert (first, second) == (200, 400)
    assert json.loads(body)["cells"]
    assert json.loads(problem)["type"] == "urn:seicast:malformed-request"
    assert server.told() == [(PREDICTIONS, 200)]
    assert server.counted("POST", PREDICTIONS, 200) == 1
    assert server.counted("other", "refused at the door", 400) == 1


def test_who_sends_garbage_and_closes_his_side_is_told_so_too(server, batch):
    found = server.ask(batch + GARBAGE, is_half_closed=True)
    assert [status for status, _ in found] == [200, 400]


def test_all_that_is_sound_is_answered_in_its_order_before_what_is_not(server, recipe, batch):
    found = server.ask(recipe + batch + LIVE + recipe + GARBAGE + recipe)
    assert [status for status, _ in found] == [200, 200, 200, 200, 400]
    assert [len(json.loads(body).get("cells", ())) for _, body in found] == [1, 600, 0, 1, 0]
    assert [route for route, _ in server.told(4)] == [
        PREDICTIONS, PREDICTIONS, "/health/live", PREDICTIONS,
    ]  # fmt: skip


def test_garbage_does_not_come_in_between_while_a_request_is_answered(server, batch):
    """It came in a packet of its own, before there was a reply."""
    assert [status for status, _ in server.ask(batch, GARBAGE, LIVE)] == [200, 400]


def test_a_body_that_is_broken_is_refused_once_and_told_of_as_it_was_answered(server):
    ((status, _),) = server.ask(BROKEN)
    assert status == 400
    assert server.told() == [(PREDICTIONS, 400)]
    assert server.counted("POST", PREDICTIONS, 400) == 1
    assert server.counted("other", "refused at the door", 400) == 0


def test_a_request_that_is_answered_before_its_broken_body_gets_no_second_reply(server):
    """A client would take it for the reply to its next request."""
    head = BROKEN.replace(JSON, b"Content-Type: text/plain\r\n")
    head, _, broken = head.partition(b"\r\n\r\n")
    with closing(server.connect()) as connection:
        connection.sendall(head + b"\r\n\r\n")
        received = connection.recv(1)  # the application has answered
        connection.sendall(broken)
        received += all_of(connection)
    assert [status for status, _ in replies(received)] == [415]


def test_an_offer_of_another_protocol_in_two_packets_is_refused_as_its_body_would_be_lost(
    server, recipe
):
    offered = recipe.replace(HOST, HOST + b"Connection: Upgrade\r\nUpgrade: h2c\r\n")
    first, _, rest = offered.partition(b"grade: h2c")
    assert [status for status, _ in server.ask(first, b"grade: h2c" + rest)] == [400]


def test_what_follows_the_last_request_of_a_connection_is_not_looked_at(server, recipe):
    last = recipe.replace(HOST, HOST + b"Connection: close\r\n")
    assert [status for status, _ in server.ask(last + LIVE)] == [200]
    assert [status for status, _ in server.ask(last + GARBAGE)] == [200]


@pytest.mark.parametrize("kind", ["recipe", "batch"])
def test_who_closes_his_side_gets_his_reply(server, kind, request):
    """As ``nc -N`` and some proxies do."""
    ((status, body),) = server.ask(request.getfixturevalue(kind), is_half_closed=True)
    assert status == 200
    assert len(json.loads(body)["cells"]) == (1 if kind == "recipe" else 600)
    assert server.told() == [(PREDICTIONS, 200)]


def test_who_closes_his_side_gets_all_his_replies_and_none_to_what_breaks_off(
    server, recipe, batch
):
    found = server.ask(recipe + batch + recipe, is_half_closed=True)
    assert [status for status, _ in found] == [200, 200, 200]
    found = server.ask(batch + recipe[:-5], is_half_closed=True)
    assert [status for status, _ in found] == [200]
    found = server.ask(batch + recipe[:20], is_half_closed=True)
    assert [status for status, _ in found] == [200]


@pytest.fixture
def slow_thread(monkeypatch):
    """Return events: descriptors are being worked out in a thread, and may be done."""
    describe, entered, release = (
        descriptor_answers.descriptors,
        threading.Event(),
        threading.Event(),
    )

    def slow(*given):
        entered.set()
        assert release.wait(PATIENCE_S)
        return describe(*given)

    monkeypatch.setattr(descriptor_answers, "descriptors", slow)
    return entered, release


def test_who_closes_his_side_while_a_thread_is_at_work_gets_his_reply(
    server, cell_body, slow_thread
):
    entered, release = slow_thread
    body = json.dumps({"cells": [cell_body]}).encode()
    with closing(server.connect()) as connection:
        connection.sendall(packed(body, "/v1/descriptors"))
        assert entered.wait(PATIENCE_S)
        connection.shutdown(socket.SHUT_WR)
        time.sleep(0.1)
        release.set()
        ((status, _),) = replies(all_of(connection))
    assert status == 200
    assert server.told() == [("/v1/descriptors", 200)]


@pytest.mark.parametrize("half", [b"", LIVE[:20], UNFINISHED])
def test_who_closes_his_side_with_half_a_request_is_let_go(server, half):
    assert server.ask(half, is_half_closed=True) == []


def test_who_follows_a_job_and_closes_leaves_his_place(served, settings, champions, stores, caplog):
    """A stream has no end of its own to wait for."""
    job = stores.jobs.submit({"target": "cycle_life"}, actor="kim")
    asked = b"GET /v1/retraining-jobs/%b/events HTTP/1.1\r\n%b\r\n" % (job.job_id.encode(), HOST)
    app = create_app(settings, champions, stores=stores)
    with watching(served, app, caplog, has_lane=True) as server:
        with closing(server.connect()) as connection:
            connection.sendall(asked)
            assert connection.recv(1000)
            wait(lambda: server.client.service.streams.n_open == 1)
        wait(lambda: server.client.service.streams.n_open == 0, 3.0)


def test_who_follows_a_job_with_another_request_behind_leaves_his_place_too(
    served, settings, champions, stores, caplog
):
    job = stores.jobs.submit({"target": "cycle_life"}, actor="kim")
    asked = b"GET /v1/retraining-jobs/%b/events HTTP/1.1\r\n%b\r\n" % (job.job_id.encode(), HOST)
    app = create_app(settings, champions, stores=stores)
    with watching(served, app, caplog, has_lane=True) as server:
        connection = server.connect()
        connection.sendall(asked + LIVE)
        assert connection.recv(1000)
        wait(lambda: server.client.service.streams.n_open == 1)
        connection.close()
        wait(lambda: server.client.service.streams.n_open == 0, 3.0)


@pytest.fixture
def long(cell_body):
    """Return a request whose reply no buffer of a socket holds."""
    cells = [{**cell_body, "cell_id": f"c{number}"} for number in range(1000)]
    return packed(json.dumps({"cells": cells}).encode())


def reading_little(server):
    """Return a connection that takes some kilobytes and no more until it is read from."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.settimeout(PATIENCE_S)
    connection.connect(server.client.connection.getpeername())
    return connection


def test_a_reply_that_its_client_leaves_is_told_of_as_cut(server, long):
    connection = reading_little(server)
    connection.sendall(long)
    assert connection.recv(12, socket.MSG_WAITALL) == b"HTTP/1.1 200"
    leave(connection)
    assert server.told() == [(PREDICTIONS, 499)]
    assert server.facts[0]["cut"] is True
    assert server.counted("POST", PREDICTIONS, 499) == 1
    assert server.counted("POST", PREDICTIONS, 200) == 0


def test_a_reply_that_is_read_whole_is_not_told_of_before(server, long):
    connection = reading_little(server)
    connection.sendall(long)
    assert connection.recv(12, socket.MSG_WAITALL) == b"HTTP/1.1 200"
    time.sleep(0.5)
    assert not server.facts
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    connection.shutdown(socket.SHUT_WR)
    ((status, body),) = replies(b"HTTP/1.1 200" + all_of(connection))
    assert (status, len(json.loads(body)["cells"])) == (200, 1000)
    assert server.told() == [(PREDICTIONS, 200)]
    assert "cut" not in server.facts[0]
    connection.close()


def test_who_leaves_before_the_reply_is_told_of_as_gone(server, batch, slow_thread, cell_body):
    entered, release = slow_thread
    connection = server.connect()
    connection.sendall(packed(json.dumps({"cells": [cell_body]}).encode(), "/v1/descriptors"))
    assert entered.wait(PATIENCE_S)
    connections = server.client.server.server_state.connections
    wait(lambda: len(connections) == 2)
    leave(connection)
    wait(lambda: len(connections) == 1)
    release.set()
    assert server.told() == [("/v1/descriptors", 499)]
    assert "cut" not in server.facts[0]


class Unhurried(ImpatientProtocol):
    read_timeout_s = 2.0


@contextmanager
def sending(protocol, n_bytes):
    """Yield a connection to a server that sends so much in pieces, asked already."""

    async def app(scope, receive, send):
        heads = [(b"content-length", b"%d" % n_bytes)]
        await send({"type": "http.response.start", "status": 200, "headers": heads})
        for _ in range(n_bytes >> 19):
            await send({"type": "http.response.body", "body": bytes(1 << 19), "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    listener = listening("127.0.0.1", 0)
    config = uvicorn.Config(app, http=protocol, lifespan="off", log_config=None, access_log=False)
    server = uvicorn.Server(config)
    # Of a test that failed, the thread must not keep all the others from ending.
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        wait(lambda: server.started)
        with socket.create_connection(listener.getsockname(), timeout=PATIENCE_S) as connection:
            connection.sendall(LIVE)
            yield connection
    finally:
        server.should_exit = True
        thread.join(PATIENCE_S)
    assert not thread.is_alive()


@pytest.mark.slow
def test_a_reader_of_a_modest_pace_gets_a_long_reply_whole():
    """Of 64 kB/s at a deadline of 20 s: both go ten times as fast here."""
    n_bytes, bytes_per_s = 10 << 20, 640_000
    with sending(Unhurried, n_bytes) as connection:
        n_read, began_s = 0, time.monotonic()
        while n_read < n_bytes:
            some = connection.recv(1 << 14)
            assert some
            n_read += len(some)
            time.sleep(max(0.0, began_s + n_read / bytes_per_s - time.monotonic()))
