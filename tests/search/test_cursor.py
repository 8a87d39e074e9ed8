"""All hits of a search come once and in one order, however they are fetched, and whatever happens to the index."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import arsearch
from arsearch import CursorError, ExpiredCursorError, Searcher, SearchRequest, Settings
from arsearch.backends import choose_backend
from arsearch.common.deadline import run_clock
from arsearch.errors import NoIndexError, QueryTimeoutError
from arsearch.search.cursor import Cursor, commit_of, read_cursor
from arsearch.search.present import Presenter
from arsearch.search.rank import RankedCandidates
from arsearch.search.results import SearchResults
from arsearch.settings import Fusion

MANY = 700
"""More than the articles that are weighed by more than their words."""
WORDS = ["سفينة", "بحر", "ميناء", "قمر", "نجم", "خبز", "قمح", "كتاب"]


def article(number: int) -> dict[str, Any]:
    words = [WORDS[(number * step) % len(WORDS)] for step in (1, 3, 5)]
    text = " ".join(["سفينة", *words * (1 + number % 4), *["كلام"] * (number % 9)])
    return {"id": f"a{number}", "body": f"{text}.", "date": f"20{number % 20:02}-01-01", "author": f"كاتب {number % 3}"}


@pytest.fixture(scope="module")
def deep_index(tmp_path_factory: pytest.TempPathFactory, tiny_encoder: str) -> Path:
    import json

    folder = tmp_path_factory.mktemp("deep")
    lines = (json.dumps(article(number), ensure_ascii=False) for number in range(MANY))
    (folder / "corpus.jsonl").write_text("\n".join(lines), encoding="utf-8")
    arsearch.build_index(
        [folder / "corpus.jsonl"], folder / "index", model=tiny_encoder, settings=Settings(duplicates="separate")
    )
    return folder / "index"


@pytest.fixture(scope="module")
def deep(deep_index: Path) -> Iterator[Searcher]:
    with arsearch.open_index(deep_index, settings=Settings(max_page_size=1000)) as searcher:
        yield searcher


def ids(hits: Any) -> list[str]:
    return [hit.id for hit in hits]


@pytest.mark.parametrize("sort", ["relevance", "date"])
@pytest.mark.parametrize("mode", ["lexical", "hybrid", "semantic"])
@pytest.mark.parametrize("query", ["سفينة", "قمر النجم", "خبز -كتاب"])
def test_pages_of_any_size_make_up_one_list(deep: Searcher, query: str, mode: str, sort: str) -> None:
    whole = deep.search(query, mode=mode, sort=sort, size=1000)
    assert whole.after is None
    assert len(whole) == len(set(ids(whole)))
    if mode != "semantic":
        assert len(whole) == whole.total
    for size in (37, 250):
        assert ids(deep.hits(query, mode=mode, sort=sort, size=size)) == ids(whole)
    for page in (1, 2, 3, 8):
        shown = deep.search(query, mode=mode, sort=sort, size=90, page=page)
        assert ids(shown) == ids(whole)[90 * page - 90 : 90 * page]
        assert (shown.after is None) == (90 * page >= len(whole))


@pytest.mark.parametrize("fusion", ["convex", "rrf"])  # whose scores are of very different sizes
@pytest.mark.parametrize("mode", ["lexical", "hybrid"])
def test_scores_fall_to_the_end(deep_index: Path, mode: str, fusion: Fusion) -> None:
    with arsearch.open_index(deep_index, settings=Settings(fusion=fusion)) as searcher:
        scores = [hit.score for hit in searcher.hits("سفينة القمر", mode=mode, size=64)]
    assert len(scores) == MANY
    assert scores == sorted(scores, reverse=True)
    assert fusion == "rrf" or scores[-1] < scores[MANY // 2]


def test_only_commits_are_opened(deep_index: Path) -> None:
    elsewhere = deep_index / "commits" / "00000001"
    backend = choose_backend(Settings(index=deep_index))
    backend.open("00000001").close()
    for name in ("../commits/00000001", str(elsewhere), "./00000001", "00000001/", "00000002", ""):
        with pytest.raises(NoIndexError):
            backend.open(name)


@pytest.mark.parametrize("mode", ["lexical", "hybrid"])
@pytest.mark.parametrize("page", [1, 3, 8])
def test_candidates_have_one_of_each_however_deep_the_page(
    deep: Searcher, monkeypatch: pytest.MonkeyPatch, mode: str, page: int
) -> None:
    seen: list[RankedCandidates] = []
    present = Presenter.present

    def look(self: Presenter, ranked: RankedCandidates) -> SearchResults:
        seen.append(ranked)
        return present(self, ranked)

    monkeypatch.setattr(Presenter, "present", look)
    assert len(deep.search("سفينة", mode=mode, size=87, page=page))
    [ranked] = seen
    candidates = ranked.candidates
    count = len(candidates.documents)
    assert count >= min(87 * page, MANY)
    assert len(set(candidates.documents.tolist())) == count
    arrays = (candidates.lexical, candidates.semantic, ranked.features, ranked.scores, ranked.order)
    assert [len(array) for array in arrays] == [count] * len(arrays)
    assert sorted(ranked.order.tolist()) == list(range(count))


def test_filters_hold_to_the_end(deep: Searcher) -> None:
    hits = list(deep.hits("سفينة", author="كاتب 1", size=50))
    assert len(hits) == len(range(1, MANY, 3))
    assert {hit.article.author for hit in hits} == {"كاتب 1"}


def test_the_size_and_what_is_shown_may_change_on_the_way(deep: Searcher) -> None:
    whole = ids(deep.hits("سفينة"))
    first = deep.search("سفينة", size=3)
    second = deep.search("سفينة", size=300, after=first.after, facets=True, explain=True)
    third = deep.search("سفينة", size=5, after=second.after, snippets=False)
    assert [*ids(first), *ids(second), *ids(third)] == whole[:308]
    assert (second.page, third.page) == (1, 61)
    assert all(hit.explanation for hit in second)


@pytest.mark.parametrize("mode", ["lexical", "hybrid", "semantic"])
@pytest.mark.parametrize("sort", ["relevance", "date"])
def test_nothing_is_behind_the_end(deep: Searcher, mode: str, sort: str) -> None:
    request = SearchRequest(query="سفينة", mode=mode, sort=sort)
    for position in (MANY, 10**9, 2**64 - 1):
        after = Cursor("00000001", position, mode, deep.ranking_key()).write(request)
        results = deep.search(dataclasses.replace(request, after=after))
        assert (len(results), results.after) == (0, None)


def test_a_cursor_goes_deeper_than_pages_do(deep_index: Path) -> None:
    with arsearch.open_index(deep_index, settings=Settings(max_depth=100)) as searcher:
        with pytest.raises(arsearch.UnsearchableQueryError, match="after"):
            searcher.search("سفينة", page=11)
        assert len(list(searcher.hits("سفينة"))) == MANY


def test_a_suggestion_that_is_answered_goes_on(deep: Searcher) -> None:
    first = deep.search("safina", size=5)
    assert first.answered == "سفينة"
    assert ids(deep.hits("safina", size=90)) == ids(deep.hits("سفينة"))


@pytest.mark.parametrize(
    "change",
    [{"query": "بحر"}, {"mode": "lexical"}, {"sort": "date"}, {"author": "كاتب 1"}, {"date_to": "2010"},
     {"as_typed": True}],
)  # fmt: skip
def test_a_cursor_belongs_to_its_question(deep: Searcher, change: dict[str, Any]) -> None:
    after = deep.search("سفينة", size=5).after
    assert after
    with pytest.raises(CursorError, match="does not belong") as caught:
        deep.search(SearchRequest(**{"query": "سفينة", "size": 5, "after": after, **change}))
    assert caught.value.field == "after"


def test_a_cursor_and_a_page_exclude_each_other(deep: Searcher) -> None:
    after = deep.search("سفينة").after
    with pytest.raises(CursorError, match="both"):
        deep.search("سفينة", after=after, page=2)


def test_no_cursor_where_nothing_follows(deep: Searcher) -> None:
    assert deep.search("سفينة", size=MANY).after is None
    assert deep.search("سفينة", size=MANY - 1).after
    assert deep.search("زرافة", as_typed=True, mode="lexical").after is None


@pytest.mark.parametrize("changed", [{"semantic_weight": 0.5}, {"rescored_candidates": 5}, {"fusion": "rrf"}])
def test_a_cursor_expires_when_the_order_changes(deep: Searcher, deep_index: Path, changed: dict[str, Any]) -> None:
    after = deep.search("سفينة").after
    with (
        arsearch.open_index(deep_index, settings=Settings(**changed)) as other,
        pytest.raises(ExpiredCursorError),
    ):
        other.search("سفينة", after=after)


def test_a_cursor_expires_with_the_mode_that_answered(deep: Searcher, monkeypatch: pytest.MonkeyPatch) -> None:
    after = deep.search("سفينة", mode="hybrid").after
    monkeypatch.setattr(deep._models, "_encoder", arsearch.EncoderError("gone"))
    assert deep.search("سفينة", mode="hybrid").mode == "lexical"
    with pytest.raises(ExpiredCursorError, match="mode"):
        deep.search("سفينة", mode="hybrid", after=after)


def test_a_rough_order_is_not_gone_on_in(deep: Searcher, monkeypatch: pytest.MonkeyPatch) -> None:
    first = deep.search("سفينة القمر", size=5)

    def too_late(*_: object) -> None:
        raise QueryTimeoutError("too late")

    monkeypatch.setattr("arsearch.search.rank.find_features", too_late)
    with run_clock(1.0):
        rough = deep.search("سفينة القمر", size=5)
    assert (len(rough), rough.is_rough, rough.after) == (5, True, None)
    with run_clock(1.0), pytest.raises(QueryTimeoutError, match="same cursor"):
        deep.search("سفينة القمر", size=5, after=first.after)
    with pytest.raises(QueryTimeoutError):  # it would look as if these were all
        list(deep.hits("سفينة القمر"))


REQUEST = SearchRequest(query="سفينة", tag=("بحر",))


@given(position=st.integers(0, 2**64 - 1), commit=st.from_regex("[0-9a-z]{1,60}", fullmatch=True))
def test_a_cursor_is_read_as_it_was_written(position: int, commit: str) -> None:
    cursor = Cursor(commit, position, "hybrid", "order")
    text = cursor.write(REQUEST)
    assert len(text) < 200
    assert commit_of(text) == commit
    assert read_cursor(text, REQUEST, commit, "order") == cursor
    with pytest.raises(ExpiredCursorError):
        read_cursor(text, REQUEST, commit + "1", "order")


@given(place=st.integers(0), letter=st.sampled_from("AQgw_-09"))
def test_a_damaged_cursor_is_refused(place: int, letter: str) -> None:
    text = Cursor("00000001", 40, "hybrid", "order").write(REQUEST)
    place %= len(text)
    damaged = text[:place] + letter + text[place + 1 :]
    if damaged != text:
        with pytest.raises(CursorError):
            read_cursor(damaged, REQUEST, "00000001", "order")


@given(st.text() | st.binary().map(lambda raw: raw.hex()))
def test_any_text_is_refused(text: str) -> None:
    with pytest.raises(CursorError):
        read_cursor(text, REQUEST, "00000001", "order")


def test_what_decides_is_in_the_digest() -> None:
    """Whoever adds a field to requests has to say whether it changes the hits."""
    free = {"page", "size", "after", "facets", "explain", "snippets", "stories", "now"}
    from arsearch.search.cursor import RANKING_FIELDS

    assert set(RANKING_FIELDS) | free == {field.name for field in dataclasses.fields(SearchRequest)}
