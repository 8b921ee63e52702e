"""How many requests are worked on at once; whoever comes beyond that is told to come back."""

import asyncio

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.errors import Kind, problem_reply
from serving.roles import is_vital

BUSY = Kind(503, "busy", "The service is at its capacity")
#: Work is short: a second later there is room again, or still not.
RETRY_AFTER_S = "1"


class Admission:
    """Admit so many requests at once; health and metrics are never refused.

    Nothing queues here: a refusal costs a fraction of a millisecond, and the client knows.
    A request finds in ``scope["state"]["n_at_once"]`` how many are admitted with it. A stream
    of events gives its place back when it begins, for then it only waits.
    """

    def __init__(self, app: ASGIApp, max_at_once: int) -> None:
        self.app = app
        self.max_at_once = max_at_once
        self.n_at_once = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on if there is room."""
        if scope["type"] != "http" or is_vital(scope["path"]):
            await self.app(scope, receive, send)
            return
        if self.n_at_once >= self.max_at_once:
            await self._refuse(scope, receive, send)
            return
        place = _Place(self)
        try:
            # Whoever came at the same time is let in, or refused, before anybody's work begins.
            await asyncio.sleep(0)
            scope.setdefault("state", {})["n_at_once"] = self.n_at_once
            await self.app(scope, receive, place.left_by_streams(send))
        finally:
            place.leave()

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        detail = (
            f"{self.max_at_once} requests are being worked on, the limit of this service; "
            f"try again in {RETRY_AFTER_S} s, or send many cells in one request."
        )
        # The body is never read, so the connection cannot carry another request.
        headers = {"Retry-After": RETRY_AFTER_S, "Connection": "close"}
        await problem_reply(BUSY, detail, headers=headers)(scope, receive, send)


class _Place:
    """One request's place; it is left once, however often that is said."""

    def __init__(self, admission: Admission) -> None:
        self.admission = admission
        self.is_taken = True
        admission.n_at_once += 1

    def leave(self) -> None:
        """Make room for another."""
        self.admission.n_at_once -= self.is_taken
        self.is_taken = False

    def left_by_streams(self, send: Send) -> Send:
        """Return the way back of a request, on which a stream leaves its place."""

        async def send_on(message: Message) -> None:
            if message["type"] == "http.response.start":
                kind = Headers(raw=message["headers"]).get("content-type", "")
                if kind.startswith("text/event-stream"):
                    self.leave()
            await send(message)

        return send_on
