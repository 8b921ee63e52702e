"""How far the kept cells of late have moved from what a model learnt; a page of JSON, a metric."""

from functools import partial
from itertools import islice
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from models.drift import LEAST_CELLS, Drift, drift
from models.shelf import Champion
from serving.queries import AS_DOCUMENTED
from serving.replies import ModelOut, model_out
from serving.service import Service, json_reply, problems, service_of
from serving.texts import Line
from store.cells import CellStore
from store.entries import CellFilter

router = APIRouter(tags=["models"], dependencies=[AS_DOCUMENTED])


class DriftOut(BaseModel):
    """One descriptor: quartiles of the training cells beside those of the cells of late."""

    descriptor: str
    moved_fraction: float = Field(description="Kolmogorov-Smirnov distance, 0 to 1.")
    p_value: float
    is_alarm: bool = Field(description="0.05 over the number of descriptors is undercut.")
    learnt: list[float]
    recent: list[float]
    missing_learnt_fraction: float
    missing_recent_fraction: float


class DriftReply(BaseModel):
    """What moved, the most first; an alarm, never a refusal."""

    model: ModelOut
    n_cells: int = Field(description="Kept cells of late that were looked at.")
    is_alarm: bool
    note: str
    descriptors: list[DriftOut]


@router.get("/v1/models/{name}/drift", response_model=DriftReply, responses=problems(404, 422, 503))
async def of_model(
    request: Request,
    name: Line,
    n_cells: Annotated[int, Query(ge=LEAST_CELLS, le=1000)] = 100,
) -> Response:
    """Compare the kept cells of late with those that a model learnt from."""
    service = service_of(request)
    return json_reply(await service.work.done(partial(_report, service, name, n_cells)))


def _report(service: Service, name: str, n_cells: int) -> DriftReply:
    found = drift_of(service.champions.named(name), service.cells, n_cells)
    for each in found.descriptors:
        service.metrics.drift.labels(name, each.descriptor).set(each.moved_fraction)
    return found


def drift_of(champion: Champion, store: CellStore, n_cells: int) -> DriftReply:
    """Return how far the latest kept cells have moved from those that a model learnt from."""
    types = champion.predictor.provenance.cell_types
    entries = [each for each in store.each(CellFilter()) if each.recipe.cell.type in types]
    latest = sorted(entries, key=lambda each: each.changed_at, reverse=True)
    cells = [store.get(each.cell_id, each.version) for each in islice(latest, n_cells)]
    found = drift(champion.predictor, cells) if len(cells) >= LEAST_CELLS else []
    return DriftReply(
        model=model_out(champion.entry),
        n_cells=len(cells),
        is_alarm=any(each.is_alarm for each in found),
        note=_note(found, len(cells), types),
        descriptors=[_out(each) for each in found],
    )


def _note(found: list[Drift], n_cells: int, types: tuple[str, ...]) -> str:
    if n_cells < LEAST_CELLS:
        return (
            f"{n_cells} kept cells are of the types learnt ({', '.join(types)}); a distribution "
            f"needs {LEAST_CELLS}."
        )
    moved = [each.descriptor for each in found if each.is_alarm]
    if not moved:
        return "Nothing has moved by more than chance."
    return f"Moved by more than chance: {', '.join(moved)}. Consider training anew."


def _out(each: Drift) -> DriftOut:
    return DriftOut(
        descriptor=each.descriptor,
        moved_fraction=each.moved_fraction,
        p_value=each.p_value,
        is_alarm=each.is_alarm,
        learnt=list(each.learnt),
        recent=list(each.recent),
        missing_learnt_fraction=each.missing_learnt_fraction,
        missing_recent_fraction=each.missing_recent_fraction,
    )
