"""More requests than there is room for, clients that never finish, and stops under load."""

import asyncio
import os
import signal
import time
from pathlib import Path

from benchmarks.figure import Bound, Figure
from benchmarks.serving import servers, trained
from benchmarks.serving.load import LOOPBACK, Client, Load, loaded, loaded_until, request

N_AT_ONCE, CAPACITY, N_HALF_SENT, N_STOPS = 300, 20, 150, 20
LIVE = request("/health/live", method="GET")


def figures(folder: Path) -> list[Figure]:
    """Return all figures of overload; the folder holds a shelf."""
    with servers.service(folder / "shelf", folder / "home") as server:
        found = [*asyncio.run(_at_once(server.port)), asyncio.run(_half_sent(server.port))]
    return [*found, *_stops(folder)]


async def _at_once(port: int) -> list[Figure]:
    """Return how 300 requests are answered that come together, and how the health is."""
    messages = [request("/v1/predictions", trained.recipe_body(n)) for n in range(N_AT_ONCE)]
    alone = await loaded(port, messages[:40], 1)
    stop = asyncio.Event()
    watching = asyncio.create_task(loaded_until(port, lambda _: LIVE, 1, stop))
    load = Load()
    clients = [Client(port) for _ in messages]
    await asyncio.gather(*(client.opened() for client in clients))
    load.replies = list(await asyncio.gather(*map(Client.ask, clients, messages)))
    stop.set()
    health: Load = await watching
    bound_ms = 2 * alone.latency_ms(0.99) * CAPACITY
    n_other = sum(count for status, count in load.statuses.items() if status not in (200, 503))
    return [
        Figure(
            f"{N_AT_ONCE} at once at capacity {CAPACITY}: answered neither with 200 nor 503",
            n_other,
            "",
            Bound(0, 0),
            note=f"{load.statuses[200]} answered, {load.statuses[503]} refused",
        ),
        Figure(
            f"{N_AT_ONCE} at once: p99 of those answered",
            load.latency_ms(0.99, 200),
            "ms",
            Bound(high=bound_ms),
            note=f"bound: {CAPACITY} times twice the p99 of one alone "
            f"({alone.latency_ms(0.99):.1f} ms); {load.statuses[200]} answered",
        ),
        Figure(
            f"{N_AT_ONCE} at once: p99 of refusals",
            load.latency_ms(0.99, 503),
            "ms",
            Bound(high=50),
            note=f"median {load.latency_ms(0.5, 503):.0f} ms, from sending on, measured by a "
            f"client on the same two cores",
        ),
        Figure(
            f"{N_AT_ONCE} at once: health checks that failed meanwhile",
            len(health.replies) - health.statuses[200],
            f"of {len(health.replies)}",
            Bound(0, 0),
            note=f"slowest {health.latency_ms(1.0):.0f} ms",
        ),
    ]


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
