"""Connections that never finish sending or reading are closed; uvicorn alone holds them for ever.

In a crowd, a request is refused here before it is parsed; what may take the lane is held until
its body is whole, or late.
"""

import asyncio
import os
from functools import partial
from typing import Any, cast

from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from serving.admission import CLOSING, Door, as_bytes
from serving.errors import problem_reply
from serving.faults import LONG, MOST_HEAD_BYTES, UNREADABLE, Fault, check_head
from serving.heads import without_upgrade
from serving.lane import Lane, Passage
from serving.observed import HEADER, began_s

#: How long a client may take to send the head of a request, on a new connection or after another.
HEAD_TIMEOUT_S = 10.0
#: A request that was sent before the service was told to stop is read within this time.
LAST_CALL_S = 0.3
#: A client that reads nothing of its reply for so long gets no more of it.
READ_TIMEOUT_S = 20.0
#: The rest of a body that may take the lane is awaited for so long; then the application reads it.
HOLD_S = 0.2
#: A chunk of one byte comes with five of framing; beyond that a body has some kilobytes of it.
FRAMING_PER_BYTE = 6
MOST_FRAMING_BYTES = 2 * MOST_HEAD_BYTES


class ImpatientProtocol(HttpToolsProtocol):
    """HTTP/1.1 with deadlines for the head of each request, and for reading its reply.

    Bodies have a deadline of their own, see ``serving.bodies``; between two requests
    uvicorn's keep-alive timer holds.
    """

    head_timeout_s = HEAD_TIMEOUT_S
    read_timeout_s = READ_TIMEOUT_S
    #: Whoever comes in a crowd is turned away there; None lets everybody in.
    door: Door | None = None
    #: What comes most often is answered there; None leaves all to the application.
    lane: Lane | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._deadline: asyncio.TimerHandle | None = None
        self._stalled: asyncio.TimerHandle | None = None
        self._fault = UNREADABLE
        self._n_head_bytes = self._n_framing = self._n_body = 0
        self._is_last_call = False
        self._is_reading = False
        self._held: tuple[RequestResponseCycle, Any] | None = None
        self._holding: asyncio.TimerHandle | None = None
        self._passage: Passage | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the clock."""
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Pass bytes on; stop the clock while a request is being answered."""
        if self._is_turned_away(data):
            return
        if self._is_idle():
            data = without_upgrade(data)
        before, self._is_reading = self.cycle, True
        self._n_framing += len(data)
        super().data_received(data)
        self._is_reading = False
        self._bound_framing()
        if self._held is not None:
            self._hold_or_pass_on(self._held[0])
        if self._is_idle():
            self._watch()
            self._bound_head(len(data) if self.cycle is before else 0)
        else:
            self._unwatch()
            if self._is_last_call:
                super().shutdown()  # once this is answered

    def shutdown(self) -> None:
        """Close the connection when all is answered that was sent before the service stops."""
        self._is_last_call = True
        self._pass_on()  # no time is left to wait in
        if self._is_idle():
            self.loop.call_later(LAST_CALL_S, super().shutdown)
        else:
            super().shutdown()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clock."""
        self._unwatch()
        self._unstall()
        super().connection_lost(exc)
        self._pass_on()
        if self._passage is not None:
            self._passage.answer.cancel()

    def on_headers_complete(self) -> None:
        """Begin with a request whose head is sound."""
        self._n_head_bytes = 0
        try:
            check_head(self.url, self.headers, self.parser.get_http_version())
        except Fault as fault:
            self._fault = fault
            raise  # the parser stops, and asks for the refusal
        super().on_headers_complete()
        # Trailers come by ``on_header`` as well, which no guard has seen: they are left aside.
        self.headers = []
        self._n_framing = self._n_body = 0

    def on_body(self, body: bytes) -> None:
        """Count what is no framing."""
        self._n_body += len(body)
        super().on_body(body)

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no request, as every refusal is written, and close the connection."""
        headers = {**CLOSING, HEADER.decode(): os.urandom(8).hex()}
        refusal = as_bytes(problem_reply(self._fault.kind, str(self._fault), headers=headers))
        if self.door is not None:
            self.door.count(b"", self._fault.kind.status)  # of no method that can be trusted
        self.transport.write(refusal)
        self.transport.close()

    def pause_writing(self) -> None:
        """Give the client some time to read."""
        super().pause_writing()
        self._stalled = self.loop.call_later(self.read_timeout_s, self.transport.abort)

    def resume_writing(self) -> None:
        """Go on: the client reads."""
        super().resume_writing()
        self._unstall()

    def _unstall(self) -> None:
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None

    def _bound_head(self, n_bytes: int) -> None:
        """Refuse a head that is still not whole after so many further bytes."""
        self._n_head_bytes += n_bytes
        if self._n_head_bytes > MOST_HEAD_BYTES and not self.transport.is_closing():
            self._fault = LONG
            self.send_400_response("")

    def _bound_framing(self) -> None:
        """Refuse a body that is hardly more than the framing of chunks, or trailers without end."""
        n_framing = self._n_framing - FRAMING_PER_BYTE * self._n_body
        if n_framing <= MOST_FRAMING_BYTES or self._is_idle() or self.transport.is_closing():
            return
        self._fault = UNREADABLE
        if self.cycle.response_started:
            self.transport.close()
        else:
            self.send_400_response("")

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        """Hold back a request that may take the lane; its body may lie in the bytes that came."""
        if self._is_reading and self.lane is not None and self.lane.is_for(_scope_of(cycle)):
            self._held = cycle, app
        else:
            super()._start_asgi_task(cycle, app)

    def _hold_or_pass_on(self, cycle: RequestResponseCycle) -> None:
        """Wait for the rest of a body, for a while."""
        is_late = not cycle.more_body or self.transport.is_closing()
        if is_late or self.lane is None or not self.lane.awaits(_scope_of(cycle)):
            self._pass_on()
            return
        self.flow.resume_reading()  # it stops at a part of what the lane takes
        if self._holding is None:
            began_s(_scope_of(cycle))
            self._holding = self.loop.call_later(HOLD_S, self._pass_on)

    def _pass_on(self) -> None:
        """Let a request that was held back into the lane, or leave it to the application."""
        if self._holding is not None:
            self._holding.cancel()
            self._holding = None
        if self._held is None:
            return
        (cycle, app), self._held = self._held, None
        if self.transport.is_closing() and not cycle.disconnected:
            return  # what came behind it was no request, and that was answered
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
        return self.lane.enter(_scope_of(cycle), bytes(cycle.body))

    def _leave(
        self, cycle: RequestResponseCycle, app: Any, passage: Passage, _: "asyncio.Future[bytes]"
    ) -> None:
        """Write the reply to a request of the lane, head and body at once."""
        self._passage = None
        reply = self.lane.leave(passage) if self.lane is not None else None
        if cycle.disconnected:
            return
        if reply is None:
            super()._start_asgi_task(cycle, app)
            return
        cycle.response_started = cycle.response_complete = True
        self.transport.write(self._first_lines(cycle.keep_alive) + reply)
        if not cycle.keep_alive:
            self.transport.close()
        self.on_response_complete()

    def _first_lines(self, is_kept: bool) -> bytes:
        """Return what a reply begins with, whatever was asked."""
        lines = [b"%b: %b" % each for each in self.server_state.default_headers]
        if not is_kept:
            lines.append(b"connection: close")
        return b"\r\n".join([b"HTTP/1.1 200 OK", *lines, b""])

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


def _scope_of(cycle: RequestResponseCycle) -> Scope:
    return cast(Scope, cycle.scope)


def protocol_behind(door: Door, lane: Lane | None = None) -> type[ImpatientProtocol]:
    """Return the protocol of connections that come through a door, and may take a lane."""
    return type("GuardedProtocol", (ImpatientProtocol,), {"door": door, "lane": lane})
