"""What the server counts, for Prometheus: of all its processes together."""

from __future__ import annotations

import datetime
import os
import time
from collections.abc import Iterator
from functools import cache
from typing import TypeVar

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    multiprocess,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from arsearch.web import MULTIPROCESS_VARIABLE

__all__ = [
    "CACHE_LOOKUPS",
    "CLUSTER_REQUESTS",
    "CONTENT_TYPE_LATEST",
    "REFUSED",
    "REQUESTS",
    "REQUEST_SECONDS",
    "SEARCH_SECONDS",
    "SLOW_QUERIES",
    "STAGE_SECONDS",
    "SWITCHES",
    "IndexState",
    "WriteBacklog",
    "count_cluster_requests",
    "counted",
    "exposition",
    "forget_process",
]

Labelled = TypeVar("Labelled", Counter, Histogram)

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_SHORT_SECONDS = (0.0001, 0.00025, 0.0005, *_SECONDS)

REQUESTS = Counter("arsearch_http_requests_total", "Requests answered", ["endpoint", "status"])
REQUEST_SECONDS = Histogram(
    "arsearch_http_request_seconds", "Time to answer a request, waiting for a turn included", ["endpoint"],
    buckets=_SECONDS,
)  # fmt: skip
REFUSED = Counter(
    "arsearch_http_refused_total", "Requests refused: busy, rate, token, address, or with query_time up", ["reason"]
)
SEARCH_SECONDS = Histogram("arsearch_search_seconds", "Time to answer a query", ["mode"], buckets=_SECONDS)
STAGE_SECONDS = Histogram(
    "arsearch_stage_seconds", "Time of each stage of a query", ["stage"], buckets=_SHORT_SECONDS
)  # fmt: skip
CACHE_LOOKUPS = Counter("arsearch_cache_lookups_total", "What was looked up in caches", ["cache", "result"])
SLOW_QUERIES = Counter("arsearch_slow_queries_total", "Queries that took longer than slow_query_ms")
SWITCHES = Counter("arsearch_index_switches_total", "Times that a process went over to another commit", ["result"])

CLUSTER_REQUESTS = Counter("arsearch_cluster_requests_total", "Requests to nodes of the cluster", ["node", "outcome"])
CLUSTER_SECONDS = Histogram("arsearch_cluster_seconds", "Time until a node answered", ["node"], buckets=_SECONDS)
CLUSTER_BYTES = Counter("arsearch_cluster_received_bytes_total", "Bytes of answers as they came", ["node"])
CLUSTER_BREAKER = Gauge(
    "arsearch_cluster_breaker_state", "0: a node is asked, 1: it will be tried, 2: it is left alone; of all processes",
    ["node"], multiprocess_mode="livemax",
)  # fmt: skip


@cache
def counted(metric: Labelled, *labels: str) -> Labelled:
    """Return what counts in *metric* under *labels*, found once: to look for it takes longer than to count."""
    return metric.labels(*labels)


def count_cluster_requests() -> None:
    """Count from now on what this process asks nodes of a cluster."""
    from arsearch.backends.opensearch.cluster.node_states import BREAKER_STATES, NodeRequest, observe_nodes

    def count(asked: NodeRequest) -> None:
        CLUSTER_REQUESTS.labels(asked.node, asked.outcome).inc()
        CLUSTER_BREAKER.labels(asked.node).set(BREAKER_STATES.index(asked.breaker))
        if asked.outcome == "ok":
            CLUSTER_SECONDS.labels(asked.node).observe(asked.seconds)
            CLUSTER_BYTES.labels(asked.node).inc(asked.bytes)

    observe_nodes("metrics", count)


class IndexState(Collector):
    """Says, at the moment it is asked, which index is served; so it is right whichever process answers."""

    def __init__(self, commit: str, articles: int, created: str, *, degraded: bool = False) -> None:
        """*created* is an instant in ISO 8601; *degraded*, whether it is served because the live one cannot be."""
        self._degraded = degraded
        self._commit = commit
        self._articles = articles
        self._created = datetime.datetime.fromisoformat(created)

    def collect(self) -> Iterator[Metric]:
        """Yield number, size and age of the commit."""
        created = self._created if self._created.tzinfo else self._created.replace(tzinfo=datetime.UTC)
        age = (datetime.datetime.now(datetime.UTC) - created).total_seconds()
        if self._commit.isdecimal():
            yield GaugeMetricFamily("arsearch_index_commit", "Commit served", int(self._commit))
        yield GaugeMetricFamily(
            "arsearch_index_degraded", "Whether the live commit cannot be opened", int(self._degraded)
        )
        yield GaugeMetricFamily("arsearch_index_articles", "Articles in it", self._articles)
        yield GaugeMetricFamily("arsearch_index_age_seconds", "Time since it was built", age)


class WriteBacklog(Collector):
    """Says what was written over HTTP and is not in the index yet."""

    def __init__(self, articles: int, size: int, since: float | None, commit_seconds: float | None) -> None:
        """*articles* with *size* bytes wait, the first *since* then (seconds since 1970).

        *commit_seconds* is how long the last commit took. What is not known is None.
        """
        self._articles = articles
        self._size = size
        self._since = since
        self._commit_seconds = commit_seconds

    def collect(self) -> Iterator[Metric]:
        """Yield how much waits, for how long, and how long the last commit took."""
        yield GaugeMetricFamily(
            "arsearch_writes_waiting_articles", "Articles that wait for being indexed", self._articles
        )
        yield GaugeMetricFamily("arsearch_writes_waiting_bytes", "What they take in the log of writes", self._size)
        age = max(0.0, time.time() - self._since) if self._since is not None else 0.0
        yield GaugeMetricFamily("arsearch_writes_oldest_seconds", "How long the first of them has been waiting", age)
        if self._commit_seconds is not None:
            yield GaugeMetricFamily(
                "arsearch_writes_commit_seconds", "How long the last commit of writes took", self._commit_seconds
            )


def exposition(*states: Collector) -> bytes:
    """Return all counts in Prometheus' text format, those of the other server processes too, and *states*."""
    registry = CollectorRegistry()
    for state in states:
        registry.register(state)
    counted = REGISTRY
    if os.environ.get(MULTIPROCESS_VARIABLE):
        counted = CollectorRegistry()
        multiprocess.MultiProcessCollector(counted)  # type: ignore[no-untyped-call]
    return generate_latest(counted) + generate_latest(registry)


def forget_process(identifier: int) -> None:
    """Take the gauges of a server process that has ended out of the counts; what it counted stays."""
    multiprocess.mark_process_dead(identifier)  # type: ignore[no-untyped-call]
