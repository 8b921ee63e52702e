"""The lab's own finished cells, as they stand in the store; simulated ones stay out.

The store is the one that SEICAST_DATABASE and SEICAST_CELLS name, or any that is handed over.
"""

import math
import os

import pandas as pd

from features.doubts import short_reasons
from features.errors import MissingData
from features.records import Cell
from store import CellFilter, CellStore, StoredCell
from training.cohort import Cohort

CITATION = "the lab's own cells, not published"
BARE = "bare"


def load() -> Cohort:
    """Return the finished cells of the store that the environment names.

    Raises
    ------
    MissingData
        If it names none, or no cell there is finished.
    """
    url, root = os.environ.get("SEICAST_DATABASE"), os.environ.get("SEICAST_CELLS")
    if not url or not root:
        raise MissingData(
            "Cohort 'store' needs the lab's store; set SEICAST_DATABASE and SEICAST_CELLS, or "
            "train through the command line, which knows them."
        )
    return cohort_of(CellStore.open(url, root))


def cohort_of(store: CellStore, asked: CellFilter | None = None) -> Cohort:
    """Return the finished cells of a store, grouped by recipe, their controls named.

    Parameters
    ----------
    store : CellStore
    asked : CellFilter, optional
        Of all kept cells, take these.

    Raises
    ------
    MissingData
        If none of them is finished.
    """
    kept = [
        each
        for each in store.each(asked or CellFilter())
        if each.outcome is not None and each.source.kind != "simulated"
    ]
    if not kept:
        raise MissingData(
            "No measured cell of the store has an outcome yet; state what became of finished "
            "cells, then train."
        )
    cells = tuple(store.get(each.cell_id) for each in kept)
    ids = {cell.cell_id for cell in cells}
    return Cohort(
        name="store",
        citation=CITATION,
        cells=cells,
        outcomes=_outcomes(kept, cells),
        groups=tuple(each.recipe.recipe_id for each in kept),
        group_kind="recipe",
        families=tuple(_phase_family(cell) for cell in cells),
        family_kind="phase family",
        controls={each.cell_id: each.control_id for each in kept if each.control_id in ids},
    )


def _outcomes(kept: list[StoredCell], cells: tuple[Cell, ...]) -> pd.DataFrame:
    rows = [_outcome(each, cell) for each, cell in zip(kept, cells, strict=True)]
    index = pd.Index([cell.cell_id for cell in cells], name="cell_id")
    frame = pd.DataFrame(rows, index=index)
    return frame.astype({"cycle_life_cycles": float, "is_censored": bool, "ce_fraction": float})


def _outcome(kept: StoredCell, cell: Cell) -> dict[str, float | bool]:
    """Return what became of a cell; a short's efficiency, or one of 1, teaches nothing."""
    outcome = kept.outcome
    life = None if outcome is None else outcome.cycle_life_cycles
    ce = None if outcome is None else outcome.ce_fraction
    is_told = ce is not None and ce < 1 and not short_reasons(cell)
    return {
        "cycle_life_cycles": math.nan if life is None else life,
        "is_censored": bool(outcome is not None and outcome.is_censored),
        "ce_fraction": ce if is_told and ce is not None else math.nan,
    }


def _phase_family(cell: Cell) -> str:
    """Return the first phase of a coating, by weight; bare and undescribed ones are bare."""
    coating = cell.recipe.coating
    if coating is None or coating.is_bare:
        return BARE
    inorganic = [phase for phase in coating.phases if phase.role == "inorganic"]
    return max(inorganic or coating.phases, key=lambda phase: phase.weight_fraction).name
