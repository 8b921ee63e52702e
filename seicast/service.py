"""The service with all that belongs to it: store, keys, and a worker for the retraining jobs."""

import sys
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace

from seicast import places
from seicast.companion import beside
from serving.app import create_app
from serving.server import run
from serving.service import Stores
from serving.settings import Settings
from store.audit import AuditLog
from store.cells import CellStore
from store.jobs import JobQueue
from store.keys import KeyStore
from store.migrations import open_database

#: So long a request waits for other writers, then the client is told to ask again.
PATIENCE_S = 5


def serve(host: str, port: int, *, has_worker: bool) -> None:
    """Open the service, and keep it open until it is told to stop."""
    database = open_database(places.database_url(), PATIENCE_S)
    cells = CellStore(database, places.cells_root())
    stores = Stores(cells, JobQueue(cells.database), AuditLog(cells.database))
    keys = KeyStore(cells.database)
    settings = replace(Settings.from_environment(), shelf=places.shelf())
    with _worker() if has_worker else nullcontext():
        app = create_app(settings, keys=keys, stores=stores)
        run(app, keys, host, port, settings.linger_s)


def _worker() -> AbstractContextManager[None]:
    """Keep a worker for as long as the block lasts, or this process does."""
    return beside("worker", [sys.executable, "-m", "seicast", "jobs", "work", "--with-parent"])
