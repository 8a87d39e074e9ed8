"""The caches: bounded, by commit, and without a say in what is answered."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

import arsearch
from arsearch import Settings
from arsearch.errors import QueryTimeoutError
from arsearch.search.request import SearchRequest
from arsearch.search.searcher import Searcher
from arsearch.web.app import create_app
from arsearch.web.search_answers import AnswerCache

from .metrics_of import counts

SEARCH = "/api/v1/search"


def asked(app: Flask, **parameters: str) -> Any:
    response = app.test_client().get(SEARCH, query_string=parameters)
    assert response.status_code == 200, response.text
    answer = response.get_json()
    del answer["took_ms"]
    return answer


QUESTIONS = [
    {"q": "القهوة في اليمن"},
    {"q": "القهوة في اليمن", "mode": "lexical"},
    {"q": "القهوة في اليمن", "size": "3"},
    {"q": "القهوة في اليمن", "size": "3", "page": "2"},
    {"q": "القهوة في اليمن", "facets": "true"},
    {"q": "القهوة في اليمن", "explain": "true"},
    {"q": "القهوة في اليمن", "sort": "date"},
    {"q": "القهوة في اليمن", "from": "2021"},
    {"q": "المدينة", "tag": "علوم"},
    {"q": "libya"},
    {"q": "libya", "as_typed": "true"},
    {"q": "القهوه"},
    {"q": "القهوة"},
]


def test_answers_from_the_cache_are_those_that_would_be_given_without(corpus_index: Path) -> None:
    with_cache = create_app(Settings(index=corpus_index))
    without = create_app(Settings(index=corpus_index, cached_answers=0, cached_embeddings=0))
    expected = [asked(without, **question) for question in QUESTIONS]
    assert [asked(with_cache, **question) for question in QUESTIONS] == expected
    before = counts()
    assert [asked(with_cache, **question) for question in QUESTIONS] == expected
    name = 'arsearch_cache_lookups_total{cache="answers",result="%s"}'
    assert counts()[name % "hit"] - before[name % "hit"] == len(QUESTIONS)
    assert counts()[name % "miss"] == before[name % "miss"]
    assert len(with_cache.extensions["arsearch-answers"]) == len(QUESTIONS)
    assert len(without.extensions["arsearch-answers"]) == 0


def test_pages_and_api_share_the_cache_and_time_is_told_anew(
    corpus_index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = [0.0]
    app = create_app(Settings(index=corpus_index, max_query_ms=60_000), lambda: seconds[0])
    client = app.test_client()
    client.get("/search", query_string={"q": "القهوة"})
    kept = len(app.extensions["arsearch-answers"])
    client.get(SEARCH, query_string={"q": "القهوة", "facets": "true"})
    assert len(app.extensions["arsearch-answers"]) == kept == 1
    searcher = app.extensions["arsearch"].searcher()
    order = searcher._ranker._order

    def slowly(*arguments: Any) -> Any:
        seconds[0] += 2
        return order(*arguments)

    monkeypatch.setattr(searcher._ranker, "_order", slowly)
    first = client.get(SEARCH, query_string={"q": "القهوة", "mode": "lexical"}).get_json()["took_ms"]
    again = client.get(SEARCH, query_string={"q": "القهوة", "mode": "lexical"}).get_json()["took_ms"]
    assert (first, again) == (2000, 0)


def test_a_new_commit_or_new_synonyms_are_answered_anew(tmp_path: Path, tiny_encoder: str) -> None:
    corpus, synonyms = tmp_path / "corpus.jsonl", tmp_path / "synonyms.txt"
    corpus.write_text(json.dumps({"id": "one", "body": "سفينة في البحر"}), encoding="utf-8")
    synonyms.write_text("", encoding="utf-8")
    settings = Settings(index=tmp_path / "index", synonyms=str(synonyms))
    arsearch.build_index([corpus], settings.index, model=tiny_encoder, settings=settings)
    app = create_app(settings)
    assert asked(app, q="سفينة", mode="lexical")["total"] == 1
    assert asked(app, q="مركب", mode="lexical")["total"] == 0
    synonyms.write_text("سفينة, مركب", encoding="utf-8")
    assert asked(app, q="مركب", mode="lexical")["total"] == 1
    lines = [{"id": "one", "body": "سفينة في البحر"}, {"id": "two", "body": "سفينة أخرى"}]
    corpus.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    arsearch.build_index([corpus], settings.index, settings=settings)
    assert asked(app, q="سفينة", mode="lexical")["total"] == 2


def test_everything_in_a_request_is_part_of_the_key(searcher: Searcher) -> None:
    cache = AnswerCache(Settings())
    request = SearchRequest(query="قهوة")
    results = searcher.search(request)
    cache.put((searcher.version, request), results)
    assert cache.get((searcher.version, SearchRequest(query="قهوة"))) is results
    others: dict[str, Any] = {
        "query": "قمر", "mode": "lexical", "page": 2, "size": 11, "sort": "date", "author": ("x",), "source": ("x",),
        "section": ("x",), "tag": ("x",), "date_from": "2020", "date_to": "2020", "facets": True, "explain": True,
        "operators": False, "synonyms": False, "as_typed": True, "snippets": False, "after": "x",
        "filters": {"country": ("x",)}, "vector": (1.0,), "now": "2020-01-01", "freshness": 7.0, "stories": True,
    }  # fmt: skip
    assert set(others) >= set(request.__dataclass_fields__)
    for name, value in others.items():
        assert cache.get((searcher.version, replace(request, **{name: value}))) is None, name
    assert cache.get((("00000002", *searcher.version[1:]), request)) is None


def test_the_memory_of_answers_is_bounded(searcher: Searcher) -> None:
    results = searcher.search("المدينة", size=20)
    cache = AnswerCache(Settings(cached_answers_mb=1))
    cache.put((0, SearchRequest(query="المدينة")), results)
    assert cache.size > sum(2 * len(hit.article.body) for hit in results)  # two bytes a letter
    for number in range(200):
        cache.put((number, SearchRequest(query="المدينة")), results)
    assert cache.size <= 2**20
    assert 0 < len(cache) < 200


def test_a_rough_answer_is_not_kept(corpus_index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = create_app(Settings(index=corpus_index))

    def no_time(*_: object) -> None:
        raise QueryTimeoutError("up")

    with monkeypatch.context() as patch:
        patch.setattr("arsearch.search.rank.find_features", no_time)
        rough = asked(app, q="القهوة في اليمن")
        assert "rough" in rough["notice"]
        assert rough["hits"]
    assert len(app.extensions["arsearch-answers"]) == 0
    assert asked(app, q="القهوة في اليمن")["notice"] is None


def test_a_query_over_its_time_is_a_problem_that_may_be_tried_again(
    corpus_index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_time(*_: object, **__: object) -> None:
        raise QueryTimeoutError("The query was stopped after 5000 ms.")

    client = create_app(Settings(index=corpus_index)).test_client()
    monkeypatch.setattr("arsearch.search.searcher.Searcher._answer", no_time)
    response = client.get(SEARCH, query_string={"q": "قهوة"})
    assert (response.status_code, response.get_json()["type"]) == (503, "/api/v1/problems/query-timeout")
    assert response.headers["Retry-After"]
    page = client.get("/search", query_string={"q": "قهوة"})
    assert (page.status_code, page.mimetype) == (503, "text/html")


def test_vectors_of_queries_are_kept_and_counted(corpus_index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with arsearch.open_index(corpus_index, settings=Settings(cached_embeddings=2)) as searcher:
        encoded: list[str] = []
        encode = type(searcher.encoder).encode_queries

        def listen(self: Any, texts: Any) -> Any:
            encoded.extend(texts)
            return encode(self, texts)

        monkeypatch.setattr(type(searcher.encoder), "encode_queries", listen)
        first = searcher.search("القهوة في اليمن")
        again = searcher.search("القهوة في اليمن", size=20, facets=True)
        assert encoded == ["القهوة في اليمن"]
        assert [hit.id for hit in again][:10] == [hit.id for hit in first]
        searcher.search("قمر")
        searcher.search("نجوم")  # the first one leaves
        searcher.search("القهوة في اليمن")
        assert encoded == ["القهوة في اليمن", "قمر", "نجوم", "القهوة في اليمن"]
