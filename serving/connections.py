"""Connections to the service: who comes in a crowd, and who may take the lane.

In a crowd, a request is refused here before it is parsed; what may take the lane is held until
its body is whole, or late.
"""

import asyncio
from functools import lru_cache, partial
from typing import Any

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from serving.admission import Door
from serving.lane import Lane, Passage
from serving.observed import began_s
from serving.patience import ImpatientProtocol, scope_of

#: The rest of a body that may take the lane is awaited for so long; then the application reads it.
HOLD_S = 0.2


class GuardedProtocol(ImpatientProtocol):
    """HTTP/1.1 behind a door, and beside a lane."""

    #: What comes most often is answered there; None leaves all to the application.
    lane: Lane | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._is_reading = False
        self._held: tuple[RequestResponseCycle, Any] | None = None
        self._holding: asyncio.TimerHandle | None = None
        self._passage: Passage | None = None

    def shutdown(self) -> None:
        """Hold nothing back any more, and close the connection when all is answered."""
        self._pass_on()  # no time is left to wait in
        super().shutdown()

    def connection_lost(self, exc: Exception | None) -> None:
        """Take along what is on the lane; the application hears of what was held back."""
        super().connection_lost(exc)
        self._pass_on()
        if self._passage is not None:
            self._passage.answer.cancel()

    def _hear(self, data: bytes) -> None:
        if self._is_turned_away(data):
            return
        self._is_reading = True
        super()._hear(data)
        self._is_reading = False
        if self._held is not None:
            self._hold_or_pass_on(self._held[0])

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        """Hold back a request that may take the lane; its body may lie in the bytes that came."""
        self._running = cycle
        if self._is_reading and self.lane is not None and self.lane.is_for(scope_of(cycle)):
            self._held = cycle, app
        else:
            super()._start_asgi_task(cycle, app)

    def _hold_or_pass_on(self, cycle: RequestResponseCycle) -> None:
        """Wait for the rest of a body, for a while."""
        is_late = not cycle.more_body or self.transport.is_closing()
        if is_late or self.lane is None or not self.lane.awaits(scope_of(cycle)):
            self._pass_on()
            return
        self.flow.resume_reading()  # it stops at a part of what the lane takes
        if self._holding is None:
            began_s(scope_of(cycle))
            self._holding = self.loop.call_later(HOLD_S, self._pass_on)

    def _pass_on(self) -> None:
        """Let a request that was held back into the lane, or leave it to the application."""
        if self._holding is not None:
            self._holding.cancel()
            self._holding = None
        if self._held is None:
            return
        (cycle, app), self._held = self._held, None
        passage = self._entered(cycle)
        if passage is None:
            super()._start_asgi_task(cycle, app)
            return
        self._passage = passage
        passage.answer.add_done_callback(partial(self._leave, cycle, app, passage))

    def _entered(self, cycle: RequestResponseCycle) -> Passage | None:
        is_whole = not (cycle.more_body or cycle.disconnected)
        if not is_whole or not cycle.keep_alive or self.flow.write_paused or self.lane is None:
            return None
        return self.lane.enter(scope_of(cycle), bytes(cycle.body))

    def _leave(
        self, cycle: RequestResponseCycle, app: Any, passage: Passage, _: "asyncio.Future[bytes]"
    ) -> None:
        """Write the reply to a request of the lane, head and body at once."""
        self._passage = None
        reply = passage.leave()
        if reply is None:
            if not passage.answer.cancelled():
                super()._start_asgi_task(cycle, app)
            return
        cycle.response_started = cycle.response_complete = True
        headers = tuple(self.server_state.default_headers)
        self.transport.write(_first_lines(headers, cycle.keep_alive) + reply)
        if not cycle.keep_alive:
            self.transport.close()
        self._delivery.when_sent(passage.scope, passage.tell)
        self.on_response_complete()

    def _is_turned_away(self, data: bytes) -> bool:
        """Refuse a request that finds no room, and tell whether that was done."""
        if self.door is None or not self._awaits_head():
            return False
        refusal = self.door.refusal(data, len(self.tasks))
        if refusal is None:
            return False
        self._is_deaf = True
        self.transport.write(refusal)
        self.transport.close()
        return True


@lru_cache(maxsize=2)
def _first_lines(headers: tuple[tuple[bytes, bytes], ...], is_kept: bool) -> bytes:
    """Return what a reply begins with, whatever was asked; it changes with the second."""
    lines = [b"%b: %b" % each for each in headers]
    if not is_kept:
        lines.append(b"connection: close")
    return b"\r\n".join([b"HTTP/1.1 200 OK", *lines, b""])


def protocol_behind(door: Door, lane: Lane | None = None) -> type[GuardedProtocol]:
    """Return the protocol of connections that come through a door, and may take a lane."""
    return type("ProtocolBehind", (GuardedProtocol,), {"door": door, "lane": lane})
