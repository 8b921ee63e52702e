"""Kept cells over HTTP: sent, listed, read back, corrected, taken out of service."""

import io
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Annotated, Generic, Literal, TypeVar
from urllib.parse import quote

from anyio import to_thread
from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict

from features.errors import InvalidRecord, NotMeasured
from features.raw_files import cell_with_files
from features.records import Cell, Spectrum
from serving import answers, descriptor_answers
from serving.bodies import parse_body, read_body, to_records
from serving.cell_schemas import (
    CORRECTION_EXAMPLE,
    KEPT_CELL_EXAMPLE,
    OUTCOME_EXAMPLE,
    CellsReply,
    CorrectionIn,
    KeptCellIn,
    OutcomeIn,
    SpectraReply,
    SpectrumOut,
    StoredCellOut,
    VersionsReply,
    stored_cell_out,
)
from serving.documentation import documented_body
from serving.errors import InvalidRequest, Problem
from serving.job_routes import IdempotencyKey
from serving.queries import AS_DOCUMENTED
from serving.replies import DescriptorReply, PredictionReply
from serving.service import Service, json_reply, problems, service_of
from serving.texts import Line, Reason
from serving.uploads import is_multipart, on_disk, read_upload
from store.cells import KEEP, Entered
from store.entries import CellFilter, StoredCell
from store.facts import Original, sealed
from store.moments import in_text

router = APIRouter(prefix="/v1/cells", tags=["cells"], dependencies=[AS_DOCUMENTED])

BODY_PROBLEMS = problems(400, 404, 408, 409, 410, 413, 415, 422, 503)
READ_PROBLEMS = problems(404, 410, 422, 503)
Version = Annotated[int | None, Query(ge=1, le=10**9, description="The current one by default.")]
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


AnyKept = TypeVar("AnyKept", bound=KeptCellIn)


@dataclass(frozen=True)
class _Sent(Generic[AnyKept]):
    """A cell that came in a body, put together with its files."""

    body: AnyKept
    cell: Cell
    files: tuple[Original, ...]
    notes: tuple[str, ...]


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
    sent = await _received(request, service, KeptCellIn)
    actor = service.actor(request)
    kept = await to_thread.run_sync(_kept, service, sent, idempotency_key, actor)
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
    return json_reply(await to_thread.run_sync(_listed, service_of(request), asked, limit, cursor))


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
    sent = await _received(request, service, CorrectionIn)
    actor = service.actor(request)
    entry = await to_thread.run_sync(_corrected, service, cell_id, sent, actor)
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
    level: Annotated[float, Query(ge=0.5, le=0.99)] = 0.9,
    version: Version = None,
) -> Response:
    """Predict for a kept cell."""
    service = service_of(request)
    cell = await to_thread.run_sync(partial(service.cells.get, cell_id, version))
    answered = partial(answers.predictions_of, [cell], service.champions, level=level, model=None)
    return json_reply(await service.work.done(answered))


@router.get(
    "/{cell_id}/cycling",
    response_class=Response,
    responses={
        200: {
            "description": "The cycling table in Battery Data Format columns.",
            "content": {"text/csv": {}, "application/vnd.apache.parquet": {}},
        },
        **READ_PROBLEMS,
    },
)
async def cycling(
    request: Request,
    cell_id: Line,
    format: Annotated[Literal["csv", "parquet"], Query()] = "csv",
    version: Version = None,
) -> Response:
    """Download the cycling of a kept cell."""
    cell = await to_thread.run_sync(partial(service_of(request).cells.get, cell_id, version))
    return await to_thread.run_sync(_table_reply, cell, format)


@router.get("/{cell_id}/spectra", response_model=SpectraReply, responses=READ_PROBLEMS)
async def spectra(request: Request, cell_id: Line, version: Version = None) -> Response:
    """Show the impedance spectra of a kept cell."""
    cell = await to_thread.run_sync(partial(service_of(request).cells.get, cell_id, version))
    return json_reply(SpectraReply(spectra=list(map(_spectrum_out, cell.spectra))))


@router.get(
    "/{cell_id}/files/{name}",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "The file, byte for byte.",
            "content": {"application/octet-stream": {}},
        },
        **READ_PROBLEMS,
    },
)
async def file(
    request: Request, cell_id: Line, name: Line, version: Version = None
) -> StreamingResponse:
    """Download an instrument's own file that was sent with a cell."""
    chunks = await to_thread.run_sync(
        partial(service_of(request).cells.raw_chunks, cell_id, name, version)
    )
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}"}
    return StreamingResponse(chunks, media_type="application/octet-stream", headers=headers)


async def _received(request: Request, service: Service, schema: type[AnyKept]) -> _Sent[AnyKept]:
    """Return the cell of a request, put together with the files that came with it."""
    if is_multipart(request):
        upload = await read_upload(request, service.settings)
        return await to_thread.run_sync(_put_together, service, schema, upload.facts, upload.files)
    body = await read_body(request, service.settings)
    return await to_thread.run_sync(_put_together, service, schema, body, ())


def _put_together(
    service: Service, schema: type[AnyKept], facts: bytes, files: tuple[Original, ...]
) -> _Sent[AnyKept]:
    body = parse_body(facts, schema, service.settings)
    (cell,) = to_records([body.cell], service.settings)
    with on_disk(files) as paths:
        whole, notes = cell_with_files(cell, paths)
    return _Sent(body, whole, files, notes)


def _kept(
    service: Service, sent: _Sent[KeptCellIn], idempotency_key: str | None, actor: str
) -> Entered:
    body = sent.body
    new = sealed(sent.cell, body.control_id, body.outcome, sent.files)
    return service.cells.enter(new, idempotency_key=idempotency_key, actor=actor)


def _corrected(
    service: Service, cell_id: Line, sent: _Sent[CorrectionIn], actor: str
) -> StoredCell:
    body = sent.body
    named = body.model_fields_set  # null is a statement, what is left out is none
    return service.cells.correct(
        cell_id,
        sent.cell,
        body.reason,
        control_id=body.control_id if "control_id" in named else KEEP,
        outcome=body.outcome if "outcome" in named else KEEP,
        originals=sent.files or KEEP,
        dropped=body.drop,
        actor=actor,
        expected_version=body.expected_version,
    )


def _listed(service: Service, asked: AskedCells, limit: int, cursor: str | None) -> CellsReply:
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


def _table_reply(cell: Cell, format: str) -> Response:
    if cell.cycling is None:
        raise NotMeasured(f"Cell '{cell.cell_id}' was kept without cycling.")
    name = f"attachment; filename*=UTF-8''{quote(cell.cell_id, safe='')}.{format}"
    headers = {"Content-Disposition": name}
    if format == "csv":
        return Response(cell.cycling.to_csv(index=False), 200, headers, "text/csv")
    buffer = io.BytesIO()
    cell.cycling.to_parquet(buffer, index=False)
    return Response(buffer.getvalue(), 200, headers, "application/vnd.apache.parquet")


def _spectrum_out(spectrum: Spectrum) -> SpectrumOut:
    return SpectrumOut(
        frequency_hertz=spectrum.frequency_Hz.tolist(),
        real_impedance_ohm=spectrum.impedance_ohm.real.tolist(),
        imaginary_impedance_ohm=spectrum.impedance_ohm.imag.tolist(),
        cycle=spectrum.cycle,
        time_h=spectrum.time_h,
        n_interfaces=spectrum.n_interfaces,
    )
