"""A kept cell with another type or area, or without a recording: what a person may correct."""

from collections.abc import Collection
from dataclasses import replace

from features.recipe import CellType
from features.records import Cell
from store import CellStore, StoredCell


def correct_design(
    store: CellStore,
    cell_id: str,
    cell_type: CellType | None,
    area_cm2: float | None,
    *,
    dropped: Collection[str] = (),
    reason: str,
    actor: str,
) -> tuple[StoredCell, bool]:
    """Enter a version with another type or area, or without data, and tell whether it differs.

    Parameters
    ----------
    store : CellStore
    cell_id : str
    cell_type : str or None
        None leaves it as it is; so does an area of None.
    area_cm2 : float or None
    dropped : collection of str
        Data that it is not to have: cycling, spectra.
    reason, actor : str
        Go to the audit log.

    Raises
    ------
    InvalidRecord
        If the data cannot be those of such a cell.
    Conflict
        If somebody corrected the cell at the same time.
    """
    entry = store.entry(cell_id)
    # Without its data, which stay: those of a wrong recording may not even fit the cell.
    cell = Cell(entry.cell_id, entry.recipe, entry.source, entry.area_cm2)
    kept = store.correct(
        cell_id,
        corrected(cell, cell_type, area_cm2),
        reason,
        dropped=dropped,
        actor=actor,
        expected_version=entry.version,
    )
    return kept, kept.version != entry.version


def corrected(cell: Cell, cell_type: CellType | None, area_cm2: float | None) -> Cell:
    """Return a cell with another type or area; what is None stays."""
    recipe = cell.recipe
    design = replace(recipe.cell, type=cell_type or recipe.cell.type)
    return replace(
        cell,
        recipe=replace(recipe, cell=design),
        area_cm2=cell.area_cm2 if area_cm2 is None else area_cm2,
    )
