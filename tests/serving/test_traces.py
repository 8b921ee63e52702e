"""Spans tell what was asked and how it ended, and nothing of what was in it."""

import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
from starlette.testclient import TestClient

from serving.app import create_app
from serving.traces import Traced, tracer_of

sdk = pytest.importorskip("opentelemetry.sdk.trace")
export = pytest.importorskip("opentelemetry.sdk.trace.export")
memory = pytest.importorskip("opentelemetry.sdk.trace.export.in_memory_span_exporter")
PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def _wait(is_so, at_most_s=60.0):
    end = time.monotonic() + at_most_s
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.fixture
def exporter():
    return memory.InMemorySpanExporter()


@pytest.fixture
def client(settings, champions, exporter):
    provider = sdk.TracerProvider()
    provider.add_span_processor(export.SimpleSpanProcessor(exporter))
    app = Traced(create_app(settings, champions), provider.get_tracer("test"))
    with TestClient(app, base_url="http://localhost", raise_server_exceptions=False) as client:
        yield client


def test_a_request_is_one_span_with_route_status_and_the_models_that_answered(
    client, exporter, cell_body
):
    reply = client.post("/v1/predictions", json={"cells": [cell_body]})
    assert reply.status_code == 200
    (span,) = exporter.get_finished_spans()
    assert span.name == "POST /v1/predictions"
    assert span.kind.name == "SERVER"
    assert span.attributes["http.route"] == "/v1/predictions"
    assert span.attributes["http.response.status_code"] == 200
    models = {answer["model"]["name"] for answer in reply.json()["cells"][0]["predictions"]}
    assert {name.partition(" v")[0] for name in span.attributes["seicast.models"]} == models


def test_the_route_is_the_pattern_and_never_the_path(client, exporter):
    client.get("/v1/models/secret-name?key=secret")
    client.get("/secret")
    spans = exporter.get_finished_spans()
    assert [span.name for span in spans] == ["GET /v1/models/{name}", "GET unmatched"]
    assert "secret" not in "".join(span.to_json() for span in spans)


def test_a_span_lies_below_the_callers(client, exporter):
    client.get("/v1/models", headers={"traceparent": PARENT})
    (span,) = exporter.get_finished_spans()
    assert f"{span.context.trace_id:032x}" == PARENT.split("-")[1]
    assert f"{span.parent.span_id:016x}" == PARENT.split("-")[2]


def test_who_watches_the_service_leaves_no_spans(client, exporter):
    for path in ("/health/live", "/health/ready", "/metrics"):
        client.get(path)
    assert not exporter.get_finished_spans()


def test_a_failure_is_an_error_and_a_refusal_is_not(client, exporter, monkeypatch):
    client.get("/v1/models/nobody")
    monkeypatch.setattr("serving.model_answers.models", lambda *given: 1 / 0)
    client.get("/v1/models")
    refused, failed = exporter.get_finished_spans()
    assert refused.status.status_code.name == "UNSET"
    assert failed.attributes["http.response.status_code"] == 500
    assert failed.status.status_code.name == "ERROR"


def test_without_an_endpoint_there_are_no_spans():
    assert tracer_of({}) is None
    assert tracer_of({"OTEL_EXPORTER_OTLP_ENDPOINT": ""}) is None


def test_an_endpoint_without_the_extra_is_said_and_stops_nothing(monkeypatch, caplog):
    def missing(name):
        raise ModuleNotFoundError(name)

    monkeypatch.setattr("serving.traces.import_module", missing)
    assert tracer_of({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}) is None
    assert "seicast[otel]" in caplog.text


def test_spans_reach_a_collector_by_the_environment_alone(settings, champions, monkeypatch):
    """The extra's own sender, batches and all, to a collector of this machine."""
    pytest.importorskip("opentelemetry.exporter.otlp.proto.http.trace_exporter")
    received = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            received.append((self.path, self.headers["content-type"], body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Collector) as collector:
        Thread(target=collector.serve_forever, daemon=True).start()
        monkeypatch.setenv(
            "OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{collector.server_port}"
        )
        monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "50")  # ms
        app = create_app(settings, champions)
        with TestClient(app, base_url="http://localhost") as client:
            client.get("/v1/models")
        _wait(lambda: received)
        collector.shutdown()
    ((path, media_type, body),) = received
    assert (path, media_type) == ("/v1/traces", "application/x-protobuf")
    assert b"GET /v1/models" in body
    assert b"seicast" in body
