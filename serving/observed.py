"""Every request has an id, is counted and timed, and leaves one line of JSON in the log."""

import json
import logging
import os
import re
import time
from functools import lru_cache, partial
from typing import Any

import orjson
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.heads import header
from serving.metrics import Metrics

LOG = logging.getLogger("seicast.requests")
HEADER = b"x-request-id"
#: A client's own id is kept if it is harmless in a log and in a header.
_HARMLESS = re.compile(r"[A-Za-z0-9_-]{1,64}")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
#: Status of a request whose client left before it had its whole reply, or was let go.
GONE = 499


class Observed:
    """Count, time and log the requests of an application."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and report it when it is answered."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = id_of(scope).encode()
        status = GONE

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (HEADER, request_id)]
            await send(message)

        started_s = began_s(scope)
        self.metrics.n_at_once += 1
        try:
            await self.app(scope, receive, send_with_id)
        finally:
            self.metrics.n_at_once -= 1
            route = getattr(scope.get("route"), "path", "unmatched")
            tell = partial(report, self.metrics, scope, route, status, started_s)
            delivery = scope["state"].get("delivery")
            if delivery is None:
                tell()
            else:
                delivery.when_sent(scope, tell)


def id_of(scope: Scope) -> str:
    """Return the id of a request: the client's own if it is harmless, else one made once."""
    state = scope.setdefault("state", {})
    if "request_id" not in state:
        stated = header(scope, HEADER) or ""
        state["request_id"] = stated if _HARMLESS.fullmatch(stated) else os.urandom(8).hex()
    return str(state["request_id"])


def began_s(scope: Scope) -> float:
    """Return when the request was first looked at, which is now if nobody did before."""
    since: float = scope.setdefault("state", {}).setdefault("began_s", time.perf_counter())
    return since


def note_end(scope: Scope, status: int, *, is_cut: bool) -> None:
    """Note that a reply does not reach its client whole; what was noted first holds.

    Parameters
    ----------
    scope : Scope
    status : int
        By which the request is counted and logged, whatever its reply began with.
    is_cut : bool
        Whether the reply began.
    """
    scope.setdefault("state", {}).setdefault("end", (status, is_cut))


def report(metrics: Metrics, scope: Scope, route: str, status: int, started_s: float) -> None:
    """Count and log a request; bodies, keys and queries are left out, paths are the route's."""
    seconds = time.perf_counter() - started_s
    method = scope["method"] if scope["method"] in _METHODS else "other"
    state = scope["state"]
    status, is_cut = state.get("end", (status, False))
    metrics.count_request(method, route, status, seconds)
    if LOG.isEnabledFor(logging.INFO):
        facts = {
            "request_id": state["request_id"],
            "method": method,
            "route": route,
            "status": status,
            "ms": round(1000 * seconds, 3),
            "key": getattr(state.get("holder"), "name", None),
        }
        if is_cut:
            facts["cut"] = True
        # As ``LOG.info`` does, but which line of code it was is not looked for: always this one.
        LOG.handle(
            LOG.makeRecord(
                LOG.name, logging.INFO, "", 0, "request", (), None, extra={"facts": facts}
            )
        )


class JsonLines(logging.Formatter):
    """One JSON object a line; line breaks and control characters cannot forge another."""

    def format(self, record: logging.LogRecord) -> str:
        """Return a record as JSON."""
        line: dict[str, Any] = {
            "time": _second(int(record.created)),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "facts", {}),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return _as_text(line)


@lru_cache(maxsize=1)
def _second(created_s: int) -> str:
    """Return the time of a second; many requests share one."""
    return time.strftime("%Y-%m-%dT%H:%M:%S%z", time.localtime(created_s))


def _as_text(line: dict[str, Any]) -> str:
    """Return one line of JSON in ASCII."""
    try:
        text = orjson.dumps(line)
    except TypeError:  # orjson knows fewer kinds, and no lone surrogates
        text = b"\xff"
    return text.decode() if text.isascii() else json.dumps(line, default=str)
