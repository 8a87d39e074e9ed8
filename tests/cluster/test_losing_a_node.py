"""A node is lost while readers search: what has a copy elsewhere nobody misses, and what has none is told of."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

import arsearch
from arsearch.backends import choose_backend
from arsearch.backends.opensearch.publish.copy import copy_index
from arsearch.web.app import create_app
from tests.cluster.nodes import Cluster

from .test_backend import TEXTS, found, index, record, write

QUERIES = ("المدينة القديمة", "القهوة", "التعاون الأمني", '"بيت الحكمة"')
SEARCHES = 80
LOST_AFTER = 30
READERS = 4
DOCUMENTS = range(9)


@dataclass(frozen=True)
class Loss:
    """A cluster that has lost one of its three nodes, and what had been there and was found before."""

    cluster: Cluster
    node: str
    copied: arsearch.Settings
    """Of an index with a copy of each shard."""
    expected: dict[str, arsearch.SearchResults]
    """What was found in it before, for each query."""
    answers: list[arsearch.SearchResults]
    """What was found in it while the node was lost, for each query in turn."""
    alone: arsearch.Settings
    """Of an index of one shard, which was on the lost node."""
    browser_alone: FlaskClient
    parts: arsearch.Settings
    """Of an index of three shards without copies, of which words were on another node."""
    browser_parts: FlaskClient
    shards_lost: int
    """How many of them were on the lost node."""


@pytest.fixture(scope="module")
def loss(
    running_cluster: Cluster, corpus_index: Path, tiny_encoder: str, tmp_path_factory: pytest.TempPathFactory
) -> Loss:
    """One node is killed for all that is to be seen of it: starting it again takes seconds."""
    cluster = running_cluster
    cluster.start(*(node for node in cluster.nodes if node.process is None))
    cluster.wipe()
    folder = tmp_path_factory.mktemp("loss")
    common = arsearch.Settings(
        backend="opensearch",
        opensearch_url=tuple(cluster.urls),
        opensearch_timeout_seconds=60,
        opensearch_replicas=0,
        duplicates="separate",
        max_query_ms=60_000,
    )
    copied = replace(common, index=corpus_index, opensearch_shards=3, opensearch_replicas=1)
    alone = replace(common, index=folder / "alone", opensearch_index="alone", opensearch_shards=1, model=tiny_encoder)
    parts = replace(common, index=folder / "parts", opensearch_index="parts", opensearch_shards=3, model=tiny_encoder)
    copy_index(copied)
    index(alone, write(folder / "alone.jsonl", *map(record, TEXTS)))
    many = [record(name, id=f"{name}-{number}") for number in range(9) for name in TEXTS]
    index(parts, write(folder / "parts.jsonl", *many))
    cluster.request("PUT", "kept", {"settings": {"number_of_shards": 3, "number_of_replicas": 1}})
    for number in DOCUMENTS:
        cluster.request("PUT", f"kept/_doc/{number}", {"n": number})
    cluster.wait()

    shards = nodes_of(cluster, "parts-00000001")
    words, *_ = nodes_of(cluster, "parts-00000001-words")
    name = next(node for node in shards if node != words)
    cluster.request("PUT", "alone-00000001/_settings", {"index.routing.allocation.require._name": name})
    cluster.wait_for(lambda: nodes_of(cluster, "alone-00000001") == [name])
    browsers = [create_app(settings).test_client() for settings in (alone, parts)]
    assert browsers[0].get("/api/v1/search?q=قارئ").status_code == 200
    whole = browsers[1].get("/api/v1/search?q=سفينة&mode=lexical").get_json()
    assert whole["total"] == 9
    assert "shards" not in whole

    lost = next(node for node in cluster.nodes if node.name == name)
    done = itertools.count(1)
    with arsearch.open_index(copied.index, settings=copied) as searcher:
        expected = {query: searcher.search(query) for query in QUERIES}

        def search(number: int) -> arsearch.SearchResults:
            answer = searcher.search(QUERIES[number % len(QUERIES)])
            if next(done) == LOST_AFTER:
                lost.kill()
            return answer

        with ThreadPoolExecutor(READERS) as readers:
            answers = list(readers.map(search, range(SEARCHES)))
    cluster.wait("red", nodes=2)
    return Loss(cluster, name, copied, expected, answers, alone, browsers[0], parts, browsers[1], shards.count(name))


def nodes_of(cluster: Cluster, name: str) -> list[str]:
    """The nodes of the shards of an index, those that have started."""
    shards: list[dict[str, Any]] = cluster.request("GET", f"_cat/shards/{name}?format=json")
    return [shard["node"] for shard in shards if shard["state"] == "STARTED"]


def test_no_search_fails(loss: Loss) -> None:
    for number, answer in enumerate(loss.answers):
        wanted = loss.expected[QUERIES[number % len(QUERIES)]]
        assert answer.notice is None or answer.notice == wanted.notice, "parts of the index were missing"
        assert [hit.id for hit in answer.hits] == [hit.id for hit in wanted.hits]
        assert answer.total == wanted.total
    assert len(loss.answers) == SEARCHES
    assert loss.cluster.request("GET", "_cluster/health")["number_of_nodes"] == 2


def test_a_document_outlives_the_node(loss: Loss) -> None:
    """As it is with OpenSearch itself, which the other tests stand on."""
    assert all(loss.cluster.request("GET", f"kept/_doc/{number}")["found"] for number in DOCUMENTS)


def test_an_index_that_is_red_is_unavailable(loss: Loss) -> None:
    answer = loss.browser_alone.get("/api/v1/search?q=سفينة")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    # What has copies is searched as before.
    with arsearch.open_index(loss.copied.index, settings=loss.copied) as whole:
        assert whole.search(QUERIES[0], mode="lexical").total
    with pytest.raises(arsearch.ClusterUnavailableError, match="_cluster/health"):
        found(loss.alone, "قارب")
    assert "is red" in choose_backend(loss.alone).verify(sample=1).faults[0]


def test_a_lost_part_of_the_index_is_told_of(loss: Loss) -> None:
    answer = loss.browser_parts.get("/api/v1/search?q=السفينة&mode=lexical").get_json()
    assert answer["notice_kind"] == "incomplete"
    assert answer["shards"] == {"total": 3, "failed": loss.shards_lost}
    assert answer["total"] < 9
    page = loss.browser_parts.get("/search?q=السفينة&mode=lexical", headers={"Accept-Language": "en"})
    assert "A part of the index does not answer" in page.get_data(as_text=True)
