"""What a list shows of a kept cell, and what a list can be asked for."""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select

from features.errors import InvalidRecord
from features.recipe import Recipe, recipe_from_dict
from features.records import Source, SourceKind
from store.cell_tables import cell_versions, cells
from store.facts import CELL_ID, Facts, is_printable
from store.moments import from_text, in_text
from store.outcome import Outcome
from store.schema import AnyRow, AnySelect

MOST_PER_PAGE = 1000


@dataclass(frozen=True)
class OriginalFile:
    """An instrument's own file that is kept with a cell."""

    name: str
    sha256: str
    n_bytes: int


@dataclass(frozen=True)
class StoredCell:
    """One version of a kept cell, without its raw data.

    Attributes
    ----------
    cell_id : str
    version : int
        From 1; a correction adds one.
    content_sha256 : str
        Equal where two versions say the same.
    recipe, source, area_cm2
        As in ``Cell``.
    control_id : str or None
        The uncoated cell it is compared with.
    outcome : Outcome or None
        None while the cell is not finished.
    n_rows, n_spectra : int
        Rows of cycling, and impedance spectra.
    originals : tuple of OriginalFile
    added_at, changed_at : datetime
        When the cell was entered, and this version of it.
    reason : str or None
        Of the correction; None in a first version.
    """

    cell_id: str
    version: int
    content_sha256: str
    recipe: Recipe
    source: Source
    area_cm2: float | None
    control_id: str | None
    outcome: Outcome | None
    n_rows: int
    n_spectra: int
    originals: tuple[OriginalFile, ...]
    added_at: datetime
    changed_at: datetime
    reason: str | None


@dataclass(frozen=True)
class CellFilter:
    """What a list holds; null asks nothing.

    Attributes
    ----------
    lab, batch, kind, cell_type, recipe_id : str or None
        Equal. Cells of one recipe are replicates.
    has_life : bool or None
        Whether a life, also a censored one, is known.
    coating_phase : str or None
        Name of a phase of the coating, such as "Cu3N".
    is_bare : bool or None
        Whether the cell is an uncoated control. A coating nobody described is neither.
    control_id : str or None
        Cells compared with this control.
    since : datetime or None
        Added or corrected at this moment or later; with its time zone.
    """

    lab: str | None = None
    batch: str | None = None
    kind: SourceKind | None = None
    cell_type: str | None = None
    recipe_id: str | None = None
    has_life: bool | None = None
    coating_phase: str | None = None
    is_bare: bool | None = None
    control_id: str | None = None
    since: datetime | None = None

    def __post_init__(self) -> None:
        for field in fields(self):
            asked = getattr(self, field.name)
            # No kept text holds any; between line feeds stand the phases of a row.
            if isinstance(asked, str) and not is_printable(asked):
                raise InvalidRecord(
                    f"CellFilter.{field.name} is {asked[:80]!r}; control characters are not "
                    f"allowed. Leave them out."
                )

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return what rows of ``cells`` must fulfil; deleted ones never do."""
        columns = cells.c
        equal = ("lab", "batch", "kind", "cell_type", "recipe_id", "control_id")
        stated = {name: getattr(self, name) for name in equal}
        found: list[ColumnElement[bool]] = [columns.deleted_at.is_(None)]
        found += [columns[name] == value for name, value in stated.items() if value is not None]
        if self.has_life is not None:
            found.append(columns.cycle_life_cycles.is_not(None) == self.has_life)
        if self.is_bare is not None:
            found.append((columns.phases == "") == self.is_bare)
        if self.coating_phase is not None:
            found.append(columns.phases.contains(f"\n{self.coating_phase}\n", autoescape=True))
        if self.since is not None:
            found.append(columns.changed_at >= in_text(self.since))
        return found


@dataclass(frozen=True)
class Page:
    """Some of the cells that were asked for.

    Attributes
    ----------
    cells : tuple of StoredCell
        In the order of their ids.
    next_cursor : str or None
        Asks for the cells after these; None if there are no more.
    """

    cells: tuple[StoredCell, ...]
    next_cursor: str | None


#: Rows of which each is one version of a cell.
VERSIONS: AnySelect = select(
    cell_versions.c.version,
    cell_versions.c.content_sha256,
    cell_versions.c.facts,
    cell_versions.c.reason,
    cell_versions.c.made_at,
    cells.c.added_at,
).join_from(cells, cell_versions, cells.c.cell_id == cell_versions.c.cell_id)
CURRENT = VERSIONS.where(cells.c.version == cell_versions.c.version)


def page_query(asked: CellFilter, limit: int, cursor: str | None) -> AnySelect:
    """Return the query of one page, and of one cell more to know whether it is the last.

    Raises
    ------
    InvalidRecord
        If the limit or the cursor is not allowed.
    """
    if not 1 <= limit <= MOST_PER_PAGE:
        raise InvalidRecord(f"The limit is {limit}; allowed is 1 to {MOST_PER_PAGE} cells a page.")
    query = CURRENT.where(*asked.conditions()).order_by(cells.c.cell_id).limit(limit + 1)
    return query if cursor is None else query.where(cells.c.cell_id > _from_cursor(cursor))


def count_query(asked: CellFilter) -> Select[int]:
    """Return the query of how many there are."""
    return select(func.count()).select_from(cells).where(*asked.conditions())


def page_of(rows: Sequence[AnyRow], limit: int) -> Page:
    """Return the page that the rows of a ``page_query`` make."""
    found = tuple(map(stored_cell, rows[:limit]))
    return Page(found, _cursor(found[-1].cell_id) if len(rows) > limit else None)


def stored_cell(row: AnyRow) -> StoredCell:
    """Return the entry of a row of ``VERSIONS``."""
    facts = json.loads(row.facts)
    outcome, spectra = facts["outcome"], facts["spectra"]
    return StoredCell(
        cell_id=facts["cell_id"],
        version=row.version,
        content_sha256=row.content_sha256,
        recipe=recipe_from_dict(facts["recipe"]),
        source=Source(**facts["source"]),
        area_cm2=facts["area_cm2"],
        control_id=facts["control_id"],
        outcome=None if outcome is None else Outcome(**outcome),
        n_rows=0 if facts["cycling"] is None else facts["cycling"]["n_rows"],
        n_spectra=0 if spectra is None else len(spectra["each"]),
        originals=tuple(map(_original_file, facts["originals"])),
        added_at=from_text(row.added_at),
        changed_at=from_text(row.made_at),
        reason=row.reason,
    )


def filter_columns(facts: Facts) -> dict[str, Any]:
    """Return the columns of ``cells`` by which lists are filtered."""
    source, outcome = facts["source"], facts["outcome"] or {}
    return {
        "kind": source["kind"],
        "lab": source["lab"],
        "batch": source["batch"],
        "cell_type": facts["recipe"]["cell"]["type"],
        "recipe_id": recipe_from_dict(facts["recipe"]).recipe_id,
        "phases": _phases(facts["recipe"]["coating"]),
        "control_id": facts["control_id"],
        "cycle_life_cycles": outcome.get("cycle_life_cycles"),
        "is_censored": outcome.get("is_censored"),
    }


def _phases(coating: Mapping[str, Any] | None) -> str | None:
    """Return "" for a bare electrode, null for a coating nobody described."""
    if coating is None:
        return None
    return "".join(f"\n{phase['name']}" for phase in coating["phases"]) + (
        "\n" if coating["phases"] else ""
    )


def _original_file(kept: Mapping[str, Any]) -> OriginalFile:
    return OriginalFile(kept["name"], kept["file"][:64], kept["n_bytes"])


def _cursor(cell_id: str) -> str:
    return base64.urlsafe_b64encode(cell_id.encode()).decode().rstrip("=")


def _from_cursor(cursor: str) -> str:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        cell_id = base64.b64decode(padded.encode("ascii"), altchars=b"-_", validate=True).decode()
    except ValueError:  # UnicodeError and binascii.Error are ValueErrors
        cell_id = ""
    if not CELL_ID.fullmatch(cell_id):
        raise InvalidRecord("The cursor is none of this store; leave it out to start anew.")
    return cell_id
