import re
import subprocess
import sys
import threading

import pytest

from training.forked_workers import can_fork

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux copies a process safely")


def answers_of_copies(work):
    """Return what a fresh interpreter prints that runs work in copies of itself."""
    script = f"""
import os, signal, sys
from training.executor import run_all
loaded = []
def square(number):
    return number * number, os.getppid(), len(loaded)
def die(number):
    if number == 5:
        os.kill(os.getpid(), signal.SIGKILL)
    return number
def fail(number):
    raise ValueError(f"item {{number}} is bad")
loaded.append("before the copies were made")
{work}
"""
    ended = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=300, check=False
    )
    return ended.stdout, ended.stderr


@linux
def test_copies_of_this_process_answer_for_it_and_need_not_load_it_again():
    work = """
found = list(run_all(square, range(50), "local:2", may_fork=True))
print(sorted(n for n, _, _ in found) == [n * n for n in range(50)])
print({parent for _, parent, _ in found} == {os.getpid()}, {n for _, _, n in found})
"""
    assert answers_of_copies(work)[0].split("\n")[:2] == ["True", "True {1}"]


@linux
@pytest.mark.parametrize(
    ("work", "error"),
    [
        ("list(run_all(die, range(50), 'local:2', may_fork=True))", "BrokenProcessPool"),
        (
            "list(run_all(fail, range(50), 'local:2', may_fork=True))",
            r"ValueError: item \d+ is bad",
        ),
    ],
)
def test_a_copy_that_is_killed_or_fails_ends_the_run_instead_of_hanging_it(work, error):
    assert re.search(error, answers_of_copies(work)[1])


def test_no_copy_is_made_of_a_process_with_threads():
    """A lock held by a thread that the copy lacks would never be released."""
    ends = threading.Event()
    thread = threading.Thread(target=ends.wait)
    thread.start()
    try:
        assert not can_fork()
    finally:
        ends.set()
        thread.join()
