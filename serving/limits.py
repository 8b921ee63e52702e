"""Bounds and headers that hold for every request, as plain ASGI middleware."""

from collections.abc import Awaitable, Callable

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.errors import BodyTooLarge

#: No reply runs, frames or loads anything, save the pages that set their own policy.
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}


class BodyLimit:
    """Refuse bodies above a size, whether the client states their length or not.

    Instrument files, which come as multipart, have a bound of their own.
    """

    def __init__(self, app: ASGIApp, max_body_bytes: int, max_upload_bytes: int) -> None:
        self.app = app
        self.max_body_bytes = max_body_bytes
        self.max_upload_bytes = max_upload_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, its body counted."""
        if scope["type"] == "http":
            receive = self._counted(Headers(scope=scope), receive)
        await self.app(scope, receive, send)

    def _counted(self, headers: Headers, receive: Receive) -> Callable[[], Awaitable[Message]]:
        stated = headers.get("content-length", "")
        has_files = headers.get("content-type", "").lower().startswith("multipart/form-data")
        limit = self.max_upload_bytes if has_files else self.max_body_bytes
        n_bytes = 0

        async def counted() -> Message:
            nonlocal n_bytes
            _check(int(stated) if stated.isdecimal() else 0, limit)
            message = await receive()
            n_bytes += len(message.get("body", b""))
            _check(n_bytes, limit)
            return message

        return counted


def _check(n_bytes: int, limit: int) -> None:
    if n_bytes > limit:
        raise BodyTooLarge(
            f"The body exceeds {limit} bytes, the limit of this service; send fewer cells at "
            f"once, or only the cycles a model looks at."
        )


class SafeHeaders:
    """Add the headers of ``HEADERS`` to every reply that does not set its own."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, the head of its reply completed."""

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, send_safely)
