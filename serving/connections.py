"""Connections that never finish sending a request are closed; uvicorn alone holds them for ever.

In a crowd, a request is refused here before it is parsed.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from serving.admission import Door

#: How long a client may take to send the head of a request, on a new connection or after another.
HEAD_TIMEOUT_S = 10.0
#: A request that was sent before the service was told to stop is read within this time.
LAST_CALL_S = 0.3


class ImpatientProtocol(HttpToolsProtocol):
    """HTTP/1.1 with a deadline for the head of each request.

    Bodies have a deadline of their own, see ``serving.bodies``; between two requests
    uvicorn's keep-alive timer holds.
    """

    head_timeout_s = HEAD_TIMEOUT_S
    #: Whoever comes in a crowd is turned away there; None lets everybody in.
    door: Door | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._deadline: asyncio.TimerHandle | None = None
        self._is_last_call = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the clock."""
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Pass bytes on; stop the clock while a request is being answered."""
        if self._is_turned_away(data):
            return
        super().data_received(data)
        if self._is_idle():
            self._watch()
        else:
            self._unwatch()
            if self._is_last_call:
                super().shutdown()  # once this is answered

    def shutdown(self) -> None:
        """Close the connection when all is answered that was sent before the service stops."""
        self._is_last_call = True
        if self._is_idle():
            self.loop.call_later(LAST_CALL_S, super().shutdown)
        else:
            super().shutdown()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clock."""
        self._unwatch()
        super().connection_lost(exc)

    def _is_turned_away(self, data: bytes) -> bool:
        """Refuse a request that finds no room, and tell whether that was done."""
        if self.door is None or not self._is_idle() or self.transport.is_closing():
            return False
        refusal = self.door.refusal(data, len(self.tasks))
        if refusal is None:
            return False
        self.transport.write(refusal)
        self.transport.close()
        return True

    def _watch(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(self.head_timeout_s, self._give_up)

    def _unwatch(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        self._deadline = None
        if self._is_idle():
            self.transport.close()

    def _is_idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete


def protocol_behind(door: Door) -> type[ImpatientProtocol]:
    """Return the protocol of connections that come through a door."""
    return type("GuardedProtocol", (ImpatientProtocol,), {"door": door})
