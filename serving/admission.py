"""How many requests are worked on at once; whoever comes beyond that is told to come back."""

from starlette.types import ASGIApp, Receive, Scope, Send

from serving.errors import Kind, problem_reply
from serving.roles import is_vital

BUSY = Kind(503, "busy", "The service is at its capacity")
#: Work is short: a second later there is room again, or still not.
RETRY_AFTER_S = "1"


class Admission:
    """Admit so many requests at once; health and metrics are never refused.

    Nothing queues here: a refusal costs a fraction of a millisecond, and the client knows.
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
        self.n_at_once += 1
        try:
            await self.app(scope, receive, send)
        finally:
            self.n_at_once -= 1

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        detail = (
            f"{self.max_at_once} requests are being worked on, the limit of this service; "
            f"try again in {RETRY_AFTER_S} s, or send many cells in one request."
        )
        # The body is never read, so the connection cannot carry another request.
        headers = {"Retry-After": RETRY_AFTER_S, "Connection": "close"}
        await problem_reply(BUSY, detail, headers=headers)(scope, receive, send)
