"""Local workers that are copies of this process, so that none of them loads the program again.

A fresh process takes over a second of computing to load it, as long as describing two hundred
files. A copy knows this process's threads by name only: it is made where there are none, and for
work that needs no OpenMP.
"""

import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

from joblib.parallel import ParallelBackendBase

#: Tens of milliseconds of describing: much more than the way there and back, too little to wait
#: for at the end.
BATCH_SIZE = 8


def can_fork() -> bool:
    """Tell whether a copy of this process can be relied on: on Linux, and without threads."""
    return sys.platform == "linux" and threading.active_count() == 1


class ForkedWorkers(ParallelBackendBase):  # type: ignore[misc]  # joblib has no annotations
    """A backend of joblib; a worker that is killed ends the whole run with BrokenProcessPool."""

    supports_retrieve_callback = True
    _pool: ProcessPoolExecutor

    def effective_n_jobs(self, n_jobs: int) -> int:
        """Return the number of workers."""
        return n_jobs

    def configure(self, n_jobs: int = 1, parallel: Any = None, **_settings: Any) -> int:
        """Prepare so many workers; they are copied when the first work comes."""
        self.parallel = parallel
        self._pool = ProcessPoolExecutor(n_jobs, mp_context=get_context("fork"))
        return n_jobs

    def compute_batch_size(self) -> int:
        """Return how many items travel together."""
        return BATCH_SIZE

    def submit(
        self, func: Callable[[], Any], callback: Callable[[Future[Any]], Any] | None = None
    ) -> Future[Any]:
        """Hand work to the next free worker."""
        future = self._pool.submit(func)
        if callback is not None:
            future.add_done_callback(callback)
        return future

    def retrieve_result_callback(self, out: Future[Any]) -> Any:
        """Return what a worker answered, or raise its error."""
        return out.result()

    def terminate(self) -> None:
        """Let the workers go."""
        self._pool.shutdown(cancel_futures=True)

    def abort_everything(self, ensure_ready: bool = True) -> None:
        """Let the workers go after an error; what waits is not begun."""
        self.terminate()
        if ensure_ready:
            self.configure(n_jobs=self.parallel.n_jobs, parallel=self.parallel)
