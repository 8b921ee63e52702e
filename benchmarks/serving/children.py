"""Children that are forked to work, to be killed in the midst of it, or to die at one step."""

import os
import signal
import sys
import time
from collections.abc import Callable
from pkgutil import resolve_name
from typing import Any

from benchmarks.serving.servers import cpu_s

#: How often a child is looked at that is to be killed.
LOOK_S = 0.002


def in_child(work: Callable[[], object]) -> None:
    """Do work in a child, so that this process never opens what it forks.

    Raises
    ------
    ChildProcessError
        If the child ended with another code than 0.
    """
    code = os.waitstatus_to_exitcode(os.waitpid(child(work), 0)[1])
    if code:
        raise ChildProcessError(f"{work} ended with code {code}")


def child(work: Callable[[], object]) -> int:
    """Start work in a child and return its number."""
    number = os.fork()
    if number:
        return number
    try:
        work()
    except BaseException:  # noqa: BLE001  a child tells what it died of and nothing else
        sys.excepthook(*sys.exc_info())
        os._exit(1)
    os._exit(0)


def is_killed_after(work: Callable[[], object], after_cpu_s: float, pause_s: float) -> bool:
    """Kill a child that has worked for so long, and waited; tell whether it was still at work.

    CPU time is what counts: on a busy machine the same moment of the work comes later.
    """
    number = child(work)
    while cpu_s(number) < after_cpu_s and not _has_ended(number):
        time.sleep(LOOK_S)
    time.sleep(pause_s)
    os.kill(number, signal.SIGKILL)  # one that has ended waits here for its end to be heard
    return os.WIFSIGNALED(os.waitpid(number, 0)[1])


def is_killed_at_step(work: Callable[[], object], where: str, name: str, *, after: bool) -> bool:
    """Let a child die at its first call of a function; tell whether it came so far."""

    def fatal() -> None:
        _die_at(where, name, after=after)
        work()

    return os.WIFSIGNALED(os.waitpid(child(fatal), 0)[1])


def _die_at(where: str, name: str, *, after: bool) -> None:
    """Let this process die before or after the first call of a function."""
    owner: Any = resolve_name(where)
    work = getattr(owner, name)

    def fatal(*arguments: Any, **options: Any) -> None:
        if after:
            work(*arguments, **options)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(owner, name, fatal)


def _has_ended(number: int) -> bool:
    return os.waitid(os.P_PID, number, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
