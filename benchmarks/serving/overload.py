"""More requests than there is room for, clients that never finish, and stops under load."""

import asyncio
import os
import signal
import time
from pathlib import Path

import numpy as np

from benchmarks.figure import Bound, Figure
from benchmarks.serving import servers, trained
from benchmarks.serving.crowd import Arrival, crowd
from benchmarks.serving.load import LOOPBACK, Load, loaded, loaded_until, request

N_AT_ONCE, CAPACITY, N_HALF_SENT, N_STOPS = 300, 20, 150, 20
#: So many crowds come, one after the other: one has too few refusals for a 99th percentile.
N_CROWDS, PAUSE_S = 5, 1.0
LIVE = request("/health/live", method="GET")


def figures(folder: Path) -> list[Figure]:
    """Return all figures of overload; the folder holds a shelf."""
    with servers.service(folder / "shelf", folder / "home") as server:
        found = [*asyncio.run(_at_once(server.port)), _cost(server)]
        found.append(asyncio.run(_half_sent(server.port)))
    return [*found, *_stops(folder)]


async def _at_once(port: int) -> list[Figure]:
    """Return how 300 requests are answered that come together, and how the health is."""
    messages = [request("/v1/predictions", trained.recipe_body(n)) for n in range(N_AT_ONCE)]
    alone = await loaded(port, messages[:40], 1)
    stop = asyncio.Event()
    watching = asyncio.create_task(loaded_until(port, lambda _: LIVE, 1, stop))
    found, sending_s = [], []
    for _ in range(N_CROWDS):
        arrivals, sent_s = await asyncio.to_thread(crowd, port, messages)
        found += arrivals
        sending_s.append(sent_s)
        await asyncio.sleep(PAUSE_S)
    stop.set()
    health: Load = await watching
    bound_ms = 2 * alone.latency_ms(0.99) * CAPACITY
    answered = [each for each in found if each.status == 200]
    refused = [each for each in found if each.status == 503]
    name = f"{N_AT_ONCE} at once"
    return [
        Figure(
            f"{name} at capacity {CAPACITY}: answered neither with 200 nor 503",
            len(found) - len(answered) - len(refused),
            "",
            Bound(0, 0),
            note=f"{len(answered)} answered, {len(refused)} refused in {N_CROWDS} crowds, each "
            f"sent within {1000 * max(sending_s):.0f} ms",
        ),
        Figure(
            f"{name}: p99 of those answered",
            _ms(answered, "read_s", 0.99),
            "ms",
            Bound(high=bound_ms),
            note=f"bound: {CAPACITY} times twice the p99 of one alone "
            f"({alone.latency_ms(0.99):.1f} ms); {len(answered)} answered",
        ),
        Figure(
            f"{name}: p99 of refusals, until the client had read them",
            _ms(refused, "read_s", 0.99),
            "ms",
            Bound(high=50),
            note=f"median {_ms(refused, 'read_s', 0.5):.0f} ms, from sending on; the client "
            f"sends and reads on the same two cores",
        ),
        Figure(
            f"{name}: p99 of refusals, until they lay in the client's socket",
            _ms(refused, "arrived_s", 0.99),
            "ms",
            Bound(high=50),
            note=f"median {_ms(refused, 'arrived_s', 0.5):.0f} ms, from sending on, by the "
            f"kernel's clock: without the client's share",
        ),
        Figure(
            f"{name}: health checks that failed meanwhile",
            len(health.replies) - health.statuses[200],
            f"of {len(health.replies)}",
            Bound(0, 0),
            note=f"slowest {health.latency_ms(1.0):.0f} ms",
        ),
    ]


def _cost(server: servers.Server) -> Figure:
    """Return what a crowd costs the service, which other work on its cores does not change."""
    messages = [request("/v1/predictions", trained.recipe_body(n)) for n in range(N_AT_ONCE)]
    before_s, waited_s, n_refused = server.cpu_s(), server.waited_s(), 0
    for _ in range(N_CROWDS):
        arrivals, _ = crowd(server.port, messages)
        n_refused += sum(each.status == 503 for each in arrivals)
        time.sleep(PAUSE_S)
    spent_ms = 1000 * (server.cpu_s() - before_s) / N_CROWDS
    waited_ms = 1000 * (server.waited_s() - waited_s) / N_CROWDS
    return Figure(
        f"{N_AT_ONCE} at once: CPU of the service for a crowd",
        spent_ms,
        "ms",
        note=f"accepting, refusing {n_refused / N_CROWDS:.0f}, answering the others; besides, "
        f"it waited {waited_ms:.0f} ms for a core",
    )


def _ms(arrivals: list[Arrival], name: str, quantile: float) -> float:
    times = [getattr(each, name) for each in arrivals]
    return 1000 * float(np.quantile(times, quantile)) if times else float("nan")


async def _half_sent(port: int) -> Figure:
    """Return how many of 150 half-sent requests are still open after 15 s."""
    whole = request("/v1/predictions", b"{}")
    halves = (whole[:40], whole[:-1])
    streams = []
    for number in range(N_HALF_SENT):
        reader, writer = await asyncio.open_connection(LOOPBACK, port)
        writer.write(halves[number % 2])
        streams.append((reader, writer))
    start = time.monotonic()
    meanwhile = await loaded(port, [LIVE] * 20, 1)

    async def closed(reader: asyncio.StreamReader) -> float:
        while await reader.read(1000):
            pass
        return time.monotonic() - start

    tasks = [asyncio.create_task(closed(reader)) for reader, _ in streams]
    done, late = await asyncio.wait(tasks, timeout=15)
    for task in late:
        task.cancel()
    for _, writer in streams:
        writer.close()
    return Figure(
        f"{N_HALF_SENT} half-sent requests: still open after 15 s",
        len(late) + sum(status != 200 for status in meanwhile.statuses.elements()),
        "",
        Bound(0, 0),
        note=f"half without their head's end, half without their body's; the last closed after "
        f"{max((task.result() for task in done), default=0):.1f} s; others were answered",
    )


def _stops(folder: Path) -> list[Figure]:
    """Return what became of requests under way when the service is told to stop."""
    n_failed, n_answered, seconds, codes = 0, 0, [], []
    for _ in range(N_STOPS):
        with servers.service(folder / "shelf", folder / "home") as server:
            load, stopped_at = asyncio.run(_stopped(server))
            codes.append(server.process.wait(20))
            seconds.append(time.monotonic() - stopped_at)
        under_way = [each for each in load.replies if each.sent_at < stopped_at]
        n_failed += sum(each.status != 200 for each in under_way)
        n_answered += len(under_way)
    return [
        Figure(
            f"{N_STOPS} SIGTERM under load: requests under way that failed",
            n_failed,
            f"of {n_answered}",
            Bound(0, 0),
            note="6 clients; under way is what was sent before the signal",
        ),
        Figure(
            f"{N_STOPS} SIGTERM under load: slowest end",
            max(seconds),
            "s",
            Bound(high=5),
            note=f"codes {sorted(set(codes))}",
        ),
    ]


async def _stopped(server: servers.Server) -> tuple[Load, float]:
    """Send SIGTERM to a server under load; return the replies, and when it was sent."""
    stop = asyncio.Event()

    def message(number: int) -> bytes:
        return request("/v1/predictions", trained.recipe_body(number))

    asking = asyncio.create_task(loaded_until(server.port, message, 6, stop))
    await asyncio.sleep(0.7)
    stopped_at = time.monotonic()
    os.kill(server.process.pid, signal.SIGTERM)
    stop.set()
    return await asking, stopped_at
