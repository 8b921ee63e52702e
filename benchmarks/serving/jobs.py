"""A laboratory's jobs as a worker does them, and a look at what is left when one was killed."""

import json
import os
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from pkgutil import resolve_name
from shutil import rmtree
from typing import Any

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
from training.registry import Registry
from training.tracking import TrackingStore

N_CELLS = 40
REQUEST = {"target": "coulombic_efficiency", "tier": "recipe", "cells": {"lab": "ours"}}


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


def fill(place: Place) -> None:
    """Keep cells of the virtual laboratory with their outcomes, without measurements."""
    cohort = load_cohort("virtual")
    pairs = zip(cohort.cells, cohort.outcomes["ce_fraction"], strict=True)
    known = [(cell, float(ce)) for cell, ce in pairs if 0 < ce < 1][: 2 * N_CELLS : 2]
    source = Source("measured", lab="ours")
    cells = place.cells()
    for cell, ce in known:
        bare = replace(cell, source=source, cycling=None, spectra=())
        cells.add(bare, outcome=Outcome(ce_fraction=ce))


def work(place: Place, job_id: str) -> None:
    """Do what a worker and a job's process do, until the job has ended."""
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


def taken_up(place: Place, job_id: str) -> None:
    """Look at what a kill left, do the job again, and look once more."""
    _note_broken(place)
    work(place, job_id)
    cleared(place)


def cleared(place: Place) -> None:
    """Note the broken bundles of the shelf and empty it, so that the next one is promoted."""
    _note_broken(place)
    rmtree(place.home / "shelf", ignore_errors=True)


def _note_broken(place: Place) -> None:
    """Add what is on the shelf and cannot answer to the notes."""
    shelf = place.home / "shelf"
    with (place.home / "broken").open("a") as notes:
        for entry in shelves.entries(shelf):
            for kept in {entry, *shelves.versions(shelf, entry.name)}:
                if _is_broken(shelf / entry.name / f"v{kept.version}"):
                    notes.write(f"{kept}\n")


def write_down(place: Place) -> None:
    """Write down what is wrong with what the kills left."""
    n_broken = len((place.home / "broken").read_text().splitlines())
    store = place.registry().tracking
    client = store.client()
    made: dict[str, list[str]] = defaultdict(list)
    for version in client.search_model_versions("", max_results=1000):
        entry = tracking.registered(store, version.name, int(version.version))
        job_id = client.get_run(entry.run_id).data.tags[tracking.JOB]
        made[job_id].append(entry.bundle_sha256)
        with tracking.kept_bundle(store, entry) as bundle:
            n_broken += _is_broken(bundle)
    jobs = JobQueue(open_database(place.url)).latest(limit=200)
    running = client.search_runs(["0", "1"], "attributes.status = 'RUNNING'", max_results=1000)
    wrong = {
        "bundles that are truncated": n_broken,
        "versions registered twice": sum(len(each) - len(set(each)) for each in made.values()),
        "runs done again that gave another bundle": sum(
            len(set(each)) - 1 for each in made.values()
        ),
        "jobs without their model": sum(job.job_id not in made for job in jobs),
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
