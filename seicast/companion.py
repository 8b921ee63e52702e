"""A process that runs beside this one, and is started anew whenever it ends by itself."""

import logging
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from seicast.processes import stop as stop_process

LOG = logging.getLogger("seicast.service")
POLL_S = 0.5
#: A worker that is told to stop first stops its job.
STOP_S = 15.0
#: Before another is started; doubled for one that ends at once again and again, up to the longest.
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 60.0


@contextmanager
def beside(name: str, command: Sequence[str]) -> Iterator[None]:
    """Keep a process for as long as the block lasts.

    Parameters
    ----------
    name : str
        What the log calls it.
    command : sequence of str
        It is told to stop by SIGTERM, and killed if it does not.
    """
    companion = Companion(name, tuple(command))
    thread = threading.Thread(target=companion.tend, name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        companion.is_dismissed.set()
        thread.join()


@dataclass(frozen=True, eq=False)
class Companion:
    """Tends one process until it is dismissed.

    Attributes
    ----------
    name : str
    command : tuple of str
    is_dismissed : Event
    """

    name: str
    command: tuple[str, ...]
    is_dismissed: threading.Event = field(default_factory=threading.Event)

    def tend(self) -> None:
        """Run the process, and another in its place whenever it ends by itself."""
        pause_s = FIRST_PAUSE_S
        while not self.is_dismissed.is_set():
            began_s = time.monotonic()
            how = self._ended()
            if self.is_dismissed.is_set():
                return
            if time.monotonic() - began_s > LONGEST_PAUSE_S:
                pause_s = FIRST_PAUSE_S
            LOG.error("the %s %s; another starts in %g s", self.name, how, pause_s)
            self.is_dismissed.wait(pause_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    def _ended(self) -> str:
        """Run the process to its end, and return how it came to it."""
        try:
            # A group of its own: Ctrl-C is for the service, which then dismisses it in order.
            process = subprocess.Popen(self.command, process_group=0)
        except OSError as error:
            return f"cannot be started: {error}"
        while process.poll() is None:
            if self.is_dismissed.wait(POLL_S):
                stop_process(process, STOP_S)
        return f"(process {process.pid}) ended with code {process.returncode}"
