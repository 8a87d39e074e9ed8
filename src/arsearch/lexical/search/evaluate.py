"""Evaluating a Whoosh query on arrays: the whole tree, every matching document with its score.

Gives what Whoosh's own matchers give one document at a time, including how each kind of query scores; kinds that are
not here are left to those matchers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
import numpy.typing as npt
from whoosh import query as q
from whoosh.collectors import UnlimitedCollector
from whoosh.query.ranges import NumericRange
from whoosh.query.terms import MultiTerm, PatternQuery
from whoosh.query.wrappers import ConstantScoreQuery
from whoosh.searching import Searcher as WhooshSearcher

from arsearch.common.array_types import Floats, Int64s, Mask
from arsearch.common.deadline import check_time
from arsearch.lexical.query.whoosh_query import KeywordWords, ValueRange
from arsearch.lexical.search.bm25 import inverse_document_frequency
from arsearch.lexical.search.matches import LexicalMatches
from arsearch.lexical.search.maxscore import best_of_words
from arsearch.lexical.search.postings import PostingReader, TermPostings
from arsearch.lexical.segment.dictionary import TermDictionary
from arsearch.lexical.segment.field_names import SCORED_FIELDS

__all__ = ["KnownMatches", "Matches", "QueryEvaluator"]


_POSITION_BITS = 32
_TERMS_BETWEEN_LOOKS = 1024
"""Terms that a pattern is tried on between two looks at the clock."""


@dataclass(frozen=True, slots=True)
class Matches:
    """Documents int64 (matches,), sorted, each once, and their scores float32 (matches,)."""

    documents: Int64s
    scores: Floats

    def __len__(self) -> int:
        return len(self.documents)

    def boosted(self, boost: float) -> Matches:
        """Return the same documents with *boost* times the scores."""
        return self if boost == 1.0 else Matches(self.documents, self.scores * np.float32(boost))

    def only(self, kept: npt.NDArray[np.bool_]) -> Matches:
        """Return those matches for which *kept* (matches,) is true."""
        return Matches(self.documents[kept], self.scores[kept])


class KnownMatches(q.Query):  # type: ignore[misc]  # whoosh has no types
    """A part of a query that has been evaluated: *documents* int64, sorted, and *scores* float32 (matches,)."""

    def __init__(self, documents: Int64s, scores: Floats) -> None:
        self.documents = documents
        self.scores = scores


_NOTHING = Matches(np.empty(0, np.int64), np.empty(0, np.float32))


class QueryEvaluator:
    """Evaluates queries over the postings of a commit; *searcher* is Whoosh's own over the same."""

    def __init__(self, postings: PostingReader, searcher: WhooshSearcher) -> None:
        self._postings = postings
        self._searcher = searcher
        self._schema = searcher.schema
        self._rules: dict[type, Callable[[Any], Matches]] = {
            q.Term: self._term,
            q.And: self._and,
            q.Or: self._or,
            q.DisjunctionMax: self._best_of_each,
            q.Not: self._not,
            q.AndNot: self._and_not,
            q.AndMaybe: self._and_maybe,
            q.Require: self._require,
            q.Phrase: self._phrase,
            q.Sequence: self._sequence,
            q.Prefix: self._prefix,
            q.Wildcard: self._pattern,
            q.Regex: self._pattern,
            KeywordWords: self._pattern,
            q.FuzzyTerm: self._expansion,
            q.Variations: self._expansion,
            q.TermRange: self._term_range,
            q.NumericRange: self._numeric_range,
            q.DateRange: self._numeric_range,
            ValueRange: self._value_range,
            q.Every: self._every,
            ConstantScoreQuery: self._constant,
            KnownMatches: lambda known: Matches(known.documents, known.scores),
            type(q.NullQuery): lambda _: _NOTHING,
        }

    def evaluate(self, query: q.Query) -> Matches:
        """Return all matches of *query*. Raises whoosh.query.QueryError for a phrase in a field without positions."""
        check_time()
        return self._rules.get(type(query), self._by_matcher)(query)

    def best_of(self, query: q.Query, count: int, allowed: Mask | None = None) -> LexicalMatches | None:
        """Return the *count* best matches of *query*, and how many match at least; None for most queries.

        Only a query of scored terms, any of them enough, can be answered without looking at every match.
        """
        if type(query) is not q.Or or query.boost != 1.0 or not all(map(self._is_scored_term, query.subqueries)):
            return None
        texts = [(part, self._to_bytes(part.fieldname, part.text)) for part in query.subqueries]
        terms = [
            self._postings.native_term(part.fieldname, text, part.boost) for part, text in texts if text is not None
        ]
        all_at_once = self._postings.scored_word(list(filter(None, terms)))
        return best_of_words(self._postings, [all_at_once], count, allowed, exhaustive=False)

    @staticmethod
    def _is_scored_term(query: q.Query) -> bool:
        return type(query) is q.Term and query.fieldname in SCORED_FIELDS and query.boost > 0

    # One method a kind of query

    def _term(self, query: q.Term) -> Matches:
        text = self._to_bytes(query.fieldname, query.text)
        if text is None:
            return _NOTHING
        return self._scored(query.fieldname, self._postings.term(query.fieldname, text)).boosted(query.boost)

    def _and(self, query: q.And) -> Matches:
        if len(query.subqueries) == 1:  # its matcher is that of the only part: a boost of the whole is passed over
            return self.evaluate(query.subqueries[0])
        parts = sorted(map(self.evaluate, query.subqueries), key=len)
        return reduce(_intersect, parts).boosted(query.boost) if parts else _NOTHING

    def _or(self, query: q.Or) -> Matches:
        if len(query.subqueries) == 1:
            return self.evaluate(query.subqueries[0])
        return self._union([self.evaluate(part) for part in query.subqueries]).boosted(query.boost)

    def _best_of_each(self, query: q.DisjunctionMax) -> Matches:
        scores = np.zeros(self._postings.document_count, dtype=np.float32)
        matched = np.zeros(self._postings.document_count, dtype=np.bool_)
        for part in map(self.evaluate, query.subqueries):
            scores[part.documents] = np.maximum(scores[part.documents], part.scores)
            matched[part.documents] = True
        documents = np.flatnonzero(matched)
        return Matches(documents, scores[documents]).boosted(query.boost)

    def _not(self, query: q.Not) -> Matches:
        matched = self._postings.live.copy()
        matched[self.evaluate(query.query).documents] = False
        return _all_alike(np.flatnonzero(matched), 1.0)

    def _and_not(self, query: q.AndNot) -> Matches:
        scored = self.evaluate(query.a)
        return scored.only(~_is_in(scored.documents, self.evaluate(query.b).documents)[0])

    def _and_maybe(self, query: q.AndMaybe) -> Matches:
        required, optional = self.evaluate(query.a), self.evaluate(query.b)
        also, indices = _is_in(required.documents, optional.documents)
        scores = required.scores.copy()
        scores[also] += optional.scores[indices[also]]
        return Matches(required.documents, scores)

    def _require(self, query: q.Require) -> Matches:
        scored = self.evaluate(query.a)
        return scored.only(_is_in(scored.documents, self.evaluate(query.b).documents)[0])

    def _phrase(self, query: q.Phrase) -> Matches:
        if query.fieldname not in self._schema:
            return _NOTHING
        if not self._schema[query.fieldname].format.supports("positions"):
            raise q.QueryError(f"Phrase search: {query.fieldname!r} field has no positions")
        texts = [self._to_bytes(query.fieldname, word) for word in query.words]
        if None in texts:
            return _NOTHING
        words: dict[bytes, Matches] = {}
        for text in texts:
            if text is not None and text not in words:
                words[text] = self._scored(query.fieldname, self._postings.term(query.fieldname, text))
        together = reduce(_intersect, sorted((words[text] for text in texts if text is not None), key=len))
        if not len(together):
            return _NOTHING
        ends: Int64s | None = None
        for text in texts:
            check_time()
            documents, positions = self._postings.positions(query.fieldname, text or b"")
            kept = _is_in(documents, together.documents)[0]
            packed = (documents[kept] << _POSITION_BITS) | positions[kept]
            if ends is not None:
                packed = packed[_follows(packed, ends, query.slop)]
            ends = packed
        found = np.unique(ends >> _POSITION_BITS) if ends is not None else np.empty(0, np.int64)
        return together.only(_is_in(together.documents, found)[0]).boosted(query.boost)

    def _sequence(self, query: q.Sequence) -> Matches:
        """Return the matches of terms in a row, any of some at each place."""
        places = [self._union([self._term(term) for term in place.subqueries]) for place in query.subqueries]
        together = reduce(_intersect, sorted(places, key=len))
        ends: Int64s | None = None
        for place in query.subqueries if len(together) else ():
            check_time()
            found = [np.empty(0, np.int64)]
            for term in place.subqueries:
                documents, positions = self._postings.positions(term.fieldname, term.text.encode())
                kept = _is_in(documents, together.documents)[0]
                found.append((documents[kept] << _POSITION_BITS) | positions[kept])
            packed = np.sort(np.concatenate(found))
            ends = packed if ends is None else packed[_follows(packed, ends, query.slop)]
        documents = np.empty(0, np.int64) if ends is None else np.unique(ends >> _POSITION_BITS)
        return together.only(_is_in(together.documents, documents)[0]).boosted(query.boost)

    def _prefix(self, query: q.Prefix) -> Matches:
        if query.text == "":
            return self._every(q.Every(query.fieldname, boost=query.boost))
        text = self._to_bytes(query.fieldname, query.text)
        if text is None:
            return _NOTHING
        return self._expanded(query, lambda terms: np.arange(*terms.with_prefix(query.fieldname, text)))

    def _pattern(self, query: PatternQuery) -> Matches:
        if query.text in ("*", ".*"):
            return self._every(q.Every(query.fieldname, boost=query.boost))
        if query.fieldname not in self._schema:
            return _NOTHING
        pattern = re.compile(query._get_pattern())
        prefix = self._to_bytes(query.fieldname, query._find_prefix(query.text)) or b""
        from_bytes = self._schema[query.fieldname].from_bytes

        def select(terms: TermDictionary) -> Int64s:
            first, last = terms.with_prefix(query.fieldname, prefix)
            indices = []
            for index, text in enumerate(terms.texts(first, last)):
                if index % _TERMS_BETWEEN_LOOKS == 0:
                    check_time()
                if pattern.match(from_bytes(text)):
                    indices.append(index)
            return first + np.array(indices, int)

        return self._expanded(query, select)

    def _expansion(self, query: MultiTerm) -> Matches:
        if query.field() not in self._schema:
            return _NOTHING
        # Whoosh expands in each segment; its way to do it in several at once counts edits differently.
        leaves = [leaf for leaf, _ in self._searcher.reader().leaf_readers()]
        words = {self._to_bytes(query.field(), text) for leaf in leaves for text in query._btexts(leaf)}
        texts = [text for text in words if text is not None]

        def select(terms: TermDictionary) -> Int64s:
            numbers = np.array([terms.find(query.field(), text) for text in texts], dtype=np.int64)
            return numbers[numbers >= 0]

        return self._expanded(query, select)

    def _term_range(self, query: q.TermRange) -> Matches:
        start = b"" if query.start is None else self._to_bytes(query.fieldname, query.start)
        end = b"\xff" * 4 if query.end is None else self._to_bytes(query.fieldname, query.end)
        if start is None or end is None:
            return _NOTHING

        def select(terms: TermDictionary) -> Int64s:
            first, last = terms.between(query.fieldname, start, end)
            if query.startexcl and first < last and terms[first] == start:
                first += 1
            if query.endexcl and first < last and terms[last - 1] == end:
                last -= 1
            return np.arange(first, last)

        return self._expanded(query, select)

    def _numeric_range(self, query: NumericRange) -> Matches:
        return self.evaluate(query._compile_query(self._searcher.reader()))

    def _value_range(self, query: ValueRange) -> Matches:
        values = self._postings.values(query.fieldname)
        matched = self._postings.live & (values >= query.low) & (values <= query.high)
        return _all_alike(np.flatnonzero(matched), query.boost)

    def _every(self, query: q.Every) -> Matches:
        if query.fieldname is None:
            return _all_alike(np.flatnonzero(self._postings.live), query.boost)
        found = self._postings.multi_term(lambda terms: np.arange(*terms.bounds(query.fieldname)))
        return _all_alike(np.unique(found.documents), query.boost)

    def _constant(self, query: ConstantScoreQuery) -> Matches:
        return _all_alike(self.evaluate(query.child).documents, query.score)

    def _by_matcher(self, query: q.Query) -> Matches:
        collector = UnlimitedCollector()
        self._searcher.search_with_collector(query, collector)
        items = sorted((number, score) for score, number in collector.results().top_n)
        return Matches(
            np.array([number for number, _ in items], dtype=np.int64),
            np.array([score for _, score in items], dtype=np.float32),
        )

    # What they share

    def _to_bytes(self, field: str, text: str | bytes) -> bytes | None:
        """Return the term that *text* is in *field*, None if it cannot be one."""
        if field not in self._schema:
            return None
        try:
            term: bytes = self._schema[field].to_bytes(text)
        except ValueError:
            return None
        return term

    def _scored(self, field: str, found: TermPostings) -> Matches:
        if field not in SCORED_FIELDS:
            return _all_alike(found.documents, 1.0)
        idf = np.float32(self._postings.idf(len(found.documents)))
        norms = self._postings.norms[field].take(found.documents)
        return Matches(found.documents, idf * found.frequencies / (found.frequencies + norms))

    def _expanded(self, query: MultiTerm, select: Callable[[TermDictionary], Int64s]) -> Matches:
        """Return the union of the matches of all terms that *select* finds.

        One term scores as itself, without the boost of the query; several score alike, unless the query asks otherwise.
        """
        field = query.field()
        found = self._postings.multi_term(select)
        frequencies = found.document_frequencies()
        is_one = np.count_nonzero(frequencies) == 1
        if query.constantscore and not is_one:
            return _all_alike(np.unique(found.documents), getattr(query, "boost", 1.0))
        if field in SCORED_FIELDS:
            idf = inverse_document_frequency(self._postings.live_count, frequencies).astype(np.float32)[found.owners]
            norms = self._postings.norms[field].take(found.documents)
            scores = idf * found.frequencies / (found.frequencies + norms)
        else:
            scores = np.ones(len(found.documents), dtype=np.float32)
        matches = self._union([Matches(found.documents, scores)])
        return matches if is_one else matches.boosted(query.boost)

    def _union(self, parts: Sequence[Matches]) -> Matches:
        """Return every document of *parts*, which need not be sorted, with the sum of its scores."""
        # In double precision, a sum of a few dozen floats of like size is exact: equal documents have equal scores.
        scores = np.zeros(self._postings.document_count, dtype=np.float64)
        matched = np.zeros(self._postings.document_count, dtype=np.bool_)
        for part in parts:
            check_time()
            np.add.at(scores, part.documents, part.scores.astype(np.float64))
            matched[part.documents] = True
        documents = np.flatnonzero(matched)
        return Matches(documents, scores[documents].astype(np.float32))


def _all_alike(documents: Int64s, score: float) -> Matches:
    return Matches(documents, np.full(len(documents), score, dtype=np.float32))


def _is_in(documents: Int64s, others: Int64s) -> tuple[npt.NDArray[np.bool_], Int64s]:
    """Return for each of *documents* whether it is among the sorted *others*, and at which index if it is."""
    if not len(others):
        return np.zeros(len(documents), dtype=np.bool_), np.zeros(len(documents), dtype=np.int64)
    indices = np.minimum(np.searchsorted(others, documents), len(others) - 1)
    return others[indices] == documents, indices


def _intersect(smaller: Matches, larger: Matches) -> Matches:
    both, indices = _is_in(smaller.documents, larger.documents)
    return Matches(smaller.documents[both], smaller.scores[both] + larger.scores[indices[both]])


def _follows(positions: Int64s, ends: Int64s, slop: int) -> npt.NDArray[np.bool_]:
    """Return for each of *positions* whether one of the sorted *ends* is at most *slop* positions before it."""
    if not len(ends):
        return np.zeros(len(positions), dtype=np.bool_)
    before = np.searchsorted(ends, positions) - 1
    return (before >= 0) & (positions - ends[np.maximum(before, 0)] <= slop)
