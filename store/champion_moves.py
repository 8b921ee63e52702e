"""The line of a champion's move in the audit log: it comes first, so none moves without one.

A move that breaks off after it gets a second line which says so; where the process was killed
between the two, the line tells what was asked for, and the champion of before goes on.
"""

from dataclasses import replace
from typing import Protocol

from store.audit import AuditEvent


class Journal(Protocol):
    """Where moves are written down, such as ``store.audit.AuditLog``."""

    def append(self, event: AuditEvent) -> object:
        """Write a line."""


class Moved(Protocol):
    """Who is about to answer, such as ``models.shelf.Entry``."""

    @property
    def name(self) -> str:
        """Of the model."""

    @property
    def version(self) -> int:
        """Of that name."""

    @property
    def run_id(self) -> str:
        """Of the training."""

    @property
    def bundle_sha256(self) -> str:
        """Of what answers."""


class ChampionMove:
    """The lines of one move, the same from the command line, a job and over HTTP.

    Parameters
    ----------
    journal : Journal
    actor : str
        Who moves.
    action : str
        "promote", "force", "refuse" or "rollback".
    """

    def __init__(self, journal: Journal, actor: str, action: str) -> None:
        self._journal = journal
        self._event = AuditEvent(actor, action, "")
        self._is_written = False

    @property
    def reason(self) -> str:
        """Return why, as it was written down."""
        return self._event.reason

    def write(self, entry: Moved, reason: str) -> None:
        """Write down who is about to answer, and why."""
        details = {"run_id": entry.run_id, "bundle_sha256": entry.bundle_sha256}
        subject = f"model {entry.name} v{entry.version}"
        self._event = replace(self._event, subject=subject, reason=reason, details=details)
        self._journal.append(self._event)
        self._is_written = True

    def __enter__(self) -> "ChampionMove":
        """Begin a move."""
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Write down that the move broke off, if its line says that it was made."""
        if kind is not None and self._is_written:
            action = f"{self._event.action} failed"
            reason = f"the champion of before goes on ({kind.__name__}); {self._event.reason}"
            self._journal.append(replace(self._event, action=action, reason=reason))
