"""The demo: train the default predictors, open service and MLflow UI, predict once."""

import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from models.shelf import entries
from seicast import places
from seicast.printing import console

LOOPBACK = "127.0.0.1"
#: Trained always; and these, where their data set is on this machine.
VIRTUAL_RUNS = (
    "coulombic_efficiency-virtual-recipe",
    "coulombic_efficiency-virtual-20_cycles",
    "cycle_life-virtual-recipe",
    "cycle_life-virtual-20_cycles",
)
MEASURED_RUNS = {
    "coulombic_efficiency-kim2023": "kim2023_ce",
    "cycle_life-severson2019": "severson2019",
}
#: A machine under load may take long to import a server.
PATIENCE_s = 120.0


@dataclass(frozen=True)
class Server:
    """A process that was started here, and where it listens."""

    name: str
    process: "subprocess.Popen[bytes]"
    url: str
    ready_url: str
    log: Path

    def stop(self) -> None:
        """End the process group, and wait for it."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def run_demo(*, stay: bool, port: int, mlflow_port: int) -> int:
    """Return 0 if a prediction came back, 1 otherwise; stay up until Ctrl-C if asked to."""
    # Also where a shell started the demo in the background, which ignores Ctrl-C otherwise.
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, _interrupt)
    _train_missing()
    servers: list[Server] = []
    try:
        mlflow_port = _free_port(mlflow_port)
        servers.append(_start_service(_free_port(port), f"http://{LOOPBACK}:{mlflow_port}"))
        servers.append(_start_mlflow(mlflow_port))
        _wait_until_ready(servers[0])
        reply = _predict(servers[0])
        _wait_until_ready(servers[1])
        _report(servers, reply)
        if stay:
            _stay(servers)
    except KeyboardInterrupt:
        console.print("Stopping.")
    except DemoFailure as failure:
        console.print(f"The demo failed: {failure}")
        return 1
    finally:
        for server in servers:
            server.stop()
    return 0


class DemoFailure(Exception):
    """A server did not start, or no prediction came back."""


def _interrupt(signal_number: int, frame: object) -> None:
    raise KeyboardInterrupt


def _train_missing() -> None:
    """Train the default predictors that are not on the shelf, or that other code made."""
    from training.data_folders import has_data  # noqa: PLC0415  keeps --help quick

    wanted = [*VIRTUAL_RUNS, *(run for run, data in MEASURED_RUNS.items() if has_data(data))]
    present = {entry.name for entry in entries(places.shelf()) if _is_loadable(entry.name)}
    missing = [run for run in wanted if run not in present]
    if present:
        console.print(f"Trained already: {', '.join(sorted(present))}")
    for run in missing:
        from seicast.training_runs import train_and_record  # noqa: PLC0415  loads MLflow

        # Processes that start up cost more than these small runs.
        train_and_record(Path(run), "local:1")
    for run in sorted(set(MEASURED_RUNS) - set(wanted)):
        console.print(
            f"Not trained, its data set is not on this machine: {run} (seicast data list)"
        )


def _is_loadable(name: str) -> bool:
    from features.errors import BrokenBundle, StaleBundle  # noqa: PLC0415
    from models.shelf import load_champion  # noqa: PLC0415

    try:
        load_champion(places.shelf(), name)
    except (BrokenBundle, StaleBundle) as error:
        console.print(f"Training {name} again: {error}")
        return False
    return True


def _free_port(wanted: int) -> int:
    """Return the port wanted, or a free one if it is taken."""
    with socket.socket() as probe:
        try:
            probe.bind((LOOPBACK, wanted))
        except OSError:
            probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def _start_service(port: int, mlflow_url: str) -> Server:
    """Start the service, whose Models page leads to the runs in MLflow."""
    command = [sys.executable, "-m", "seicast", "serve", "--port", str(port)]
    url = f"http://{LOOPBACK}:{port}"
    more = {"SEICAST_MLFLOW_URL": os.environ.get("SEICAST_MLFLOW_URL", mlflow_url)}
    return _start("service", command, url, f"{url}/health/ready", more)


def _start_mlflow(port: int) -> Server:
    from training.tracking import TrackingStore  # noqa: PLC0415  loads MLflow

    store = TrackingStore.in_folder(places.home())
    store.client()
    command = [
        *(sys.executable, "-m", "mlflow", "server", "--host", LOOPBACK, "--port", str(port)),
        *("--backend-store-uri", store.tracking_uri, "--workers", "1"),
        *("--serve-artifacts", "--artifacts-destination", store.artifact_location),
    ]
    url = f"http://{LOOPBACK}:{port}"
    return _start("mlflow", command, url, f"{url}/health")


def _start(
    name: str,
    command: Sequence[str],
    url: str,
    ready_url: str,
    more: Mapping[str, str] = MappingProxyType({}),
) -> Server:
    log = places.home() / f"{name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    # MLflow would add fourteen job processes that nothing here uses.
    environment = {**os.environ, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", **more}
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=output, env=environment, start_new_session=True
        )
    return Server(name, process, url, ready_url, log)


def _wait_until_ready(server: Server) -> None:
    deadline = time.monotonic() + PATIENCE_s
    while time.monotonic() < deadline:
        if server.process.poll() is not None:
            raise DemoFailure(f"{server.name} ended; its log is {server.log}")
        try:
            with urllib.request.urlopen(server.ready_url, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise DemoFailure(f"{server.name} is not ready after {PATIENCE_s:g} s; its log is {server.log}")


def _predict(service: Server) -> dict[str, Any]:
    """Return the service's reply to the example request."""
    request = urllib.request.Request(
        f"{service.url}/v1/predictions",
        data=places.EXAMPLE_REQUEST.read_bytes(),
        headers={"Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            reply: dict[str, Any] = json.load(response)
    except urllib.error.HTTPError as error:
        raise DemoFailure(error.read().decode()) from error
    if not reply["cells"][0]["predictions"]:
        raise DemoFailure("the reply holds no prediction")
    return reply


def _report(servers: Sequence[Server], reply: dict[str, Any]) -> None:
    from seicast.printing import show_predictions  # noqa: PLC0415
    from serving.replies import PredictionReply  # noqa: PLC0415

    example = os.path.relpath(places.EXAMPLE_REQUEST)
    url = f"{servers[0].url}/v1/predictions"
    print(f"\nService:    {servers[0].url}  (open it: the pages; {servers[0].url}/docs: the API)")
    print(f"MLflow UI:  {servers[1].url}")
    print("\nA prediction, for the recipe of the founding paper:\n")
    print(f"curl -s {url} -H 'Content-Type: application/json' -d @{shlex.quote(example)}\n")
    print(json.dumps(reply, indent=2))
    print()
    show_predictions(PredictionReply.model_validate(reply).cells)


def _stay(servers: Sequence[Server]) -> None:
    """Wait for Ctrl-C, or for a server to end by itself."""
    print("\nCtrl-C stops both.", flush=True)
    while all(server.process.poll() is None for server in servers):
        time.sleep(0.5)
    ended = next(server for server in servers if server.process.poll() is not None)
    raise DemoFailure(f"{ended.name} ended by itself; its log is {ended.log}")
