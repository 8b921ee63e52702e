"""Retraining jobs killed at random and at every step that leaves something behind; many at once.

    python -m benchmarks.serving.crashes N_KILLS N_REPEATS

prints its figures as JSON. It runs in a process of its own that forks: a child takes the job
from the real queue and works on it with the real registry until it is killed.
"""

import json
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from pkgutil import resolve_name
from shutil import rmtree
from typing import Any

from benchmarks.figure import Bound, Figure, as_record
from benchmarks.serving import trained
from features.errors import SeicastError
from features.records import Source
from models import shelf as shelves
from models.bundle import verify_bundle
from store import CellStore
from store.audit import AuditLog
from store.jobs import JobQueue
from store.migrations import open_database
from store.outcome import Outcome
from training import retraining, tracking
from training.cohorts import load_cohort
from training.fit import train
from training.registry import Registry
from training.run_config import RunConfig, load_config
from training.tracking import TrackingStore

N_CELLS, N_TRAINERS = 40, 8
#: Jobs that are left alone, to learn how long one takes.
N_WHOLE = 2
REQUEST = {"target": "coulombic_efficiency", "tier": "recipe", "cells": {"lab": "ours"}}
QUICK = {"models": ("ridge",), "n_selection_folds": 2, "n_test_folds": 2}
#: Where a kill leaves the most behind: copying, registering, promoting.
STEPS: tuple[tuple[str, str], ...] = (
    ("training.tracking.MlflowClient", "log_artifacts"),
    ("training.tracking.MlflowClient", "create_model_version"),
    ("training.tracking.MlflowClient", "set_terminated"),
    ("shutil", "copytree"),
    ("models.shelf", "_replace"),
    ("models.shelf", "_write_line"),
    ("training.registry", "mark_champion"),
    ("training.registry", "_publish"),
)


@dataclass(frozen=True)
class Place:
    """Where a lab keeps cells, jobs, runs and models."""

    home: Path

    @property
    def url(self) -> str:
        """Return the database."""
        return f"sqlite:///{self.home / 'seicast.db'}"

    def cells(self) -> CellStore:
        """Return the kept cells."""
        return CellStore.open(self.url, str(self.home / "cells"))

    def registry(self) -> Registry:
        """Return what is trained and what answers."""
        journal = AuditLog(open_database(self.url))
        store = TrackingStore.in_folder(self.home)
        return Registry(store, self.home / "shelf", journal, "bench")


def figures(n_kills: int, n_repeats: int) -> list[Figure]:
    """Return all figures of kills and of many trainers at once."""
    # The search for a model is not what is killed here; a quick one gets to the end more often.
    quick = retraining.config_for("coulombic_efficiency", "recipe").model_copy(update=QUICK)
    config_for = partial(_seeded, quick)
    retraining.config_for = config_for
    return [*_killed(n_kills), _together(n_repeats)]


def _seeded(quick: RunConfig, target: str, tier: str) -> RunConfig:
    """Return a run that makes another bundle for each number of a kill."""
    return quick.model_copy(update={"seed": int(os.environ["SEICAST_KILL"])})


def _killed(n_kills: int) -> list[Figure]:
    """Kill a job's process again and again, half at random and half at the steps."""
    draw = random.Random(5)
    with tempfile.TemporaryDirectory() as folder:
        place = Place(Path(folder))
        _in_child(partial(_fill, place))
        for first in range(N_WHOLE):  # the first of them also makes the tracking store
            os.environ["SEICAST_KILL"] = f"{n_kills + 1 + first}"
            job_id, start = _submit(place, f"whole {first}"), time.monotonic()
            _in_child(partial(_work, place, job_id))
            whole_s = time.monotonic() - start
            _in_child(partial(_cleared, place))
        n_killed = 0
        for number in range(n_kills):
            os.environ["SEICAST_KILL"] = f"{number + 1}"
            _in_child(partial(_cleared, place))
            job_id = _submit(place, f"job {number}")
            step = STEPS[number // 2 % len(STEPS)]
            fatal = partial(_die_at, *step, after=bool(number // 2 // len(STEPS) % 2))
            n_killed += _killed_once(
                partial(_work, place, job_id, fatal if number % 2 else None),
                None if number % 2 else draw.uniform(0, whole_s),
            )
            _in_child(partial(_work, place, job_id))
        _in_child(partial(_cleared, place))
        _in_child(partial(_note, place, n_kills))
        wrong = json.loads((Path(folder) / "wrong.json").read_text())
    note = f"{n_killed} of {n_kills} were killed before their end; half at random, half at a step"
    return [
        Figure(f"{n_kills} kills of a retraining job: {what}", count, "", Bound(0, 0), note=note)
        for what, count in wrong.items()
    ]


def _submit(place: Place, key: str) -> str:
    def submit() -> None:
        queue = JobQueue(open_database(place.url))
        job = queue.submit(REQUEST, actor="bench", idempotency_key=key)
        (place.home / "job").write_text(job.job_id)

    _in_child(submit)
    return (place.home / "job").read_text()


def _fill(place: Place) -> None:
    cohort = load_cohort("virtual")
    pairs = zip(cohort.cells, cohort.outcomes["ce_fraction"], strict=True)
    known = [(cell, float(ce)) for cell, ce in pairs if 0 < ce < 1][: 2 * N_CELLS : 2]
    source = Source("measured", lab="ours")
    cells = place.cells()
    for cell, ce in known:
        bare = replace(cell, source=source, cycling=None, spectra=())
        cells.add(bare, outcome=Outcome(ce_fraction=ce))


def _work(place: Place, job_id: str, before: Callable[[], None] | None = None) -> None:
    """Do what a worker and a job's process do, until the job has ended."""
    if before is not None:
        before()
    queue = JobQueue(open_database(place.url))
    # Half a minute has passed: whoever held the job is taken to be gone.
    while not queue.get(job_id).has_ended:
        _reap(queue)
        name = f"worker {os.getpid()}"
        if queue.take(name, timedelta(0)) is None:
            continue

        def tell(state: str, message: str, fraction: float, name: str = name) -> None:
            queue.tell(job_id, name, message, state=state, progress_fraction=fraction)

        registered = retraining.retrain(REQUEST, job_id, place.cells(), place.registry(), tell)
        state = "promoted" if registered.is_champion else "refused"
        result = retraining.result_of(registered)
        queue.end(job_id, name, registered.reason, state=state, result=result)


def _reap(queue: JobQueue) -> None:
    """Reap as if a minute had passed."""
    module: Any = resolve_name("store.jobs")
    now = module.now_in_text
    module.now_in_text = lambda: module.in_text(module.from_text(now()) + timedelta(minutes=1))
    try:
        queue.reap()
    finally:
        module.now_in_text = now


def _cleared(place: Place) -> None:
    """Note the broken bundles of the shelf and empty it, so that the next one is promoted."""
    shelf, notes = place.home / "shelf", place.home / "broken"
    for entry in shelves.entries(shelf):
        for kept in shelves.versions(shelf, entry.name):
            if _is_broken(shelf / entry.name / f"v{kept.version}"):
                notes.write_text(f"{kept}\n" + (notes.read_text() if notes.is_file() else ""))
    rmtree(shelf, ignore_errors=True)


def _note(place: Place, n_kills: int) -> None:
    """Write down what is wrong with what the kills left."""
    notes = place.home / "broken"
    n_broken = len(notes.read_text().splitlines()) if notes.is_file() else 0
    store = place.registry().tracking
    client = store.client()
    versions = list(client.search_model_versions("", max_results=1000))
    hashes = [version.tags["bundle_sha256"] for version in versions]
    for version in versions:
        entry = tracking.registered(store, version.name, int(version.version))
        with tracking.kept_bundle(store, entry) as bundle:
            n_broken += _is_broken(bundle)
    jobs = JobQueue(open_database(place.url)).latest(limit=200)
    running = client.search_runs(["0", "1"], "attributes.status = 'RUNNING'", max_results=1000)
    wrong = {
        "bundles that are truncated": n_broken,
        "versions registered twice": len(hashes) - len(set(hashes)),
        "runs done again that gave another bundle": max(0, len(set(hashes)) - n_kills - N_WHOLE),
        "jobs or runs that are still open": sum(not job.has_ended for job in jobs) + len(running),
        "jobs that failed": sum(job.state == "failed" for job in jobs),
        "cells that were lost": N_CELLS - place.cells().count(),
    }
    (place.home / "wrong.json").write_text(json.dumps(wrong))


def _is_broken(bundle: Path) -> bool:
    try:
        verify_bundle(bundle)
    except SeicastError:
        return True
    return False


def _die_at(where: str, name: str, *, after: bool) -> None:
    """Let this process die before or after the first call of a function."""
    owner: Any = resolve_name(where)
    work = getattr(owner, name)

    def fatal(*arguments: Any, **options: Any) -> None:
        if after:
            work(*arguments, **options)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(owner, name, fatal)


def _killed_once(work: Callable[[], None], after_s: float | None) -> bool:
    """Kill a child after some time, or let it die at its step; tell whether it was killed."""
    child = _child(work)
    if after_s is not None:
        time.sleep(after_s)
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def _in_child(work: Callable[[], None]) -> None:
    """Do work in a child, so that this process never opens what it forks."""
    code = os.waitstatus_to_exitcode(os.waitpid(_child(work), 0)[1])
    if code:
        raise ChildProcessError(f"{work} ended with code {code}")


def _child(work: Callable[[], object]) -> int:
    child = os.fork()
    if child:
        return child
    try:
        work()
    except BaseException:  # noqa: BLE001  a child tells what it died of and nothing else
        sys.excepthook(*sys.exc_info())
        os._exit(1)
    os._exit(0)


def _together(n_repeats: int) -> Figure:
    """Let eight trainers begin at the same moment on a store that does not exist yet."""
    config = load_config(trained.RUN).model_copy(update=QUICK)
    cohort = load_cohort("virtual")
    made = train(config, cohort.subset(tuple(cell.cell_id for cell in cohort.cells[:N_CELLS])))
    n_good = 0
    for _ in range(n_repeats):
        with tempfile.TemporaryDirectory() as folder:
            store = TrackingStore.in_folder(Path(folder))
            log = partial(tracking.log_run, made, store)
            children = [_child(log) for _ in range(N_TRAINERS)]
            codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
            n_good += codes.count(0)
    n_all = n_repeats * N_TRAINERS
    name = f"{N_TRAINERS} trainers on a fresh store, {n_repeats} times: recorded and registered"
    return Figure(name, n_good, f"of {n_all}", Bound(low=n_all))


if __name__ == "__main__":
    found = figures(int(sys.argv[1]), int(sys.argv[2]))
    print(json.dumps([as_record(figure) for figure in found]))
