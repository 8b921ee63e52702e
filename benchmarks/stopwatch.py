"""Time and memory of a piece of work, so that ratios hold on a shared machine."""

import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

Work = Callable[[], object]

#: A round of each in turn, so that a busy minute hits all of them.
N_ROUNDS = 5


def cpu_s(work: Work) -> float:
    """Return the CPU time of a piece of work, its threads together."""
    start_s = time.process_time()
    work()
    return time.process_time() - start_s


def wall_s(work: Work) -> float:
    """Return the time by the clock on the wall."""
    start_s = time.perf_counter()
    work()
    return time.perf_counter() - start_s


def warm_cpu_s(work: Work) -> float:
    """Return the CPU time of a second run, right after a first."""
    work()
    return cpu_s(work)


def median_cpu_s(*works: Work, n_rounds: int = N_ROUNDS) -> list[float]:
    """Return the median CPU time of each piece of work, measured in turn."""
    rounds = [[warm_cpu_s(work) for work in works] for _ in range(n_rounds)]
    return [median(times) for times in zip(*rounds, strict=True)]


def peak_bytes() -> int:
    """Return the most memory that this process has held so far.

    Linux hands the peak of a parent down to its children by ``getrusage``, so the process's own
    status is asked where there is one.
    """
    status = Path("/proc/self/status")
    if status.is_file():
        peak = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return 1024 * int(peak.split()[1])
    peak_rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak_rss if sys.platform == "darwin" else 1024 * peak_rss


def output_of(command: Sequence[str]) -> str:
    """Return what a command prints; its errors go to the screen."""
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
