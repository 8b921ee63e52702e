"""How many requests a second a server answers: a client that costs less than what it measures.

A bare protocol without streams, timeouts and times of each reply. What it takes itself is told
beside the figure, for a client that is dearer than the server would measure itself.
"""

import asyncio
import re
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from benchmarks.serving.load import LOOPBACK, PATIENCE_S

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_END = b"\r\n\r\n"


@dataclass(frozen=True)
class Throughput:
    """What a run came to.

    Attributes
    ----------
    per_s : float
        Answered requests a second.
    client_ms : float
        CPU of the client, a request.
    client_share : float
        Of the time, how much the client was at work; close to 1 it measured itself.
    """

    per_s: float
    client_ms: float
    client_share: float


class _Connection(asyncio.Protocol):
    """Sends a message, and the next once the answer is whole."""

    def __init__(self, waiting: deque[bytes], done: asyncio.Future[None]) -> None:
        self._waiting, self._done = waiting, done
        self._received, self._n_expected = b"", 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if not isinstance(transport, asyncio.WriteTransport):
            raise TypeError("a connection that cannot be written to")
        self._transport = transport
        self._next()

    def data_received(self, data: bytes) -> None:
        self._received = self._received + data if self._received else data
        if not self._n_expected:
            self._n_expected = self._length()
        if self._n_expected and len(self._received) >= self._n_expected:
            self._received, self._n_expected = b"", 0
            self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._done.done():
            self._done.set_exception(ConnectionError("the server closed the connection"))

    def _length(self) -> int:
        """Return the bytes of the whole reply, 0 as long as its head is not there."""
        head_end = self._received.find(_END)
        if head_end < 0:
            return 0
        found = _LENGTH.search(self._received, 0, head_end + len(_END))
        if found is None or not self._received.startswith(b"HTTP/1.1 200"):
            self._done.set_exception(ValueError(f"answered {self._received[:200]!r}"))
            return 0
        return head_end + len(_END) + int(found[1])

    def _next(self) -> None:
        if self._waiting:
            self._transport.write(self._waiting.popleft())
        elif not self._done.done():
            self._done.set_result(None)
            self._transport.close()


async def throughput(port: int, messages: Sequence[bytes], n_connections: int) -> Throughput:
    """Send all messages over so many connections; each must be answered with 200.

    Raises
    ------
    ValueError
        If a reply is another one, or does not state its length.
    """
    loop, waiting = asyncio.get_running_loop(), deque(messages)
    started_s, cpu_s = time.monotonic(), time.process_time()
    ends = [loop.create_future() for _ in range(n_connections)]
    for end in ends:
        await loop.create_connection(partial(_Connection, waiting, end), LOOPBACK, port)
    async with asyncio.timeout(PATIENCE_S):
        await asyncio.gather(*ends)
    seconds, busy_s = time.monotonic() - started_s, time.process_time() - cpu_s
    return Throughput(len(messages) / seconds, 1000 * busy_s / len(messages), busy_s / seconds)
