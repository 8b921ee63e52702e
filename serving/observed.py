"""Every request has an id, is counted and timed, and leaves one line of JSON in the log."""

import json
import logging
import re
import time
import uuid
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.metrics import Metrics

LOG = logging.getLogger("seicast.requests")
HEADER = "X-Request-Id"
#: A client's own id is kept if it is harmless in a log and in a header.
_HARMLESS = re.compile(r"[A-Za-z0-9_-]{1,64}")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
#: Status of a request whose client left before the reply began.
GONE = 499


class Observed:
    """Count, time and log the requests of an application.

    Bodies, keys and queries are never logged; paths are logged as the route's pattern.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and report it when it is answered."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = _request_id(Headers(scope=scope).get(HEADER.lower(), ""))
        scope.setdefault("state", {})["request_id"] = request_id
        status = GONE

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[HEADER] = request_id
            await send(message)

        started = time.perf_counter()
        self.metrics.at_once.inc()
        try:
            await self.app(scope, receive, send_with_id)
        finally:
            self.metrics.at_once.dec()
            self._report(scope, status, time.perf_counter() - started)

    def _report(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "unmatched")
        method = scope["method"] if scope["method"] in _METHODS else "other"
        self.metrics.requests.labels(method, route, str(status)).inc()
        self.metrics.seconds.labels(route).observe(seconds)
        if LOG.isEnabledFor(logging.INFO):
            holder = scope["state"].get("holder")
            LOG.info(
                "request",
                extra={
                    "facts": {
                        "request_id": scope["state"]["request_id"],
                        "method": method,
                        "route": route,
                        "status": status,
                        "ms": round(1000 * seconds, 3),
                        "key": getattr(holder, "name", None),
                    }
                },
            )


class JsonLines(logging.Formatter):
    """One JSON object a line; line breaks and control characters cannot forge another."""

    def format(self, record: logging.LogRecord) -> str:
        """Return a record as JSON."""
        line: dict[str, Any] = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "facts", {}),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


def _request_id(stated: str) -> str:
    return stated if _HARMLESS.fullmatch(stated) else uuid.uuid4().hex[:16]
