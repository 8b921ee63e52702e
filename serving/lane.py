"""A lane for what comes most often: one recipe or a scan of it, by somebody who may.

The application takes a task and a dozen calls a request before anybody looks at the body. A
request of the lane is checked and answered in the turn of the loop that brought it. The lane asks
the very guards of the application, and refuses nobody: whatever it does not take for certain goes
to the application, which knows all and says what is wrong.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from starlette.types import Scope

from features.errors import SeicastError
from serving.admission import Places
from serving.hosts import OwnNames
from serving.keyring import Gatekeeper
from serving.limits import RAW_HEADERS
from serving.observed import GONE, HEADER, began_s, id_of, report
from serving.quick_bodies import QuickRequest, quick_request, request_of_numbers
from serving.service import Service
from serving.settings import Settings
from serving.work import CELLS_OF_A_TURN, QUICK_BYTES, TURN_BYTES
from store.keys import Holder

ROUTE = "/v1/predictions"
#: As clients write it.
_PLAIN_JSON = frozenset(
    {b"application/json", b"application/json; charset=utf-8", b"application/json;charset=utf-8"}
)
#: Whoever packs a body, or waits to be asked for it, wants more than the lane looks at.
_NOT_LOOKED_AT = frozenset({b"content-encoding", b"expect"})
_SAFE = b"".join(b"%b: %b\r\n" % each for each in RAW_HEADERS)


@dataclass(frozen=True)
class Guards:
    """Whom the application asks before it lets a request in; the lane asks the same."""

    names: OwnNames
    gatekeeper: Gatekeeper
    places: Places


@dataclass(frozen=True, eq=False)
class Passage:
    """A request on the lane.

    Attributes
    ----------
    answer : Future of bytes
        The body of its reply; cancelled when the client leaves.
    scope : Scope
    started_s : float
    """

    answer: "asyncio.Future[bytes]"
    scope: Scope
    started_s: float


class Lane:
    """The way past the application.

    Parameters
    ----------
    service : callable
        Returns the service, None before it has started.
    guards : Guards
    """

    def __init__(self, service: Callable[[], Service | None], guards: Guards) -> None:
        self._service = service
        self._guards = guards

    def is_for(self, scope: Scope) -> bool:
        """Tell by the head of a request whether it may be one for the lane."""
        is_asked = scope["path"] == ROUTE and scope["method"] == "POST"
        return is_asked and not scope["query_string"]

    def awaits(self, scope: Scope) -> bool:
        """Tell by the head of a request whether the rest of its body is worth waiting for."""
        heads = dict(scope["headers"])
        length = heads.get(b"content-length", b"")
        return length.isdigit() and int(length) <= TURN_BYTES and b"expect" not in heads

    def enter(self, scope: Scope, body: bytes) -> Passage | None:
        """Let a whole request in, None where the application is to see it.

        Parameters
        ----------
        scope : Scope
        body : bytes
        """
        started_s, service = began_s(scope), self._service()
        if service is None or not self._may_enter(scope):
            return None
        asked = _asked(body, service.settings)
        if asked is None or not self._guards.places.take():
            return None
        id_of(scope)
        service.metrics.n_at_once += 1
        return Passage(service.turns.answer_to(asked), scope, started_s)

    def leave(self, passage: Passage) -> bytes | None:
        """Return the reply to a request but for its first line, None where there is none.

        The client has left, or the application is to say why the request cannot be answered.
        """
        self._guards.places.leave()
        service = self._service()
        if service is None:
            return None
        service.metrics.n_at_once -= 1
        answer = passage.answer
        if not answer.cancelled() and answer.exception() is not None:
            return None
        status = GONE if answer.cancelled() else 200
        report(
            service.metrics, passage.scope, ROUTE, status, time.perf_counter() - passage.started_s
        )
        return None if answer.cancelled() else _reply(answer.result(), id_of(passage.scope))

    def _may_enter(self, scope: Scope) -> bool:
        heads = dict(scope["headers"])
        return (
            # What is said twice may be said differently.
            len(heads) == len(scope["headers"])
            and heads.get(b"content-type", b"").lower() in _PLAIN_JSON
            and heads.keys().isdisjoint(_NOT_LOOKED_AT)
            and self._guards.names.are_meant(scope)
            and self._is_welcome(scope)
        )

    def _is_welcome(self, scope: Scope) -> bool:
        try:
            return isinstance(self._guards.gatekeeper.holder_or_refusal(scope), Holder)
        except SeicastError:
            return False


def _asked(body: bytes, settings: Settings) -> QuickRequest | None:
    """Return a request that takes no longer than a turn of the loop may, None for others."""
    if len(body) > min(TURN_BYTES, settings.max_body_bytes):
        return None
    if len(body) > QUICK_BYTES:
        return request_of_numbers(body, settings, CELLS_OF_A_TURN)
    asked = quick_request(body, settings)
    return asked if asked is not None and len(asked.cells) == 1 else None


def _reply(body: bytes, request_id: str) -> bytes:
    return b"content-length: %d\r\ncontent-type: application/json\r\n%b%b: %b\r\n\r\n%b" % (
        len(body),
        _SAFE,
        HEADER,
        request_id.encode(),
        body,
    )
