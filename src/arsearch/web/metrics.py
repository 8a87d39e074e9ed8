"""What the server counts, for Prometheus."""

from __future__ import annotations

import os

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
    multiprocess,
)

from arsearch.web import MULTIPROCESS_VARIABLE

__all__ = ["CONTENT_TYPE_LATEST", "REQUESTS", "SEARCH_SECONDS", "exposition"]

REQUESTS = Counter("arsearch_http_requests_total", "Requests answered", ["endpoint", "status"])
SEARCH_SECONDS = Histogram(
    "arsearch_search_seconds",
    "Time to answer a query",
    ["mode"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5),
)


def exposition() -> bytes:
    """Return all counts in Prometheus' text format, those of the other server processes too."""
    registry = REGISTRY
    if os.environ.get(MULTIPROCESS_VARIABLE):
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)
