"""What a client may send to, and gets from, the kept cells."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from features.recipe import Recipe
from features.records import Source
from serving.schemas import EXAMPLE_CELL, STRICT, CellIn, Name
from serving.texts import Reason
from store.entries import OriginalFile, StoredCell
from store.outcome import Outcome


class KeptCellIn(BaseModel):
    """A cell to keep: what was made and measured, and what became of it."""

    model_config = STRICT

    cell: CellIn
    control_id: Name | None = Field(
        default=None, description="Id of the uncoated cell it is compared with."
    )
    outcome: Outcome | None = Field(default=None, description="If the cell is finished.")


class CorrectionIn(KeptCellIn):
    """A new version of a kept cell; the earlier ones stay.

    Recipe, source and area are those of the correction. Cycling and spectra that it does not bring
    stay unless they are dropped, and so do the instrument's files; data that it brings, also in a
    file, replace those of their kind.
    """

    control_id: Name | None = Field(
        default=None,
        description="Id of the uncoated cell it is compared with; left out it stays, null says "
        "that there is none.",
    )
    outcome: Outcome | None = Field(
        default=None, description="Left out it stays; null says that there is none yet."
    )
    drop: Annotated[tuple[Literal["cycling", "spectra"], ...], Field(max_length=2)] = Field(
        default=(),
        description="Data that the new version is not to have; those of the earlier ones stay. "
        "The instrument's files go along where no other data stay.",
    )
    reason: Reason
    expected_version: Annotated[int, Field(ge=1)] | None = Field(
        default=None, description="Refuse the correction if another came before it."
    )


class OutcomeIn(BaseModel):
    """What became of a kept cell."""

    model_config = STRICT

    outcome: Outcome
    reason: Reason = "the test ended"


KEPT_CELL_EXAMPLE: dict[str, Any] = {"cell": EXAMPLE_CELL}
OUTCOME_EXAMPLE: dict[str, Any] = {
    "outcome": {"cycle_life_cycles": 104, "is_censored": True, "ce_fraction": 0.974}
}
CORRECTION_EXAMPLE: dict[str, Any] = {"cell": EXAMPLE_CELL, "reason": "the area was wrong"}


class StoredCellOut(BaseModel):
    """A version of a kept cell, without its raw data."""

    cell_id: str
    version: int
    content_sha256: str
    recipe: Recipe
    source: Source
    area_cm2: float | None
    control_id: str | None
    outcome: Outcome | None
    n_rows: int = Field(description="Rows of cycling.")
    n_spectra: int
    files: list[OriginalFile] = Field(description="The instrument's own files.")
    added_at: datetime
    changed_at: datetime
    reason: str | None = Field(description="Of the correction; null in a first version.")
    notes: list[str] = Field(
        default=[], description="What the readers converted, repaired or left out."
    )


class CellsReply(BaseModel):
    """Some of the cells that were asked for, in the order of their ids."""

    cells: list[StoredCellOut]
    next_cursor: str | None = Field(description="Asks for those after these; null at the end.")
    n_cells: int = Field(description="How many there are in all.")


class VersionsReply(BaseModel):
    """All versions of a cell, the first one first."""

    versions: list[StoredCellOut]


class SpectrumOut(BaseModel):
    """One kept spectrum."""

    frequency_hertz: list[float]
    real_impedance_ohm: list[float]
    imaginary_impedance_ohm: list[float]
    cycle: int | None
    time_h: float | None
    n_interfaces: int | None


class SpectraReply(BaseModel):
    """The spectra of a kept cell."""

    spectra: list[SpectrumOut]


def stored_cell_out(entry: StoredCell, notes: tuple[str, ...] = ()) -> StoredCellOut:
    """Return an entry as it is shown."""
    return StoredCellOut(
        cell_id=entry.cell_id,
        version=entry.version,
        content_sha256=entry.content_sha256,
        recipe=entry.recipe,
        source=entry.source,
        area_cm2=entry.area_cm2,
        control_id=entry.control_id,
        outcome=entry.outcome,
        n_rows=entry.n_rows,
        n_spectra=entry.n_spectra,
        files=list(entry.originals),
        added_at=entry.added_at,
        changed_at=entry.changed_at,
        reason=entry.reason,
        notes=list(notes),
    )
