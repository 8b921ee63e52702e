"""A job is done, or goes back to the queue, or says why not: whoever is killed."""

import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from datetime import timedelta

import pytest

from seicast import worker
from seicast.worker import Worker
from store.jobs import JobQueue
from store.migrations import open_database

#: What a job's process does instead of training; argv: database, job, worker.
SCRIPTS = {
    "ends": "queue.end(job, name, 'beats it', state='promoted', result={'version': 2})",
    "refuses": "queue.end(job, name, 'worse', state='refused')",
    "breaks": "sys.exit('the disk is full')",
    "is killed": "os.kill(os.getpid(), 9)",
    "hangs": "time.sleep(60)",
}
HEAD = (
    "import os, sys, time\n"
    "from store.jobs import JobQueue\n"
    "from store.migrations import open_database\n"
    "queue = JobQueue(open_database(sys.argv[1]))\n"
    "job, name = sys.argv[2:]\n"
)


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'seicast.db'}"


@pytest.fixture
def queue(url):
    database = open_database(url)
    yield JobQueue(database)
    database.close()


@pytest.fixture
def worker_that(queue, url, tmp_path, monkeypatch):
    """Return a function that makes a worker whose jobs do what a script says."""
    monkeypatch.setattr(worker, "POLL_S", 0.05)
    popen = subprocess.Popen

    def made(does):
        def start(command, **options):
            script = [sys.executable, "-c", HEAD + SCRIPTS[does], url, *command[-2:]]
            return popen(script, **options)

        monkeypatch.setattr(worker.subprocess, "Popen", start)
        return Worker(queue, tmp_path, "w")

    return made


def done(a_worker, queue):
    job_id = queue.submit({"target": "cycle_life"}, actor="kim").job_id
    a_worker.work(threading.Event(), is_once=True)
    return queue.get(job_id)


@pytest.mark.parametrize(("does", "state"), [("ends", "promoted"), ("refuses", "refused")])
def test_a_job_ends_as_its_process_says(worker_that, queue, does, state):
    job = done(worker_that(does), queue)
    assert job.state == state
    assert job.attempts == 1


@pytest.mark.parametrize(
    ("does", "said"), [("breaks", "the disk is full"), ("is killed", "code -9")]
)
def test_a_process_that_breaks_off_is_tried_again_and_then_the_job_has_failed(
    worker_that, queue, does, said
):
    job = done(worker_that(does), queue)
    assert job.state == "failed"
    assert job.attempts == 3
    assert said in " ".join(event.message for event in queue.events(job.job_id))


@contextmanager
def at_work(a_worker, queue, job_id):
    """Yield what stops a worker, once it has begun with a job."""
    stop = threading.Event()
    thread = threading.Thread(target=a_worker.work, args=(stop,), daemon=True)
    thread.start()
    try:
        wait(lambda: queue.get(job_id).state != "queued")
        yield stop
    finally:
        stop.set()
        thread.join(60)
    assert not thread.is_alive()


def wait(is_so, at_most_s=60.0):
    end = time.monotonic() + at_most_s
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_cancelled_job_is_stopped(worker_that, queue):
    a_worker = worker_that("hangs")
    job_id = queue.submit({}, actor="kim").job_id
    with at_work(a_worker, queue, job_id):
        queue.cancel(job_id, actor="lee", reason="the wrong cells")
        wait(lambda: queue.get(job_id).has_ended)
    assert queue.get(job_id).state == "cancelled"


def test_a_worker_that_is_stopped_gives_its_job_back(worker_that, queue):
    a_worker = worker_that("hangs")
    job_id = queue.submit({}, actor="kim").job_id
    with at_work(a_worker, queue, job_id) as stop:
        stop.set()
    job = queue.get(job_id)
    assert job.state == "queued"
    assert job.worker is None


def test_the_job_of_a_worker_that_is_gone_is_taken_over(worker_that, queue):
    job_id = queue.submit({}, actor="kim").job_id
    queue.take("gone", timedelta(seconds=-1))
    worker_that("ends").work(threading.Event(), is_once=True)
    job = queue.get(job_id)
    assert job.state == "promoted"
    assert job.attempts == 2


def test_without_room_on_the_disk_a_job_is_refused_before_it_begins(
    worker_that, queue, monkeypatch
):
    a_worker = worker_that("ends")
    monkeypatch.setattr(worker, "LEAST_FREE_BYTES", 10**18)
    job = done(a_worker, queue)
    assert job.state == "failed"
    assert "free" in job.message
