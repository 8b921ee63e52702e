"""The verbs of the retraining jobs."""

import logging
import time
from typing import Annotated, Literal

import typer
from rich.table import Table

from features.errors import SeicastError
from seicast import places
from seicast.json_output import AsJson, print_json
from seicast.printing import console
from seicast.worker import Worker, end_with_parent, stop_on_signals
from serving.trainable import Target, Tier
from store.jobs import Job, JobQueue, LostLease
from store.migrations import open_database

jobs_app = typer.Typer(no_args_is_help=True, help="Retraining jobs on the kept cells.")

JobId = Annotated[str, typer.Argument(help="As printed when it was asked for, or by list.")]
POLL_S = 0.5


@jobs_app.command("add")
def add(
    target: Annotated[Target, typer.Argument(help="What is to be predicted.")],
    tier: Annotated[Tier, typer.Option(help="Evidence the model may use.")] = "recipe",
    lab: Annotated[str | None, typer.Option(help="Learn from cells of this lab alone.")] = None,
    kind: Annotated[
        Literal["measured", "literature"] | None, typer.Option(help="Learn from these cells alone.")
    ] = None,
    *,
    follow: Annotated[bool, typer.Option("--follow", help="Wait, and tell how it goes.")] = False,
    as_json: AsJson = False,
) -> None:
    """Ask for a model to be trained anew on the kept cells; a worker does it.

    Example: seicast jobs add cycle_life --tier 20_cycles --follow
    """
    asked = {"lab": lab, "kind": kind}
    cells = {name: value for name, value in asked.items() if value is not None}
    request = {"target": target, "tier": tier, "cells": cells}
    job = _queue().submit(request, actor=places.user())
    if not as_json:
        print(job.job_id)
    if follow:
        job = _followed(job.job_id, is_quiet=as_json)
    if as_json:
        print_json(job)
    if follow:
        raise typer.Exit(0 if job.state in ("promoted", "refused") else 1)


@jobs_app.command("list")
def list_jobs(
    state: Annotated[str | None, typer.Option(help="Those in this state alone.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """List the jobs, the latest first.

    Example: seicast jobs list --state failed
    """
    found = _queue().latest(state=state)
    if as_json:
        print_json(found)
        return
    table = Table("job", "state", "target", "tier", "done", "message", "asked by")
    for job in found:
        table.add_row(*_row(job))
    console.print(table)


@jobs_app.command("show")
def show(job_id: JobId, *, as_json: AsJson = False) -> None:
    """Show a job with all that was said of it, and the gate's table.

    Example: seicast jobs show 3f2a
    """
    queue = _queue()
    job = queue.get(job_id)
    if as_json:
        print_json({**vars(job), "events": list(queue.events(job_id))})
        return
    for event in queue.events(job_id):
        console.print(f"{event.at:%Y-%m-%d %H:%M:%S}  {event.state:10}  {event.message}")
    for rival in (job.result or {}).get("rivals", []):
        console.print(f"  {rival['name']}: {rival['why']}", markup=False)


@jobs_app.command("cancel")
def cancel(
    job_id: JobId,
    reason: Annotated[str, typer.Option(help="Why; it goes to the audit log.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Cancel a job: at once if it waits, else as soon as its worker looks.

    Example: seicast jobs cancel 3f2a --reason "the wrong cells"
    """
    job = _queue().cancel(job_id, actor=places.user(), reason=reason)
    if as_json:
        print_json(job)
    else:
        console.print(f"{job.state}: {job.message}")


@jobs_app.command("work")
def work(
    *,
    once: Annotated[bool, typer.Option("--once", help="End when no job waits.")] = False,
    with_parent: Annotated[bool, typer.Option("--with-parent", hidden=True)] = False,
) -> None:
    """Do jobs until stopped; any number of workers may share a store.

    Example: seicast jobs work --once
    """
    logging.basicConfig(level=logging.INFO, format="%(name)s: %(message)s")
    if with_parent:
        end_with_parent()
    places.home().mkdir(parents=True, exist_ok=True)
    Worker.here(_queue(), places.home(), places.follower()).work(stop_on_signals(), is_once=once)


@jobs_app.command("execute", hidden=True)
def execute(job_id: JobId, worker: Annotated[str, typer.Argument()]) -> None:
    """Do one job that a worker holds; for the worker alone.

    Example: seicast jobs execute 3f2a worker-1
    """
    from seicast.training_runs import registry_here, store_here  # noqa: PLC0415  loads MLflow
    from training.retraining import result_of, retrain  # noqa: PLC0415

    end_with_parent()
    queue = _queue()
    job = queue.get(job_id)

    def tell(state: str, message: str, fraction: float) -> None:
        queue.tell(job_id, worker, message, state=state, progress_fraction=fraction)

    try:
        registered = retrain(job.request, job_id, store_here(), registry_here(job.actor), tell)
    except LostLease:
        raise
    except SeicastError as error:
        # What is wrong with the request or the cells will be wrong the next time too.
        queue.end(job_id, worker, error.in_words, state="failed")
        return
    state = "promoted" if registered.is_champion else "refused"
    queue.end(job_id, worker, registered.reason, state=state, result=result_of(registered))
    _let_aliases_follow()  # at once: here MLflow is loaded already


@jobs_app.command("follow-shelf", hidden=True)
def follow() -> None:
    """Let MLflow's champion aliases name what answers; for the worker alone.

    Example: seicast jobs follow-shelf
    """
    _let_aliases_follow()


def _let_aliases_follow() -> None:
    from seicast.training_runs import registry_here  # noqa: PLC0415  loads MLflow
    from training.registry import follow_shelf  # noqa: PLC0415

    follower = places.follower()
    champions = follower.champions()
    for entry in follow_shelf(registry_here()):
        print(f"{entry.name}: MLflow's alias names version {entry.version} now")
    follower.write_down(champions)


def _followed(job_id: str, *, is_quiet: bool) -> Job:
    """Return a job when it has ended; tell how it goes."""
    queue, after = _queue(), 0
    while True:
        job = queue.get(job_id)
        for event in queue.events(job_id, after=after):
            after = event.number
            if not is_quiet:
                console.print(f"{event.progress_fraction:4.0%}  {event.state:10}  {event.message}")
        if job.has_ended:
            return job
        time.sleep(POLL_S)


def _row(job: Job) -> tuple[str, ...]:
    asked = job.request
    done = f"{job.progress_fraction:.0%}"
    return (
        job.job_id,
        job.state,
        str(asked.get("target")),
        str(asked.get("tier")),
        done,
        job.message,
        job.actor,
    )


def _queue() -> JobQueue:
    return JobQueue(open_database(places.database_url()))
