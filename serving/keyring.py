"""Whose request this is: a key in the head of the request, checked before anything is read."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from starlette.types import ASGIApp, Receive, Scope, Send

from serving.buckets import Buckets
from serving.errors import Kind, problem_reply
from serving.heads import header
from serving.roles import OPEN, may, needed_role
from store.keys import ROLES, Holder

NO_KEY = Kind(401, "no-key", "A key is needed")
WRONG_KEY = Kind(401, "wrong-key", "The key is not valid")
NOT_ALLOWED = Kind(403, "not-allowed", "The key does not carry the role that this needs")
TOO_MANY = Kind(429, "too-many-requests", "Too many requests")
CHALLENGE = {"WWW-Authenticate": "Bearer"}
HOW_TO_SEND = (
    "Send the key in the header Authorization: Bearer KEY. An administrator makes one with: "
    "seicast keys add NAME"
)
WAY_TO_ANOTHER = (
    "It is unknown, revoked or expired; ask an administrator of this service for another."
)
#: Wrong keys that one address may try: ten a minute, for ever.
GUESSES_PER_S = 10 / 60
GUESS_BURST = 10
#: The name of whoever asks while no key exists.
NOBODY = "anonymous"


#: Whoever reaches a service without keys may do everything.
ANYBODY = Holder(NOBODY, frozenset(ROLES))


class Keys(Protocol):
    """Where keys are looked up; a lookup must be cheap and constant in time."""

    def are_none(self) -> bool:
        """Tell whether no key was ever made: then whoever reaches the service may do all."""

    def holder_of(self, key: str) -> Holder | None:
        """Return the holder of a key that is valid now."""


class NoKeys:
    """A service without keys: whoever reaches it may do everything."""

    def are_none(self) -> bool:
        """Return true."""
        return True

    def holder_of(self, key: str) -> Holder | None:
        """Return nobody."""
        return None


@dataclass(frozen=True)
class Refusal:
    """Why a request is not passed on."""

    kind: Kind
    detail: str
    headers: Mapping[str, str]


class Gatekeeper:
    """Who may do what he asks for; everything is denied by default once a key exists.

    Parameters
    ----------
    keys : Keys
    requests_per_s : float
        Of each key, for long; for a moment, twice as many.
    """

    def __init__(self, keys: Keys, requests_per_s: float) -> None:
        self.keys = keys
        self.guesses = Buckets(GUESSES_PER_S, GUESS_BURST)
        self.requests = Buckets(requests_per_s, 2 * requests_per_s)

    def holder_or_refusal(self, scope: Scope) -> Holder | Refusal:
        """Return whose request this is, or why it is refused.

        A holder is noted in ``scope["state"]``, for logs, for the audit, and for whoever asks
        again: a request counts once for its key.
        """
        state = scope.setdefault("state", {})
        noted: Holder | None = state.get("holder")
        found = self._found(scope) if noted is None else noted
        if isinstance(found, Holder):
            state["holder"] = found
        return found

    def note_guess(self, scope: Scope) -> Refusal | None:
        """Count a wrong key; from some on, return the refusal of whoever only guesses.

        A right key opens all the same: it may come from the same house.
        """
        wait_s = self.guesses.wait_s((scope.get("client") or ("unknown", 0))[0])
        return _too_many(wait_s, "wrong keys from this address") if wait_s else None

    def _found(self, scope: Scope) -> Holder | Refusal:
        if self.keys.are_none():
            return ANYBODY
        needed = needed_role(scope["method"], scope["path"])
        if needed == OPEN:
            return Holder(NOBODY, frozenset())
        holder = self._identified(scope)
        if isinstance(holder, Refusal):
            return holder
        if not may(holder.roles, needed):
            return Refusal(
                NOT_ALLOWED,
                f"This needs the role '{needed}'; the key '{holder.name}' carries "
                f"{sorted(holder.roles)}. Ask an administrator of this service.",
                {},
            )
        wait_s = self.requests.wait_s(holder.name)
        return _too_many(wait_s, "requests of this key") if wait_s else holder

    def _identified(self, scope: Scope) -> Holder | Refusal:
        scheme, _, key = (header(scope, b"authorization") or "").partition(" ")
        if scheme.lower() != "bearer" or not key.strip():
            return Refusal(NO_KEY, HOW_TO_SEND, CHALLENGE)
        holder = self.keys.holder_of(key.strip())
        return Refusal(WRONG_KEY, WAY_TO_ANOTHER, CHALLENGE) if holder is None else holder


class KeyCheck:
    """Pass on what a key allows, and refuse the rest."""

    def __init__(self, app: ASGIApp, gatekeeper: Gatekeeper) -> None:
        self.app = app
        self.gatekeeper = gatekeeper

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on if its key allows it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        found = self.gatekeeper.holder_or_refusal(scope)
        if isinstance(found, Refusal):
            if found.kind is WRONG_KEY:
                found = self.gatekeeper.note_guess(scope) or found
            # The body is never read, so the connection cannot carry another request.
            headers = {**found.headers, "Connection": "close"}
            await problem_reply(found.kind, found.detail, headers=headers)(scope, receive, send)
            return
        await self.app(scope, receive, send)


def _too_many(wait_s: float, what: str) -> Refusal:
    seconds = max(1, round(wait_s + 0.5))
    return Refusal(
        TOO_MANY, f"Too many {what}; try again in {seconds} s.", {"Retry-After": str(seconds)}
    )
