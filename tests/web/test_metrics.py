"""What is counted, for Prometheus."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

import arsearch.search.rank
import arsearch.search.retrieve
import arsearch.web.api.routes
from arsearch import Settings
from arsearch.common.deadline import STAGES
from arsearch.web.app import create_app
from arsearch.web.metrics import IndexState, exposition

from .metrics_of import counts

SEARCH = "/api/v1/search"


def test_requests_stages_caches_and_the_index_are_counted(corpus_index: Path) -> None:
    client = create_app(Settings(index=corpus_index)).test_client()
    before = counts()
    for _ in range(3):
        client.get(SEARCH, query_string={"q": "القهوة في اليمن"})
    client.get("/search", query_string={"q": "القهوة في اليمن", "mode": "lexical"})
    client.get(SEARCH)
    gained = {name: value - before[name] for name, value in counts().items()}
    assert gained['arsearch_http_requests_total{endpoint="api.search",status="200"}'] == 3
    assert gained['arsearch_http_requests_total{endpoint="api.search",status="400"}'] == 1
    assert gained['arsearch_http_request_seconds_count{endpoint="pages.search"}'] == 1
    assert gained['arsearch_search_seconds_count{mode="hybrid"}'] == 3
    assert gained['arsearch_search_seconds_count{mode="lexical"}'] == 1
    for stage in STAGES:
        assert gained[f'arsearch_stage_seconds_count{{stage="{stage}"}}'] == (4 if stage == "render" else 2), stage
    assert gained['arsearch_cache_lookups_total{cache="answers",result="hit"}'] == 2
    assert gained['arsearch_cache_lookups_total{cache="answers",result="miss"}'] == 2
    assert gained['arsearch_cache_lookups_total{cache="embeddings",result="miss"}'] == 1


class Clock:
    """Shows the seconds that were spent, and nothing else passes."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds

    def slow(self, work: Callable[..., Any], seconds: float) -> Callable[..., Any]:
        """Return *work*, which takes *seconds* now."""

        def slowly(*arguments: Any, **options: Any) -> Any:
            self.seconds += seconds
            return work(*arguments, **options)

        return slowly


def test_the_stages_of_a_query_are_its_time(corpus_index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    app = create_app(Settings(index=corpus_index, cached_answers=0, max_query_ms=3_600_000), clock)
    client = app.test_client()
    client.get(SEARCH, query_string={"q": "القهوة في اليمن"})
    searcher = app.extensions["arsearch"].searcher()
    order: tuple[Any, str, float] = (searcher._ranker, "_order", 64)  # belongs to no stage
    works: dict[str, tuple[Any, str, float]] = {
        "parse": (searcher._queries, "parse", 1),
        "lexical": (searcher.index.words, "search", 2),
        "semantic": (searcher._models, "vector_of", 4),
        "fuse": (arsearch.search.retrieve, "Candidates", 8),
        "rescore": (arsearch.search.rank, "find_features", 16),
        "fetch": (searcher.index, "articles", 32),
        "suggest": (searcher._suggestions, "suggestion", 128),
        "render": (arsearch.web.api.routes, "_sent", 256),
    }
    assert list(works) == list(STAGES)
    for owner, name, seconds in (*works.values(), order):
        monkeypatch.setattr(owner, name, clock.slow(getattr(owner, name), seconds))
    before = counts()
    client.get(SEARCH, query_string={"q": "القهوة في اليمن"})
    gained = {name: value - before[name] for name, value in counts().items()}
    for stage, (_, _, seconds) in works.items():
        assert gained[f'arsearch_stage_seconds_sum{{stage="{stage}"}}'] == pytest.approx(seconds), stage
    assert gained['arsearch_search_seconds_sum{mode="hybrid"}'] == pytest.approx(255)


def test_what_is_refused_is_counted_by_reason(corpus_index: Path) -> None:
    settings = Settings(index=corpus_index, rate_limit="1/hour", rate_limit_exempt=(), max_address_kb=1)
    client = create_app(settings).test_client()
    before = counts()
    client.get("/")
    client.get("/")
    client.get("/" + "x" * 2000)
    gained = {name: value - before[name] for name, value in counts().items()}
    assert gained['arsearch_http_refused_total{reason="rate"}'] == 1
    assert gained['arsearch_http_refused_total{reason="address"}'] == 1


def test_the_exposition_is_what_prometheus_reads_and_tells_of_the_index(corpus_index: Path, tmp_path: Path) -> None:
    client = create_app(Settings(index=corpus_index)).test_client()
    families = {family.name: family for family in text_string_to_metric_families(client.get("/metrics").text)}
    assert families["arsearch_index_commit"].samples[0].value == 1
    assert families["arsearch_index_articles"].samples[0].value >= 60
    assert 0 <= families["arsearch_index_age_seconds"].samples[0].value < 3600
    without = create_app(Settings(index=tmp_path)).test_client().get("/metrics")
    assert without.status_code == 200
    assert "arsearch_index_commit" not in without.text


@pytest.mark.parametrize(("commit", "told"), [("00000012", True), ("commit-7f", False)])
def test_the_number_of_a_commit_is_told_where_it_is_one(commit: str, told: bool) -> None:
    text = exposition(IndexState(commit, 3, "2026-01-01T00:00:00+00:00")).decode()
    assert ("arsearch_index_commit 12.0" in text) == told
    assert "arsearch_index_articles 3.0" in text
