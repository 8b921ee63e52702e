"""What was written to a connection: how long it waits to be read, and when its end is told.

A reply is done when the system has taken the last of it, not when it was written: what a
transport cannot send at once it keeps, and loses if the client leaves.
"""

import asyncio
import struct
import sys
from collections.abc import Callable

from starlette.types import Scope

from serving.observed import GONE, note_end

if sys.platform == "linux":
    from fcntl import ioctl
    from termios import TIOCOUTQ

#: A client that reads less of its reply in this time than ``LEAST_BYTES``, or all of it, gets no
#: more of it.
READ_TIMEOUT_S = 20.0
#: A window of 4 MiB, as wide as Linux makes it by itself, is opened anew by some 0.4 MB; with so
#: much in two deadlines whoever reads 64 kB/s is let be, and nobody holds a place for a trickle.
LEAST_BYTES = 256 * 1024


class Delivery:
    """The replies of one connection on their way.

    Parameters
    ----------
    transport : asyncio.Transport
    read_timeout_s : float
    """

    def __init__(self, transport: asyncio.Transport, read_timeout_s: float) -> None:
        # What waits at all is waited for: a rest below some bound would have no deadline.
        transport.set_write_buffer_limits(high=0)
        self._transport = transport
        self._read_timeout_s = read_timeout_s
        self._clock: asyncio.TimerHandle | None = None
        self._n_waiting = 0
        self._untold: list[tuple[Scope, Callable[[], None]]] = []
        self._is_over = self._is_broken = False

    def wait(self) -> None:
        """Start the clock: the client is to read before more can be sent."""
        self._n_waiting = self._n_unread()
        self._wind()

    def go_on(self) -> None:
        """Stop the clock: all that was written is sent."""
        self._stop()
        if not self._transport.is_closing():
            self._tell()

    def end(self, error: Exception | None) -> None:
        """Tell what is untold: the connection is lost, and what waited to be sent with it."""
        self._is_over = True
        self._is_broken = error is not None or self._clock is not None
        self._stop()
        self._tell()

    def when_sent(self, scope: Scope, tell: Callable[[], None]) -> None:
        """Tell of a request when its reply is sent, or never will be, which its scope then says."""
        if self._clock is None and not self._transport.is_closing():
            tell()
            return
        self._untold.append((scope, tell))
        if self._is_over:
            self._tell()

    def _tell(self) -> None:
        untold, self._untold = self._untold, []
        for scope, tell in untold:
            if self._is_broken:
                note_end(scope, GONE, is_cut=True)
            tell()

    def _wind(self) -> None:
        loop = asyncio.get_running_loop()
        self._clock = loop.call_later(self._read_timeout_s, self._look)

    def _look(self) -> None:
        """Go on waiting for a client that reads, and let go one that does not."""
        n_before, self._n_waiting = self._n_waiting, self._n_unread()
        if n_before - self._n_waiting >= LEAST_BYTES:
            self._wind()
        else:
            self._transport.abort()

    def _stop(self) -> None:
        if self._clock is not None:
            self._clock.cancel()
            self._clock = None

    def _n_unread(self) -> int:
        """Return how many bytes the client has not taken, those in the system's hands included."""
        return self._transport.get_write_buffer_size() + _n_in_system(self._transport)


def _n_in_system(transport: asyncio.Transport) -> int:
    """Return how many bytes the system has taken and the other end not; 0 where it does not say."""
    if sys.platform != "linux":
        return 0
    try:
        told = ioctl(transport.get_extra_info("socket"), TIOCOUTQ, bytes(4))
    except OSError:
        return 0
    return int(struct.unpack("i", told)[0])
