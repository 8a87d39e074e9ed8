"""New articles come first where they are as relevant, on the time that counts as now."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import arsearch
from arsearch import CursorError, QueryError, Searcher, SearchRequest, Settings

NOW = "2015-07-31"
MANY = 300
"""More than the candidates that words give."""


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory, tiny_encoder: str) -> Path:
    folder = tmp_path_factory.mktemp("fresh")
    records = [
        {"id": "old", "title": "سفينة", "body": "وصلت سفينة القمح إلى الميناء.", "date": "2005-07-31"},
        {"id": "new", "title": "سفينة", "body": "وصلت سفينة القمح إلى الميناء.", "date": "2015-07-30"},
        {"id": "undated", "title": "سفينة", "body": "وصلت سفينة القمح إلى الميناء."},
        {"id": "other", "title": "خبز", "body": "خبز الفرن جديد، وفي البحر قمح.", "date": NOW},
        *({"id": f"a{n}", "body": "بحر بحر بحر قمر.", "date": f"20{n % 10:02}-01-01"} for n in range(MANY)),
        {"id": "today", "body": f"بحر {'نجم ' * 3}", "date": NOW},
    ]
    (folder / "corpus.jsonl").write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    settings = Settings(duplicates="separate")
    arsearch.build_index([folder / "corpus.jsonl"], folder / "index", model=tiny_encoder, settings=settings)
    return folder / "index"


@pytest.fixture(scope="module")
def searcher(index: Path) -> Iterator[Searcher]:
    with arsearch.open_index(index, settings=Settings(max_page_size=1000)) as searcher:
        yield searcher


@pytest.mark.parametrize("mode", ["lexical", "hybrid", "semantic"])
def test_of_articles_that_are_as_relevant_the_new_one_comes_first(searcher: Searcher, mode: str) -> None:
    asked = SearchRequest(query="سفينة القمح", mode=mode, freshness=30, now=NOW, explain=True)
    results = searcher.search(asked)
    assert [hit.id for hit in results][:3] == ["new", "undated", "old"]
    scores = {hit.id: hit.score for hit in results}
    assert scores["new"] > scores["undated"] > scores["old"]
    fresh = {hit.id: hit.explanation["freshness"] for hit in results}
    assert fresh["new"] == pytest.approx(2 ** (-1 / 30), rel=1e-4)
    assert fresh["old"] == pytest.approx(0, abs=1e-4)
    assert fresh["old"] < fresh["undated"] < fresh["new"]
    assert results.explanation["freshness"] == {"half_life_days": 30, "now": NOW, "weight": 2.0}


def test_it_is_off_unless_it_is_asked_for_or_set(searcher: Searcher, index: Path) -> None:
    plain = searcher.search("سفينة القمح", explain=True)
    assert "freshness" not in plain.hits[0].explanation
    assert "freshness" not in plain.explanation
    assert plain.hits[0].id == "old"
    with arsearch.open_index(index, settings=Settings(freshness=30)) as set_so:
        assert set_so.search("سفينة القمح", now=NOW).hits[0].id == "new"
        assert set_so.search("سفينة القمح", now=NOW, freshness=0).hits[0].id == "old"
        dated = set_so.search("سفينة القمح", now=NOW, sort="oldest", mode="lexical")
        assert dated.hits[0].id == "old"


def test_what_is_relevant_outweighs_what_is_new(searcher: Searcher) -> None:
    hits = searcher.search("سفينة القمح", freshness=1, now=NOW, mode="lexical").hits
    assert [hit.id for hit in hits].index("other") > [hit.id for hit in hits].index("old")


def test_a_new_article_is_a_candidate_among_many_that_have_the_word_oftener(searcher: Searcher, index: Path) -> None:
    plain = [hit.id for hit in searcher.search("بحر", size=1000, mode="lexical")]
    assert plain.index("today") >= 200
    with arsearch.open_index(index, settings=Settings(freshness_weight=6)) as heavy:
        fresh = heavy.search("بحر", mode="lexical", freshness=2, now=NOW)
    assert fresh.hits[0].id == "today"
    assert fresh.total == len(plain)


@pytest.mark.parametrize("mode", ["lexical", "hybrid"])
def test_all_hits_come_once_and_in_one_order_whatever_the_hour(
    searcher: Searcher, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = SearchRequest(query="بحر", mode=mode, size=70, freshness=500)
    hours = iter(f"2015-07-31T{hour:02}:00:00" for hour in range(24))
    monkeypatch.setattr("arsearch.search.request.current_hour", lambda: next(hours))
    whole = searcher.search(replace(asked, size=1000))
    hits, after = [], ""
    while after is not None:
        results = searcher.search(replace(asked, after=after))
        hits += [hit.id for hit in results]
        after = results.after  # type: ignore[assignment]
    assert hits == [hit.id for hit in whole]
    assert len(set(hits)) == whole.total


def test_a_cursor_goes_on_at_its_own_time_only(searcher: Searcher) -> None:
    begun = searcher.search("بحر", freshness=30, now=NOW)
    assert begun.after
    following = searcher.search("بحر", freshness=30, after=begun.after)
    assert following.hits == searcher.search("بحر", freshness=30, now=NOW, after=begun.after).hits
    for other in ({"now": "2015-08-01", "freshness": 30}, {"freshness": 31}, {}):
        with pytest.raises(CursorError):
            searcher.search("بحر", after=begun.after, **other)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"freshness": -1}, "freshness"),
        ({"freshness": float("nan")}, "freshness"),
        ({"freshness": 1e6}, "freshness"),
        ({"now": "yesterday"}, "now"),
        ({"now": "2015-02-30"}, "now"),
    ],
)
def test_what_means_nothing_is_refused(searcher: Searcher, wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(QueryError) as error:
        searcher.search("بحر", **wrong)
    assert error.value.field == field
