"""The way of the requests that come most often: past the router, straight to their endpoint.

They are routes like others in the document of the interface, with the same guards before them and
the same problems after them. What a router finds out about each request is known here beforehand.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from fastapi import Request, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from serving.errors import KINDS, known_problem

Endpoint = Callable[[Request], Awaitable[Response]]
_KNOWN = tuple(KINDS)


@dataclass(frozen=True)
class Way:
    """What logs and metrics call a route."""

    path: str


class Shortcut:
    """Hand what is posted to some paths to their endpoints, and all else to the application."""

    def __init__(self, app: ASGIApp, endpoints: Mapping[str, Endpoint]) -> None:
        self.app = app
        self.endpoints = {path: (Way(path), endpoint) for path, endpoint in endpoints.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or pass it on."""
        known = self.endpoints.get(scope.get("path", ""))
        if known is None or scope["type"] != "http" or scope["method"] != "POST":
            await self.app(scope, receive, send)
            return
        scope["route"], endpoint = known
        request = Request(scope, receive, send)
        try:
            response = await endpoint(request)
        except _KNOWN as error:
            response = await known_problem(request, error)
        await response(scope, receive, send)
