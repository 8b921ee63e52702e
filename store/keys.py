"""API keys: shown once when they are made, kept as a hash, checked in constant time.

A key reads ``sei_ID_SECRET``. The secret has 256 random bits, so that one round of SHA-256
hides it well enough; passwords, which people choose, would need more.
"""

import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from features.errors import Conflict, InvalidRecord, UnknownName
from store.audit import AuditEvent, AuditLog
from store.database import Database
from store.key_table import api_keys
from store.moments import from_text, in_text, now_in_text

#: What a key may carry; ``admin`` may do everything.
ROLES = ("predict", "contribute", "retrain", "promote", "admin")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
#: A key that was revoked is refused after this at the latest.
FRESH_S = 1.0
#: Compared with whatever unknown key comes, so that it takes as long as a known one.
NO_SHA256 = "0" * 64


@dataclass(frozen=True)
class Holder:
    """Whoever asks: the name of the key, and what it may do."""

    name: str
    roles: frozenset[str]


@dataclass(frozen=True)
class KeyEntry:
    """What a list shows of a key; never the key."""

    name: str
    roles: tuple[str, ...]
    made_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    revoked_reason: str | None

    @property
    def is_valid(self) -> bool:
        """Tell whether the key opens anything now."""
        now = from_text(now_in_text())
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > now)


class KeyTable:
    """All keys as they were at one moment; asking it touches no database."""

    def __init__(self, rows: Iterable[Row[Any]] = ()) -> None:
        self._rows = {row.key_id: row for row in rows}

    def are_none(self) -> bool:
        """Tell whether no key was ever made."""
        return not self._rows

    def holder_of(self, key: str) -> Holder | None:
        """Return the holder of a key that is valid now; takes as long for any other."""
        row = self._rows.get(key[4:12] if key.startswith("sei_") else "")
        expected = NO_SHA256 if row is None else row.sha256
        is_right = hmac.compare_digest(_sha256(key), expected)
        if row is None or not is_right or not _entry(row).is_valid:
            return None
        return Holder(row.name, frozenset(row.roles.split(",")))


class KeyStore:
    """The keys of a database; every change is in the audit log.

    Parameters
    ----------
    database : Database
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._audit = AuditLog(database)
        self._table = KeyTable()
        self._read_at = -FRESH_S

    def add(
        self,
        name: str,
        roles: Collection[str],
        *,
        actor: str,
        expires_at: datetime | None = None,
    ) -> str:
        """Make a key and return it; it can never be shown again.

        Raises
        ------
        InvalidRecord
            If the name or a role is not allowed.
        Conflict
            If a key has this name already, revoked ones included.
        """
        _check(name, roles)
        key_id, secret = secrets.token_hex(4), secrets.token_urlsafe(32)
        key = f"sei_{key_id}_{secret}"
        row = {
            "name": name,
            "key_id": key_id,
            "sha256": _sha256(key),
            "roles": ",".join(sorted(roles)),
            "made_at": now_in_text(),
            "expires_at": None if expires_at is None else in_text(expires_at),
        }
        with self._database.writing("keys") as connection:
            if _row(connection, name) is not None:
                raise Conflict(f"A key is called '{name}' already; choose another name.")
            connection.execute(api_keys.insert().values(row))
            details = {"roles": sorted(roles), "expires_at": row["expires_at"]}
            event = AuditEvent(actor, "add key", f"key {name}", details=details)
            self._audit.append_in(connection, event)
        self._read_at = -FRESH_S
        return key

    def revoke(self, name: str, *, actor: str, reason: str) -> None:
        """Let a key open nothing any more.

        Raises
        ------
        UnknownName
            If there is no such key.
        InvalidRecord
            If there is no reason.
        """
        if not reason.strip():
            raise InvalidRecord(f"Key '{name}': revoking it needs a reason; it goes to the audit.")
        with self._database.writing("keys") as connection:
            if _row(connection, name) is None:
                raise UnknownName(f"No key is called '{name}'; list them with: seicast keys list")
            change = {"revoked_at": now_in_text(), "revoked_reason": reason}
            connection.execute(api_keys.update().where(api_keys.c.name == name).values(change))
            event = AuditEvent(actor, "revoke key", f"key {name}", reason)
            self._audit.append_in(connection, event)
        self._read_at = -FRESH_S

    def entries(self) -> list[KeyEntry]:
        """Return all keys by name, revoked ones too."""
        with self._database.reading() as connection:
            rows = connection.execute(select(api_keys).order_by(api_keys.c.name)).all()
        return [_entry(row) for row in rows]

    def table(self) -> KeyTable:
        """Return the keys as they are now."""
        with self._database.reading() as connection:
            return KeyTable(connection.execute(select(api_keys)).all())

    def are_none(self) -> bool:
        """Tell whether no key was ever made."""
        return self._fresh_table().are_none()

    def holder_of(self, key: str) -> Holder | None:
        """Return the holder of a key that is valid now; takes as long for any other."""
        return self._fresh_table().holder_of(key)

    def _fresh_table(self) -> KeyTable:
        """Return the keys, read anew when those at hand are too old."""
        if time.monotonic() - self._read_at >= FRESH_S:
            self._table = self.table()
            self._read_at = time.monotonic()
        return self._table


def _check(name: str, roles: Collection[str]) -> None:
    if not NAME.fullmatch(name):
        raise InvalidRecord(
            f"A key cannot be called '{name[:80]}'; allowed are up to 64 of A-Z a-z 0-9 . _ -, "
            f"the first a letter or digit."
        )
    unknown = sorted(set(roles) - set(ROLES))
    if unknown or not roles:
        raise InvalidRecord(f"A key carries one or more of {', '.join(ROLES)}, got {unknown}.")


def _row(connection: Connection, name: str) -> Row[Any] | None:
    return connection.execute(select(api_keys).where(api_keys.c.name == name)).first()


def _entry(row: Row[Any]) -> KeyEntry:
    return KeyEntry(
        name=row.name,
        roles=tuple(row.roles.split(",")),
        made_at=from_text(row.made_at),
        expires_at=None if row.expires_at is None else from_text(row.expires_at),
        revoked_at=None if row.revoked_at is None else from_text(row.revoked_at),
        revoked_reason=row.revoked_reason,
    )


def _sha256(key: str) -> str:
    return hashlib.sha256(key.encode(errors="replace")).hexdigest()
