"""Servers as processes of their own on loopback, and the CPU time that they take."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

from benchmarks.serving.load import LOOPBACK

CHECKOUT = Path(__file__).resolve().parents[2]
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
#: MLflow takes long to import on a busy machine.
START_S = 180.0
#: One thread a matrix product: the servers compare, not their libraries.
ENVIRONMENT = {
    **os.environ,
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_WAIT_POLICY": "passive",
    "PYTHONPATH": str(CHECKOUT),
    # MLflow starts uvicorn by its name.
    "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
}


@dataclass(frozen=True)
class Server:
    """A server that was started here."""

    process: "subprocess.Popen[bytes]"
    port: int

    def cpu_s(self) -> float:
        """Return the CPU time of the process and of all below it, so far."""
        return sum(cpu_s(pid) for pid in _tree(self.process.pid))

    def waited_s(self) -> float:
        """Return how long the main thread has waited for a core that others were using."""
        return int(Path(f"/proc/{self.process.pid}/schedstat").read_text().split()[1]) / 1e9

    def rss_bytes(self) -> int:
        """Return the resident memory of the process alone."""
        fields = Path(f"/proc/{self.process.pid}/statm").read_text().split()
        return int(fields[1]) * PAGE_BYTES

    def files(self) -> Counter[str]:
        """Return the names of the files that the process holds open; sockets are of one kind."""
        names: Counter[str] = Counter()
        for link in Path(f"/proc/{self.process.pid}/fd").iterdir():
            with suppress(FileNotFoundError):  # closed meanwhile
                names[link.readlink().name.partition(":")[0]] += 1
        return names

    def stop(self) -> int:
        """End the process group that was started here, and return the code it ended with."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
        try:
            return self.process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            return self.process.wait()


def free_port() -> int:
    """Return a port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


@contextmanager
def served(command: Sequence[str], port: int, **variables: str) -> Iterator[Server]:
    """Yield a server once it listens; it ends with the block."""
    environment: Mapping[str, str] = {**ENVIRONMENT, **variables}
    process = subprocess.Popen(
        command,
        cwd=CHECKOUT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    server = Server(process, port)
    try:
        _wait_until_it_listens(server, " ".join(command))
        yield server
    finally:
        server.stop()


@contextmanager
def service(shelf: Path, home: Path, **variables: str) -> Iterator[Server]:
    """Yield the service over a shelf, without worker, once it is ready."""
    port = free_port()
    command = [sys.executable, "-m", "seicast", "serve", "--port", str(port), "--no-worker"]
    places = {"SEICAST_SHELF": str(shelf), "SEICAST_HOME": str(home)}
    with served(command, port, **places, **variables) as server:
        urlopen(f"http://{LOOPBACK}:{port}/health/ready", timeout=START_S).close()
        yield server


def _wait_until_it_listens(server: Server, what: str) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        if server.process.poll() is not None:
            raise ChildProcessError(f"{what} ended with code {server.process.returncode}")
        with socket.socket() as probe:
            if probe.connect_ex((LOOPBACK, server.port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError(f"{what} does not listen after {START_S:g} s")


def _tree(pid: int) -> list[int]:
    """Return a process and all below it that are alive."""
    children: list[str] = []
    with suppress(OSError):  # it, or one of its threads, has ended
        for thread in Path(f"/proc/{pid}/task").iterdir():
            children += (thread / "children").read_text().split()
    return [pid, *(below for child in children for below in _tree(int(child)))]


def cpu_s(pid: int) -> float:
    """Return the CPU time of a process and of its ended children, 0 if there is none."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    # After the name: state is field 0, utime and stime 11 and 12, of ended children 13 and 14.
    return sum(map(int, fields[11:15])) / TICKS_PER_S
