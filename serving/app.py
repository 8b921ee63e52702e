"""The factory of the service."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from anyio import to_thread
from fastapi import FastAPI

from serving import documentation, routes
from serving.champions import Champions, champions_on
from serving.errors import add_handlers
from serving.limits import BodyLimit, SafeHeaders
from serving.routes import Service
from serving.settings import Settings


def create_app(settings: Settings | None = None, champions: Champions | None = None) -> FastAPI:
    """Return the service; it loads the shelf's champions when it starts, unless given some."""
    settings = settings or Settings.from_environment()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        loaded = champions
        if loaded is None:
            loaded = await to_thread.run_sync(champions_on, settings.shelf)
        app.state.service = Service(settings, loaded)
        yield

    app = documentation.DocumentedService(
        title="Seicast",
        summary="How efficient will this coating be, how long will the cell live, how sure are we?",
        version="1",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
    )
    app.include_router(routes.router)
    app.include_router(documentation.router)
    app.add_middleware(BodyLimit, max_body_bytes=settings.max_body_bytes)
    app.add_middleware(SafeHeaders)
    add_handlers(app)
    return app
