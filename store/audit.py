"""Who did what, when and why: a log to which lines are added, each sealed by the one before.

A line's SHA-256 covers its content and the SHA-256 of the line before. Whoever changes, removes
or inserts a line breaks the chain. Whoever can write to the database could forge it from some
line to the end; so keep ``head()`` elsewhere from time to time, and verify against it.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import astuple, dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from features.errors import InvalidRecord
from store.audit_table import audit_log
from store.database import Database
from store.moments import from_text, now_in_text
from store.schema import AnyRow

#: Stands where the first line would name the line before.
GENESIS = "0" * 64


@dataclass(frozen=True)
class AuditEvent:
    """What is to be written down.

    Attributes
    ----------
    actor : str
        Who: the name of an API key, or of a user of this machine.
    action : str
        What was done, such as "delete".
    subject : str
        To what, such as "cell A1".
    reason : str
    details : mapping
        Whatever else JSON can hold; no secrets.
    """

    actor: str
    action: str
    subject: str
    reason: str = ""
    details: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class AuditEntry:
    """A line of the log; ``details`` as JSON, as it was sealed."""

    number: int
    at: str
    actor: str
    action: str
    subject: str
    reason: str
    details: str
    previous_sha256: str
    sha256: str

    @property
    def moment(self) -> datetime:
        """Return when it was written."""
        return from_text(self.at)

    @property
    def seal(self) -> str:
        """Return the SHA-256 that the line must have."""
        content = json.dumps(astuple(self)[:-1])
        return hashlib.sha256(content.encode()).hexdigest()


class AuditLog:
    """The audit log of a database.

    Parameters
    ----------
    database : Database
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def append(self, event: AuditEvent) -> AuditEntry:
        """Write a line of its own."""
        with self._database.writing() as connection:
            return self.append_in(connection, event)

    def append_in(self, connection: Connection, event: AuditEvent) -> AuditEntry:
        """Write a line in the transaction of what it tells: both are kept, or neither.

        Raises
        ------
        InvalidRecord
            If the details are nothing that JSON can hold.
        """
        self._database.hold(connection, "audit")
        last = self._last(connection)
        entry = _sealed(event, last)
        connection.execute(audit_log.insert().values(_columns(entry)))
        return entry

    def head(self) -> AuditEntry | None:
        """Return the last line, whose number and SHA-256 vouch for all before it."""
        with self._database.reading() as connection:
            return self._last(connection)

    def entries(self, *, after: int = 0, limit: int = 100) -> tuple[AuditEntry, ...]:
        """Return lines in their order, those after a number."""
        query = _IN_ORDER.where(audit_log.c.number > after).limit(limit)
        with self._database.reading() as connection:
            return tuple(map(_entry, connection.execute(query)))

    def verify(self, anchor: tuple[int, str] | None = None) -> list[str]:
        """Return what is wrong with the chain, empty if nothing is.

        Parameters
        ----------
        anchor : (int, str) or None
            Number and SHA-256 of a ``head()`` that was kept elsewhere.
        """
        with self._database.reading() as connection:
            entries = map(_entry, connection.execute(_IN_ORDER))
            return list(_problems(entries, anchor))

    @staticmethod
    def _last(connection: Connection) -> AuditEntry | None:
        query = select(audit_log).order_by(audit_log.c.number.desc()).limit(1)
        row = connection.execute(query).first()
        return None if row is None else _entry(row)


_IN_ORDER = select(audit_log).order_by(audit_log.c.number)


def _sealed(event: AuditEvent, last: AuditEntry | None) -> AuditEntry:
    try:
        details = json.dumps(dict(event.details or {}), sort_keys=True, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise InvalidRecord(f"Audit of {event.action}: details are not JSON: {error}.") from error
    open_entry = AuditEntry(
        number=1 if last is None else last.number + 1,
        at=now_in_text(),
        actor=event.actor,
        action=event.action,
        subject=event.subject,
        reason=event.reason,
        details=details,
        previous_sha256=GENESIS if last is None else last.sha256,
        sha256="",
    )
    return replace(open_entry, sha256=open_entry.seal)


def _entry(row: AnyRow) -> AuditEntry:
    return AuditEntry(**row._mapping)


def _columns(entry: AuditEntry) -> dict[str, Any]:
    return dict(zip(audit_log.c.keys(), astuple(entry), strict=True))


def _problems(entries: Iterator[AuditEntry], anchor: tuple[int, str] | None) -> Iterator[str]:
    number, previous, found = 0, GENESIS, None
    for entry in entries:
        number += 1
        if entry.number != number:
            yield f"audit line {number}: missing; the next one is {entry.number}"
            number = entry.number
        if entry.previous_sha256 != previous:
            yield f"audit line {number}: does not follow the line before it"
        if entry.sha256 != entry.seal:
            yield f"audit line {number}: was altered"
        if anchor is not None and number == anchor[0]:
            found = entry.sha256
        previous = entry.sha256
    if anchor is not None and found != anchor[1]:
        yield f"audit line {anchor[0]}: is not the one that was kept elsewhere"
