"""Problems as pages: whoever opens an address in a browser reads words, not JSON."""

import json

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.errors import MEDIA_TYPE
from serving.pages.templating import POLICY, rendered

FOREIGN_HOST = "urn:seicast:foreign-host"
#: Under a foreign name the page loads nothing: a style sheet would be refused as well.
FOREIGN_POLICY = "default-src 'none'; frame-ancestors 'none'"
#: Paths that scripts ask, and parts of pages whose script reads the JSON.
FOR_SCRIPTS = ("/v1/", "/pages/", "/static/", "/health/", "/metrics", "/openapi.json")


class ProblemPages:
    """Turn problem JSON into a page for those who navigate to it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and what it gets as a page if it is a problem."""
        if scope["type"] != "http" or not _is_navigation(scope):
            await self.app(scope, receive, send)
            return
        start: Message | None = None
        body = b""

        async def send_as_page(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start":
                media_type = Headers(raw=message["headers"]).get("content-type", "")
                if media_type == MEDIA_TYPE:
                    start = message  # held back, problems are at most 16 KiB
                    return
            elif start is not None:
                body += message.get("body", b"")
                if not message.get("more_body", False):
                    await _page(start, body)(scope, receive, send)
                return
            await send(message)

        await self.app(scope, receive, send_as_page)


def _is_navigation(scope: Scope) -> bool:
    accepted = Headers(scope=scope).get("accept", "")
    return (
        scope["method"] == "GET"
        and accepted.startswith("text/html")
        and not scope["path"].startswith(FOR_SCRIPTS)
    )


def _page(start: Message, body: bytes) -> HTMLResponse:
    problem = json.loads(body)
    kept = {name: value for name, value in Headers(raw=start["headers"]).items()
            if name not in {"content-type", "content-length"}}  # fmt: skip
    is_foreign = problem["type"] == FOREIGN_HOST
    headers = {**kept, "content-security-policy": FOREIGN_POLICY if is_foreign else POLICY}
    facts = {"problem": problem, "is_foreign": is_foreign}
    return HTMLResponse(rendered("problem.html", facts), start["status"], headers)
