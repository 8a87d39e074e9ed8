"""The cluster that the other tests stand on: its version, its plugin, and that it is empty for each."""

from __future__ import annotations

import urllib.error

import pytest

from tests.cluster.nodes import Cluster
from tests.cluster.server_files import VERSION


def test_nodes_are_one_cluster_of_the_tested_version(cluster: Cluster) -> None:
    nodes = cluster.request("GET", "_nodes/plugins")["nodes"].values()
    assert [node["version"] for node in nodes] == [VERSION] * 3
    assert all("opensearch-knn" in {plugin["name"] for plugin in node["plugins"]} for node in nodes)


def test_nearest_vectors_by_graph_and_one_by_one_agree(cluster: Cluster) -> None:
    vector = {
        "type": "knn_vector",
        "dimension": 3,
        "method": {"name": "hnsw", "engine": "lucene", "space_type": "cosinesimil"},
    }
    cluster.request("PUT", "near", {"settings": {"index.knn": True}, "mappings": {"properties": {"v": vector}}})
    for number, values in enumerate(([1, 0, 0], [0, 1, 0.3], [0.7, 0.7, 0])):
        cluster.request("PUT", f"near/_doc/{number}?refresh=true", {"v": values})
    by_graph = {"knn": {"v": {"vector": [0, 1, 0], "k": 3}}}
    script = {"source": "knn_score", "lang": "knn"}
    parameters = {"field": "v", "query_value": [0, 1, 0], "space_type": "cosinesimil"}
    one_by_one = {"script_score": {"query": {"match_all": {}}, "script": {**script, "params": parameters}}}
    answers = [cluster.request("POST", "near/_search", {"query": query}) for query in (by_graph, one_by_one)]
    orders = [[hit["_id"] for hit in answer["hits"]["hits"]] for answer in answers]
    assert orders == [["1", "2", "0"]] * 2


def test_a_test_finds_no_index_of_another(cluster: Cluster) -> None:
    cluster.request("PUT", "left")
    cluster.wipe()
    with pytest.raises(urllib.error.HTTPError, match="404"):
        cluster.request("GET", "left")
