"""A lane for what comes most often: one recipe or a scan of it, by somebody who may.

The application takes a task and a dozen calls a request before anybody looks at the body. A
request of the lane is checked and answered in the turn of the loop that brought it. The lane asks
the very guards of the application, and refuses nobody: whatever it does not take for certain goes
to the application, which knows all and says what is wrong.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from starlette.types import Scope

from features.errors import SeicastError
from serving.admission import Places
from serving.hosts import OwnNames
from serving.keyring import Gatekeeper
from serving.limits import RAW_HEADERS
from serving.metrics import Metrics
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
    metrics : Metrics
    places : Places
        One of them is taken.
    """

    answer: "asyncio.Future[bytes]"
    scope: Scope
    started_s: float
    metrics: Metrics
    places: Places

    def leave(self) -> bytes | None:
        """Return the reply but for its first line, None where there is none.

        The client has left, or the application is to say why the request cannot be answered.
        """
        self.places.leave()
        self.metrics.n_at_once -= 1
        if self.answer.cancelled():
            self.tell(GONE)
        elif self.answer.exception() is None:
            return _reply(self.answer.result(), id_of(self.scope))
        return None

    def tell(self, status: int = 200) -> None:
        """Count and log a request that is answered, or whose client has left."""
        report(self.metrics, self.scope, ROUTE, status, self.started_s)


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
        answer = service.turns.answer_to(asked)
        return Passage(answer, scope, started_s, service.metrics, self._guards.places)

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
