"""Kept cells over HTTP: sent, listed, read back, corrected, taken out of service."""

from functools import partial
from typing import Annotated
from urllib.parse import quote

from anyio import to_thread
from fastapi import APIRouter, Depends, Query, Request, Response

from serving import answers, descriptor_answers
from serving.asked_cells import AskedCells, cells_listed
from serving.bodies import parse_body, read_body
from serving.cell_schemas import (
    CORRECTION_EXAMPLE,
    KEPT_CELL_EXAMPLE,
    OUTCOME_EXAMPLE,
    CellsReply,
    CorrectionIn,
    KeptCellIn,
    OutcomeIn,
    StoredCellOut,
    VersionsReply,
    stored_cell_out,
)
from serving.documentation import documented_body
from serving.job_routes import IdempotencyKey
from serving.queries import AS_DOCUMENTED
from serving.replies import DescriptorReply, PredictionReply
from serving.sent_cells import corrected, entered, received
from serving.service import json_reply, problems, service_of
from serving.texts import Line, Reason

router = APIRouter(prefix="/v1/cells", tags=["cells"], dependencies=[AS_DOCUMENTED])

BODY_PROBLEMS = problems(400, 404, 408, 409, 410, 413, 415, 422, 503)
READ_PROBLEMS = problems(404, 410, 422, 503)
Version = Annotated[int | None, Query(ge=1, le=10**9, description="The current one by default.")]


@router.post(
    "",
    status_code=201,
    response_model=StoredCellOut,
    responses={200: {"description": "It is kept already", "model": StoredCellOut}, **BODY_PROBLEMS},
    openapi_extra=documented_body(KeptCellIn, KEPT_CELL_EXAMPLE, has_files=True),
)
async def add(request: Request, idempotency_key: IdempotencyKey = None) -> Response:
    """Keep a cell: JSON alone, or multipart with the instrument's own files beside it."""
    service = service_of(request)
    sent = await received(request, service, KeptCellIn)
    actor = service.actor(request)
    kept = await to_thread.run_sync(entered, service, sent, idempotency_key, actor)
    headers = {"Location": f"/v1/cells/{quote(kept.entry.cell_id)}"}
    return json_reply(stored_cell_out(kept.entry, sent.notes), 201 if kept.is_new else 200, headers)


@router.get("", response_model=CellsReply, responses=problems(422, 503))
async def some(
    request: Request,
    asked: Annotated[AskedCells, Depends()],
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    cursor: Annotated[str | None, Query(max_length=400)] = None,
) -> Response:
    """List kept cells in the order of their ids, page by page."""
    return json_reply(
        await to_thread.run_sync(cells_listed, service_of(request), asked, limit, cursor)
    )


@router.get("/{cell_id}", response_model=StoredCellOut, responses=READ_PROBLEMS)
async def one(request: Request, cell_id: Line, version: Version = None) -> Response:
    """Show a kept cell without its raw data."""
    entry = await to_thread.run_sync(partial(service_of(request).cells.entry, cell_id, version))
    return json_reply(stored_cell_out(entry))


@router.put(
    "/{cell_id}",
    response_model=StoredCellOut,
    responses=BODY_PROBLEMS,
    openapi_extra=documented_body(CorrectionIn, CORRECTION_EXAMPLE, has_files=True),
)
async def correct(request: Request, cell_id: Line) -> Response:
    """Correct a cell: a new version is made, and the earlier ones stay.

    Cycling, spectra and files stay where the correction brings none and does not drop them; so do
    the control and the outcome where it leaves them out.
    """
    service = service_of(request)
    sent = await received(request, service, CorrectionIn)
    actor = service.actor(request)
    entry = await to_thread.run_sync(corrected, service, cell_id, sent, actor)
    return json_reply(stored_cell_out(entry, sent.notes))


@router.put(
    "/{cell_id}/outcome",
    response_model=StoredCellOut,
    responses=BODY_PROBLEMS,
    openapi_extra=documented_body(OutcomeIn, OUTCOME_EXAMPLE),
)
async def finish(request: Request, cell_id: Line) -> Response:
    """Say what became of a cell, so that models can learn from it."""
    service = service_of(request)
    body = await read_body(request, service.settings)
    said = parse_body(body, OutcomeIn, service.settings)
    entry = await to_thread.run_sync(
        partial(
            service.cells.finish,
            cell_id,
            said.outcome,
            said.reason,
            actor=service.actor(request),
        )
    )
    return json_reply(stored_cell_out(entry))


@router.delete("/{cell_id}", status_code=204, responses=READ_PROBLEMS)
async def delete(
    request: Request,
    cell_id: Line,
    reason: Annotated[Reason, Query()],
) -> Response:
    """Take a cell out of service; its data are kept, its id stays taken, the reason is noted."""
    service = service_of(request)
    actor = service.actor(request)
    await to_thread.run_sync(partial(service.cells.delete, cell_id, reason, actor=actor))
    return Response(status_code=204)


@router.get("/{cell_id}/versions", response_model=VersionsReply, responses=READ_PROBLEMS)
async def versions(request: Request, cell_id: Line) -> Response:
    """Show all versions of a cell, the first one first."""
    found = await to_thread.run_sync(partial(service_of(request).cells.versions, cell_id))
    return json_reply(VersionsReply(versions=list(map(stored_cell_out, found))))


@router.get("/{cell_id}/descriptors", response_model=DescriptorReply, responses=READ_PROBLEMS)
async def descriptors(
    request: Request,
    cell_id: Line,
    n_cycles: Annotated[int | None, Query(ge=1, le=1_000_000)] = None,
    version: Version = None,
) -> Response:
    """Describe a kept cell, each blank with its reason."""
    cell = await to_thread.run_sync(partial(service_of(request).cells.get, cell_id, version))
    described = partial(descriptor_answers.descriptors_of, [cell], n_cycles=n_cycles)
    return json_reply(await service_of(request).work.done(described))


@router.get("/{cell_id}/predictions", response_model=PredictionReply, responses=READ_PROBLEMS)
async def predictions(
    request: Request,
    cell_id: Line,
    level: Annotated[float | None, Query(ge=0.5, le=0.99)] = None,
    version: Version = None,
) -> Response:
    """Predict for a kept cell."""
    service = service_of(request)
    cell = await to_thread.run_sync(partial(service.cells.get, cell_id, version))
    answered = partial(answers.predictions_of, [cell], service.champions, level=level, model=None)
    return json_reply(await service.work.done(answered))
