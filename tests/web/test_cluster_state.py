"""What a server says of a cluster that its index is on: in /readyz and in /metrics; the cluster is played."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

import arsearch
from arsearch.backends.local import LocalBackend
from arsearch.errors import ClusterUnavailableError
from arsearch.web import metrics
from arsearch.web.app import create_app


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the backend says of a cluster: a test changes it."""
    condition: dict[str, Any] = {"status": "green", "nodes": 3, "shards_missing": 0, "nodes_resting": 0}

    def answer(backend: LocalBackend) -> dict[str, Any]:
        if not condition:
            raise ClusterUnavailableError("The OpenSearch cluster at http://127.0.0.1:9 cannot be reached.")
        return condition

    monkeypatch.setattr(LocalBackend, "condition", answer)
    return condition


def test_readiness_follows_the_cluster(
    corpus_index: Path, said: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    app = create_app(arsearch.Settings(index=corpus_index))
    client = app.test_client()
    ready = client.get("/readyz")
    assert (ready.status_code, ready.get_json()["status"]) == (200, "ok")
    assert ready.get_json()["cluster"] == said
    said["status"] = "red"
    ready = client.get("/readyz")
    assert (ready.status_code, ready.get_json()["status"]) == (200, "degraded")
    said.clear()
    with caplog.at_level(logging.INFO):
        ready = client.get("/readyz")
    assert (ready.status_code, ready.get_json()["status"]) == (503, "unavailable")
    assert "127.0.0.1" not in ready.text
    assert not [record for record in caplog.records if record.exc_info]
    assert client.get("/healthz").status_code == 200
    app.extensions["arsearch"].close()


def test_an_index_of_this_machine_says_nothing_of_a_cluster(corpus_index: Path) -> None:
    app = create_app(arsearch.Settings(index=corpus_index))
    assert "cluster" not in app.test_client().get("/readyz").get_json()
    app.extensions["arsearch"].close()


def test_requests_to_nodes_are_counted() -> None:
    from arsearch.backends.opensearch.cluster.node_states import NodeStates

    metrics.count_cluster_requests()
    metrics.count_cluster_requests()  # of a second application in this process: nothing is counted twice
    node = "http://node-of-this-test:9200"
    states = NodeStates((node,))
    states.note(node, "ok", 0.02, 1234)
    for _ in range(3):
        states.note(node, "timeout", 1.0)
    text = metrics.exposition().decode()
    assert f'arsearch_cluster_requests_total{{node="{node}",outcome="ok"}} 1.0' in text
    assert f'arsearch_cluster_requests_total{{node="{node}",outcome="timeout"}} 3.0' in text
    assert f'arsearch_cluster_received_bytes_total{{node="{node}"}} 1234.0' in text
    assert f'arsearch_cluster_seconds_count{{node="{node}"}} 1.0' in text
    assert f'arsearch_cluster_breaker_state{{node="{node}"}} 2.0' in text
