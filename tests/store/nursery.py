"""Processes that add cells: some are killed, some start together. Run by ``test_crashes``.

Everything is imported once, here; the processes are forks, so thirty of them take seconds.
"""

import os
import random
import signal
import sys
import time
from itertools import count
from pathlib import Path

import numpy as np
import pandas as pd

from features import Cell, CellDesign, Recipe, Source
from store import CellStore, Original, cells, versions
from store.audit import AuditEvent

N_PROCESSES, N_OWN, N_SHARED, N_LINES = 8, 5, 5, 3
#: Where a process dies, before or after: every step that leaves something on a disk.
STEPS = (
    (os, "fsync"),
    (Path, "replace"),
    (cells.Blobs, "keep"),
    (cells.Blobs, "restore_lost"),
    (versions, "insert_cell"),
    (versions, "remember_key"),
)


def cell_of(number):
    """Return a cell whose every value follows from its number."""
    cycling = pd.DataFrame(
        {
            "test_time_second": np.arange(200.0),
            "current_ampere": np.full(200, 1e-6 * (number + 1)),
            "voltage_volt": np.linspace(0, 0.1, 200),
        }
    )
    return Cell(f"c{number}", Recipe(CellDesign("Li||Cu")), Source("measured"), cycling=cycling)


def add(store, number):
    """Add a cell, every other one with a key, every third one with its instrument's file."""
    originals = [Original("run.csv", b"%d" % number * 5000)] if number % 3 == 0 else []
    key = f"key {number}" if number % 2 else None
    return store.add(cell_of(number), originals=originals, idempotency_key=key)


def add_until_killed(url, root, first, acknowledged):
    """Add cells from a number on; say so after each."""
    store = CellStore.open(url, root)
    file = os.open(acknowledged, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    for number in count(first):
        add(store, number)
        os.write(file, b"%d\n" % number)


def die_at(owner, name, *, after, calls):
    """Let this process die in the n-th call of a function, before or after its work."""
    work, left = getattr(owner, name), [calls]

    def fatal(*arguments, **options):
        left[0] -= 1
        if left[0] == 0 and not after:
            os.kill(os.getpid(), signal.SIGKILL)
        result = work(*arguments, **options)
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, name, fatal)


def next_number(acknowledged):
    """Return the first number that nobody has acknowledged; it may have been entered."""
    try:
        return len(Path(acknowledged).read_text().split())
    except FileNotFoundError:
        return 0


def kill_at_random(url, root, acknowledged, n_kills, seed):
    """Kill a process a random moment after some cells, or after none; and start the next."""
    draw = random.Random(seed)
    for _ in range(n_kills):
        first = next_number(acknowledged)
        child = os.fork()
        if not child:
            add_until_killed(url, root, first, acknowledged)
        n_cells = draw.randrange(4)
        while next_number(acknowledged) < first + n_cells:
            time.sleep(0.002)
        time.sleep(draw.uniform(0.0, 0.05 if n_cells else 0.3))
        os.kill(child, signal.SIGKILL)
        assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL


def kill_at_every_step(url, root, acknowledged):
    """Kill a process before and after every step of entering a cell."""
    for owner, name in STEPS:
        for after in (False, True):
            child = os.fork()
            if not child:
                die_at(owner, name, after=after, calls=3)
                add_until_killed(url, root, next_number(acknowledged), acknowledged)
            status = os.waitpid(child, 0)[1]
            assert os.WTERMSIG(status) == signal.SIGKILL, name


def start_together(url, root):
    """Let processes open a fresh store at the same moment and write into it."""
    ready, go = os.pipe()
    children = []
    for number in range(N_PROCESSES):
        child = os.fork()
        if not child:
            os.close(go)
            os.read(ready, 1)  # ends when the parent closes its side
            write_beside_others(url, root, number)
            os._exit(0)
        children.append(child)
    os.close(go)
    codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    assert codes == [0] * N_PROCESSES, codes


def write_beside_others(url, root, number):
    """Add cells of its own and cells that all add, and write into the audit log."""
    store = CellStore.open(url, root)
    for k in range(N_OWN):
        add(store, 1000 * (number + 1) + k)
    for k in range(N_SHARED):
        add(store, k)
    for k in range(N_LINES):
        store.audit.append(AuditEvent(f"process {number}", "test", f"line {k}"))


if __name__ == "__main__":
    mode, *arguments = sys.argv[1:]
    if mode == "random":
        kill_at_random(*arguments[:3], int(arguments[3]), int(arguments[4]))
    elif mode == "steps":
        kill_at_every_step(*arguments)
    else:
        start_together(*arguments)
