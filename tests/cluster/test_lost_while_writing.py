"""A node is lost while an index is made: the run says so, and the next one succeeds."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest

import arsearch
from arsearch.backends.opensearch.cluster import bulk
from arsearch.backends.opensearch.publish import publish as publishing
from tests.cluster.nodes import Cluster


@pytest.mark.slow
def test_a_node_that_is_lost_while_an_index_is_made_is_told_of(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = arsearch.Settings(
        index=tmp_path / "index",
        backend="opensearch",
        opensearch_url=tuple(cluster.urls),
        opensearch_shards=1,
        opensearch_replicas=0,
        opensearch_timeout_seconds=60,
        model="fast",
    )
    corpus = tmp_path / "corpus.jsonl"
    corpus.write_text('{"id": "sea", "body": "وصلت السفينة إلى الميناء"}\n', encoding="utf-8")
    write_all = bulk.write_all

    def losing(raw: Any, actions: Any, **options: Any) -> int:
        cluster.wait("green")
        [shard] = cluster.request("GET", "_cat/shards/arsearch-00000001?format=json")
        next(node for node in cluster.nodes if node.name == shard["node"]).kill()
        # OpenSearch says so after a minute; asked to, sooner.
        lossy.setattr(raw, "bulk", partial(raw.bulk, timeout="2s", request_timeout=60))
        return write_all(raw, actions, **options)

    with monkeypatch.context() as lossy:
        lossy.setattr(publishing, "write_all", losing)
        with pytest.raises(arsearch.ClusterWriteError, match="was lost while it was written to"):
            arsearch.build_index(corpus, settings.index, settings=settings)
    assert arsearch.build_index(corpus, settings.index, settings=settings).commit == "arsearch-00000002"
    with arsearch.open_index(settings.index, settings=settings) as searcher:
        assert [hit.id for hit in searcher.search("سفينة", mode="lexical")] == ["sea"]
