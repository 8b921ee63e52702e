"""What a transaction reads and writes of a cell: its row, its versions, its idempotency keys."""

import json

from sqlalchemy import Connection, func, select

from features.errors import Conflict, DeletedCell, InvalidRecord, UnknownName
from store.cell_tables import blobs, cell_versions, cells, idempotency_keys
from store.entries import VERSIONS, StoredCell, filter_columns, stored_cell
from store.facts import Facts, Sealed, check_cell_id, content_sha256, in_json
from store.moments import now_in_text
from store.schema import AnyRow

LONGEST_KEY = 200


def current(connection: Connection, cell_id: str) -> AnyRow:
    """Return the row of a cell that is served.

    Raises
    ------
    UnknownName
        If there is none of that id; DeletedCell if there was one.
    """
    check_cell_id(cell_id)
    row = _row(connection, cell_id)
    if row is None:
        n_cells = connection.scalar(
            select(func.count()).select_from(cells).where(cells.c.deleted_at.is_(None))
        )
        raise UnknownName(f"No cell '{cell_id}' is in the store; it holds {n_cells} cells.")
    if row.deleted_at is not None:
        raise DeletedCell(f"Cell '{cell_id}' was deleted at {row.deleted_at}: {row.deleted_reason}")
    return row


def entry(connection: Connection, cell_id: str, version: int | None) -> StoredCell:
    """Return a version of a cell that is served, the current one where none is named."""
    return stored_cell(_version(connection, cell_id, version))


def facts_of(connection: Connection, cell_id: str, version: int | None) -> Facts:
    """Return the facts of a version."""
    facts: Facts = json.loads(_version(connection, cell_id, version).facts)
    return facts


def all_versions(connection: Connection, cell_id: str) -> tuple[StoredCell, ...]:
    """Return every version of a cell that is served, the first one first."""
    current(connection, cell_id)
    query = VERSIONS.where(cells.c.cell_id == cell_id).order_by(cell_versions.c.version)
    return tuple(map(stored_cell, connection.execute(query)))


def entry_of_key(connection: Connection, key: str) -> StoredCell | None:
    """Return what was entered under an idempotency key."""
    used = _key_row(connection, key)
    return None if used is None else entry(connection, used.cell_id, used.version)


def already_entered(connection: Connection, new: Sealed, key: str | None) -> StoredCell | None:
    """Return the entry of a cell that is there already, None if it is new.

    Raises
    ------
    Conflict
        If the id or the key stands for something else, or the cell was deleted.
    """
    cell_id, content = new.facts["cell_id"], new.content_sha256
    used = None if key is None else _key_row(connection, key)
    if used is not None:
        if used.content_sha256 != content:
            raise Conflict(
                f"Idempotency key '{key}' was used for cell '{used.cell_id}' with other content; "
                f"send a new key with new content."
            )
        return entry(connection, used.cell_id, used.version)
    row = _row(connection, cell_id)
    if row is None:
        return None
    if row.deleted_at is not None:
        raise Conflict(
            f"Cell '{cell_id}' was deleted at {row.deleted_at} ({row.deleted_reason}) and its id "
            f"stays taken; send the cell under a new id."
        )
    same = VERSIONS.where(cells.c.cell_id == cell_id, cell_versions.c.content_sha256 == content)
    found = connection.execute(same.order_by(cell_versions.c.version.desc())).first()
    if found is None:
        raise Conflict(
            f"Cell '{cell_id}' is in the store already, with other content; correct it, or send "
            f"this one under a new id."
        )
    return stored_cell(found)


def insert_cell(connection: Connection, new: Sealed) -> StoredCell:
    """Enter a cell's first version."""
    cell_id = new.facts["cell_id"]
    now = now_in_text()
    row = {"cell_id": cell_id, "version": 1, "added_at": now, "changed_at": now}
    connection.execute(cells.insert().values(row | filter_columns(new.facts)))
    _insert_version(connection, new, 1, reason=None, now=now)
    return entry(connection, cell_id, 1)


def insert_correction(connection: Connection, row: AnyRow, new: Sealed, reason: str) -> StoredCell:
    """Enter a further version; ``row`` is the cell's own."""
    version, now = row.version + 1, now_in_text()
    _insert_version(connection, new, version, reason=reason, now=now)
    changed = {"version": version, "changed_at": now} | filter_columns(new.facts)
    connection.execute(cells.update().where(cells.c.cell_id == row.cell_id).values(changed))
    return entry(connection, row.cell_id, version)


def insert_tombstone(connection: Connection, cell_id: str, reason: str) -> None:
    """Take a cell out of service; all its versions and raw data stay."""
    now = now_in_text()
    changed = {"deleted_at": now, "changed_at": now, "deleted_reason": reason}
    connection.execute(cells.update().where(cells.c.cell_id == cell_id).values(changed))


def remember_key(connection: Connection, key: str | None, kept: StoredCell) -> None:
    """Let a key stand for an entry, if it is given and not in use."""
    if key is None or _key_row(connection, key) is not None:
        return
    row = {
        "idempotency_key": key,
        "cell_id": kept.cell_id,
        "version": kept.version,
        "content_sha256": kept.content_sha256,
        "used_at": now_in_text(),
    }
    connection.execute(idempotency_keys.insert().values(row))


def check_control(connection: Connection, facts: Facts) -> None:
    """Refuse a control that is not there, or is no uncoated cell."""
    control_id, cell_id = facts["control_id"], facts["cell_id"]
    if control_id is None:
        return
    if control_id == cell_id:
        raise InvalidRecord(f"Cell '{cell_id}' cannot be its own control; leave control_id out.")
    row = current(connection, control_id)
    if row.phases:
        named = row.phases.strip("\n").replace("\n", ", ")
        raise InvalidRecord(
            f"Cell '{cell_id}': its control '{control_id}' is coated with {named}; name an "
            f"uncoated cell."
        )


def check_key(key: str | None) -> None:
    """Raise InvalidRecord if an idempotency key is empty, too long or not printable ASCII."""
    if key is not None and not (
        1 <= len(key) <= LONGEST_KEY and key.isascii() and key.isprintable()
    ):
        raise InvalidRecord(
            f"Idempotency key {key[:40]!r} is not allowed; send 1 to {LONGEST_KEY} printable "
            f"ASCII characters, such as a UUID."
        )


def _row(connection: Connection, cell_id: str) -> AnyRow | None:
    return connection.execute(select(cells).where(cells.c.cell_id == cell_id)).first()


def _key_row(connection: Connection, key: str) -> AnyRow | None:
    query = select(idempotency_keys).where(idempotency_keys.c.idempotency_key == key)
    return connection.execute(query).first()


def _version(connection: Connection, cell_id: str, version: int | None) -> AnyRow:
    row = current(connection, cell_id)
    number = row.version if version is None else version
    query = VERSIONS.where(cells.c.cell_id == cell_id, cell_versions.c.version == number)
    found = connection.execute(query).first()
    if found is None:
        raise UnknownName(
            f"Cell '{cell_id}' has no version {version}; it has versions 1 to {row.version}."
        )
    return found


def _insert_version(
    connection: Connection, new: Sealed, version: int, *, reason: str | None, now: str
) -> None:
    row = {
        "cell_id": new.facts["cell_id"],
        "version": version,
        "content_sha256": content_sha256(new.facts),
        "facts": in_json(new.facts, new.facts["cell_id"]),
        "reason": reason,
        "made_at": now,
    }
    connection.execute(cell_versions.insert().values(row))
    known = set(connection.scalars(select(blobs.c.name).where(blobs.c.name.in_(new.blobs))))
    files = [
        {"name": name, "n_bytes": len(content), "added_at": now}
        for name, content in new.blobs.items()
        if name not in known
    ]
    if files:
        connection.execute(blobs.insert(), files)
