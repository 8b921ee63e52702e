"""Good and bad requests for some minutes: memory and open files must not grow, nothing may fail."""

import asyncio
import gzip
import time
from collections import Counter
from pathlib import Path

import numpy as np

from benchmarks.figure import Bound, Figure
from benchmarks.serving import servers, trained
from benchmarks.serving.load import Client, request

N_CLIENTS = 4
#: Memory that a process fills once, and then uses again.
WARM_SHARE = 0.25
DATABASE = "seicast.db"
#: SQLAlchemy's pool keeps so many connections; SQLite opens a file or two for each.
POOL_SIZE = 5


def figures(folder: Path, seconds: float) -> list[Figure]:
    """Return growth and failures; the folder holds a shelf."""
    with servers.service(folder / "shelf", folder / "home") as server:
        before = server.files()
        marks, statuses = asyncio.run(_soaked(server, seconds))
        after = server.files()
    n_connections = after[DATABASE]
    for name in (DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm"):
        del before[name], after[name]
    n_warm = int(len(marks) * WARM_SHARE)
    asked, held = np.array(marks[n_warm:], dtype=float).T
    slope = float(np.polyfit(asked, held, 1)[0]) * 10_000 / 1e6
    n_failed = sum(count for status, count in statuses.items() if status >= 500 or status == 0)
    told = f"{int(sum(statuses.values()))} requests in {seconds:.0f} s, of them refused as was due"
    return [
        Figure(
            "soak: growth of memory for 10,000 requests",
            slope,
            "MB",
            Bound(high=1),
            note=f"{told}; {held[0] / 1e6:.0f} MB to {held[-1] / 1e6:.0f} MB, straight line "
            f"after the first quarter",
        ),
        Figure("soak: failed or broken off", n_failed, "", Bound(0, 0), note=str(dict(statuses))),
        Figure(
            "soak: open files more than at the start, without the database",
            (after - before).total() - (before - after).total(),
            "",
            Bound(high=2),
            note=", ".join(f"{name} {n:+d}" for name, n in (after - before).items()),
        ),
        Figure(
            "soak: connections of the database at the end",
            n_connections,
            "",
            Bound(high=POOL_SIZE),
            note="each thread that asks opens one, as many as the pool keeps",
        ),
    ]


def _messages() -> list[bytes]:
    """Return requests of all kinds, about a third of them wrong."""
    good = [request("/v1/predictions", trained.recipe_body(number)) for number in range(20)]
    packed = gzip.compress(trained.recipe_body(1))
    return [
        *good,
        request("/v1/predictions", packed, headers=["Content-Encoding: gzip"]),
        request("/v1/predictions", trained.recipe_body(0, 10)),
        request("/v1/predictions/columnar", trained.columnar_body(0, 50)),
        request("/v1/descriptors", trained.recipe_body(2)),
        request("/v1/models", method="GET"),
        request("/v1/cells", method="GET"),
        request("/health/ready", method="GET"),
        request("/metrics", method="GET"),
        request("/v1/predictions", b"{"),
        request("/v1/predictions", b"[" * 1000),
        request("/v1/predictions", b'{"cells": [], "cells": []}'),
        request("/v1/predictions", packed[:50], headers=["Content-Encoding: gzip"]),
        request("/v1/predictions", trained.recipe_body(3).replace(b"0.8", b"NaN")),
        request("/v1/cells/nobody", method="GET"),
        request("/nowhere", method="GET"),
        request("/v1/models", method="DELETE"),
    ]


async def _soaked(
    server: servers.Server, seconds: float
) -> tuple[list[tuple[int, int]], Counter[int]]:
    """Return requests asked against bytes held, and the statuses."""
    messages, statuses = _messages(), Counter[int]()
    deadline = time.monotonic() + seconds
    marks: list[tuple[int, int]] = []

    async def work(first: int) -> None:
        client, number = Client(server.port), first
        while time.monotonic() < deadline:
            statuses[(await client.ask(messages[number % len(messages)])).status] += 1
            number += 1
        await client.close()

    async def watch() -> None:
        while time.monotonic() < deadline:
            marks.append((sum(statuses.values()), server.rss_bytes()))
            await asyncio.sleep(0.5)

    await asyncio.gather(watch(), *(work(7 * number) for number in range(N_CLIENTS)))
    await asyncio.sleep(1)
    return marks, statuses
