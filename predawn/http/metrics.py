"""What /metrics shows, in OpenMetrics: one registry for each application, so that several can live in one process."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.openmetrics.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector
from starlette.types import Scope

CONTENT_TYPE = CONTENT_TYPE_LATEST
SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5)
NO_ROUTE = "none"


@dataclass(frozen=True)
class Age:
    """One publication as it is live now. seconds: since its data day ended; variant: null for the scene's own lists."""

    scene: str
    variant: str | None
    version: str
    seconds: float


class Metrics:
    """Counts what the routes and the middleware tell; ages and the breaker are asked for when /metrics is read."""

    def __init__(self, breaker_open: Callable[[], bool], failures: Callable[[], int]) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "predawn_http_requests",
            "Requests by route, status and the tier that answered (empty where a request isn't for one list).",
            ["route", "status", "tier"],
            registry=self._registry,
        )
        self._seconds = Histogram(
            "predawn_http_request_seconds",
            "Time from the request's head to the end of the answer.",
            ["route"],
            unit="seconds",
            buckets=SECONDS,
            registry=self._registry,
        )
        self._answers = Counter(
            "predawn_http_answers",
            "Lists given out, those of batches too, by the tier that answered.",
            ["tier"],
            registry=self._registry,
        )
        self._errors = Counter(
            "predawn_reader_errors", "Requests that ended in an error, by its name.", ["error"], registry=self._registry
        )
        self._trips = Histogram(
            "predawn_http_lists_per_read",
            "Look-ups that went to Redis together.",
            buckets=(1, 2, 4, 8, 16, 32, 64, 128),
            registry=self._registry,
        )
        self._children: dict[tuple[str, int, str], tuple[Callable[[], None], Callable[[float], None]]] = {}
        self._answer_children: dict[str, Callable[[], None]] = {}
        self._ages: list[Age] = []
        self._registry.register(_Live(breaker_open, failures, lambda: self._ages))

    def observe(self, scope: Scope, status: int, seconds: float) -> None:
        """One request; `predawn.route`, `predawn.tier` and `predawn.error` were left in the scope by its endpoint."""
        key = scope.get("predawn.route", NO_ROUTE), status, scope.get("predawn.tier", "")
        child = self._children.get(key)
        if child is None:  # looking up labels costs more than counting
            route, _, tier = key
            child = self._requests.labels(route, str(status), tier).inc, self._seconds.labels(route).observe
            self._children[key] = child
        count, observe = child
        count()
        observe(seconds)
        error = scope.get("predawn.error")
        if error is not None:
            self._errors.labels(error).inc()

    def answered(self, tier: str) -> None:
        """One list was given out."""
        count = self._answer_children.get(tier)
        if count is None:
            count = self._answer_children[tier] = self._answers.labels(tier).inc
        count()

    def read_together(self, look_ups: int) -> None:
        """One round trip served so many look-ups."""
        self._trips.observe(look_ups)

    def render(self, ages: Iterable[Age]) -> bytes:
        """The exposition, with the ages as of now."""
        self._ages = list(ages)
        return generate_latest(self._registry)


class _Live(Collector):
    """Gauges that are computed when they are read."""

    def __init__(
        self, breaker_open: Callable[[], bool], failures: Callable[[], int], ages: Callable[[], list[Age]]
    ) -> None:
        self._breaker_open = breaker_open
        self._failures = failures
        self._ages = ages

    def describe(self) -> Iterator[Metric]:
        yield from ()

    def collect(self) -> Iterator[Metric]:
        age = GaugeMetricFamily(
            "predawn_lists_age_seconds",
            "Seconds since the end (UTC) of the live lists' data day.",
            labels=["scene", "variant", "version"],
            unit="seconds",
        )
        for each in self._ages():
            age.add_metric([each.scene, each.variant or "", each.version], each.seconds)
        yield age
        yield GaugeMetricFamily(
            "predawn_reader_breaker_open",
            "1 while Redis isn't asked because it failed repeatedly, else 0.",
            value=float(self._breaker_open()),
        )
        yield CounterMetricFamily(
            "predawn_reader_failures",
            "Round trips to Redis that failed, whether or not a remembered list could answer.",
            value=self._failures(),
        )
