"""A process that is told to end does so, or is killed."""

import signal
import subprocess
import sys

from seicast.processes import stop

DEAF = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print(flush=True)
time.sleep(60)
"""


def test_whoever_hears_ends_by_itself():
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    stop(process, grace_s=10)
    assert process.returncode == -signal.SIGTERM


def test_whoever_does_not_hear_is_killed():
    with subprocess.Popen([sys.executable, "-c", DEAF], stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        stop(process, grace_s=0.2)
    assert process.returncode == -signal.SIGKILL
