"""Embedding by several processes: what one begins and does not end, another does; and nothing is embedded twice."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

import arsearch
from arsearch.backends.opensearch.cluster.client import ClusterClient
from arsearch.backends.opensearch.publish.embedding import Embedder, SharedEncoder, Slice
from arsearch.common.array_types import Vectors
from arsearch.index import Commit
from arsearch.semantic import load_encoder
from tests.cluster.nodes import Cluster

from ..conftest import CORPUS

TEXTS = [f"سفينة في الميناء {number}" for number in range(1000)]

# A worker whose model never ends; it says when it has begun.
STUCK = """
import sys, threading
from arsearch.backends.opensearch.cluster.client import ClusterClient
from arsearch.backends.opensearch.publish.embedding import Embedder
from arsearch.semantic import load_encoder
from arsearch.settings import load_settings

class Stuck:
    def __init__(self, encoder):
        self.name, self.fingerprint, self.dimension = encoder.name, encoder.fingerprint, encoder.dimension
    def encode_passages(self, texts):
        print("begun", flush=True)
        threading.Event().wait()

settings = load_settings()
Embedder(ClusterClient(settings), Stuck(load_encoder(settings.model)), "arsearch", lease_seconds=1).work_once()
"""


class Counting:
    """An encoder that counts what it embeds, and may fail for one text."""

    def __init__(self, model: str, fails_for: str = "") -> None:
        self._encoder = load_encoder(model)
        self._fails_for = fails_for
        self.name, self.fingerprint = self._encoder.name, self._encoder.fingerprint
        self.dimension = self._encoder.dimension
        self.embedded = 0

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        if self._fails_for in texts:
            raise MemoryError("no room")
        self.embedded += len(texts)
        return self._encoder.encode_passages(texts)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return self._encoder.encode_queries(texts)


@pytest.fixture
def settings(cluster: Cluster, tiny_encoder: str) -> arsearch.Settings:
    return arsearch.Settings(
        opensearch_url=tuple(cluster.urls), opensearch_timeout_seconds=60, model=tiny_encoder, shared_embedding=True
    )


@pytest.fixture
def environment(settings: arsearch.Settings) -> dict[str, str]:
    return dict(os.environ) | {
        "ARSEARCH_OPENSEARCH_URL": ",".join(settings.opensearch_url),
        "ARSEARCH_OPENSEARCH_TIMEOUT_SECONDS": str(settings.opensearch_timeout_seconds),
        "ARSEARCH_MODEL": settings.model,
    }


def embedder(settings: arsearch.Settings, encoder: Counting) -> Embedder:
    return Embedder(ClusterClient(settings), encoder, "arsearch")


def test_what_a_killed_worker_had_begun_another_one_does(
    settings: arsearch.Settings, environment: dict[str, str]
) -> None:
    here = Counting(settings.model)
    shared = embedder(settings, here)
    shared._ask(lambda _: shared._work.add({"a": {"texts": TEXTS[:600]}, "b": {"texts": TEXTS[600:]}}))
    with subprocess.Popen([sys.executable, "-c", STUCK], env=environment, stdout=subprocess.PIPE, text=True) as stuck:
        assert stuck.stdout is not None
        assert stuck.stdout.readline() == "begun\n"
        assert shared.counts() == {"claimed": 1, "open": 1}
        stuck.kill()
    command = [sys.executable, "-m", "arsearch", "embed", "--until-done", "--json"]
    worker = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=True)
    did = json.loads(worker.stdout)
    assert (did["slices"], did["passages"], did["embedded"]) == (2, 1000, 1000)
    assert shared.counts() == {}
    vectors = SharedEncoder(shared, here).encode_passages(TEXTS)
    assert here.embedded == 0
    np.testing.assert_allclose(vectors, load_encoder(settings.model).encode_passages(TEXTS), atol=1e-3)


def test_an_index_built_with_others_is_the_one_built_alone(settings: arsearch.Settings, tmp_path: Path) -> None:
    stopped = threading.Event()
    done: list[Slice] = []
    helper = embedder(settings, Counting(settings.model))
    thread = threading.Thread(target=lambda: helper.work_until(stopped, idle_ends=False, done=done.append))
    thread.start()
    try:
        arsearch.build_index([CORPUS], tmp_path / "together", settings=settings)
    finally:
        stopped.set()
        thread.join()
    alone = arsearch.Settings(model=settings.model)
    arsearch.build_index([CORPUS], tmp_path / "alone", settings=alone)
    with Commit.open_live(tmp_path / "together") as one, Commit.open_live(tmp_path / "alone") as other:
        numbers = one.words.numbers[one.articles.ordinals()]
        for taken, expected in zip(one.vectors.decoded_rows(numbers), other.vectors.decoded_rows(numbers), strict=True):
            np.testing.assert_array_equal(taken, expected)


def test_nothing_is_embedded_twice(settings: arsearch.Settings) -> None:
    first, second = Counting(settings.model), Counting(settings.model)
    SharedEncoder(embedder(settings, first), first).encode_passages(TEXTS[:300])
    SharedEncoder(embedder(settings, second), second).encode_passages([*TEXTS[200:400], *TEXTS[200:300]])
    assert (first.embedded, second.embedded) == (300, 100)


def test_a_slice_that_nobody_can_embed_is_reported(settings: arsearch.Settings) -> None:
    bad = Counting(settings.model, fails_for=TEXTS[5])
    worker = embedder(settings, bad)
    shared = embedder(settings, Counting(settings.model))
    shared._ask(lambda _: shared._work.add({"bad": {"texts": TEXTS[:10]}}))
    for _ in range(3):
        with pytest.raises(MemoryError):
            worker.work_once()
    assert worker.work_once() is None
    assert shared.counts() == {"failed": 1}


def test_without_a_cluster_the_index_is_as_it_was(settings: arsearch.Settings, tmp_path: Path) -> None:
    local = arsearch.Settings(model=settings.model)
    arsearch.build_index([CORPUS], tmp_path, settings=local)
    with Commit.open_live(tmp_path) as commit:
        before = commit.manifest
    nowhere = arsearch.Settings(model=settings.model, shared_embedding=True, opensearch_url=("http://127.0.0.1:9",))
    with pytest.raises(arsearch.IndexStateError, match="cannot be reached"):
        arsearch.build_index([CORPUS], tmp_path, full=True, settings=nowhere)
    with Commit.open_live(tmp_path) as commit:
        assert commit.manifest == before
