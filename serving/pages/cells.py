"""The list of kept cells, and the way from a form to an upload."""

from functools import partial
from typing import Annotated, Literal

from anyio import to_thread
from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel

from features.errors import InvalidRecord
from features.recipe import Recipe
from serving.errors import InvalidRequest, Problem
from serving.pages.templating import fragment, number
from serving.service import Service, service_of
from store.entries import CellFilter, StoredCell

router = APIRouter(prefix="/pages", include_in_schema=False)

#: Rows of a page: what a person looks through.
N_A_PAGE = 50
Short = Annotated[str, Query(max_length=200)]


class Asked(BaseModel):
    """What a list was asked for, as the form has it: empty asks nothing."""

    lab: Short = ""
    batch: Short = ""
    kind: Literal["", "measured", "literature", "simulated"] = ""
    cell_type: Short = ""
    coating_phase: Short = ""
    outcome: Short = ""
    coated: Short = ""
    cursor: Annotated[str, Query(max_length=400)] = ""

    def filter(self) -> CellFilter:
        """Return what the store is asked."""
        return CellFilter(
            lab=self.lab or None,
            batch=self.batch or None,
            kind=self.kind or None,
            cell_type=self.cell_type or None,
            coating_phase=self.coating_phase or None,
            has_life={"known": True, "open": False}.get(self.outcome),
            is_bare={"bare": True, "coated": False}.get(self.coated),
        )


@router.get("/cells")
async def some(request: Request, asked: Annotated[Asked, Query()]) -> Response:
    """List kept cells, page by page."""
    return await to_thread.run_sync(partial(_listed, service_of(request), asked))


def in_short(recipe: Recipe) -> str:
    """Return what a recipe is, in one line.

    Examples
    --------
    >>> from features import CellDesign, Coating, Phase
    >>> phases = (Phase("Cu3N", 0.9), Phase("SBR", 0.1))
    >>> in_short(Recipe(CellDesign("Li||Cu"), Coating(phases, 1000.0, "doctor blade")))
    'Cu3N 0.9 + SBR 0.1, 1,000 nm, doctor blade'
    """
    coating = recipe.coating
    if coating is None:
        return "coating not described"
    if coating.is_bare:
        return "bare"
    words = [" + ".join(f"{each.name} {each.weight_fraction:g}" for each in coating.phases)]
    if coating.thickness_nm is not None:
        words.append(f"{number(coating.thickness_nm)} nm")
    if coating.process:
        words.append(coating.process)
    return ", ".join(words)


def electrolyte_in_short(recipe: Recipe) -> str:
    """Return what an electrolyte is, in one line."""
    if recipe.electrolyte is None:
        return "electrolyte not stated"
    parts = recipe.electrolyte
    units = {"mol_per_L": " M", "mol_per_kg": " m", "volume_parts": "", "weight_parts": ""}
    words = [
        f"{each.amount:g}{units.get(each.unit, ' ' + each.unit.replace('_', ' '))} {each.name}"
        for each in (*parts.salts, *parts.solvents, *parts.additives)
    ]
    return ", ".join(words) or "electrolyte not stated"


def _listed(service: Service, asked: Asked) -> Response:
    wanted = asked.filter()
    try:
        page = service.cells.list(wanted, limit=N_A_PAGE, cursor=asked.cursor or None)
    except InvalidRecord as error:
        raise InvalidRequest([Problem("cursor", str(error))]) from None
    return fragment(
        "cell_list.html",
        rows=[(each, in_short(each.recipe), _outcome(each)) for each in page.cells],
        next_cursor=page.next_cursor,
        n_cells=service.cells.count(wanted),
        n_in_all=service.cells.count(),
        is_first=not asked.cursor,
    )


def _outcome(cell: StoredCell) -> tuple[float | None, float | None, bool]:
    """Return efficiency and life of a cell, and whether the life is a bound."""
    outcome = cell.outcome
    if outcome is None:
        return None, None, False
    return outcome.ce_fraction, outcome.cycle_life_cycles, bool(outcome.is_censored)
