"""The factory of the service."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from anyio import to_thread
from fastapi import FastAPI

from serving import (
    cell_routes,
    column_routes,
    documentation,
    drift_routes,
    job_routes,
    model_routes,
    routes,
)
from serving.admission import Admission, Door
from serving.champions import Champions
from serving.errors import add_handlers
from serving.hosts import HostCheck
from serving.keyring import KeyCheck, Keys, NoKeys
from serving.limits import BodyLimit, SafeHeaders
from serving.metrics import Metrics
from serving.observed import Observed
from serving.pages.problem_pages import ProblemPages
from serving.pages.routes import ROUTERS as PAGES
from serving.service import Service, Stores
from serving.settings import Settings
from serving.shelf_watch import ShelfWatch
from serving.shortcut import Shortcut
from serving.traces import add_traces


def create_app(
    settings: Settings | None = None,
    champions: Champions | None = None,
    keys: Keys | None = None,
    stores: Stores | None = None,
) -> FastAPI:
    """Return the service.

    Parameters
    ----------
    settings : Settings, optional
        By default those of the environment.
    champions : Champions, optional
        By default those on the shelf, which is watched while the service answers.
    keys : Keys, optional
        By default there are none, and whoever reaches the service may do everything.
    stores : Stores, optional
        Kept cells and jobs; by default the service keeps nothing.
    """
    settings = settings or Settings.from_environment()
    metrics = Metrics()
    watch = ShelfWatch(settings.shelf)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.service = Service(settings, watch, metrics, stores)
        if champions is not None:
            watch.current = champions
            yield
            return
        await to_thread.run_sync(watch.look)
        looking = asyncio.create_task(watch.run(settings.poll_ms / 1000))
        try:
            yield
        finally:
            looking.cancel()

    app = documentation.DocumentedService(
        title="Seicast",
        summary="How efficient will this coating be, how long will the cell live, how sure are we?",
        version="1",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
    )
    app.state.door = Door(settings.max_at_once, settings.max_streams, metrics)
    for router in (
        routes.router,
        column_routes.router,
        cell_routes.router,
        drift_routes.router,
        job_routes.router,
        model_routes.router,
        documentation.router,
        *PAGES,
    ):
        app.include_router(router)
    _add_guards(app, settings, keys or NoKeys(), metrics)
    add_traces(app)
    add_handlers(app)
    return app


def _add_guards(app: FastAPI, settings: Settings, keys: Keys, metrics: Metrics) -> None:
    """Put the guards around the application, the innermost first."""
    app.add_middleware(
        Shortcut,
        endpoints={
            "/v1/predictions": routes.predictions,
            "/v1/predictions/columnar": column_routes.predictions,
        },
    )
    app.add_middleware(
        BodyLimit,
        max_body_bytes=settings.max_body_bytes,
        max_upload_bytes=settings.max_upload_bytes,
    )
    app.add_middleware(Admission, max_at_once=settings.max_at_once)
    app.add_middleware(KeyCheck, keys=keys, requests_per_s=settings.requests_per_s)
    app.add_middleware(HostCheck, hosts=settings.hosts)
    app.add_middleware(ProblemPages)
    app.add_middleware(SafeHeaders)
    app.add_middleware(Observed, metrics=metrics)
