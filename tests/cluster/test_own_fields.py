"""Own fields on a cluster: the same answers as an index of this machine gives."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

import arsearch
from arsearch.backends import choose_backend

from .nodes import Cluster

ARTICLES: list[dict[str, Any]] = [
    {"id": "tripoli", "title": "ميناء طرابلس", "body": "وصلت السفن إلى الميناء محملة بالقمح.", "tags": ["موانئ"],
     "country": "ليبيا", "pages": 120, "published_in": "2015-05-03", "summary": "خلاصة عن البرتقال"},
    {"id": "tunis", "title": "ميناء تونس", "body": "سفن كثيرة تحمل الزيت.", "country": ["تونس", "ليبيا"],
     "pages": 40, "published_in": "2016-02"},
    {"id": "cairo", "title": "ميناء مصر", "body": "رست سفن كثيرة قبل يومين.", "country": "مصر", "pages": 7.5},
    {"id": "nowhere", "title": "ميناء", "body": "سفن لا يعرف لها بلد."},
]  # fmt: skip
ASKED: list[tuple[str, dict[str, Any]]] = [
    ("ميناء country:ليبيا", {}),
    ("ميناء -country:لي*", {}),
    ("pages:10..200", {}),
    ("ميناء published_in:2015..", {}),
    ("قسم:موانئ", {}),
    ("البرتقال", {}),
    ('"خلاصة عن البرتقال"', {}),
    ('"بالقمح خلاصة"', {}),
    ("ميناء", {"filters": {"country": ["تونس", "مصر"]}, "facets": True}),
    ("ميناء", {"filters": {"pages": ["7..8", "100.."]}}),
    ("ميناء", {"sort": "pages"}),
    ("ميناء", {"sort": "-pages"}),
    ("ميناء", {"sort": "-published_in", "mode": "hybrid"}),
]


@pytest.fixture(scope="module")
def both(
    running_cluster: Cluster, tmp_path_factory: pytest.TempPathFactory, tiny_encoder: str
) -> Iterator[list[arsearch.Searcher]]:
    running_cluster.wipe()
    folder = tmp_path_factory.mktemp("own")
    (folder / "corpus.jsonl").write_text("\n".join(map(json.dumps, ARTICLES)), encoding="utf-8")
    declared = ("country=keyword", "pages=number", "published_in=date", "summary=text")
    local = arsearch.Settings(index=folder / "local", model=tiny_encoder, extra_fields=declared)
    remote = dataclasses.replace(
        local,
        index=folder / "remote",
        backend="opensearch",
        opensearch_url=tuple(running_cluster.urls),
        opensearch_timeout_seconds=60,
    )
    with ExitStack() as opened:
        searchers = []
        for settings in (local, remote):
            arsearch.build_index(folder / "corpus.jsonl", settings.index, settings=settings)
            searchers.append(opened.enter_context(arsearch.open_index(settings.index, settings=settings)))
        yield searchers


@pytest.mark.parametrize(("query", "asked"), ASKED)
def test_a_cluster_answers_as_an_index_here(both: list[arsearch.Searcher], query: str, asked: dict[str, Any]) -> None:
    here, there = (
        dataclasses.replace(index.search(query, **{"mode": "lexical", **asked}), took_ms=0, shards=0, after=None)
        for index in both
    )
    assert [hit.as_dict() | {"score": round(hit.score, 3)} for hit in there] == [
        hit.as_dict() | {"score": round(hit.score, 3)} for hit in here
    ]
    assert (there.total, there.facets, there.notice) == (here.total, here.facets, here.notice)


def test_pages_sorted_by_a_number_go_on_to_what_has_none(both: list[arsearch.Searcher]) -> None:
    for index in both:
        found = [hit.id for hit in index.hits("ميناء", size=1, mode="lexical", sort="pages")]
        assert found == ["cairo", "tunis", "tripoli", "nowhere"]


def test_what_a_cluster_has_is_what_its_articles_say(both: list[arsearch.Searcher]) -> None:
    backend = choose_backend(both[1].settings)
    assert not backend.verify(sample=10).faults
    backend.close()
    assert both[1].article("tunis") == both[0].article("tunis")


def test_another_declaration_makes_the_index_on_the_cluster_anew(both: list[arsearch.Searcher]) -> None:
    remote = dataclasses.replace(both[1].settings, extra_fields=("country=keyword", "mood=text"))
    corpus = Path(remote.index).parent / "corpus.jsonl"
    assert "mood is new" in arsearch.build_index(corpus, remote.index, settings=remote).rebuilt_because
    with arsearch.open_index(remote.index, settings=remote) as index:
        assert index.article("tunis").extra == {"country": ("تونس", "ليبيا")}
        assert [hit.id for hit in index.search("country:مصر", mode="lexical")] == ["cairo"]
