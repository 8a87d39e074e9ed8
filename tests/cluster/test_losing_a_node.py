"""A node is lost while readers search: with a copy of each shard elsewhere, nobody notices."""

from __future__ import annotations

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import arsearch
from arsearch.backends.opensearch.publish.copy import copy_index
from tests.cluster.nodes import Cluster

QUERIES = ("المدينة القديمة", "القهوة", "التعاون الأمني", '"بيت الحكمة"')
SEARCHES = 80
LOST_AFTER = 30
READERS = 4


def test_no_search_fails_when_a_node_is_lost(cluster: Cluster, corpus_index: Path) -> None:
    settings = arsearch.Settings(
        index=corpus_index,
        backend="opensearch",
        opensearch_url=tuple(cluster.urls),
        opensearch_shards=3,
        opensearch_replicas=1,
        opensearch_timeout_seconds=60,
    )
    copy_index(settings)
    cluster.wait("green")
    lost = cluster.nodes[2]
    done = itertools.count(1)
    ended = threading.Event()

    with arsearch.open_index(corpus_index, settings=settings) as index:
        expected = {query: index.search(query) for query in QUERIES}

        def search(number: int) -> None:
            query = QUERIES[number % len(QUERIES)]
            found = index.search(query)
            assert found.notice is None or found.notice == expected[query].notice, "parts of the index were missing"
            assert [hit.id for hit in found.hits] == [hit.id for hit in expected[query].hits]
            assert found.total == expected[query].total
            if next(done) == LOST_AFTER:
                lost.kill()
                ended.set()

        with ThreadPoolExecutor(READERS) as readers:
            list(readers.map(search, range(SEARCHES)))
    assert ended.is_set()
    assert cluster.request("GET", "_cluster/health")["number_of_nodes"] == 2
