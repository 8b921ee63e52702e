"""Where work is done: quick work in turns of the loop, other work in a few threads.

Python runs one thread at a time, in turns of some milliseconds. Twenty threads at work would
hold up the loop that refuses, and that answers for the health of the service, by a turn each;
a few do the same work as quickly. What waits for a thread waits in its order.
"""

import os
from collections.abc import Callable
from typing import TypeVar

from anyio import CapacityLimiter, to_thread

Answer = TypeVar("Answer")

#: Numerical libraries let go of the interpreter; more threads than cores gain nothing.
N_THREADS = max(2, os.cpu_count() or 1)
#: A body up to this is parsed in less time than a thread takes to start on it.
QUICK_BYTES = 8 * 1024
#: Cells that differ in numbers alone are answered within a turn of a thread, 5 ms, up to these;
#: a thread at work would hold the loop up for longer.
TURN_BYTES = 128 * 1024
CELLS_OF_A_TURN = 128


class WorkShop:
    """A few threads, and the work that waits for them."""

    def __init__(self, n_threads: int = N_THREADS) -> None:
        self._limiter = CapacityLimiter(n_threads)

    async def done(self, work: Callable[[], Answer]) -> Answer:
        """Return what a piece of work comes to, once a thread has done it."""
        return await to_thread.run_sync(work, limiter=self._limiter)
