"""What every request may look at, and how a route reaches it."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from fastapi import Request, Response
from pydantic import BaseModel

from serving.champions import Champions
from serving.errors import MEDIA_TYPE, NoStore
from serving.keyring import NOBODY
from serving.metrics import Metrics
from serving.settings import Settings
from serving.shelf_watch import ShelfWatch
from serving.streams import Streams
from serving.turns import Turns
from serving.work import WorkShop
from store.audit import AuditLog
from store.cells import CellStore
from store.jobs import JobQueue


@dataclass(frozen=True, eq=False)
class Stores:
    """What the service keeps: cells, jobs, and who did what."""

    cells: CellStore
    jobs: JobQueue
    audit: AuditLog


@dataclass(frozen=True, eq=False)
class Service:
    """What every request may look at."""

    settings: Settings
    watch: ShelfWatch
    metrics: Metrics
    stores: Stores | None = None
    work: WorkShop = field(default_factory=WorkShop)

    @cached_property
    def streams(self) -> Streams:
        """Return the clients that follow jobs."""
        return Streams(self.settings.max_streams)

    @cached_property
    def turns(self) -> Turns:
        """Return where quick requests wait for each other."""
        return Turns(lambda: self.champions, self.metrics)

    @property
    def champions(self) -> Champions:
        """Return the models that answer now; hold on to them for the length of a request."""
        return self.watch.current

    @property
    def cells(self) -> CellStore:
        """Return the kept cells."""
        return self._stores.cells

    @property
    def jobs(self) -> JobQueue:
        """Return the retraining jobs."""
        return self._stores.jobs

    @property
    def audit(self) -> AuditLog:
        """Return the audit log."""
        return self._stores.audit

    @property
    def _stores(self) -> Stores:
        if self.stores is None:
            raise NoStore("This service keeps nothing; open it with a store: seicast serve")
        return self.stores

    def actor(self, request: Request) -> str:
        """Return the name of whoever asks, for the audit log."""
        return str(getattr(getattr(request.state, "holder", None), "name", NOBODY))


def service_of(request: Request) -> Service:
    """Return the service that a request came to."""
    service: Service = request.app.state.service
    return service


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI notes of problem replies."""
    schema = {"$ref": "#/components/schemas/ProblemReply"}
    content = {MEDIA_TYPE: {"schema": schema}}
    return {status: {"description": "Problem", "content": content} for status in statuses}


def raw_reply(content: bytes) -> Response:
    """Return a reply that is JSON already."""
    return Response(content, media_type="application/json")


def json_reply(
    reply: BaseModel, status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    """Return a reply whose numbers read back to the same bits."""
    return Response(reply.model_dump_json(), status, headers, "application/json")
