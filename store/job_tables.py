"""Tables of retraining jobs: one row a job with its lease, and all that was said of it."""

from sqlalchemy import Boolean, Column, Float, ForeignKey, Integer, Table, Text

from store.schema import Name, metadata

jobs = Table(
    "jobs",
    metadata,
    Column("job_id", Name, primary_key=True),
    Column("state", Name, nullable=False, index=True),
    Column("request", Text, nullable=False),
    Column("request_sha256", Name, nullable=False),
    Column("idempotency_key", Name, unique=True),
    Column("actor", Text, nullable=False),
    Column("made_at", Name, nullable=False, index=True),
    Column("changed_at", Name, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("worker", Text),
    Column("leased_until", Name),
    Column("is_cancel_wanted", Boolean, nullable=False),
    Column("progress_fraction", Float, nullable=False),
    Column("message", Text, nullable=False),
    Column("result", Text),
)
job_events = Table(
    "job_events",
    metadata,
    Column("job_id", Name, ForeignKey("jobs.job_id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", Name, nullable=False),
    Column("state", Name, nullable=False),
    Column("progress_fraction", Float, nullable=False),
    Column("message", Text, nullable=False),
)
