"""A stock Whoosh searcher and the arrays give the same documents and the same scores, for every kind of query."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from whoosh import query as q
from whoosh.collectors import UnlimitedCollector

from arsearch.arabic import analyze
from arsearch.common.segments import arrays_file
from arsearch.lexical import Document, LexicalIndex
from arsearch.lexical.search.evaluate import QueryEvaluator
from arsearch.lexical.search.maxscore import best_first
from arsearch.lexical.search.postings import PostingReader
from arsearch.lexical.segment.field_names import TEXT_FOLDED, TEXT_STEM, TITLE_FOLDED, TITLE_STEM
from arsearch.lexical.segment.open_segments import read_segments
from arsearch.lexical.segment.segment import Segment
from arsearch.lexical.whoosh.codec import ColumnarIndex
from arsearch.lexical.whoosh.collector import ArrayCollector
from arsearch.lexical.whoosh.scoring import LuceneBM25

from ..conftest import SEED, build

pytestmark = pytest.mark.slow


@pytest.fixture(scope="session", params=["built", "grown"])
def searcher(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, documents: list[Document]
) -> Any:
    """Stock Whoosh on the columns; its evaluator stands beside it. Once as built, once grown with deletions."""
    if request.param == "built":
        folder = tmp_path_factory.mktemp("built") / "index"
        build(folder, documents)
    else:
        request.getfixturevalue("grown_index")
        folder = max(tmp_path_factory.getbasetemp().glob("grown*/3"))
    segments = [Segment(arrays_file(folder, name), deleted) for name, deleted in read_segments(folder)]
    assert len(segments) == (1 if request.param == "built" else 2)
    searcher = ColumnarIndex(segments).searcher(weighting=LuceneBM25())
    searcher.evaluator = QueryEvaluator(PostingReader(segments), searcher)
    return searcher


def queries(documents: list[Document]) -> list[q.Query]:
    """Return 200 queries of every kind, from words that are there and words that are not."""
    chance = random.Random(SEED)
    tokens = [analyze(document.body) for document in documents[:300] if document.body]

    def word(field: str) -> str:
        token = chance.choice(chance.choice(tokens))
        if chance.random() < 0.05:
            return "كلمةمعدومة"
        return token.folded if field in (TEXT_FOLDED, TITLE_FOLDED) else token.stem or token.folded

    def term() -> q.Term:
        field = chance.choice([TEXT_FOLDED, TEXT_STEM, TITLE_STEM, TITLE_FOLDED])
        return q.Term(field, word(field), boost=chance.choice([1.0, 1.0, 0.4, 2.5]))

    def terms(most: int) -> list[q.Term]:
        return [term() for _ in range(chance.randint(2, most))]

    def phrase(most: int) -> q.Phrase:
        line = chance.choice(tokens)
        start = chance.randrange(max(1, len(line) - most))
        slop = chance.choice([1, 1, 1, 2, 4])
        return q.Phrase(
            TEXT_FOLDED, [token.folded for token in line[start : start + chance.randint(2, most) : slop]], slop
        )

    def in_sequence() -> q.Sequence:
        # Of several words at one place the matchers that are forced here know no positions.
        return q.Sequence([q.Or([q.Term(TEXT_FOLDED, each)]) for each in phrase(4).words])

    def day() -> datetime:
        return datetime(chance.randint(2014, 2022), chance.randint(1, 12), chance.randint(1, 28))

    def dates() -> q.DateRange:
        first, last = sorted([day(), day()])
        return q.DateRange("date", chance.choice([first, None]), last)

    def words_between() -> q.TermRange:
        first, last = sorted([word(TEXT_FOLDED), word(TEXT_FOLDED)])
        end = chance.choice([last[:2], first + "ي", None])
        return q.TermRange(TEXT_FOLDED, first, end, chance.random() < 0.5, chance.random() < 0.5)

    kinds: list[Callable[[], q.Query]] = [
        term,
        lambda: q.Or(terms(4)),
        lambda: q.Or(terms(4), boost=0.5),
        lambda: q.And(terms(3)),
        lambda: q.And([q.Or(terms(3)), q.Or(terms(3))]),
        lambda: q.Not(term()),
        lambda: q.AndNot(q.Or(terms(4)), term()),
        lambda: q.And([q.Or(terms(3)), q.Not(term())]),
        lambda: q.AndMaybe(term(), q.Or(terms(3))),
        lambda: q.Require(q.Or(terms(4)), term()),
        lambda: phrase(4),
        lambda: q.Or([phrase(3), term()]),
        in_sequence,
        lambda: q.Prefix(TEXT_FOLDED, word(TEXT_FOLDED)[:3]),
        lambda: q.Wildcard(TEXT_FOLDED, word(TEXT_FOLDED)[:2] + "*" + word(TEXT_FOLDED)[-1]),
        lambda: q.Wildcard(TITLE_FOLDED, "?" + word(TEXT_FOLDED)[1:3] + "*"),
        lambda: q.FuzzyTerm(
            TEXT_FOLDED, word(TEXT_FOLDED), maxdist=chance.choice([1, 2]), prefixlength=chance.randint(0, 1)
        ),
        words_between,
        dates,
        lambda: q.Require(q.Or(terms(3)), dates()),
        lambda: q.Require(term(), q.Or([q.Term("author", "احمد العلي"), q.Term("tag", "رياضه")])),
        lambda: q.Every(chance.choice([None, "tag", "author"]), boost=chance.choice([1.0, 2.0])),
        lambda: q.SpanFirst(term(), limit=3),  # left to Whoosh's matchers
        lambda: q.Regex(TEXT_FOLDED, word(TEXT_FOLDED)[:2] + ".?" + word(TEXT_FOLDED)[2:3]),
    ]
    return [kinds[number % len(kinds)]() for number in range(200)]


@pytest.fixture(autouse=True)
def unscored_expansions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stock Whoosh scores the expansions of a prefix alike in small segments, and by BM25 in large ones; here alike."""
    monkeypatch.setattr(q.Or, "matcher_type", q.Or.ARRAY_MATCHER)


def test_200_queries(searcher: Any, documents: list[Document]) -> None:
    found = 0
    for query in queries(documents):
        stock = UnlimitedCollector()
        searcher.search_with_collector(query, stock)
        # Stock Whoosh may give the deleted document after the last match of what a Not excludes.
        live = searcher.evaluator._postings.live
        expected = {number: score for score, number in stock.results().top_n if live[number]}
        fast = ArrayCollector(searcher.evaluator, limit=10)
        searcher.search_with_collector(query, fast)
        matches = fast.matches
        assert matches.documents.tolist() == sorted(expected), query
        assert matches.scores.tolist() == pytest.approx([expected[number] for number in sorted(expected)], abs=1e-4), (
            query
        )
        found += len(matches) > 0
    assert found > 150, "most queries find something"


def test_the_best_are_those_of_stock_whoosh(searcher: Any, documents: list[Document]) -> None:
    for query in queries(documents)[:60]:
        collector = ArrayCollector(searcher.evaluator, limit=10)
        searcher.search_with_collector(query, collector)
        stock = searcher.search(query, limit=None)  # with a limit, stock Whoosh loses matches of boosted terms
        results = collector.results()
        assert len(results) == collector.count()
        assert [score for score, _ in results.top_n] == pytest.approx(
            [score for score, _ in stock.top_n][:10], abs=1e-4
        ), query
        for hit in results:
            assert hit["ordinal"] in {document.ordinal for document in documents}


def test_an_updated_index_is_as_one_built_anew(
    grown_index: LexicalIndex, tmp_path: Path, documents: list[Document]
) -> None:
    fresh = build(tmp_path / "fresh", documents)
    for query in queries(documents):
        one, other = grown_index._evaluator.evaluate(query), fresh._evaluator.evaluate(query)
        assert grown_index.ordinals[one.documents].tolist() == fresh.ordinals[other.documents].tolist(), query
        assert one.scores.tolist() == pytest.approx(other.scores.tolist(), abs=1e-6)


def test_the_vocabulary_is_that_of_live_documents(grown_index: LexicalIndex) -> None:
    reader = grown_index._searcher.reader()
    assert "زائل" not in {text.decode() for text in reader.lexicon("author")}
    assert (TEXT_FOLDED, "زائل7") not in reader
    assert list(reader.field_terms("source")) == ["الصباح", "المساء"]
    assert list(reader.expand_prefix(TEXT_FOLDED, "زائل")) == []
    assert reader.doc_count() == 5200 < reader.doc_count_all()


def test_spelling_and_key_words_are_whooshs_own(grown_index: LexicalIndex) -> None:
    reader = grown_index._searcher.reader()
    assert "المكتبه" in reader.corrector(TEXT_FOLDED).suggest("المكتبخ", limit=5, maxdist=1)
    assert reader.most_frequent_terms(TEXT_FOLDED, 1)[0][0] > 100


@pytest.mark.parametrize("limit", [0, 1, 3, 5, 9])
def test_best_first_keeps_the_first_of_equals(limit: int) -> None:
    scores = np.array([1.0, 3.0, 2.0, 3.0, 2.0, 2.0], dtype=np.float32)
    assert best_first(scores, limit).tolist() == [1, 3, 2, 4, 5, 0][:limit]


@pytest.mark.parametrize("count", [1, 10, 300])
def test_passing_over_poor_matches_finds_the_same_best(searcher: Any, documents: list[Document], count: int) -> None:
    chance = np.random.default_rng(SEED)
    tokens = [token for document in documents[:200] for token in analyze(document.body)]
    passed_over = 0
    for _ in range(80):
        chosen = chance.choice(len(tokens), chance.integers(1, 5))
        query = q.Or(
            [q.Term(TEXT_STEM, tokens[place].stem or "في") for place in chosen]
            + [q.Term(TEXT_FOLDED, tokens[place].folded, boost=0.4) for place in chosen]
        )
        allowed = chance.random(searcher.evaluator._postings.document_count) < 0.5 if chance.random() < 0.3 else None
        every = ArrayCollector(searcher.evaluator, limit=count, allowed=allowed)
        some = ArrayCollector(searcher.evaluator, limit=count, allowed=allowed, exhaustive=False)
        for collector in (every, some):
            searcher.search_with_collector(query, collector)
        assert some.matches.scores[some.best].tolist() == pytest.approx(every.matches.scores[every.best].tolist())
        assert len(some.matches) <= some.count() <= every.count()
        if allowed is not None:
            assert allowed[some.matches.documents].all()
        passed_over += len(every.matches) - len(some.matches)
    assert passed_over > 0
