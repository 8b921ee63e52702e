"""The lane and the application give the same replies, and keep the same books."""

import asyncio
import json
import logging
import socket
import struct
import threading
import time
from contextlib import ExitStack
from dataclasses import replace

import pytest

from serving import answers, connections
from serving.app import create_app
from serving.lane import ROUTE
from serving.quick_bodies import quick_request
from serving.turns import TURNS_BETWEEN
from serving.work import CELLS_OF_A_TURN
from store.keys import Holder

N_PLACES = 3
JSON = b"Content-Type: application/json\r\n"
HOST = b"Host: localhost\r\n"
NAMED = HOST + JSON + b"X-Request-Id: mine-1\r\n"


class OneKey:
    """One key that may predict, and one that may not."""

    def are_none(self):
        return False

    def holder_of(self, key):
        roles = {"right": {"predict"}, "other": {"retrain"}}
        return Holder(key, frozenset(roles[key])) if key in roles else None


def wait(is_so, at_most_s=60.0):
    end = time.monotonic() + at_most_s
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.005)


def packed(body, heads=HOST + JSON, first=b"POST /v1/predictions HTTP/1.1"):
    return b"%b\r\n%bContent-Length: %d\r\n\r\n%b" % (first, heads, len(body), body)


@pytest.fixture(scope="module")
def both(served, settings, champions):
    """Yield a client with the lane and one without."""
    with ExitStack() as stack:
        yield [
            stack.enter_context(served(create_app(settings, champions), has_lane=has_lane))
            for has_lane in (True, False)
        ]


@pytest.fixture
def client(served, settings, champions):
    app = create_app(replace(settings, max_at_once=N_PLACES), champions)
    with served(app, has_lane=True) as one:
        yield one


def told_of(caplog, request_id):
    """Return the lines of a request; those of earlier ones may come late."""
    found = [getattr(record, "facts", {}) for record in caplog.records]
    return [facts for facts in found if facts.get("request_id") == request_id]


def is_held(client):
    """Tell whether the server has the beginning of a body, and waits for the rest."""
    return any(each._holding for each in list(client.server.server_state.connections))


def noting(lane, monkeypatch):
    """Return a list that fills with whether each request was let into a lane."""
    found, enter = [], lane.enter

    def noted(scope, body):
        passage = enter(scope, body)
        found.append(passage is not None)
        return passage

    monkeypatch.setattr(lane, "enter", noted)
    return found


BODIES = {
    "good": lambda cell: {"cells": [cell]},
    "unexplained": lambda cell: {"cells": [cell], "explain": False},
    "two cells": lambda cell: {"cells": [cell, {**cell, "cell_id": "B"}]},
    "unknown field": lambda cell: {"cells": [cell], "colour": 1},
    "no cells": lambda cell: {"cells": []},
    "level": lambda cell: {"cells": [cell], "level": 0.99},
    "target": lambda cell: {"cells": [cell], "targets": ["colour"]},
    "model": lambda cell: {"cells": [cell], "model": "old"},
}
QUICK = {"good", "unexplained", "level", "target", "model"}
#: Many cells; those that differ in numbers alone take the lane, up to as many as a turn takes.
GRIDS = {
    "numbers": (40, {}, {}, True),
    "unexplained": (40, {}, {"explain": False}, True),
    "at most": (CELLS_OF_A_TURN, {}, {}, True),
    "more": (CELLS_OF_A_TURN + 1, {}, {}, False),
    "level": (40, {}, {"level": 0.99}, True),
    "target": (40, {}, {"targets": ["colour"]}, True),
    "words": (40, {"process": "dip"}, {}, False),
    "no number": (40, {"thickness_nm": "1"}, {}, False),
    "out of its range": (40, {"thickness_nm": -1}, {}, False),
    "unknown field": (40, {}, {"colour": 1}, False),
}


def grid(cell, n_cells, last, terms):
    """Return a body of cells that differ in a number, the last one in other facts as well."""
    cells = [json.loads(json.dumps({**cell, "cell_id": f"c{row}"})) for row in range(n_cells)]
    for row, each in enumerate(cells):
        each["recipe"]["coating"]["thickness_nm"] = 100.5 + row
    cells[-1]["recipe"]["coating"] |= last
    return json.dumps({"cells": cells, **terms}).encode()


@pytest.fixture(autouse=True)
def _patient(monkeypatch):
    """Let no body be late because the machine is busy; tests of late ones say so."""
    monkeypatch.setattr(connections, "HOLD_S", 60.0)


@pytest.mark.parametrize("name", BODIES)
def test_lane_and_application_give_the_same_reply(both, cell_body, name, monkeypatch):
    entered = noting(both[0].lane, monkeypatch)
    body = json.dumps(BODIES[name](cell_body)).encode()
    quick, long = (client.ask(packed(body)) for client in both)
    assert quick == long
    assert entered == [name in QUICK]


@pytest.mark.parametrize("name", GRIDS)
def test_many_cells_get_the_same_reply_on_the_lane(both, cell_body, name, monkeypatch):
    *facts, is_quick = GRIDS[name]
    entered = noting(both[0].lane, monkeypatch)
    body = grid(cell_body, *facts)
    quick, long = (client.ask(packed(body)) for client in both)
    assert quick == long
    assert entered == [is_quick]


def test_many_cells_that_come_in_pieces_are_awaited(both, cell_body, monkeypatch):
    entered = noting(both[0].lane, monkeypatch)
    whole = packed(grid(cell_body, 100, {}, {}))
    assert len(whole) > 65536  # where uvicorn stops reading
    pieces = [whole[start : start + 20_000] for start in range(0, len(whole), 20_000)]
    quick, long = (client.ask(*pieces) for client in both)
    assert quick == long
    assert entered == [True]


def test_a_body_that_stays_away_is_left_to_the_application(client, cell_body, monkeypatch):
    entered = noting(client.lane, monkeypatch)
    monkeypatch.setattr(connections, "HOLD_S", 0.01)
    whole = packed(json.dumps({"cells": [cell_body]}).encode())
    client.connection.sendall(whole[:-20])
    wait(lambda: client.service.metrics.n_at_once == 1)
    assert client.ask(whole[-20:])[0].endswith("200 OK")
    assert entered == []


def test_who_leaves_before_his_body_is_whole_is_told_of_in_the_log(client, cell_body, caplog):
    with caplog.at_level(logging.INFO, "seicast.requests"):
        whole = packed(json.dumps({"cells": [cell_body]}).encode(), NAMED)
        client.connection.sendall(whole[:-20])
        wait(lambda: is_held(client))
        client.connection.close()
        wait(lambda: told_of(caplog, "mine-1"))
    assert [facts["status"] for facts in told_of(caplog, "mine-1")] == [499]
    assert client.lane._guards.places.n_at_once == 0


def test_between_requests_of_many_cells_others_have_their_turns(both, cell_body, monkeypatch):
    turns, passed = both[0].service.turns, []
    answer_many = turns._answer_many

    def noted(n_turns):
        passed.append(n_turns)
        answer_many(n_turns)

    monkeypatch.setattr(turns, "_answer_many", noted)
    asked = quick_request(grid(cell_body, 30, {}, {}), both[0].service.settings)

    async def at_once():
        return await asyncio.gather(*(turns.answer_to(asked) for _ in range(3)))

    one, *others = asyncio.run(at_once())
    assert others == [one, one]
    assert passed == [0, *range(TURNS_BETWEEN, -1, -1), *range(TURNS_BETWEEN, -1, -1)]


HEADS = {
    "charset": (HOST + b"Content-Type: application/json; charset=UTF-8\r\n", True),
    "foreign host": (b"Host: elsewhere\r\n" + JSON, False),
    "own origin": (HOST + JSON + b"Origin: http://localhost\r\n", True),
    "foreign origin": (HOST + JSON + b"Origin: http://elsewhere\r\n", False),
    "text": (HOST + b"Content-Type: text/plain\r\n", False),
    "none": (HOST, False),
    "gzip": (HOST + JSON + b"Content-Encoding: gzip\r\n", False),
    "twice": (HOST + JSON + b"Content-Type: text/plain\r\n", False),
    "said twice": (HOST + JSON + b"Accept: a\r\nAccept: b\r\n", False),
    "proxy": (HOST + JSON + b"X-Forwarded-For: 10.0.0.1\r\n", True),
    "own id": (HOST + JSON + b"X-Request-Id: mine-1\r\n", True),
}


@pytest.mark.parametrize("name", HEADS)
def test_the_head_of_a_request_is_judged_alike(
    served, cell_body, name, settings, champions, monkeypatch
):
    heads, is_quick = HEADS[name]
    body = json.dumps({"cells": [cell_body]}).encode()
    # A refusal may close the connection, so that each request has its own.
    with served(create_app(settings, champions), has_lane=True) as client:
        entered = noting(client.lane, monkeypatch)
        quick = client.ask(packed(body, heads))
    with served(create_app(settings, champions), has_lane=False) as client:
        assert client.ask(packed(body, heads)) == quick
    assert any(entered) == is_quick


@pytest.mark.parametrize("path", [b"/v1/predictions?x=1", b"/v1/predictions/", b"/v1/Predictions"])
def test_the_path_is_read_alike(both, cell_body, path):
    body = json.dumps({"cells": [cell_body]}).encode()
    quick, long = (client.ask(packed(body, first=b"POST %b HTTP/1.1" % path)) for client in both)
    assert quick == long


def test_a_body_in_two_packets_and_three_requests_in_one_are_answered_in_order(both, cell_body):
    bodies = [json.dumps({"cells": [{**cell_body, "cell_id": f"c{n}"}]}).encode() for n in range(3)]
    whole = [packed(body) for body in bodies]
    for client in both:
        halves = client.ask(whole[0][:-20], whole[0][-20:])
        assert halves == client.ask(whole[0])
        client.connection.sendall(b"".join(whole))
        ids = [json.loads(client.reply()[2])["cells"][0]["cell_id"] for _ in range(3)]
        assert ids == ["c0", "c1", "c2"]


def test_books_are_kept_alike(served, settings, champions, cell_body, caplog):
    body = json.dumps({"cells": [cell_body]}).encode()
    books = []
    for has_lane in (True, False):
        caplog.clear()
        with (
            caplog.at_level(logging.INFO, "seicast.requests"),
            served(create_app(settings, champions), has_lane=has_lane) as client,
        ):
            client.ask(packed(body, NAMED))
            wait(lambda: told_of(caplog, "mine-1"))
            told = {**told_of(caplog, "mine-1")[-1], "ms": 0}
            lines = client.service.metrics.page().decode().splitlines()
            assert client.service.metrics.n_at_once == 0
        books.append((told, [line for line in lines if "predictions" in line and "_sum" not in line
                             and "_created" not in line and "_bucket" not in line]))  # fmt: skip
    assert books[0] == books[1]
    assert books[0][0]["request_id"] == "mine-1"


def test_a_failure_is_answered_by_the_application_and_leaves_its_place(
    served, settings, champions, cell_body, monkeypatch
):
    def failing(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(answers, "answered", failing)
    app = create_app(settings, champions)
    with served(app, has_lane=True) as client:
        first, _, body = client.ask(packed(json.dumps({"cells": [cell_body]}).encode()))
    assert first.startswith("HTTP/1.1 500")
    assert json.loads(body)["type"] == "urn:seicast:failure"
    assert app.state.lane._guards.places.n_at_once == 0


def test_a_full_service_refuses_in_full(client, cell_body):
    places = client.lane._guards.places
    places.n_at_once = N_PLACES
    first, _, body = client.ask(packed(json.dumps({"cells": [cell_body]}).encode()))
    places.n_at_once = 0
    assert first.startswith("HTTP/1.1 503")
    assert json.loads(body)["type"] == "urn:seicast:busy"


def test_who_leaves_is_told_of_in_the_log_and_leaves_his_place(
    client, cell_body, monkeypatch, caplog
):
    """By a reset: whoever only closes his side may wait for the reply."""
    turns, held = client.service.turns, threading.Event()
    monkeypatch.setattr(turns, "_answer_unless_more_come", lambda _: held.set())
    with caplog.at_level(logging.INFO, "seicast.requests"):
        client.connection.sendall(packed(json.dumps({"cells": [cell_body]}).encode(), NAMED))
        assert held.wait(60)
        client.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.connection.close()
        wait(lambda: told_of(caplog, "mine-1"))
    assert [facts["status"] for facts in told_of(caplog, "mine-1")] == [499]
    assert client.lane._guards.places.n_at_once == 0


def test_who_asked_before_the_service_was_told_to_stop_is_answered_and_let_go(
    client, cell_body, monkeypatch
):
    """The connection says that it closes, and does."""
    turns = client.service.turns
    answer = turns._answer_unless_more_come

    def as_the_service_stops(n_before):
        for each in list(client.server.server_state.connections):
            each.shutdown()
        answer(n_before)

    monkeypatch.setattr(turns, "_answer_unless_more_come", as_the_service_stops)
    _, heads, body = client.ask(packed(json.dumps({"cells": [cell_body]}).encode()))
    assert ["connection", "close"] in heads
    assert json.loads(body)["cells"]
    assert client.connection.recv(1) == b""


@pytest.mark.parametrize("offer", [b"h2c", b"websocket"])
@pytest.mark.parametrize("case", [bytes.title, bytes.upper, bytes.lower])
def test_an_offer_of_another_protocol_is_declined_and_the_body_read(both, cell_body, offer, case):
    """Some clients make one with every first request."""
    heads = HOST + JSON + b"Connection: Upgrade\r\n%b: %b\r\n" % (case(b"upgrade"), offer)
    body = json.dumps({"cells": [cell_body]}).encode()
    for client in both:
        assert client.ask(packed(body, heads))[0].endswith("200 OK")
        assert client.ask(packed(body))[0].endswith("200 OK")


def test_a_trailer_is_no_header(served, settings, champions):
    app = create_app(settings, champions, keys=OneKey())
    asked = b"GET /v1/models HTTP/1.1\r\n%bTransfer-Encoding: chunked\r\n\r\n0\r\n%b\r\n"
    with served(app, has_lane=True) as client:
        first, *_ = client.ask(asked % (HOST, b"Authorization: Bearer right\r\n"))
    assert first.startswith("HTTP/1.1 401")


@pytest.mark.parametrize("piece", [b"X-A: %b\r\n" % (b"a" * 60_000), b"a" * 60_000])
def test_trailers_have_a_bound(served, settings, champions, piece):
    heads = HOST + JSON + b"Transfer-Encoding: chunked\r\n"
    head = b"POST /v1/predictions HTTP/1.1\r\n%b\r\n2\r\n{}\r\n0\r\nX-B: " % heads

    def send_without_end(connection):
        connection.sendall(head)
        for _ in range(1000):
            connection.sendall(piece)
            time.sleep(0.001)

    with (
        served(create_app(settings, champions), has_lane=True) as client,
        pytest.raises(ConnectionError),
    ):
        send_without_end(client.connection)


def test_a_body_in_the_smallest_chunks_is_read(both, cell_body):
    body = json.dumps({"cells": [cell_body]}).encode()
    chunks = b"".join(b"1\r\n%c\r\n" % each for each in body)
    asked = b"POST /v1/predictions HTTP/1.1\r\n%bTransfer-Encoding: chunked\r\n\r\n" % (HOST + JSON)
    for client in both:
        assert client.ask(asked, chunks, b"0\r\n\r\n")[0].endswith("200 OK")


def test_the_time_a_body_takes_is_told(client, cell_body, caplog):
    whole = packed(json.dumps({"cells": [cell_body]}).encode(), NAMED)
    with caplog.at_level(logging.INFO, "seicast.requests"):
        client.connection.sendall(whole[:-20])
        wait(lambda: is_held(client))
        time.sleep(0.1)
        assert client.ask(whole[-20:])[0].endswith("200 OK")
        wait(lambda: told_of(caplog, "mine-1"))
    assert told_of(caplog, "mine-1")[0]["ms"] > 90


@pytest.mark.parametrize(("key", "status"), [("right", 200), ("other", 403), ("wrong", 401)])
def test_a_key_is_asked_for_as_ever(served, settings, champions, cell_body, key, status):
    app = create_app(settings, champions, keys=OneKey())
    heads = HOST + JSON + b"Authorization: Bearer %b\r\n" % key.encode()
    with served(app, has_lane=True) as client:
        first, *_ = client.ask(packed(json.dumps({"cells": [cell_body]}).encode(), heads))
    assert first.startswith(f"HTTP/1.1 {status}")


def test_a_request_counts_once_for_its_key_whichever_way_it_goes(
    served, settings, champions, cell_body
):
    """What the lane leaves to the application was asked for its key already."""
    app = create_app(replace(settings, requests_per_s=0.001), champions, keys=OneKey())
    gatekeeper = app.state.lane._guards.gatekeeper
    gatekeeper.requests.burst = 2.0
    heads = HOST + JSON + b"Authorization: Bearer right\r\n"
    two = {"cells": [cell_body, {**cell_body, "cell_id": "B"}]}
    with served(app, has_lane=True) as client:
        statuses = [client.ask(packed(json.dumps(two).encode(), heads))[0][9:12] for _ in range(3)]
    assert statuses == ["200", "200", "429"]


def test_only_what_is_posted_there_is_for_the_lane(client):
    lane = client.lane
    asked = {"path": ROUTE, "method": "POST", "query_string": b""}
    assert lane.is_for(asked)
    assert not lane.is_for({**asked, "method": "GET"})
    assert not lane.is_for({**asked, "path": "/v1/cells"})
    assert not lane.is_for({**asked, "query_string": b"x=1"})
