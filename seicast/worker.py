"""The worker of the retraining jobs: one job at a time, each in a process of its own.

The worker keeps the lease while the process works; the process itself tells the queue what it
does and how it ends. Whichever of them is killed, the job goes back to the queue. Between jobs
it sees to it that MLflow follows the shelf.
"""

import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from seicast.following import Follower
from seicast.processes import stop as stop_process
from store.jobs import Job, JobQueue, LostLease

LOG = logging.getLogger("seicast.worker")
POLL_S = 1.0
#: After that a process that was told to stop is killed.
GRACE_S = 10.0
#: A run with its artefacts takes a few MB; a full disk would break it in the middle.
LEAST_FREE_BYTES = 200 * 1024 * 1024


@dataclass(frozen=True, eq=False)
class Worker:
    """Takes jobs from a queue until it is stopped.

    Attributes
    ----------
    queue : JobQueue
    home : Path
        Where runs are written; there must be room.
    name : str
    follower : Follower or None
        Has MLflow follow the shelf; None where that is not wanted.
    """

    queue: JobQueue
    home: Path
    name: str
    follower: Follower | None = None

    @classmethod
    def here(cls, queue: JobQueue, home: Path, follower: Follower) -> "Worker":
        """Return a worker whose name tells machine and process."""
        return cls(queue, home, f"{socket.gethostname()}-{os.getpid()}", follower)

    def work(self, stop: threading.Event, *, is_once: bool = False) -> None:
        """Do jobs until told to stop, or until none waits."""
        while not stop.is_set():
            for job in self.queue.reap():
                LOG.warning("job %s: %s", job.job_id, job.message)
            job_taken = self.queue.take(self.name)
            if job_taken is not None:
                self._do(job_taken, stop)
                continue
            if self.follower is not None:
                self.follower.follow(stop)
            if is_once:
                return
            stop.wait(POLL_S)

    def _do(self, job: Job, stop: threading.Event) -> None:
        LOG.info("job %s: attempt %d", job.job_id, job.attempts)
        free = shutil.disk_usage(self.home).free
        if free < LEAST_FREE_BYTES:
            message = f"only {free} bytes are free; {LEAST_FREE_BYTES} are needed"
            self.queue.end(job.job_id, self.name, message, state="failed")
            return
        command = [sys.executable, "-m", "seicast", "jobs", "execute", job.job_id, self.name]
        process = subprocess.Popen(command, stderr=subprocess.PIPE)
        said = _last_words(process)
        try:
            is_cancelled = self._wait(job, process, stop)
        except LostLease as error:
            LOG.warning("%s", error)
            stop_process(process, GRACE_S)
            return
        self._close(job, process, said(), is_cancelled=is_cancelled)

    def _wait(self, job: Job, process: "subprocess.Popen[bytes]", stop: threading.Event) -> bool:
        """Keep the lease until the process ends; return whether the job is to be cancelled."""
        while process.poll() is None:
            is_cancel_wanted = not self._is_ended(job) and self._renewed(job).is_cancel_wanted
            if stop.is_set() or is_cancel_wanted:
                stop_process(process, GRACE_S)
                return is_cancel_wanted
            time.sleep(POLL_S)
        return False

    def _close(
        self, job: Job, process: "subprocess.Popen[bytes]", words: str, *, is_cancelled: bool
    ) -> None:
        """Bring a job to its end, or back to the queue, if its process has not."""
        if self._is_ended(job):
            return
        if is_cancelled:
            self.queue.end(job.job_id, self.name, "cancelled while it ran", state="cancelled")
        else:
            why = f"its process ended with code {process.returncode}: {words}"
            self.queue.give_back(job.job_id, self.name, why)

    def _renewed(self, job: Job) -> Job:
        try:
            return self.queue.renew(job.job_id, self.name)
        except LostLease:
            if self._is_ended(job):
                return job
            raise

    def _is_ended(self, job: Job) -> bool:
        return self.queue.get(job.job_id).has_ended


def end_with_parent() -> None:
    """End this process soon after its parent has: nobody would hear what it does."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(POLL_S)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def stop_on_signals() -> threading.Event:
    """Return an event that SIGTERM and SIGINT set."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


def _last_words(process: "subprocess.Popen[bytes]") -> Callable[[], str]:
    """Pass a process's errors on, and return a function that tells the last line of them."""
    lines: list[str] = []

    def listen() -> None:
        with process.stderr or nullcontext(()) as errors:
            pass_on(errors)

    def pass_on(errors: Iterable[bytes]) -> None:
        for line in errors:
            text = line.decode(errors="replace").rstrip()
            sys.stderr.write(text + "\n")
            lines[:] = [text] if text else lines

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()

    def said() -> str:
        thread.join(GRACE_S)
        return lines[0][:300] if lines else "it said nothing"

    return said
