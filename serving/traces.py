"""One OpenTelemetry span a request, for those who collect traces; otherwise no span is made.

On where ``OTEL_EXPORTER_OTLP_ENDPOINT`` is set and the extra is installed: ``pip install
'seicast[otel]'``. All other variables of OpenTelemetry hold as its own documents say. A span
carries method, route, status and the models that answered: no body, query, key or path.
"""

import logging
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.roles import is_vital

if TYPE_CHECKING:
    from opentelemetry.trace import Span, Tracer

LOG = logging.getLogger("seicast.service")
ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
NAME = "seicast"
#: As replies name the models that answered; a long reply repeats what its beginning says.
_MODEL = re.compile(rb'"model":\{"name":"([^"\\]{1,200})","version":(\d{1,9})')
MOST_LOOKED_AT_BYTES = 64 * 1024


def add_traces(app: FastAPI, environment: Mapping[str, str] = os.environ) -> bool:
    """Put spans around an application if the environment asks for them, and tell whether."""
    tracer = tracer_of(environment)
    if tracer is not None:
        app.add_middleware(Traced, tracer=tracer)
    return tracer is not None


def tracer_of(environment: Mapping[str, str]) -> "Tracer | None":
    """Return what makes spans and sends them away, None where nobody collects them."""
    if not any(environment.get(name) for name in ENDPOINTS):
        return None
    try:
        sdk = import_module("opentelemetry.sdk.trace")
        batches = import_module("opentelemetry.sdk.trace.export")
        resources = import_module("opentelemetry.sdk.resources")
        otlp = import_module("opentelemetry.exporter.otlp.proto.http.trace_exporter")
    except ImportError:
        LOG.warning("%s is set, but no traces are sent: pip install 'seicast[otel]'", ENDPOINTS[0])
        return None
    named = {"service.name": environment.get("OTEL_SERVICE_NAME", NAME)}
    provider = sdk.TracerProvider(resource=resources.Resource.create(named))
    provider.add_span_processor(batches.BatchSpanProcessor(otlp.OTLPSpanExporter()))
    tracer: Tracer = provider.get_tracer(NAME)
    return tracer


class Traced:
    """Make a span of each request, below the caller's where its head names one.

    Health and metrics, asked every few seconds, leave none.
    """

    def __init__(self, app: ASGIApp, tracer: "Tracer") -> None:
        self.app = app
        self.tracer = tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and describe it when it is answered."""
        if scope["type"] != "http" or is_vital(scope["path"]):
            await self.app(scope, receive, send)
            return
        with self._span(scope) as span:

            async def send_seen(message: Message) -> None:
                _note(span, message)
                await send(message)

            await self.app(scope, receive, send_seen)

    @contextmanager
    def _span(self, scope: Scope) -> Iterator["Span"]:
        trace = import_module("opentelemetry.trace")
        span: Span = self.tracer.start_span(
            scope["method"], context=_callers(scope), kind=trace.SpanKind.SERVER
        )
        try:
            yield span
        finally:
            route = getattr(scope.get("route"), "path", "unmatched")
            span.update_name(f"{scope['method']} {route}")
            span.set_attributes({"http.request.method": scope["method"], "http.route": route})
            span.end()


def _callers(scope: Scope) -> Any:
    """Return the context that a request's head names, by the W3C's ``traceparent``."""
    propagation = import_module("opentelemetry.trace.propagation.tracecontext")
    stated = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    return propagation.TraceContextTextMapPropagator().extract(stated)


def _note(span: "Span", message: Message) -> None:
    """Note the status of a reply, and the models that its first part names."""
    if message["type"] == "http.response.start":
        span.set_attribute("http.response.status_code", message["status"])
        if message["status"] >= 500:
            trace = import_module("opentelemetry.trace")
            span.set_status(trace.StatusCode.ERROR)
    elif message["type"] == "http.response.body":
        found = _MODEL.findall(message.get("body", b"")[:MOST_LOOKED_AT_BYTES])
        names = dict.fromkeys(f"{name.decode()} v{int(version)}" for name, version in found)
        if names:
            span.set_attribute("seicast.models", list(names))
