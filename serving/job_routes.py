"""Retraining jobs over HTTP: asked for, watched, cancelled. The work is done by a worker."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BeforeValidator

from serving.bodies import parse_body, read_body
from serving.documentation import documented_body
from serving.job_schemas import (
    CANCEL_EXAMPLE,
    RETRAINING_EXAMPLE,
    CancelRequest,
    JobOut,
    JobsReply,
    RetrainingRequest,
    State,
    event_out,
    job_out,
)
from serving.queries import AS_DOCUMENTED, in_digits
from serving.service import json_reply, problems, service_of
from serving.texts import Line
from store.jobs import Job, JobQueue

router = APIRouter(prefix="/v1/retraining-jobs", tags=["retraining"], dependencies=[AS_DOCUMENTED])
POLL_S = 0.5
#: A line that says nothing keeps proxies from closing a stream.
SILENCE_S = 15.0
#: One rule for jobs and cells, that of ``store.versions``.
IdempotencyKey = Annotated[
    str | None,
    Header(
        min_length=1,
        max_length=200,
        pattern=r"^[\x20-\x7e]+$",
        description="The same key makes one entry.",
    ),
]

LastEventId = Annotated[
    int,
    BeforeValidator(in_digits),
    Header(
        ge=0,
        le=10**9,
        description="Number of the last event that came, in plain digits; 0 asks for all.",
    ),
]


@router.post(
    "",
    status_code=202,
    response_model=JobOut,
    responses=problems(400, 408, 409, 413, 415, 422, 503),
    openapi_extra=documented_body(RetrainingRequest, RETRAINING_EXAMPLE),
)
async def submit(request: Request, idempotency_key: IdempotencyKey = None) -> Response:
    """Ask for a model to be trained anew on the kept cells."""
    service = service_of(request)
    body = await read_body(request, service.settings)
    asked = parse_body(body, RetrainingRequest, service.settings)
    job = await to_thread.run_sync(
        partial(
            service.jobs.submit,
            asked.model_dump(exclude_none=True),
            actor=service.actor(request),
            idempotency_key=idempotency_key,
            most_waiting=service.settings.max_queued_jobs,
        )
    )
    return json_reply(job_out(job), 202, {"Location": f"/v1/retraining-jobs/{job.job_id}"})


@router.get("", response_model=JobsReply, responses=problems(422, 503))
async def latest(
    request: Request,
    state: State | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:
    """List jobs, the latest first."""
    queue = service_of(request).jobs
    found = await to_thread.run_sync(partial(queue.latest, state=state, limit=limit))
    return json_reply(JobsReply(jobs=list(map(job_out, found))))


@router.get("/{job_id}", response_model=JobOut, responses=problems(404, 422, 503))
async def one(request: Request, job_id: Line) -> Response:
    """Show a job."""
    return json_reply(job_out(await to_thread.run_sync(service_of(request).jobs.get, job_id)))


@router.post(
    "/{job_id}/cancel",
    response_model=JobOut,
    responses=problems(400, 404, 408, 409, 413, 415, 422, 503),
    openapi_extra=documented_body(CancelRequest, CANCEL_EXAMPLE),
)
async def cancel(request: Request, job_id: Line) -> Response:
    """Cancel a job: at once if it waits, else as soon as its worker looks."""
    service = service_of(request)
    body = await read_body(request, service.settings)
    reason = parse_body(body, CancelRequest, service.settings).reason
    actor = service.actor(request)
    job = await to_thread.run_sync(partial(service.jobs.cancel, job_id, actor=actor, reason=reason))
    return json_reply(job_out(job))


@router.get(
    "/{job_id}/events",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "Server-sent events, one JSON object each, until the job has ended.",
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        },
        **problems(404, 422, 503),
    },
)
async def events(
    request: Request,
    job_id: Line,
    last_event_id: LastEventId = 0,
) -> StreamingResponse:
    """Follow a job; after a lost connection, from the event after ``Last-Event-ID``."""
    service = service_of(request)
    queue = service.jobs
    await to_thread.run_sync(queue.get, job_id)
    service.streams.check()
    told = service.streams.counted(_told(queue, job_id, last_event_id))
    return StreamingResponse(told, media_type="text/event-stream")


async def _told(queue: JobQueue, job_id: str, after: int) -> AsyncIterator[str]:
    silent_s = 0.0
    while True:
        # The job first: what is said after this look is found by the next.
        job: Job = await to_thread.run_sync(queue.get, job_id)
        for event in await to_thread.run_sync(partial(queue.events, job_id, after=after)):
            after, silent_s = event.number, 0.0
            yield f"id: {event.number}\nevent: job\ndata: {event_out(event).model_dump_json()}\n\n"
        if job.has_ended:
            return
        if silent_s >= SILENCE_S:
            silent_s = 0.0
            yield ": still there\n\n"
        await asyncio.sleep(POLL_S)
        silent_s += POLL_S
