"""How many requests are worked on at once; whoever comes beyond that is told to come back.

Twice over: the application counts what it works on, and refuses in full what is beyond. Where a
crowd comes, the door turns it away before the application hears of it.
"""

import asyncio
import logging
import time
from http import HTTPStatus

from fastapi import Response
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.errors import Kind, Stopping, problem_reply
from serving.limits import HEADERS
from serving.metrics import Metrics
from serving.roles import VITAL, is_vital

LOG = logging.getLogger("seicast.service")
BUSY = Kind(503, "busy", "The service is at its capacity")
#: Work is short: a second later there is room again, or still not.
RETRY_AFTER_S = "1"
#: Requests that the door knows at a glance; any other goes to the application, which knows all.
PLAIN_METHODS = (b"GET", b"POST", b"PUT", b"DELETE")
#: Its route in the metrics: the door reads no further than it must.
AT_THE_DOOR = "refused at the door"
#: Of a reply after which the connection cannot carry another request.
CLOSING = {"Connection": "close"}


class Places:
    """How many requests may be worked on at once, and how many are.

    Counted on the loop alone, which needs no lock.
    """

    def __init__(self, max_at_once: int) -> None:
        self.max_at_once = max_at_once
        self.n_at_once = 0

    def take(self) -> bool:
        """Take a place, or tell that there is none."""
        if self.n_at_once >= self.max_at_once:
            return False
        self.n_at_once += 1
        return True

    def leave(self) -> None:
        """Make room for another."""
        self.n_at_once -= 1


class Admission:
    """Admit so many requests at once; health and metrics are never refused.

    Nothing queues here: a refusal costs a fraction of a millisecond, and the client knows. A
    stream of events gives its place back when it begins, for then it only waits.
    """

    def __init__(self, app: ASGIApp, places: Places) -> None:
        self.app = app
        self.places = places

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on if there is room."""
        if scope["type"] != "http" or is_vital(scope["path"]):
            await self.app(scope, receive, send)
            return
        if not self.places.take():
            await _busy(self.places.max_at_once)(scope, receive, send)
            return
        place = _Place(self.places)
        try:
            # Whoever came at the same time is let in, or refused, before anybody's work begins.
            await asyncio.sleep(0)
            await self.app(scope, receive, place.left_by_streams(scope, send))
        finally:
            place.leave()


class Door:
    """Turns requests away at the socket while far more are under way than there is room for.

    A refusal of the application passes every guard, each with its own headers, count and line
    of the log; three hundred of them in a row take longer than anybody should wait for one.
    Here a refusal is the same bytes every time, counted, and said in one line a second. Health
    is never turned away, nor is whoever would read the refusal in a browser.

    Parameters
    ----------
    max_at_once, max_streams : int
        With as many under way as both allow, the application would have no room either.
    metrics : Metrics

    Attributes
    ----------
    is_closing : bool
        Whether the service was told to stop: it is no longer ready, and answers what still comes.
    """

    def __init__(self, max_at_once: int, max_streams: int, metrics: Metrics) -> None:
        self.is_closing = False
        self.max_under_way = max_at_once + max_streams
        self._reply = as_bytes(_busy(max_at_once))
        self._metrics = metrics
        self._n_untold = 0
        self._told_at_s = -1.0

    def refusal(self, received: bytes, n_under_way: int) -> bytes | None:
        """Return the reply to a request that finds no room, None where it is to be passed on.

        Parameters
        ----------
        received : bytes
            As they came from the socket; what does not hold a whole head is passed on.
        n_under_way : int
            Requests that are being answered, streams among them.
        """
        if n_under_way < self.max_under_way:
            return None
        method, path, head = _first_words(received)
        if method not in PLAIN_METHODS or path in VITAL or b"text/html" in head:
            return None
        self.count(method, BUSY.status)
        self._tell()
        return self._reply

    def count(self, method: bytes, status: int) -> None:
        """Count a request that was refused before the application heard of it."""
        known = method.decode() if method in PLAIN_METHODS else "other"
        self._metrics.requests.labels(known, AT_THE_DOOR, str(status)).inc()

    def _tell(self) -> None:
        """Say in the log how many were turned away, a line a second at most."""
        self._n_untold += 1
        now_s = time.monotonic()
        if now_s - self._told_at_s >= 1:
            LOG.warning("no room: turned away", extra={"facts": {"requests": self._n_untold}})
            self._n_untold, self._told_at_s = 0, now_s


def check_open(door: Door) -> None:
    """Raise Stopping if the service was told to stop."""
    if door.is_closing:
        raise Stopping("The service was told to stop; ask another one, or this one later.")


def _first_words(received: bytes) -> tuple[bytes, str, bytes]:
    """Return method, path and head of a request; nothing where its head is not whole."""
    head, end, _ = received.partition(b"\r\n\r\n")
    words = head.split(b" ", 2)
    if not end or len(words) < 3:
        return b"", "", head
    return words[0], words[1].partition(b"?")[0].decode("latin-1"), head


def _busy(max_at_once: int) -> Response:
    detail = (
        f"{max_at_once} requests are being worked on, the limit of this service; "
        f"try again in {RETRY_AFTER_S} s, or send many cells in one request."
    )
    # The body is never read, so the connection cannot carry another request.
    return problem_reply(BUSY, detail, headers={"Retry-After": RETRY_AFTER_S, **CLOSING})


def as_bytes(reply: Response) -> bytes:
    """Return a reply as it goes over the wire, with the headers that every reply has."""
    status = HTTPStatus(reply.status_code)
    lines = [f"HTTP/1.1 {status.value} {status.phrase}".encode()]
    lines += [name + b": " + value for name, value in reply.raw_headers]
    lines += [f"{name.lower()}: {value}".encode() for name, value in HEADERS.items()]
    return b"\r\n".join(lines) + b"\r\n\r\n" + bytes(reply.body)


class _Place:
    """One request's place; it is left once, however often that is said."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self.is_taken = True

    def leave(self) -> None:
        """Make room for another."""
        if self.is_taken:
            self.places.leave()
        self.is_taken = False

    def left_by_streams(self, scope: Scope, send: Send) -> Send:
        """Return the way back of a request, on which a stream is noted and leaves its place."""

        async def send_on(message: Message) -> None:
            if message["type"] == "http.response.start":
                kind = Headers(raw=message["headers"]).get("content-type", "")
                if kind.startswith("text/event-stream"):
                    scope["state"]["is_stream"] = True
                    self.leave()
            await send(message)

        return send_on
