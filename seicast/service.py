"""The service with all that belongs to it: store, keys, and a worker for the retraining jobs."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace

from seicast import places
from serving.app import create_app
from serving.server import run
from serving.service import Stores
from serving.settings import Settings
from store.audit import AuditLog
from store.cells import CellStore
from store.jobs import JobQueue
from store.keys import KeyStore

#: A worker that was told to stop first stops its job.
STOP_S = 15


def serve(host: str, port: int, *, has_worker: bool) -> None:
    """Open the service, and keep it open until it is told to stop."""
    cells = CellStore.open(places.database_url(), places.cells_root())
    stores = Stores(cells, JobQueue(cells.database), AuditLog(cells.database))
    keys = KeyStore(cells.database)
    settings = replace(Settings.from_environment(), shelf=places.shelf())
    with _worker() if has_worker else nullcontext():
        app = create_app(settings, keys=keys, stores=stores)
        run(app, keys, host, port, settings.linger_s)


@contextmanager
def _worker() -> Iterator[None]:
    """Keep a worker for as long as the block lasts, or this process does."""
    command = [sys.executable, "-m", "seicast", "jobs", "work", "--with-parent"]
    process = subprocess.Popen(command)
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
