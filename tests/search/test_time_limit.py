"""The time that a query may take is kept: by clocks that run out at a certain look, so that no test has to wait."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from whoosh import query as q

import arsearch
from arsearch import Settings, kernel
from arsearch.common.deadline import QueryClock, run_clock
from arsearch.errors import QueryTimeoutError, UnsearchableQueryError
from arsearch.index import Commit
from arsearch.lexical.search.maxscore import best_of_words


class RunsOut:
    """A clock on which no time passes until it has been looked at *looks* times; then the query is long over time."""

    def __init__(self, looks: int) -> None:
        self.left = looks

    def __call__(self) -> float:
        self.left -= 1
        return 0.0 if self.left >= 0 else 1e9


@contextmanager
def running_out(looks: int) -> Iterator[QueryClock]:
    with run_clock(1.0, RunsOut(looks + 1)) as clock:  # the start is a look too
        yield clock


def looks_of(searcher: arsearch.Searcher, query: str, **request: Any) -> int:
    """Return how often a query looks at the clock if it may take all the time it likes."""
    clock = RunsOut(1_000_000)
    with run_clock(1.0, clock):
        searcher.search(query, **request)
    return 1_000_000 - clock.left


@pytest.mark.parametrize(
    ("query", "request_"),
    [
        ("القهوة في اليمن", {}),
        ("القهوة في اليمن", {"mode": "lexical"}),
        ('"بيت الحكمة" -مصر', {}),
        ("بيت* -مصر", {"facets": True}),
        ("القهوه المدينه", {"explain": True, "sort": "date"}),
    ],
)
def test_wherever_a_query_runs_out_of_time_it_ends_at_once_or_shows_what_it_found(
    searcher: arsearch.Searcher, query: str, request_: dict[str, Any]
) -> None:
    whole = searcher.search(query, **request_)
    looks = looks_of(searcher, query, **request_)
    ends = set()
    for look in range(looks + 1):
        try:
            with running_out(look):
                results = searcher.search(query, **request_)
        except QueryTimeoutError:
            ends.add("stopped")
            continue
        rough = results.notice is not None and results.notice.kind == "out-of-time"
        ends.add("rough" if rough else "whole")
        if rough:
            assert results.hits
            assert results.suggestion is None
        else:
            assert [hit.id for hit in results] == [hit.id for hit in whole]
    assert ends == {"stopped", "rough", "whole"}


def test_a_rough_answer_has_what_the_words_found(searcher: arsearch.Searcher) -> None:
    whole = searcher.search("القهوة في اليمن", mode="lexical", size=100)
    looks = looks_of(searcher, "القهوة في اليمن", mode="lexical", size=100)
    rough = []
    for look in range(looks):
        try:
            with running_out(look):
                results = searcher.search("القهوة في اليمن", mode="lexical", size=100)
        except QueryTimeoutError:
            continue
        if results.notice is not None:
            rough.append(results)
    assert rough
    for results in rough:
        assert {hit.id for hit in results} == {hit.id for hit in whole}
        assert results.total == whole.total
        assert [hit.score for hit in results] == sorted((hit.score for hit in results), reverse=True)


def test_the_setting_is_the_limit(corpus_index: Path) -> None:
    clocks = []
    with arsearch.open_index(corpus_index, settings=Settings(max_query_ms=1234)) as searcher:

        def look(_: object) -> None:
            from arsearch.common.deadline import _running

            clocks.append(_running.get())
            raise RuntimeError

        searcher._queries.read = look  # type: ignore[method-assign, assignment]
        with pytest.raises(RuntimeError):
            searcher.search("قهوة")
    assert [clock.budget for clock in clocks if clock] == [1.234]


def test_loading_a_model_is_not_counted(corpus_index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = [0.0]
    with arsearch.open_index(corpus_index, settings=Settings()) as searcher:
        load = searcher._models._load_encoder

        def slowly() -> object:
            seconds[0] += 60
            return load()

        monkeypatch.setattr(searcher._models, "_load_encoder", slowly)
        with run_clock(1.0, lambda: seconds[0]):
            assert searcher.search("قهوة").notice is None
    assert seconds == [60.0]


@pytest.fixture
def commit(corpus_index: Path) -> Iterator[Commit]:
    with Commit.open_live(corpus_index) as commit:
        yield commit


@pytest.mark.parametrize(
    "query",
    [
        q.Or([q.Term("text", "x")] * 3),
        q.Wildcard("exact", "ا*ل*"),
        q.Regex("exact", "ا.*"),
        q.Phrase("exact", ["بيت", "الحكمه"]),
    ],
)
def test_long_loops_of_evaluation_look_at_the_clock(commit: Commit, query: q.Query) -> None:
    words = commit.words
    field = next(name for name in words._searcher.schema.names() if "exact" in name)
    for part in query.leaves():
        if hasattr(part, "fieldname"):
            part.fieldname = field
    clock = RunsOut(1_000_000)
    with run_clock(1.0, clock):
        words._evaluator.evaluate(query)
    looks = 1_000_000 - clock.left - 2  # without start and end of the clock
    assert looks >= 2  # at the query itself, and within it
    for look in range(looks):
        with running_out(look), pytest.raises(QueryTimeoutError):
            words._evaluator.evaluate(query)


@pytest.mark.parametrize("exhaustive", [True, False])
def test_adding_up_terms_on_arrays_looks_at_the_clock_before_every_term(
    commit: Commit, exhaustive: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kernel, "native", None)
    postings = commit.words._postings
    texts = (word.encode() for word in ("البحر", "المدينه", "القهوه"))
    terms = [term for text in texts if (term := postings.native_term("text_exact", text, 1.0))]
    words = [postings.scored_word([term]) for term in terms]
    assert len(terms) == 3
    for look in range(4):  # before all of it, too
        with running_out(look), pytest.raises(QueryTimeoutError):
            best_of_words(postings, words, 5, exhaustive=exhaustive)
    with running_out(5):
        assert len(best_of_words(postings, words, 5, exhaustive=exhaustive).best) == 5


def test_the_kernel_is_not_asked_when_time_is_up(commit: Commit) -> None:
    postings = commit.words._postings
    with running_out(0), pytest.raises(QueryTimeoutError):
        best_of_words(postings, [], 5, exhaustive=True)


def test_a_beginning_that_stands_for_too_many_words_is_refused_with_the_number(corpus_index: Path) -> None:
    settings = replace(Settings(), max_prefix_words=50)
    with arsearch.open_index(corpus_index, settings=settings) as searcher:
        assert searcher.search("بيت*", mode="lexical").total
        with pytest.raises(UnsearchableQueryError, match=r"^ال\* stands for \d{3,} words; at most 50") as error:
            searcher.search("ال*")
        assert error.value.field == "q"
