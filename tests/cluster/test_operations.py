"""What the guide for operating a cluster says to do: nodes restarted one by one, and copies kept in different zones."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

import arsearch
from arsearch.backends.opensearch.publish.copy import copy_index
from tests.cluster.nodes import Cluster

QUERIES = ("المدينة القديمة", '"بيت الحكمة"')
ZONES = ("east", "west", "east")
ALLOCATION = "cluster.routing.allocation"


pytestmark = pytest.mark.skipif(
    os.environ.get("ARSEARCH_TEST_CLUSTER") != "required", reason="restarts three nodes: `make test-cluster` does it"
)


@pytest.fixture
def zoned(cluster: Cluster) -> Iterator[Cluster]:
    """The cluster, whose nodes will be in a zone each once they have been restarted; afterwards as it was."""
    before = [node.settings for node in cluster.nodes]
    for node, zone in zip(cluster.nodes, ZONES, strict=True):
        node.settings = {**node.settings, "node.attr.zone": zone}
    yield cluster
    for node, settings in zip(cluster.nodes, before, strict=True):
        node.settings = settings


def test_nodes_restart_one_after_the_other_and_copies_are_in_different_zones(
    zoned: Cluster, corpus_index: Path
) -> None:
    settings = arsearch.Settings(
        index=corpus_index,
        backend="opensearch",
        opensearch_url=tuple(zoned.urls),
        opensearch_shards=3,
        opensearch_replicas=1,
        opensearch_timeout_seconds=60,
        max_query_ms=60_000,
    )
    copy_index(settings)
    zoned.wait("green")
    with arsearch.open_index(corpus_index, settings=settings) as index:
        expected = {query: [hit.id for hit in index.search(query).hits] for query in QUERIES}
        for node in zoned.nodes:
            zoned.request("PUT", "_cluster/settings", {"persistent": {f"{ALLOCATION}.enable": "primaries"}})
            zoned.request("POST", "_flush")
            node.stop()
            assert {query: [hit.id for hit in index.search(query).hits] for query in QUERIES} == expected
            zoned.start_again(node)
            zoned.request("PUT", "_cluster/settings", {"persistent": {f"{ALLOCATION}.enable": None}})
            zoned.wait("green", nodes=3)
        zoned.request("PUT", "_cluster/settings", {"persistent": {f"{ALLOCATION}.awareness.attributes": "zone"}})
        zoned.request("POST", "_cluster/reroute")
        zoned.wait_for(lambda: copies_are_apart(zoned))
        zoned.wait("green", nodes=3)
        for node, zone in zip(zoned.nodes, ZONES, strict=True):
            if zone == "east":
                node.kill()
        assert {query: [hit.id for hit in index.search(query).hits] for query in QUERIES} == expected


def copies_are_apart(cluster: Cluster) -> bool:
    """Whether no two copies of a shard are in one zone."""
    zones = {node.name: zone for node, zone in zip(cluster.nodes, ZONES, strict=True)}
    places: dict[tuple[str, str], list[str]] = {}
    for shard in cluster.request("GET", "_cat/shards/arsearch-*?format=json"):
        if shard["state"] != "STARTED" or shard["node"] not in zones:
            return False
        places.setdefault((shard["index"], shard["shard"]), []).append(zones[shard["node"]])
    return all(len(found) == len(set(found)) == 2 for found in places.values())
