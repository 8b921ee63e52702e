"""The demo from end to end, in processes of its own, on simulated cells alone."""

import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import pytest

from models.shelf import entries
from seicast.demo import MEASURED_RUNS, VIRTUAL_RUNS
from seicast.places import CHECKOUT

pytestmark = pytest.mark.slow

COMMAND = [sys.executable, "-m", "seicast", "demo"]
#: What SQLite keeps beside a database, and what is being written, when a process is killed.
IN_BETWEEN = ("-journal", "-wal", "-shm", ".partial")
PATIENCE_s = 1200


@dataclass
class Staying:
    """A demo that stays up, and what it has printed so far."""

    process: subprocess.Popen
    output: str

    @property
    def urls(self):
        """Return the addresses of the service and of the MLflow UI."""
        return [
            re.search(rf"{name}:\s+(http://127\.0\.0\.1:\d+)", self.output)[1]
            for name in ("Service", "MLflow UI")
        ]


def port_of(url):
    return int(url.rpartition(":")[2])


def listens(port, host="127.0.0.1"):
    with socket.socket() as probe:
        probe.settimeout(2)
        return probe.connect_ex((host, port)) == 0


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """Return an environment in which no measured data set and no earlier run exists."""
    folder = tmp_path_factory.mktemp("demo")
    (folder / "no data").mkdir()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SEICAST_")}
    return kept | {
        "SEICAST_HOME": str(folder / "home"),
        "SEICAST_SHELF": str(folder / "shelf"),
        "SEICAST_DATA": str(folder / "no data"),
        "COLUMNS": "200",
    }


@pytest.fixture(scope="module")
def command(free_port):
    """Return the command of a demo whose ports nobody else gets meanwhile."""
    return [*COMMAND, "--port", str(free_port()), "--mlflow-port", str(free_port())]


@pytest.fixture(scope="module")
def checked(command, environment):
    """Return what a first ``seicast demo --check`` left behind."""
    return subprocess.run(
        [*command, "--check"],
        cwd=CHECKOUT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE_s,
        check=False,
    )


@pytest.fixture(scope="module")
def staying(command, checked, environment):
    """Start the demo a second time, to stay; end it by force only if a test failed to."""
    process = subprocess.Popen(
        command,
        cwd=CHECKOUT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    output = ""
    for line in process.stdout:
        output += line
        if line.startswith("Ctrl-C stops both"):
            break
    yield Staying(process, output)
    if process.poll() is None:
        process.terminate()
        process.wait(60)
    process.stdout.close()


def test_the_first_start_ends_with_a_prediction(checked):
    """The one command of the README, on a machine without any data."""
    assert checked.returncode == 0, checked.stdout + checked.stderr
    reply = json.loads(re.search(r"^\{$.*^\}$", checked.stdout, re.DOTALL | re.MULTILINE)[0])
    targets = {each["target"]: each for each in reply["cells"][0]["predictions"]}
    assert set(targets) == {"coulombic_efficiency", "cycle_life"}
    for each in targets.values():
        assert each["lower"] <= each["value"] <= each["upper"]
        assert each["trained_on"]["kinds"] == {"simulated": 308}


def test_it_trains_what_it_can_and_says_what_it_cannot(checked, environment):
    published = {entry.name for entry in entries(Path(environment["SEICAST_SHELF"]))}
    assert published == set(VIRTUAL_RUNS)
    for run in MEASURED_RUNS:
        assert f"Not trained, its data set is not on this machine: {run}" in checked.stdout


def test_nothing_is_written_outside_home_and_shelf(checked, environment):
    """MLflow likes to make folders where it stands."""
    assert checked.returncode == 0
    names = {path.name for path in Path(environment["SEICAST_HOME"]).iterdir()}
    found = {name for name in names if not name.endswith(IN_BETWEEN)}
    # What MLflow was last told of the shelf is there if the worker looked before all ended.
    assert sorted(found - {"followed.json"}) == [
        "artifacts",
        "mlflow.db",
        "mlflow.lock",
        "mlflow.log",
        "seicast.db",
        "seicast.db.lock",
        "service.log",
    ]


def test_a_second_start_does_not_train_again(staying, environment):
    """Fifteen seconds instead of a minute, and the same versions as before."""
    assert "Trained already" in staying.output
    assert "promoted" not in staying.output
    assert {entry.version for entry in entries(Path(environment["SEICAST_SHELF"]))} == {1}


def test_both_addresses_answer(staying):
    service, mlflow = staying.urls
    with urllib.request.urlopen(f"{service}/health/ready", timeout=30) as reply:
        assert set(json.load(reply)["models"]) == set(VIRTUAL_RUNS)
    with urllib.request.urlopen(mlflow, timeout=30) as reply:
        assert reply.status == 200


def test_the_page_of_models_leads_to_their_runs(staying):
    service, mlflow = staying.urls
    with urllib.request.urlopen(f"{service}/pages/models", timeout=30) as reply:
        assert f'href="{mlflow}/#/search/runs/' in reply.read().decode()


def test_the_printed_curl_works_as_printed(staying):
    line = re.search(r"^curl .*$", staying.output, re.MULTILINE)[0]
    if shutil.which("curl") is None:
        pytest.skip("curl is not on this machine")
    found = subprocess.run(
        shlex.split(line), cwd=CHECKOUT, capture_output=True, timeout=60, check=True
    )
    assert json.loads(found.stdout)["cells"][0]["predictions"]


def test_both_servers_listen_on_loopback_alone(staying):
    """A demo must not open a lab's computer to its network; 127.0.0.2 is any other address."""
    for url in staying.urls:
        assert listens(port_of(url))
        assert not listens(port_of(url), "127.0.0.2")


def test_ctrl_c_stops_both_and_is_no_failure(staying):
    """The last test of this module: it ends the demo."""
    staying.process.send_signal(signal.SIGINT)
    assert staying.process.wait(60) == 0
    assert not any(listens(port_of(url)) for url in staying.urls)
    assert "Traceback" not in staying.process.stdout.read()
