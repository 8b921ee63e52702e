"""Cells at rest: facts and versions in a database, raw data as files named by their content.

A cell's raw files are written first, under temporary names, synced and renamed; its entry is
made last, in one transaction. After a crash a cell is there whole or not at all; files that no
entry refers to are orphans, which ``sweep`` removes. Nothing that was entered is ever overwritten:
a correction is a new version, a deletion a tombstone with its reason.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from enum import Enum

from sqlalchemy import Connection

from features.errors import InvalidRecord, UnknownName
from features.records import Cell
from store import versions
from store.audit import AuditEvent, AuditLog
from store.blobs import Blobs
from store.change import Change
from store.correction import check_dropped, corrected_facts, staying
from store.database import Database
from store.entries import (
    MOST_PER_PAGE,
    CellFilter,
    OriginalFile,
    Page,
    StoredCell,
    count_query,
    page_of,
    page_query,
)
from store.facts import Facts, Original, Sealed, cell_of, sealed
from store.migrations import open_database
from store.outcome import Outcome
from store.sweeping import Swept, sweep

#: Older orphans cannot be of an upload that is still on its way.
ORPHAN_AGE = timedelta(days=1)


class Keep(Enum):
    """Says that a correction leaves something as it is."""

    KEEP = "keep"


KEEP = Keep.KEEP
EVERYTHING = CellFilter()


@dataclass(frozen=True)
class Entered:
    """The entry of a cell that was sent, and whether this sending made it."""

    entry: StoredCell
    is_new: bool


class CellStore:
    """Cells in a database, with raw data under one root.

    Parameters
    ----------
    database : Database
        See ``store.migrations.open_database``.
    root : str
        A folder, or an address that fsspec knows (``s3://bucket/cells``).
    """

    def __init__(self, database: Database, root: str) -> None:
        self.database = database
        self.blobs = Blobs(root)
        self.audit = AuditLog(database)

    @classmethod
    def open(cls, url: str, root: str) -> "CellStore":
        """Return the store at a database's URL and a root, made where it is new."""
        return cls(open_database(url), root)

    def add(
        self,
        cell: Cell,
        *,
        control_id: str | None = None,
        outcome: Outcome | None = None,
        originals: Sequence[Original] = (),
        idempotency_key: str | None = None,
        actor: str = "local",
    ) -> StoredCell:
        """Keep a cell and return its entry; the same content again gives the same entry.

        Parameters
        ----------
        cell : Cell
        control_id : str or None
            Id of the uncoated cell it is compared with, which is in the store.
        outcome : Outcome or None
            If the cell is finished.
        originals : sequence of Original
            The instrument's own files.
        idempotency_key : str or None
            Stands for this content from now on.
        actor : str
            Goes to the audit log.

        Raises
        ------
        Conflict
            If the id, or the key, stands for other content; or the cell was deleted.
        InvalidRecord
            If something cannot be kept.
        """
        new = sealed(cell, control_id, outcome, originals)
        return self.enter(new, idempotency_key=idempotency_key, actor=actor).entry

    def enter(
        self, new: Sealed, *, idempotency_key: str | None = None, actor: str = "local"
    ) -> Entered:
        """Keep a sealed cell as ``add`` does, and tell whether it is new.

        Of those who send the same at the same time, one alone is told so.
        """
        versions.check_key(idempotency_key)
        with self.database.reading() as connection:
            found = versions.already_entered(connection, new, idempotency_key)
        if found is not None and idempotency_key is None:
            return Entered(found, is_new=False)
        self.blobs.keep(new.blobs)
        with self.database.writing("cells") as connection:
            found = versions.already_entered(connection, new, idempotency_key)
            kept = found or self._insert(connection, new, actor)
            versions.remember_key(connection, idempotency_key, kept)
        return Entered(kept, is_new=found is None)

    def same_as(self, cell: Cell, originals: Sequence[Original] = ()) -> StoredCell | None:
        """Return the entry that ``add`` would give without entering anything, None if it is new.

        Raises
        ------
        Conflict, InvalidRecord
            Where ``add`` would.
        """
        new = sealed(cell, None, None, originals)
        with self.database.reading() as connection:
            return versions.already_entered(connection, new, None)

    def correct(
        self,
        cell_id: str,
        cell: Cell,
        reason: str,
        *,
        control_id: str | Keep | None = KEEP,
        outcome: Outcome | Keep | None = KEEP,
        originals: Sequence[Original] | Keep = KEEP,
        dropped: Collection[str] = (),
        actor: str = "local",
        expected_version: int | None = None,
    ) -> StoredCell:
        """Enter a new version of a cell and return it; the earlier ones stay.

        What the correction does not name (control, outcome, originals) stays as it was, and so
        do cycling and spectra that ``cell`` lacks, unless they are ``dropped``; see
        ``store.correction``. Where nothing changes, the current version is returned.

        Raises
        ------
        Conflict
            If ``expected_version`` is given and is not the current one.
        InvalidRecord
            If there is no reason, the id changes, something cannot be kept, the data that stay
            do not fit the corrected cell, or what is dropped is brought as well.
        """
        if cell.cell_id != cell_id:
            raise InvalidRecord(
                f"A correction of cell '{cell_id}' holds cell '{cell.cell_id}'; ids cannot change."
            )
        stated = {"control_id": control_id, "outcome": outcome, "originals": originals}
        kept = [name for name, value in stated.items() if value is KEEP]
        new = sealed(
            cell,
            None if isinstance(control_id, Keep) else control_id,
            None if isinstance(outcome, Keep) else outcome,
            () if isinstance(originals, Keep) else originals,
        )
        check_dropped(new.facts, dropped)
        self.blobs.keep(new.blobs)

        def make(before: Facts) -> Sealed:
            facts = corrected_facts(new.facts, before, kept, dropped)
            if staying(new.facts, before, dropped):
                cell_of(facts, self.blobs)  # raises where data and corrected facts do not fit
            return Sealed(facts, new.blobs)

        return self._change(cell_id, make, Change("correct", reason, actor, expected_version))

    def finish(
        self,
        cell_id: str,
        outcome: Outcome,
        reason: str = "the test ended",
        *,
        actor: str = "local",
        expected_version: int | None = None,
    ) -> StoredCell:
        """Enter what became of a cell, as a new version of it, and return that."""
        return self._change(
            cell_id,
            lambda facts: Sealed({**facts, "outcome": asdict(outcome)}, {}),
            Change("finish", reason, actor, expected_version),
        )

    def delete(self, cell_id: str, reason: str, *, actor: str = "local") -> None:
        """Take a cell out of service; its data are kept, and its id stays taken.

        Raises
        ------
        UnknownName
            If it is not there; DeletedCell if it was deleted already.
        """
        change = Change("delete", reason, actor)
        with self.database.writing("cells") as connection:
            row = versions.current(connection, cell_id)
            versions.insert_tombstone(connection, cell_id, reason)
            self.audit.append_in(connection, change.event(cell_id, {"version": row.version}))

    def get(self, cell_id: str, version: int | None = None) -> Cell:
        """Return a cell with its raw data, in its current version where none is named.

        Raises
        ------
        UnknownName
            If there is no such cell or version; DeletedCell if it was deleted.
        BrokenStore
            If its raw data are gone or altered.
        """
        return cell_of(self._facts(cell_id, version), self.blobs)

    def entry(self, cell_id: str, version: int | None = None) -> StoredCell:
        """Return a cell's entry without its raw data."""
        with self.database.reading() as connection:
            return versions.entry(connection, cell_id, version)

    def entry_of_key(self, idempotency_key: str) -> StoredCell | None:
        """Return what was entered under an idempotency key, None if it was not used."""
        with self.database.reading() as connection:
            return versions.entry_of_key(connection, idempotency_key)

    def versions(self, cell_id: str) -> tuple[StoredCell, ...]:
        """Return all versions of a cell, the first one first."""
        with self.database.reading() as connection:
            return versions.all_versions(connection, cell_id)

    def list(
        self, asked: CellFilter = EVERYTHING, *, limit: int = 100, cursor: str | None = None
    ) -> Page:
        """Return a page of cells in the order of their ids.

        Cells that are added meanwhile neither double nor hide others on later pages.

        Parameters
        ----------
        asked : CellFilter
        limit : int
            1 to 1000 cells a page.
        cursor : str or None
            ``next_cursor`` of the page before, asked with the same filter.
        """
        query = page_query(asked, limit, cursor)
        with self.database.reading() as connection:
            return page_of(connection.execute(query).all(), limit)

    def each(self, asked: CellFilter = EVERYTHING) -> Iterator[StoredCell]:
        """Yield all cells that are asked for, in the order of their ids."""
        cursor = None
        while True:
            page = self.list(asked, limit=MOST_PER_PAGE, cursor=cursor)
            yield from page.cells
            cursor = page.next_cursor
            if cursor is None:
                return

    def count(self, asked: CellFilter = EVERYTHING) -> int:
        """Return how many cells there are of those asked for."""
        with self.database.reading() as connection:
            return connection.scalar(count_query(asked)) or 0

    def original(
        self, cell_id: str, name: str | None = None, version: int | None = None
    ) -> OriginalFile:
        """Return which file an instrument wrote; without a name, the only one.

        Raises
        ------
        UnknownName
            If none of that name was uploaded with the cell, or without a name several were.
        """
        kept = self.entry(cell_id, version).originals
        found = [each for each in kept if name in {None, each.name}]
        if len(found) != 1:
            named = ", ".join(each.name for each in kept) or "none"
            raise UnknownName(
                f"Cell '{cell_id}' has no single original file '{name or ''}'; kept with it: "
                f"{named}."
            )
        return found[0]

    def raw_bytes(self, cell_id: str, name: str | None = None, version: int | None = None) -> bytes:
        """Return an instrument's own file, byte for byte."""
        return self.blobs.fetch(f"{self.original(cell_id, name, version).sha256}.raw")

    def raw_chunks(
        self, cell_id: str, name: str | None = None, version: int | None = None
    ) -> Iterator[bytes]:
        """Yield an instrument's own file in pieces; an altered one breaks off before its end."""
        return self.blobs.chunks(f"{self.original(cell_id, name, version).sha256}.raw")

    def sweep(self, older_than: timedelta = ORPHAN_AGE) -> Swept:
        """Remove raw files without an entry, those last written longer ago than ``older_than``."""
        return sweep(self.database, self.blobs, older_than)

    def close(self) -> None:
        """Close all connections."""
        self.database.close()

    def _insert(self, connection: Connection, new: Sealed, actor: str) -> StoredCell:
        """Enter a cell's first version, with its line in the audit log."""
        versions.check_control(connection, new.facts)
        self.blobs.restore_lost(new.blobs)
        kept = versions.insert_cell(connection, new)
        event = AuditEvent(actor, "add", f"cell {kept.cell_id}", "", {"version": kept.version})
        self.audit.append_in(connection, event)
        return kept

    def _facts(self, cell_id: str, version: int | None) -> Facts:
        with self.database.reading() as connection:
            return versions.facts_of(connection, cell_id, version)

    def _change(self, cell_id: str, make: Callable[[Facts], Sealed], change: Change) -> StoredCell:
        """Enter what ``make`` turns the current facts into, unless it says the same."""
        with self.database.writing("cells") as connection:
            row = versions.current(connection, cell_id)
            change.check_version(cell_id, row.version)
            kept = versions.entry(connection, cell_id, None)
            new = make(versions.facts_of(connection, cell_id, None))
            if new.content_sha256 == kept.content_sha256:
                return kept
            if new.facts["control_id"] != kept.control_id:
                versions.check_control(connection, new.facts)
            self.blobs.restore_lost(new.blobs)
            kept = versions.insert_correction(connection, row, new, change.reason)
            self.audit.append_in(connection, change.event(cell_id, {"version": kept.version}))
        return kept
