"""A node stands still while readers search, as one does whose machine swaps: hardly anybody notices."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import arsearch
from arsearch.backends.opensearch.index import ClusterIndex
from arsearch.backends.opensearch.publish.copy import copy_index
from tests.cluster.nodes import Cluster

QUERIES = ("المدينة القديمة", "القهوة", "التعاون الأمني", "الحكمة")
SEARCHES = 60
READERS = 4


def test_a_hung_node_costs_no_answer(cluster: Cluster, corpus_index: Path) -> None:
    settings = arsearch.Settings(
        index=corpus_index,
        backend="opensearch",
        opensearch_url=tuple(cluster.urls),
        opensearch_shards=3,
        opensearch_replicas=1,
        max_query_ms=30_000,
    )
    copy_index(settings)
    cluster.wait("green")
    hung = cluster.nodes[2]
    assert hung.process is not None
    with arsearch.open_index(corpus_index, settings=settings) as index:
        assert isinstance(index.index, ClusterIndex)
        expected = {query: index.search(query) for query in QUERIES}
        states = index.index.nodes
        before = sum(states.asked.values())
        of_hung = sum(count for (address, _), count in states.asked.items() if address == hung.url)
        os.kill(hung.process.pid, signal.SIGSTOP)
        try:

            def search(number: int) -> arsearch.SearchResults:
                return index.search(QUERIES[number % len(QUERIES)])

            with ThreadPoolExecutor(READERS) as readers:
                found = list(readers.map(search, range(SEARCHES)))
            assert states.breaker(hung.url) != "closed", "it was found out, and left alone"
        finally:
            os.kill(hung.process.pid, signal.SIGCONT)
        for number, results in enumerate(found):
            wanted = expected[QUERIES[number % len(QUERIES)]]
            assert ([hit.id for hit in results.hits], results.total) == ([hit.id for hit in wanted.hits], wanted.total)
            assert results.notice == wanted.notice
        asked = sum(states.asked.values()) - before
        asked_of_hung = sum(count for (address, _), count in states.asked.items() if address == hung.url) - of_hung
        assert asked >= SEARCHES
        assert asked_of_hung < asked / 5
    cluster.wait("green")
