"""Retraining jobs that are never in doubt: a lease says who works, an event what was done.

    queued -> running -> evaluating -> registered -> promoted | refused
    from any of the first four also -> failed | cancelled

A worker holds a lease and renews it by its heartbeat. A lease that ran out belongs to a worker
that is gone: the job goes back to the queue, and after ``MOST_ATTEMPTS`` it has failed. What a
job does is made to be done twice, so the second attempt ends where the first would have.
"""

import hashlib
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, func, select

from features.errors import Conflict, FullQueue, InvalidRecord, SeicastError, UnknownName
from store.audit import AuditEvent, AuditLog
from store.database import Database
from store.job_tables import job_events, jobs
from store.moments import from_text, in_text, now_in_text

#: States in which a worker is at it.
ACTIVE = ("running", "evaluating", "registered")
#: States that nothing leads out of.
ENDED = ("promoted", "refused", "failed", "cancelled")
STATES = ("queued", *ACTIVE, *ENDED)
MOST_ATTEMPTS = 3
#: A worker that was silent for so long is gone.
LEASE = timedelta(seconds=30)
MOST_PER_PAGE = 200


class LostLease(SeicastError):
    """A worker speaks for a job that is no longer its own; it must stop."""


@dataclass(frozen=True)
class Job:
    """One retraining job.

    Attributes
    ----------
    job_id, state : str
    request : mapping
        What is to be trained, as it was asked for.
    actor : str
        Who asked.
    made_at, changed_at : datetime
    attempts : int
        How often a worker has begun.
    worker : str or None
        Who is at it.
    is_cancel_wanted : bool
    progress_fraction : float
    message : str
        What is being done, or why it ended as it did.
    result : mapping or None
        What came out: model, version, run, hash, scores, the gate's table.
    """

    job_id: str
    state: str
    request: Mapping[str, Any]
    actor: str
    made_at: datetime
    changed_at: datetime
    attempts: int
    worker: str | None
    is_cancel_wanted: bool
    progress_fraction: float
    message: str
    result: Mapping[str, Any] | None

    @property
    def has_ended(self) -> bool:
        """Tell whether nothing more will happen."""
        return self.state in ENDED


@dataclass(frozen=True)
class JobEvent:
    """Something that was said of a job; numbers count from 1 without gaps."""

    number: int
    at: datetime
    state: str
    progress_fraction: float
    message: str


class JobQueue:
    """The jobs of a database.

    Parameters
    ----------
    database : Database
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._audit = AuditLog(database)

    def submit(
        self,
        request: Mapping[str, Any],
        *,
        actor: str,
        idempotency_key: str | None = None,
        most_waiting: int | None = None,
    ) -> Job:
        """Enter a job and return it; the same key with the same request returns the first.

        Parameters
        ----------
        request : mapping
        actor : str
        idempotency_key : str or None
        most_waiting : int or None
            How many jobs may wait for a worker, this one among them; None for any number.

        Raises
        ------
        Conflict
            If the key came before with another request.
        FullQueue
            If as many wait already as may.
        """
        text = json.dumps(request, sort_keys=True, allow_nan=False)
        sha256 = hashlib.sha256(text.encode()).hexdigest()
        with self._database.writing("jobs") as connection:
            earlier = _of_key(connection, idempotency_key)
            if earlier is not None:
                return _same(earlier, sha256)
            _check_room(connection, most_waiting)
            job_id, now = uuid.uuid4().hex, now_in_text()
            row = {
                "job_id": job_id,
                "state": "queued",
                "request": text,
                "request_sha256": sha256,
                "idempotency_key": idempotency_key,
                "actor": actor,
                "made_at": now,
                "changed_at": now,
                "attempts": 0,
                "is_cancel_wanted": False,
                "progress_fraction": 0.0,
                "message": "waiting for a worker",
            }
            connection.execute(jobs.insert().values(row))
            _add_event(connection, row)
            event = AuditEvent(actor, "retrain", f"job {job_id}", details=dict(request))
            self._audit.append_in(connection, event)
            return _job(_row(connection, job_id))

    def get(self, job_id: str) -> Job:
        """Return a job, or raise UnknownName."""
        with self._database.reading() as connection:
            return _job(_row(connection, job_id))

    def latest(
        self, *, state: str | None = None, limit: int = 50, before: datetime | None = None
    ) -> tuple[Job, ...]:
        """Return jobs, the latest first.

        Raises
        ------
        InvalidRecord
            If the state or the limit is not allowed.
        """
        if state is not None and state not in STATES:
            raise InvalidRecord(f"No job is ever '{state[:80]}'; states are {', '.join(STATES)}.")
        if not 1 <= limit <= MOST_PER_PAGE:
            raise InvalidRecord(f"The limit is {limit}; allowed is 1 to {MOST_PER_PAGE} jobs.")
        query = select(jobs).order_by(jobs.c.made_at.desc(), jobs.c.job_id).limit(limit)
        if state is not None:
            query = query.where(jobs.c.state == state)
        if before is not None:
            query = query.where(jobs.c.made_at < in_text(before))
        with self._database.reading() as connection:
            return tuple(map(_job, connection.execute(query)))

    def events(self, job_id: str, *, after: int = 0) -> tuple[JobEvent, ...]:
        """Return what was said of a job after an event's number."""
        query = (
            select(job_events)
            .where(job_events.c.job_id == job_id, job_events.c.number > after)
            .order_by(job_events.c.number)
        )
        with self._database.reading() as connection:
            _row(connection, job_id)
            return tuple(map(_event, connection.execute(query)))

    def take(self, worker: str, lease: timedelta = LEASE) -> Job | None:
        """Lease the oldest job that waits to a worker, or return None."""
        with self._database.writing("jobs") as connection:
            query = select(jobs).where(jobs.c.state == "queued").order_by(jobs.c.made_at).limit(1)
            row = connection.execute(query).first()
            if row is None:
                return None
            change = {
                "state": "running",
                "worker": worker,
                "attempts": row.attempts + 1,
                "leased_until": _from_now(lease),
                "message": f"attempt {row.attempts + 1} begins",
            }
            return _change(connection, row.job_id, change)

    def renew(self, job_id: str, worker: str, lease: timedelta = LEASE) -> Job:
        """Keep a lease for longer and return the job, which tells whether to cancel.

        Raises
        ------
        LostLease
            If the job is no longer this worker's.
        """
        with self._database.writing("jobs") as connection:
            row = _own_row(connection, job_id, worker)
            change = {"leased_until": _from_now(lease)}
            connection.execute(jobs.update().where(jobs.c.job_id == job_id).values(change))
            return _job(row)

    def tell(
        self, job_id: str, worker: str, message: str, *, state: str, progress_fraction: float
    ) -> Job:
        """Say what is being done; the lease is renewed too."""
        if state not in ACTIVE:
            raise InvalidRecord(f"A worker cannot tell '{state}'; it can tell {', '.join(ACTIVE)}.")
        change = {
            "state": state,
            "message": message,
            "progress_fraction": progress_fraction,
            "leased_until": _from_now(LEASE),
        }
        with self._database.writing("jobs") as connection:
            _own_row(connection, job_id, worker)
            return _change(connection, job_id, change)

    def end(
        self,
        job_id: str,
        worker: str,
        message: str,
        *,
        state: str,
        result: Mapping[str, Any] | None = None,
    ) -> Job:
        """Say how a job ended."""
        if state not in ENDED:
            raise InvalidRecord(f"A job cannot end as '{state}'; it can as {', '.join(ENDED)}.")
        with self._database.writing("jobs") as connection:
            _own_row(connection, job_id, worker)
            return _change(connection, job_id, _ending(state, message, result))

    def give_back(self, job_id: str, worker: str, why: str) -> Job:
        """Give a job back whose work broke off: to the queue, or failed after enough attempts."""
        with self._database.writing("jobs") as connection:
            return _change(
                connection, job_id, _taken_back(_own_row(connection, job_id, worker), why)
            )

    def cancel(self, job_id: str, *, actor: str, reason: str) -> Job:
        """Cancel a job: at once if it waits, else as soon as its worker looks.

        Raises
        ------
        Conflict
            If it has ended already.
        """
        with self._database.writing("jobs") as connection:
            job = _job(_row(connection, job_id))
            if job.has_ended:
                raise Conflict(f"Job {job_id} has ended as {job.state}; nothing is left to cancel.")
            self._audit.append_in(connection, AuditEvent(actor, "cancel", f"job {job_id}", reason))
            if job.state == "queued":
                message = f"cancelled by {actor} before it began"
                return _change(connection, job_id, _ending("cancelled", message, None))
            change = {"is_cancel_wanted": True, "message": f"{actor} wants it cancelled"}
            return _change(connection, job_id, change)

    def reap(self) -> list[Job]:
        """Take back jobs whose worker is gone: to the queue, or failed after enough attempts."""
        with self._database.writing("jobs") as connection:
            query = select(jobs).where(
                jobs.c.state.in_(ACTIVE), jobs.c.leased_until < now_in_text()
            )
            rows = connection.execute(query).all()
            return [
                _change(connection, row.job_id, _taken_back(row, f"worker {row.worker} is gone"))
                for row in rows
            ]


def _taken_back(row: Row[Any], why: str) -> dict[str, Any]:
    if row.is_cancel_wanted:
        return _ending("cancelled", f"{why}; it was to be cancelled", None)
    if row.attempts >= MOST_ATTEMPTS:
        return _ending("failed", f"{why}; all {MOST_ATTEMPTS} attempts are used up", None)
    message = f"{why}; waits for attempt {row.attempts + 1}"
    return {"state": "queued", "worker": None, "leased_until": None, "message": message}


def _ending(state: str, message: str, result: Mapping[str, Any] | None) -> dict[str, Any]:
    return {
        "state": state,
        "message": message,
        "worker": None,
        "leased_until": None,
        "progress_fraction": 1.0,
        "result": None if result is None else json.dumps(result, sort_keys=True, allow_nan=False),
    }


def _change(connection: Connection, job_id: str, change: Mapping[str, Any]) -> Job:
    """Change a job's row, and keep what was said as an event."""
    values = {**change, "changed_at": now_in_text()}
    connection.execute(jobs.update().where(jobs.c.job_id == job_id).values(values))
    row = _row(connection, job_id)
    _add_event(connection, dict(row._mapping))
    return _job(row)


def _add_event(connection: Connection, job: Mapping[str, Any]) -> None:
    last = select(func.coalesce(func.max(job_events.c.number), 0)).where(
        job_events.c.job_id == job["job_id"]
    )
    row = {
        "job_id": job["job_id"],
        "number": int(connection.scalar(last) or 0) + 1,
        "at": job["changed_at"],
        "state": job["state"],
        "progress_fraction": job["progress_fraction"],
        "message": job["message"],
    }
    connection.execute(job_events.insert().values(row))


def _own_row(connection: Connection, job_id: str, worker: str) -> Row[Any]:
    row = _row(connection, job_id)
    if row.worker != worker or row.state not in ACTIVE:
        raise LostLease(f"Job {job_id} is {row.state} and no longer {worker}'s; it must stop.")
    return row


def _row(connection: Connection, job_id: str) -> Row[Any]:
    row = connection.execute(select(jobs).where(jobs.c.job_id == job_id)).first()
    if row is None:
        raise UnknownName(f"There is no job '{job_id[:80]}'; list them with: seicast jobs list")
    return row


def _of_key(connection: Connection, idempotency_key: str | None) -> Row[Any] | None:
    if idempotency_key is None:
        return None
    query = select(jobs).where(jobs.c.idempotency_key == idempotency_key)
    return connection.execute(query).first()


def _check_room(connection: Connection, most_waiting: int | None) -> None:
    """Raise FullQueue if no further job may wait."""
    query = select(func.count()).select_from(jobs).where(jobs.c.state == "queued")
    n_waiting = connection.scalar(query) or 0
    if most_waiting is not None and n_waiting >= most_waiting:
        raise FullQueue(
            f"{n_waiting} jobs wait for a worker, and {most_waiting} may; ask again when some are "
            f"done, or cancel those that nobody needs."
        )


def _same(earlier: Row[Any], sha256: str) -> Job:
    if earlier.request_sha256 != sha256:
        raise Conflict(
            "This Idempotency-Key came before with another request; use a new key for a new job."
        )
    return _job(earlier)


def _job(row: Row[Any]) -> Job:
    return Job(
        job_id=row.job_id,
        state=row.state,
        request=json.loads(row.request),
        actor=row.actor,
        made_at=from_text(row.made_at),
        changed_at=from_text(row.changed_at),
        attempts=row.attempts,
        worker=row.worker,
        is_cancel_wanted=row.is_cancel_wanted,
        progress_fraction=row.progress_fraction,
        message=row.message,
        result=None if row.result is None else json.loads(row.result),
    )


def _event(row: Row[Any]) -> JobEvent:
    return JobEvent(row.number, from_text(row.at), row.state, row.progress_fraction, row.message)


def _from_now(lease: timedelta) -> str:
    return in_text(from_text(now_in_text()) + lease)
