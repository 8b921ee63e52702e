"""Which kept cells are asked for: what a list goes by, and the list."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import Query
from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict

from features.errors import InvalidRecord
from serving.cell_schemas import CellsReply, stored_cell_out
from serving.errors import InvalidRequest, Problem
from serving.service import Service
from serving.texts import Line
from store.entries import CellFilter
from store.moments import in_text

Short = Annotated[Line | None, Query(max_length=200)]


def _written_out(moment: object) -> object:
    """Refuse a bare number, which would be taken for seconds since 1970."""
    try:
        float(str(moment))
    except ValueError:
        return moment
    raise ValueError("it must be a date and time with its zone, such as 2026-01-31T12:00:00Z")


def _in_calendar(moment: datetime) -> datetime:
    """Refuse a moment that is beyond the calendar in UTC."""
    in_text(moment)
    return moment


Moment = Annotated[AwareDatetime, BeforeValidator(_written_out), AfterValidator(_in_calendar)]


class AskedCells(BaseModel):
    """Which cells to list; what is left out asks nothing."""

    model_config = ConfigDict(extra="forbid")

    lab: Short = None
    batch: Short = None
    kind: Literal["measured", "literature", "simulated"] | None = None
    cell_type: Short = None
    recipe_id: Short = None
    has_life: bool | None = None
    coating_phase: Short = None
    is_bare: bool | None = None
    control_id: Short = None
    since: Moment | None = None


def cells_listed(service: Service, asked: AskedCells, limit: int, cursor: str | None) -> CellsReply:
    """Return a page of the cells that are asked for, in the order of their ids."""
    try:
        wanted = CellFilter(**asked.model_dump())
    except InvalidRecord as error:
        raise InvalidRequest([Problem("query", str(error))]) from None
    try:
        page = service.cells.list(wanted, limit=limit, cursor=cursor)
    except InvalidRecord as error:
        raise InvalidRequest([Problem("cursor", str(error))]) from None
    return CellsReply(
        cells=list(map(stored_cell_out, page.cells)),
        next_cursor=page.next_cursor,
        n_cells=service.cells.count(wanted),
    )
