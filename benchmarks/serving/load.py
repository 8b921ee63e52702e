"""Load on a loopback port: so many connections at once, each a request after the other.

Plain sockets, because a client library would cost more than the service that it measures.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

LOOPBACK = "127.0.0.1"
#: A service that says nothing for so long has failed.
PATIENCE_S = 240.0
BROKEN = 0


@dataclass(frozen=True)
class Reply:
    """What came back; status 0 where the connection broke off instead."""

    status: int
    sent_at: float
    seconds: float
    body: bytes = b""
    head: bytes = b""


@dataclass
class Load:
    """Replies of a run, and how long it took."""

    replies: list[Reply] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def per_s(self) -> float:
        """Return the answered requests a second."""
        return len(self.replies) / self.seconds

    @property
    def statuses(self) -> Counter[int]:
        """Return how often each status came."""
        return Counter(reply.status for reply in self.replies)

    def latency_ms(self, quantile: float, status: int | None = None) -> float:
        """Return a quantile of the latency, perhaps of one status alone; NaN if there is none."""
        times = [each.seconds for each in self.replies if status in (None, each.status)]
        return 1000 * float(np.quantile(times, quantile)) if times else float("nan")


def request(
    path: str, body: bytes = b"", *, method: str = "POST", headers: Sequence[str] = ()
) -> bytes:
    """Return the bytes of a request."""
    head = [
        f"{method} {path} HTTP/1.1",
        "Host: localhost",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        *headers,
    ]
    return ("\r\n".join(head) + "\r\n\r\n").encode() + body


class Client:
    """One connection, opened anew whenever the service closes it."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, message: bytes) -> Reply:
        """Send a request and return its reply."""
        sent_at = time.monotonic()
        try:
            async with asyncio.timeout(PATIENCE_S):
                head, body = await self._answered(message)
        except (OSError, asyncio.IncompleteReadError, TimeoutError):
            await self.close()
            return Reply(BROKEN, sent_at, time.monotonic() - sent_at)
        seconds = time.monotonic() - sent_at
        if b"\r\nconnection: close" in head.lower():
            await self.close()
        return Reply(int(head.split(b" ", 2)[1]), sent_at, seconds, body, head)

    async def opened(self) -> None:
        """Open the connection, if it is not open already."""
        if self._streams is None:
            self._streams = await asyncio.open_connection(LOOPBACK, self.port, limit=1 << 26)

    async def _answered(self, message: bytes) -> tuple[bytes, bytes]:
        await self.opened()
        if self._streams is None:
            raise ConnectionError("the connection was closed")
        reader, writer = self._streams
        writer.write(message)
        await writer.drain()
        head = await reader.readuntil(b"\r\n\r\n")
        return head, await _body(reader, head)

    async def close(self) -> None:
        """Close the connection."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


async def _body(reader: asyncio.StreamReader, head: bytes) -> bytes:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return await reader.readexactly(int(line.split(b":")[1]))
    if b"transfer-encoding: chunked" in head.lower():
        return await _chunks(reader)
    return b""


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    parts = []
    while size := int(await reader.readuntil(b"\r\n"), 16):
        parts.append(await reader.readexactly(size))
        await reader.readexactly(2)
    await reader.readexactly(2)
    return b"".join(parts)


async def loaded(
    port: int, messages: Sequence[bytes], n_connections: int, *, keeps_bodies: bool = False
) -> Load:
    """Send all messages over so many connections, each waiting for its reply."""
    load, waiting = Load(), iter(messages)

    async def work() -> None:
        client = Client(port)
        for message in waiting:
            reply = await client.ask(message)
            load.replies.append(reply if keeps_bodies else _bare(reply))
        await client.close()

    start = time.monotonic()
    await asyncio.gather(*(work() for _ in range(n_connections)))
    load.seconds = time.monotonic() - start
    return load


async def loaded_until(
    port: int, message_of: Callable[[int], bytes], n_connections: int, stop: asyncio.Event
) -> Load:
    """Send messages by their numbers over so many connections until told to stop."""
    load, numbers = Load(), iter(range(1 << 60))

    async def work() -> None:
        client = Client(port)
        while not stop.is_set():
            load.replies.append(await client.ask(message_of(next(numbers))))
        await client.close()

    start = time.monotonic()
    await asyncio.gather(*(work() for _ in range(n_connections)))
    load.seconds = time.monotonic() - start
    return load


def _bare(reply: Reply) -> Reply:
    return Reply(reply.status, reply.sent_at, reply.seconds)
