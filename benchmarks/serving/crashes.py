"""Retraining jobs killed at random and at every step that leaves something behind; many at once.

    python -m benchmarks.serving.crashes N_KILLS N_REPEATS

prints its figures as JSON. It runs in a process of its own that forks: a child takes the job
from the real queue and works on it with the real registry until it is killed.
"""

import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from pathlib import Path

from benchmarks.figure import Bound, Figure, as_record
from benchmarks.serving import jobs, trained
from benchmarks.serving.children import child, in_child, is_killed_after, is_killed_at_step
from benchmarks.serving.jobs import Place
from store.jobs import JobQueue
from store.migrations import open_database
from training import retraining, tracking
from training.cohorts import load_cohort
from training.fit import train
from training.run_config import RunConfig, load_config
from training.tracking import TrackingStore

#: Kills work, and tells whether it was at it; the second argument counts the tries before.
Kill = Callable[[Callable[[], None], int], bool]
N_TRAINERS = 8
#: Jobs that are left alone, to learn how long one takes; the first makes the tracking store.
N_WHOLE = 3
#: The gate refuses some models before they are published: another is killed in its stead.
MOST_TRIES = 5
EARLIER = 0.96
#: A kill waits up to so long after its moment, to strike also while the disk is written.
PAUSE_S = 0.02
#: Imported before the forks: loading them is no part of a job, and would be a third of it.
EARLY = ("mlflow.store.tracking.sqlalchemy_store", "mlflow.store.model_registry.sqlalchemy_store",
         "matplotlib.backends.backend_agg")  # fmt: skip
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


def figures(n_kills: int, n_repeats: int) -> list[Figure]:
    """Return all figures of kills and of many trainers at once."""
    for module in EARLY:
        import_module(module)
    # The search for a model is not what is killed here; a quick one gets to the end more often.
    quick = retraining.config_for("coulombic_efficiency", "recipe").model_copy(update=QUICK)
    config_for = partial(_seeded, quick)
    retraining.config_for = config_for
    return [*_killed(n_kills), _together(n_repeats)]


def _seeded(quick: RunConfig, target: str, tier: str) -> RunConfig:
    """Return a run that makes another bundle for each number of a job."""
    return quick.model_copy(update={"seed": int(os.environ["SEICAST_JOB"])})


def _killed(n_kills: int) -> list[Figure]:
    """Kill a job's process again and again, half at random and half at the steps."""
    with tempfile.TemporaryDirectory() as folder:
        place, numbers = Place(Path(folder)), iter(range(1, 1 << 30))
        in_child(partial(jobs.fill, place))
        whole_s = min([_ended(place, numbers) for _ in range(N_WHOLE)][1:])
        n_landed = sum(
            any(_killed_once(place, numbers, kill, n) for n in range(MOST_TRIES))
            for kill in _kills(n_kills, whole_s)
        )
        n_jobs = next(numbers) - 1
        in_child(partial(jobs.write_down, place))
        wrong = json.loads((place.home / "wrong.json").read_text())
    note = (
        f"{n_landed} of {n_kills} kills struck a job at work, half at a random share of its "
        f"{whole_s:.1f} s of CPU and half at a step; {n_jobs} jobs"
    )
    missed = Figure(
        f"{n_kills} kills of a retraining job: kills that struck nothing",
        n_kills - n_landed,
        "",
        Bound(0, 0),
        note=note,
    )
    return [
        missed,
        *(
            Figure(f"{n_kills} kills of a retraining job: {what}", count, "", Bound(0, 0))
            for what, count in wrong.items()
        ),
    ]


def _kills(n_kills: int, whole_s: float) -> Iterator[Kill]:
    """Yield ways to kill work: at random and at a step in turn."""
    draw = random.Random(5)
    for number in range(n_kills):
        turn = number // 2
        if number % 2:
            step, after = STEPS[turn % len(STEPS)], bool(turn // len(STEPS) % 2)
            yield partial(_at_step, step, after)
        else:
            # One moment in each slice of the job, so that no part of it is left out.
            slice_s = whole_s / (n_kills // 2)
            yield partial(_at_random, draw, turn * slice_s, slice_s)


def _at_step(step: tuple[str, str], after: bool, work: Callable[[], None], tries: int) -> bool:
    return is_killed_at_step(work, *step, after=after)


def _at_random(
    draw: random.Random, first_s: float, slice_s: float, work: Callable[[], None], tries: int
) -> bool:
    # Jobs differ by some percent: one that had ended says that the moment was too late.
    moment_s = draw.uniform(first_s, first_s + slice_s) * EARLIER**tries
    return is_killed_after(work, moment_s, draw.uniform(0, PAUSE_S))


def _killed_once(place: Place, numbers: Iterator[int], kill: Kill, tries: int) -> bool:
    """Kill a new job and let it be taken up again; tell whether it was at work."""
    job_id = _submitted(place, numbers)
    is_struck = kill(partial(jobs.work, place, job_id), tries)
    in_child(partial(jobs.taken_up, place, job_id))
    return is_struck


def _ended(place: Place, numbers: Iterator[int]) -> float:
    """Do a new job to its end and return the CPU time that it took."""
    job_id, told = _submitted(place, numbers), place.home / "whole_s"

    def work() -> None:
        jobs.work(place, job_id)
        told.write_text(f"{time.process_time()}")  # before the process takes itself apart
        jobs.cleared(place)

    in_child(work)
    return float(told.read_text())


def _submitted(place: Place, numbers: Iterator[int]) -> str:
    number = next(numbers)
    os.environ["SEICAST_JOB"] = f"{number}"

    def submit() -> None:
        queue = JobQueue(open_database(place.url))
        job = queue.submit(jobs.REQUEST, actor="bench", idempotency_key=f"job {number}")
        (place.home / "job").write_text(job.job_id)

    in_child(submit)
    return (place.home / "job").read_text()


def _together(n_repeats: int) -> Figure:
    """Let eight trainers begin at the same moment on a store that does not exist yet."""
    config = load_config(trained.RUN).model_copy(update=QUICK)
    cohort = load_cohort("virtual")
    made = train(
        config, cohort.subset(tuple(cell.cell_id for cell in cohort.cells[: jobs.N_CELLS]))
    )
    n_good = 0
    for _ in range(n_repeats):
        with tempfile.TemporaryDirectory() as folder:
            store = TrackingStore.in_folder(Path(folder))
            log = partial(tracking.log_run, made, store)
            children = [child(log) for _ in range(N_TRAINERS)]
            codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
            n_good += codes.count(0)
    n_all = n_repeats * N_TRAINERS
    name = f"{N_TRAINERS} trainers on a fresh store, {n_repeats} times: recorded and registered"
    return Figure(name, n_good, f"of {n_all}", Bound(low=n_all))


if __name__ == "__main__":
    found = figures(int(sys.argv[1]), int(sys.argv[2]))
    print(json.dumps([as_record(figure) for figure in found]))
