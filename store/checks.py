"""Whether a store is whole: the database's file, every entry, every raw file, the audit log."""

import json
from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy import select

from features.errors import BrokenStore, SeicastError
from store.cell_tables import blobs, cell_versions, cells
from store.cells import CellStore
from store.database import NO_ANSWER, words_of
from store.entries import filter_columns, stored_cell
from store.facts import Facts, blob_names, content_sha256
from store.schema import AnyRow

_EVERY_VERSION = (
    select(
        *(column.label(f"cell_{column.name}") for column in cells.c),
        cell_versions.c.version,
        cell_versions.c.content_sha256,
        cell_versions.c.facts,
        cell_versions.c.reason,
        cell_versions.c.made_at,
        cells.c.added_at,
    )
    .join_from(cells, cell_versions, cells.c.cell_id == cell_versions.c.cell_id)
    .order_by(cells.c.cell_id, cell_versions.c.version)
)


def problems_of(store: CellStore, anchor: tuple[int, str] | None = None) -> list[str]:
    """Return everything that is wrong with a store, one sentence each; empty if it is whole.

    Every raw file is read, also those of deleted cells.

    Parameters
    ----------
    store : CellStore
    anchor : (int, str) or None
        Last line of the audit log that was kept elsewhere, see ``store.audit``.
    """
    found: list[str] = []
    try:
        found += [f"database: {line}" for line in store.database.integrity()]
        found += _entries(store)
        found += store.audit.verify(anchor)
    except NO_ANSWER as error:
        found.append(f"database: {words_of(error)}; restore it from a backup")
    return found


def _entries(store: CellStore) -> Iterator[str]:
    with store.database.reading() as connection:
        known = set(connection.scalars(select(blobs.c.name)))
        rows = connection.execute(_EVERY_VERSION).all()
        query = select(cells.c.cell_id, cells.c.version)
        newest = {row.cell_id: row.version for row in connection.execute(query)}
    yield from _gaps(newest, rows)
    health: dict[str, str] = {}
    for row in rows:
        who = f"cell '{row.cell_cell_id}', version {row.version}"
        facts, problem = _facts(row)
        if facts is None:
            yield f"{who}: {problem}"
            continue
        for name in blob_names(facts):
            if name not in health:
                health[name] = _problem_of_file(store, name, known)
            if health[name]:
                yield f"{who}: {health[name]}"


def _gaps(newest: Mapping[str, int], rows: Sequence[AnyRow]) -> Iterator[str]:
    """Yield the cells of which versions are missing."""
    found: dict[str, list[int]] = {cell_id: [] for cell_id in newest}
    for row in rows:
        found[row.cell_cell_id].append(row.version)
    for cell_id, numbers in found.items():
        if numbers != list(range(1, newest[cell_id] + 1)):
            yield (
                f"cell '{cell_id}': has versions {numbers}, but should have 1 to "
                f"{newest[cell_id]}; restore the database from a backup"
            )


def _facts(row: AnyRow) -> tuple[Facts | None, str]:
    """Return the facts of a version, or why they are not what was entered."""
    try:
        facts = json.loads(row.facts)
        if content_sha256(facts) != row.content_sha256:
            return None, "its facts were altered; restore the database from a backup"
        stored_cell(row)
        columns = filter_columns(facts)
    except (SeicastError, ValueError, LookupError, TypeError, AttributeError) as error:
        return None, f"its facts cannot be read ({error!r}); restore the database from a backup"
    stated = {name: getattr(row, f"cell_{name}") for name in columns}
    if facts["cell_id"] != row.cell_cell_id or (
        row.version == row.cell_version and stated != columns
    ):
        return None, "lists show other facts than it has; restore the database from a backup"
    return facts, ""


def _problem_of_file(store: CellStore, name: str, known: set[str]) -> str:
    if name not in known:
        return f"raw file {name} is not entered; restore the database from a backup"
    try:
        store.blobs.fetch(name)
    except BrokenStore as error:
        return str(error)
    return ""
