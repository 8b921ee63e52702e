"""A connection is closed so that the last reply arrives, whatever the client still sends.

Who closes a socket with bytes unread resets the connection, and the reset takes along what the
client has not read yet (RFC 9112, 9.6). So only the way out is closed, and what still comes in is
thrown away for a while.
"""

import asyncio
from collections.abc import Callable
from typing import Any

#: A client that was told that the connection closes may go on sending for so long, and so much.
LINGER_S = 2.0
MOST_LINGER_BYTES = 8 << 20


class PartingTransport:
    """A transport that lingers when it is closed while there may be more to come.

    Parameters
    ----------
    transport : asyncio.Transport
    has_more : callable
        Tells whether the client may be in the middle of something.

    Attributes
    ----------
    is_parting : bool
        Whether it is closed, and what still comes is thrown away.
    """

    def __init__(self, transport: asyncio.Transport, has_more: Callable[[], bool]) -> None:
        self._transport = transport
        self._has_more = has_more
        self.is_parting = False
        self._n_thrown_away = 0
        # Handed on as they are: a call more for each write would cost all that are not closed.
        self.write: Callable[[bytes], None] = transport.write
        self.abort = transport.abort
        self.get_extra_info = transport.get_extra_info
        self.pause_reading = transport.pause_reading
        self.resume_reading = transport.resume_reading

    def is_closing(self) -> bool:
        """Tell whether nothing more is read or written."""
        return self.is_parting or self._transport.is_closing()

    def close(self) -> None:
        """Close the way out when all that was written is sent, and the way in somewhat later."""
        if self.is_closing():
            return
        if not self._has_more():
            self._transport.close()
            return
        self.is_parting = True
        self.write = _thrown_away
        self._transport.write_eof()
        self._transport.resume_reading()
        asyncio.get_running_loop().call_later(LINGER_S, self._transport.close)

    def throw_away(self, data: bytes) -> None:
        """Take what comes to a connection that is closed, within bounds."""
        self._n_thrown_away += len(data)
        if self._n_thrown_away > MOST_LINGER_BYTES:
            self._transport.close()


def _thrown_away(_: Any) -> None:
    """Write nothing: the reply is over."""
