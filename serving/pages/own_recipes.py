"""Recipes of the lab's own that are nearest to one asked about, with what became of their cells."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from features.published import unlikeness
from features.recipe import Recipe
from serving.pages.cells import in_short
from store.cells import CellStore
from store.entries import CellFilter, StoredCell

#: Looked through; so many recipes take a few tenths of a second.
MOST_LISTED = 2000
N_NEAREST = 3
#: Recipes with less in common are no neighbours.
MOST_UNLIKE = 0.5


@dataclass(frozen=True)
class OwnRecipe:
    """A recipe of kept cells that is like the one asked about.

    Attributes
    ----------
    cell_id : str
        One of its cells.
    words : str
    kinds : str
        Measured, literature or simulated.
    n_cells : int
    differs_in : tuple of str
        Facts that differ, or that one side does not state.
    ce_fraction, cycle_life_cycles : float or None
        Medians over the cells with an entered outcome.
    is_bound : bool
        Whether a test of these was stopped alive, so that the median life is a lower bound.
    """

    cell_id: str
    words: str
    kinds: str
    n_cells: int
    differs_in: tuple[str, ...]
    ce_fraction: float | None
    cycle_life_cycles: float | None
    is_bound: bool


def nearest_own(store: CellStore, recipe: Recipe) -> list[OwnRecipe]:
    """Return the kept recipes nearest to a recipe, the nearest first.

    Distances are those of ``features.published``.
    """
    kept: dict[str, list[StoredCell]] = {}
    for each in islice(store.each(CellFilter(cell_type=recipe.cell.type)), MOST_LISTED):
        kept.setdefault(each.recipe.recipe_id, []).append(each)
    ranked = sorted(
        (*unlikeness(recipe, cells[0].recipe), recipe_id) for recipe_id, cells in kept.items()
    )
    return [
        _own(kept[recipe_id], differs_in)
        for distance, differs_in, recipe_id in ranked[:N_NEAREST]
        if distance <= MOST_UNLIKE
    ]


def _own(cells: Sequence[StoredCell], differs_in: tuple[str, ...]) -> OwnRecipe:
    outcomes = [each.outcome for each in cells if each.outcome is not None]
    return OwnRecipe(
        cell_id=cells[0].cell_id,
        words=in_short(cells[0].recipe),
        kinds=", ".join(sorted({each.source.kind for each in cells})),
        n_cells=len(cells),
        differs_in=differs_in,
        ce_fraction=_median([each.ce_fraction for each in outcomes]),
        cycle_life_cycles=_median([each.cycle_life_cycles for each in outcomes]),
        is_bound=any(bool(each.is_censored) for each in outcomes),
    )


def _median(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.median(known)) if known else None
