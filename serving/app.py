"""The factory of the service."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from anyio import to_thread
from fastapi import FastAPI

from serving import (
    cell_data_routes,
    cell_routes,
    column_routes,
    documentation,
    drift_routes,
    job_routes,
    model_routes,
    routes,
)
from serving.admission import Admission, Door, Places
from serving.champions import Champions
from serving.errors import add_handlers
from serving.failures import Failures
from serving.head_requests import HeadRequests
from serving.hosts import HostCheck, OwnNames
from serving.key_watch import KeyWatch
from serving.keyring import Gatekeeper, KeyCheck, Keys, NoKeys
from serving.lane import Guards, Lane
from serving.limits import BodyLimit, SafeHeaders
from serving.metrics import Metrics
from serving.observed import Observed
from serving.pages.problem_pages import ProblemPages
from serving.pages.routes import ROUTERS as PAGES
from serving.service import Service, Stores
from serving.settings import Settings
from serving.shelf_watch import ShelfWatch
from serving.traces import add_traces
from store.keys import KeyStore


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
    key_watch = KeyWatch(keys) if isinstance(keys, KeyStore) else None

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.service = Service(settings, watch, metrics, stores)
        watches = [key_watch.run()] if key_watch is not None else []
        if champions is not None:
            watch.current = champions
        else:
            await to_thread.run_sync(watch.look)
            watches.append(watch.run(settings.poll_ms / 1000))
        looking = [asyncio.create_task(each) for each in watches]
        try:
            yield
        finally:
            for each in looking:
                each.cancel()

    app = documentation.DocumentedService(
        title="Seicast",
        summary="How efficient will this coating be, how long will the cell live, how sure are we?",
        version="1",
        lifespan=lifespan,
        openapi_tags=documentation.OPENAPI_TAGS,
        docs_url=None,
        redoc_url=None,
        # What the document of the interface does not have is unknown, a slash too many as well.
        redirect_slashes=False,
    )
    app.state.door = Door(settings.max_at_once, settings.max_streams, metrics)
    for router in (
        routes.router,
        column_routes.router,
        cell_routes.router,
        cell_data_routes.router,
        drift_routes.router,
        job_routes.router,
        model_routes.router,
        documentation.router,
        *PAGES,
    ):
        app.include_router(router)
    guards = Guards(
        names=OwnNames(settings.hosts),
        gatekeeper=Gatekeeper(key_watch or keys or NoKeys(), settings.requests_per_s),
        places=Places(settings.max_at_once),
    )
    _add_guards(app, settings, guards, metrics)
    is_traced = add_traces(app)
    app.state.lane = None if is_traced else Lane(lambda: _service(app), guards)
    add_handlers(app)
    return app


def _service(app: FastAPI) -> Service | None:
    return getattr(app.state, "service", None)


def _add_guards(app: FastAPI, settings: Settings, guards: Guards, metrics: Metrics) -> None:
    """Put the guards around the application, the innermost first."""
    app.add_middleware(HeadRequests)
    app.add_middleware(
        BodyLimit,
        max_body_bytes=settings.max_body_bytes,
        max_upload_bytes=settings.max_upload_bytes,
    )
    app.add_middleware(Admission, places=guards.places)
    app.add_middleware(KeyCheck, gatekeeper=guards.gatekeeper)
    app.add_middleware(HostCheck, names=guards.names)
    app.add_middleware(Failures)
    app.add_middleware(ProblemPages)
    app.add_middleware(SafeHeaders)
    app.add_middleware(Observed, metrics=metrics)
