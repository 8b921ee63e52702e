"""Bounds and headers that hold for every request, as plain ASGI middleware."""

from collections.abc import Awaitable, Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.errors import BodyTooLarge
from serving.heads import header

#: No reply runs, frames or loads anything, save the pages that set their own policy.
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
RAW_HEADERS = tuple((name.lower().encode(), value.encode()) for name, value in HEADERS.items())


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
            receive = self._counted(scope, receive)
        await self.app(scope, receive, send)

    def _counted(self, scope: Scope, receive: Receive) -> Callable[[], Awaitable[Message]]:
        stated = header(scope, b"content-length") or ""
        media_type = header(scope, b"content-type") or ""
        has_files = media_type.lower().startswith("multipart/form-data")
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
                own = [name.lower() for name, _ in message["headers"]]
                added = [each for each in RAW_HEADERS if each[0] not in own]
                message["headers"] = [*message["headers"], *added]
            await send(message)

        await self.app(scope, receive, send_safely)
