"""What a client may send to, and gets from, the retraining jobs."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from features.recipe import CellType
from serving.schemas import STRICT
from serving.texts import Line, Reason
from serving.trainable import Target, Tier
from store.jobs import Job, JobEvent

Label = Annotated[Line, Field(min_length=1, max_length=100)]
#: A test keeps it as long as ``store.jobs.STATES``.
State = Literal[
    "queued",
    "running",
    "evaluating",
    "registered",
    "promoted",
    "refused",
    "failed",
    "cancelled",
]


class TrainingCells(BaseModel):
    """Which of the kept cells to learn from; what is left out asks nothing."""

    model_config = STRICT

    lab: Label | None = None
    batch: Label | None = None
    kind: Literal["measured", "literature"] | None = Field(
        default=None, description="Simulated cells are never learnt from here."
    )
    cell_type: CellType | None = None
    coating_phase: Label | None = None


class RetrainingRequest(BaseModel):
    """What is to be learnt, and from which of the kept cells."""

    model_config = STRICT

    target: Target
    tier: Tier = Field(default="recipe", description="Evidence the model may use.")
    cells: TrainingCells = TrainingCells()


RETRAINING_EXAMPLE: dict[str, Any] = {
    "target": "cycle_life",
    "tier": "recipe",
    "cells": {"lab": "our lab", "kind": "measured"},
}
CANCEL_EXAMPLE = {"reason": "the wrong cells"}


class CancelRequest(BaseModel):
    """Why a job is no longer wanted; it goes to the audit log."""

    model_config = STRICT

    reason: Reason


class JobOut(BaseModel):
    """A retraining job."""

    job_id: str
    state: str = Field(
        description="queued, running, evaluating, registered; then promoted, refused, failed "
        "or cancelled."
    )
    message: str = Field(description="What is being done, or why it ended as it did.")
    progress_fraction: float
    request: dict[str, Any]
    actor: str
    attempts: int
    is_cancel_wanted: bool
    made_at: datetime
    changed_at: datetime
    result: dict[str, Any] | None = Field(
        description="Model, version, run, hash, scores beside baselines, the gate's table."
    )


class JobsReply(BaseModel):
    """Jobs, the latest first."""

    jobs: list[JobOut]


class JobEventOut(BaseModel):
    """Something that was said of a job."""

    number: int
    at: datetime
    state: str
    progress_fraction: float
    message: str


def job_out(job: Job) -> JobOut:
    """Return a job as it is shown."""
    return JobOut(
        job_id=job.job_id,
        state=job.state,
        message=job.message,
        progress_fraction=job.progress_fraction,
        request=dict(job.request),
        actor=job.actor,
        attempts=job.attempts,
        is_cancel_wanted=job.is_cancel_wanted,
        made_at=job.made_at,
        changed_at=job.changed_at,
        result=None if job.result is None else dict(job.result),
    )


def event_out(event: JobEvent) -> JobEventOut:
    """Return an event as it is shown."""
    return JobEventOut(
        number=event.number,
        at=event.at,
        state=event.state,
        progress_fraction=event.progress_fraction,
        message=event.message,
    )
