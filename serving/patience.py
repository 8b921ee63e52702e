"""Connections that never finish sending or reading are closed; uvicorn alone holds them for ever.

What was asked is answered in its order, also if what follows is no request, or if the client has
closed its side.
"""

import asyncio
import os
from typing import Any, cast

from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from serving.admission import CLOSING, Door, as_bytes
from serving.delivery import READ_TIMEOUT_S, Delivery
from serving.errors import problem_reply
from serving.faults import LONG, MOST_HEAD_BYTES, UNREADABLE, Fault, check_head
from serving.heads import without_upgrade
from serving.observed import GONE, HEADER, id_of, note_end
from serving.parting import PartingTransport

#: How long a client may take to send the head of a request, on a new connection or after another.
HEAD_TIMEOUT_S = 10.0
#: A request that was sent before the service was told to stop is read within this time.
LAST_CALL_S = 0.3
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
    #: Where refusals are counted that no application hears of.
    door: Door | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._deadline: asyncio.TimerHandle | None = None
        self._fault = UNREADABLE
        #: What is answered at the moment; others wait behind it, ``cycle`` is the last of them.
        self._running: RequestResponseCycle | None = None
        self._refusal: bytes | None = None
        self._is_in_body = self._is_deaf = self._is_last_call = False
        self._n_head_bytes = self._n_framing = self._n_body = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the clock."""
        self._parting = PartingTransport(transport, self._may_go_on)
        super().connection_made(cast(asyncio.Transport, self._parting))
        self._delivery = Delivery(transport, self.read_timeout_s)
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Pass bytes on; stop the clock while a request is being answered."""
        if self._parting.is_parting:
            self._parting.throw_away(data)
        elif not self._is_deaf:
            self._hear(data)

    def _hear(self, data: bytes) -> None:
        if self._awaits_head():
            data = without_upgrade(data)
        before = self.cycle
        self._n_framing += len(data)
        super().data_received(data)
        self._bound_framing()
        if self._is_idle():
            self._watch()
            self._bound_head(len(data) if self.cycle is before and self._awaits_head() else 0)
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

    def let_go(self) -> None:
        """Lose a client that has not read its reply, unless there is work on one."""
        if self._is_idle() or self.transport.is_closing():
            self.transport.abort()

    def eof_received(self) -> bool:  # type: ignore[override]
        """Keep the connection for what was asked before the client closed its side, if anything."""
        if self._is_in_body:
            self._drop_last()
        self._is_deaf = False  # nothing comes that could be left unread
        running = self._running
        if self._is_idle() or running is None or running.disconnected or _is_stream(running):
            return False
        if self._refusal is None:  # which comes last, and closes the connection as well
            self.cycle.keep_alive = False
        return not self.transport.is_closing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clock."""
        self._unwatch()
        if self._running is not None:
            _break_off(self._running, GONE)
        self._delivery.end(exc)
        super().connection_lost(exc)

    def on_headers_complete(self) -> None:
        """Begin with a request whose head is sound."""
        self._n_head_bytes = 0
        try:
            check_head(self.url, self.headers, self.parser.get_http_version())
            if self.parser.should_upgrade():  # an offer that came in two packets was not seen
                raise UNREADABLE
        except Fault as fault:
            self._fault = fault
            raise  # the parser stops, and asks for the refusal
        super().on_headers_complete()
        # Trailers come by ``on_header`` as well, which no guard has seen: they are left aside.
        self.headers = []
        self._n_framing = self._n_body = 0
        self._is_in_body = True

    def on_body(self, body: bytes) -> None:
        """Count what is no framing."""
        self._n_body += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Note that what follows is another request."""
        self._is_in_body = False
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Go on with the next request; what is none is refused when all before it is answered."""
        super().on_response_complete()
        if self._refusal is not None and self._is_idle():
            self._refuse(self._refusal)

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no request, as every refusal is written, and close the connection.

        All that came before it is answered first: a client tells replies apart by their order.
        """
        self._is_deaf = True
        cycle, is_of_body = self.cycle, self._is_in_body
        if is_of_body and cycle is self._running:
            self._refuse_body(cycle)
            return
        if is_of_body:
            self._drop_last()
        self._refusal = self._refusal_of(os.urandom(8).hex())
        if self._is_idle():
            self._refuse(self._refusal)

    def _refuse_body(self, cycle: RequestResponseCycle) -> None:
        """Refuse a request at work, unless it has its reply, or some of it, already."""
        if not cycle.response_started:
            self.transport.write(self._refusal_of(id_of(scope_of(cycle))))
        if not cycle.response_complete:
            _break_off(cycle, self._fault.kind.status if not cycle.response_started else GONE)
        self.transport.close()

    def _refuse(self, refusal: bytes) -> None:
        if self.transport.is_closing():
            return
        if self.door is not None:
            self.door.count(b"", self._fault.kind.status)  # of no method that can be trusted
        self.transport.write(refusal)
        self.transport.close()

    def _refusal_of(self, request_id: str) -> bytes:
        headers = {**CLOSING, HEADER.decode(): request_id}
        return as_bytes(problem_reply(self._fault.kind, str(self._fault), headers=headers))

    def _drop_last(self) -> None:
        """Let go of the last request, whose body will never be whole."""
        self._is_in_body = False
        if self._running is None or self.cycle is self._running:
            _break_off(self.cycle, GONE)
            return
        self.pipeline.popleft()
        self.cycle = self.pipeline[0][0] if self.pipeline else self._running

    def pause_writing(self) -> None:
        """Give the client some time to read."""
        super().pause_writing()
        self._delivery.wait()

    def resume_writing(self) -> None:
        """Go on: the client reads."""
        super().resume_writing()
        self._delivery.go_on()

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
        self.send_400_response("")

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        """Note what is answered, and let its application tell when its reply is sent."""
        self._running = cycle
        scope_of(cycle)["state"]["delivery"] = self._delivery
        super()._start_asgi_task(cycle, app)

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

    def _may_go_on(self) -> bool:
        """Tell whether the client may still send: the rest of a body, or what nobody reads."""
        return self._is_in_body or self._is_deaf

    def _awaits_head(self) -> bool:
        return self._is_idle() and not self._is_in_body

    def _is_idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete


def scope_of(cycle: RequestResponseCycle) -> Scope:
    """Return what a request asks."""
    return cast(Scope, cycle.scope)


def _is_stream(cycle: RequestResponseCycle) -> bool:
    """Tell whether a reply has no end to wait for."""
    return "is_stream" in scope_of(cycle)["state"]


def _break_off(cycle: RequestResponseCycle, status: int) -> None:
    """Send no more of a reply, if there is more, and let its application know."""
    if not cycle.response_complete:
        note_end(scope_of(cycle), status, is_cut=cycle.response_started)
        cycle.disconnected = True
        cycle.message_event.set()
