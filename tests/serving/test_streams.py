"""Whoever follows a job only waits: a place among the requests at work is not taken, few may."""

import asyncio

import pytest

from serving.admission import Admission, Places
from serving.errors import TooManyStreams
from serving.streams import Streams


async def nothing():
    """Receive nothing."""
    return {"type": "http.disconnect"}


async def ignore(message):
    """Send nowhere."""


def scope(path="/v1/models"):
    return {"type": "http", "path": path, "method": "GET", "headers": [], "state": {}}


def application(kind, gate):
    async def app(scope, receive, send):
        headers = [(b"content-type", kind)]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await gate.wait()
        await send({"type": "http.response.body", "body": b""})

    return app


@pytest.mark.parametrize(
    ("kind", "n_held"), [(b"text/event-stream; charset=utf-8", 0), (b"application/json", 3)]
)
def test_a_stream_gives_its_place_back_when_it_begins(kind, n_held):
    async def run():
        gate = asyncio.Event()
        places = Places(3)
        admission = Admission(application(kind, gate), places)
        tasks = [asyncio.create_task(admission(scope(), nothing, ignore)) for _ in range(3)]
        await asyncio.sleep(0.01)
        held = places.n_at_once
        gate.set()
        await asyncio.gather(*tasks)
        return held, places.n_at_once

    assert asyncio.run(run()) == (n_held, 0)


def test_those_who_come_together_are_let_in_or_refused_before_work_begins():
    """Work that never waits would otherwise be queued behind the door without a bound."""
    statuses, places = [], Places(2)

    async def app(scope, receive, send):
        statuses.append(places.n_at_once)

    async def note(message):
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    async def run():
        admission = Admission(app, places)
        await asyncio.gather(*(admission(scope(), nothing, note) for _ in range(5)))

    asyncio.run(run())
    assert sorted(statuses) == [1, 2, 503, 503, 503]


def test_streams_are_counted_until_they_end_or_the_client_leaves():
    streams = Streams(max_streams=1)

    async def events():
        yield "one"
        yield "two"

    async def run():
        streams.check()
        told = streams.counted(events())
        assert await anext(told) == "one"
        with pytest.raises(TooManyStreams, match="limit of this service"):
            streams.check()
        await told.aclose()
        streams.check()

    asyncio.run(run())
    assert streams.n_open == 0


def test_one_stream_too_many_is_told_when_to_come_back(keeper, stores):
    job_id = stores.jobs.submit({"target": "cycle_life"}, actor="kim").job_id
    stores.jobs.cancel(job_id, actor="kim", reason="enough")
    path = f"/v1/retraining-jobs/{job_id}/events"
    assert keeper.get(path).status_code == 200
    service = keeper.app.state.service
    service.streams.n_open = service.settings.max_streams
    refused = keeper.get(path)
    assert refused.status_code == 503
    assert int(refused.headers["retry-after"]) > 0
    assert refused.json()["type"] == "urn:seicast:too-many-streams"
