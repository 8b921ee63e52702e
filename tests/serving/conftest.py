"""A service over three tiny predictors, really trained, each of another scope."""

import copy
import json
import socket
import threading
import time
from contextlib import ExitStack, contextmanager, suppress

import numpy as np
import pytest
import uvicorn
from starlette.testclient import TestClient

from features import Cell, CellDesign, Coating, Phase, Protocol, Recipe, Source, describe
from models import Predictor, Provenance
from models.predictor import Task
from models.shelf import Champion, Entry
from serving.app import create_app
from serving.champions import Champions
from serving.connections import protocol_behind
from serving.schemas import EXAMPLE_CELL
from serving.server import listening
from serving.service import Stores
from serving.settings import Settings
from store.audit import AuditLog
from store.cells import CellStore
from store.jobs import JobQueue

DESCRIPTORS = ("log10_current_density_mA_cm2", "log10_areal_capacity_mAh_cm2")
COATED = Coating((Phase("Cu3N", 0.9, "inorganic"), Phase("SBR", 0.1, "polymer")))
#: What comes at once is waited for no longer than this, however busy the machine is.
PATIENCE_S = 60.0
TASKS = {
    "coulombic_efficiency": ("fraction", "lce", np.linspace(0.9, 0.99, 12)),
    "cycle_life": ("cycles", "log10", np.linspace(100, 900, 12)),
}


def make_cell(number=0, coating=None, type="Li||Cu", kind="measured"):
    protocol = Protocol(
        current_density_mA_cm2=0.25 + 0.1 * number,
        areal_capacity_mAh_cm2=1 + 0.2 * (number % 5),
        ce_method="cycle_average",
    )
    recipe = Recipe(CellDesign(type), coating=coating, protocol=protocol)
    return Cell(f"cell-{number}", recipe, Source(kind))


def make_champion(
    name,
    target="coulombic_efficiency",
    *,
    kind="measured",
    has_coated=False,
    type="Li||Cu",
    descriptors=DESCRIPTORS,
    n_groups=12,
):
    """Return a predictor trained on twelve cells, as the shelf hands it out."""
    coating = COATED if has_coated else None
    cells = [make_cell(number, coating, type, kind) for number in range(12)]
    unit, scale, labels = TASKS[target]
    provenance = Provenance(
        cohort=f"{name}-cells",
        citation="made for the tests",
        kinds={kind: 12},
        cell_types=(type,),
        has_coated=has_coated,
        has_bare=not has_coated,
        n_cells=12,
        n_groups=n_groups,
        group_kind="recipe",
        data_sha256="0" * 64,
        scores={"held_out": {"rmse": 0.1, "dummy_rmse": 0.3}},
    )
    predictor = Predictor.fit(
        Task(name, target, unit, scale, "ridge"),
        describe(cells, descriptors),
        labels,
        [f"group-{row % n_groups}" for row in range(12)],
        provenance,
    )
    return Champion(Entry(name, 3, f"run-of-{name}", "0" * 64), predictor)


@pytest.fixture(scope="session")
def champions():
    made = [
        make_champion("ce-bare"),
        make_champion("ce-virtual", kind="simulated", has_coated=True),
        make_champion("life-virtual", "cycle_life", kind="simulated", has_coated=True),
    ]
    return Champions(
        {champion.entry.name: champion for champion in made}, {"old": "stale; retrain"}
    )


@pytest.fixture(scope="session")
def settings(tmp_path_factory):
    return Settings(shelf=tmp_path_factory.mktemp("shelf"), max_rows=5000)


@pytest.fixture(scope="session")
def client(settings, champions):
    app = create_app(settings, champions)
    with TestClient(app, base_url="http://localhost", raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def stores(tmp_path):
    """Return an empty store of cells and jobs."""
    cells = CellStore.open(f"sqlite:///{tmp_path / 'seicast.db'}", str(tmp_path / "raw"))
    yield Stores(cells, JobQueue(cells.database), AuditLog(cells.database))
    cells.close()


@pytest.fixture
def keeper(settings, champions, stores):
    """Yield a client of a service that keeps cells and jobs."""
    app = create_app(settings, champions, stores=stores)
    with TestClient(app, base_url="http://localhost", raise_server_exceptions=False) as client:
        yield client


@pytest.fixture(scope="session")
def cell_maker():
    return make_cell


@pytest.fixture(scope="session")
def champion_maker():
    return make_champion


@pytest.fixture
def cell_body():
    """Return the documented example; a test may change its copy."""
    return copy.deepcopy(EXAMPLE_CELL)


@pytest.fixture
def post(client):
    """Return a function that posts JSON text, bytes or an object."""

    def send(path, body, **headers):
        content = body if isinstance(body, str | bytes) else json.dumps(body)
        headers = {"content-type": "application/json", **headers}
        return client.post(path, content=content, headers=headers)

    return send


@contextmanager
def open_server(app, *, has_lane):
    """Yield a client of a real server in a thread."""
    listener = listening("127.0.0.1", 0)
    # Else the system takes as much of a reply as it likes, and it is sent before it is read.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 18)
    protocol = protocol_behind(app.state.door, app.state.lane if has_lane else None)
    config = uvicorn.Config(
        app, http=protocol, log_config=None, access_log=False, timeout_keep_alive=60
    )
    server = uvicorn.Server(config)
    # Of a test that failed, the thread must not keep all the others from ending.
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        _wait(lambda: server.started)
        with socket.create_connection(listener.getsockname(), timeout=PATIENCE_S) as connection:
            yield Client(connection, app, server)
    finally:
        server.should_exit = True
        thread.join(PATIENCE_S)
    assert not thread.is_alive()


class Client:
    """One connection, and the application at its other end."""

    def __init__(self, connection, app, server):
        self.connection, self.app, self.server = connection, app, server
        self._received = b""

    def ask(self, *packets):
        """Send bytes, each packet by itself, and return the reply; it may come before the last."""
        for packet in packets:
            with suppress(ConnectionError):
                self.connection.sendall(packet)
            time.sleep(0.02 * (len(packets) > 1))
        return self.reply()

    def reply(self):
        """Return status, headers but those that differ anyway, and body of the next reply."""
        while b"\r\n\r\n" not in self._received:
            self._receive()
        head, _, self._received = self._received.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        heads = [line.split(": ", 1) for line in lines]
        n_bytes = int(dict(heads)["content-length"])
        while len(self._received) < n_bytes:
            self._receive()
        body, self._received = self._received[:n_bytes], self._received[n_bytes:]
        return first, [each for each in heads if each[0] not in {"x-request-id", "date"}], body

    def _receive(self):
        received = self.connection.recv(65536)
        assert received, "the connection was closed"
        self._received += received

    def is_closed(self):
        """Tell whether the server has closed the connection, or does now."""
        try:
            return self.connection.recv(1) == b""
        except ConnectionResetError:  # what it did not read is thrown away
            return True

    def has_counted(self, text):
        """Wait until the metrics hold a text: a client may have its reply before it is counted."""
        _wait(lambda: text in self.service.metrics.page().decode())
        return True

    @property
    def lane(self):
        return self.app.state.lane

    @property
    def service(self):
        return self.app.state.service


def _wait(is_so, at_most_s=PATIENCE_S):
    end = time.monotonic() + at_most_s
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.005)


@pytest.fixture(scope="session")
def served():
    """Return what opens a real server, with the lane or without it."""
    return open_server


@pytest.fixture
def open_connection(settings, champions):
    """Return what opens a real server and connects to it."""
    with ExitStack() as stack:
        app = create_app(settings, champions)
        yield lambda: stack.enter_context(open_server(app, has_lane=True))
