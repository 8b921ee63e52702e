"""What the service counts of itself, for Prometheus; each application has a registry of its own."""

from collections import Counter as Counted
from collections.abc import Iterable
from functools import cache
from typing import Any

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
#: From a single recipe to a cell of many thousand cycles.
SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)


class Metrics:
    """Counters of one application.

    Attributes
    ----------
    requests : Counter by method, route, status
    seconds : Histogram by route
    n_at_once : int
        Requests being answered; counted on the loop alone, which needs no lock.
    at_once : Gauge
        Shows ``n_at_once``.
    predictions : Counter by model, version, in_domain
    drift : Gauge by model, descriptor
        Departure of the cells of late from the training cells, see ``serving.drift``.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self.registry)
        self.requests = Counter(
            "seicast_requests",
            "Requests answered.",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self.seconds = Histogram(
            "seicast_request_seconds",
            "Time from the head of a request to the end of its reply.",
            ("route",),
            buckets=SECONDS,
            registry=self.registry,
        )
        self.n_at_once = 0
        self.at_once = Gauge(
            "seicast_requests_at_once", "Requests being answered.", registry=self.registry
        )
        self.at_once.set_function(lambda: self.n_at_once)
        self.predictions = Counter(
            "seicast_predictions",
            "Predictions made.",
            ("model", "version", "in_domain"),
            registry=self.registry,
        )
        self.drift = Gauge(
            "seicast_drift",
            "Share of a descriptor's distribution that moved since training (0 to 1).",
            ("model", "descriptor"),
            registry=self.registry,
        )

        # Looking a counter up by its labels costs more than counting; labels are few.
        self._requests_of = cache(self.requests.labels)
        self._seconds_of = cache(self.seconds.labels)

    def count_request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request that is answered; methods and routes must be among the known ones."""
        self._requests_of(method, route, str(status)).inc()
        self._seconds_of(route).observe(seconds)

    def count(self, cells: Iterable[dict[str, Any]]) -> None:
        """Count the predictions of cells by model, version, and whether they are in domain."""
        counted = Counted(
            (answer["model"]["name"], answer["model"]["version"], answer["in_domain"])
            for cell in cells
            for answer in cell["predictions"]
        )
        for (name, version, in_domain), n_predictions in counted.items():
            labels = (name, str(version), str(in_domain).lower())
            self.predictions.labels(*labels).inc(n_predictions)

    def page(self) -> bytes:
        """Return all counters in Prometheus' text format."""
        return generate_latest(self.registry)
