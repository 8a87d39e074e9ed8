"""The best matches of a query of several words, any of them enough.

In the kernel, which counts all matches on the way; or without it on arrays, by MaxScore (Turtle and Flood, "Query
Evaluation: Strategies and Optimizations", 1995): the terms that can add most are scored first, whole; once the terms
that are left cannot together lift a new document among the best, they are only looked up in the documents that still
can win.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from arsearch.common.array_types import Doubles, Floats, Int64s, Mask
from arsearch.common.deadline import check_time
from arsearch.lexical.search.matches import LexicalMatches
from arsearch.lexical.search.postings import NativeTerm, PostingReader, ScoredWord
from arsearch.lexical.segment.field_names import SCORED_FIELDS

if TYPE_CHECKING:
    from arsearch.kernel import _native

__all__ = ["best_first", "best_of_words", "matches_of"]


def best_of_words(
    postings: PostingReader,
    words: Sequence[ScoredWord],
    count: int,
    allowed: Mask | None = None,
    *,
    exhaustive: bool,
) -> LexicalMatches:
    """Return the *count* documents with the greatest sum of scores of *words*, of those *allowed* (documents,).

    Unless it is *exhaustive*, matches that cannot be among the best are passed over and not counted. Raises ValueError
    if the postings are damaged.
    """
    check_time()
    native = postings.native
    if native is None:
        found = _on_arrays(postings, words, count, allowed, exhaustive=exhaustive)
    else:
        lists = [word.scored for word in words if word.scored is not None]
        documents, sums, total = native.best(lists, count, allowed, exhaustive, None)
        best, scores = np.frombuffer(documents, np.int64), np.frombuffer(sums, np.float32)
        if exhaustive:
            return LexicalMatches(
                best, scores, total, complete=True, find_bits=lambda: _matching(postings, native, lists, allowed)
            )
        found = LexicalMatches(best, scores, total, complete=False, matched=np.sort(best))
    if not exhaustive:
        found.total = max(len(found.best), *(word.frequency for word in words if allowed is None), 0)
    return found


def matches_of(postings: PostingReader, word: ScoredWord) -> tuple[Int64s, Floats]:
    """Return all live documents that have *word*, sorted, int64, and what it scores in each, float32."""
    if word.scored is None:
        return _opened_word(postings, word).scored()
    documents, scores = word.scored.postings()
    return np.frombuffer(documents, np.int64), np.frombuffer(scores, np.float32)


def _matching(
    postings: PostingReader, native: _native.Postings, lists: list[_native.ScoredList], allowed: Mask | None
) -> npt.NDArray[np.uint8]:
    """Return a bit for each document, the lowest first: whether it is in any of *lists*."""
    bits = np.zeros((postings.document_count + 7) // 8, dtype=np.uint8)
    native.best(lists, 0, allowed, True, bits)
    return bits


@dataclass(frozen=True, slots=True)
class _Term:
    """The postings of a term: *documents* int64 sorted and *frequencies* float32 (postings,).

    A document scores ``idf * f / (f + norm) * boost``, so never more than *bound*; *norms* float32 (documents of the
    index,).
    """

    documents: Int64s
    frequencies: Floats
    norms: Floats
    idf: float
    boost: float
    form: int

    @property
    def bound(self) -> float:
        return self.idf * self.boost

    def scores(self, indices: Int64s | slice = slice(None)) -> Doubles:
        """Return the scores of the postings at *indices*, of all without."""
        frequencies = self.frequencies[indices]
        norms = self.norms.take(self.documents[indices])
        scores = np.float32(self.idf) * frequencies / (frequencies + norms) * np.float32(self.boost)
        return scores.astype(np.float64)


@dataclass(frozen=True, slots=True)
class _Word:
    """The terms of a word, form after form; the best form counts.

    What a document scores for a word is a float, here as in the kernel.
    """

    terms: list[_Term]

    @property
    def forms(self) -> list[list[_Term]]:
        """The terms of each form."""
        return [list(terms) for _, terms in groupby(self.terms, key=lambda term: term.form)]

    @property
    def bound(self) -> float:
        return max((sum(term.bound for term in terms) for terms in self.forms), default=0.0)

    def scored(self) -> tuple[Int64s, Floats]:
        """Return the documents that have it, and the score of each."""
        lists = [np.empty(0, np.int64), *(term.documents for term in self.terms)]
        documents = np.unique(np.concatenate(lists))
        return documents, self.scores_of(documents)

    def scores_of(self, documents: Int64s) -> Floats:
        """Return the score of each of *documents*, 0 for those that do not have it."""
        best = np.zeros(len(documents))
        for terms in self.forms:
            totals = np.zeros(len(documents))
            for term in terms:
                indices = np.minimum(np.searchsorted(term.documents, documents), len(term.documents) - 1)
                has = np.flatnonzero(term.documents[indices] == documents)
                totals[has] += term.scores(indices[has])
            np.maximum(best, totals, out=best)
        return best.astype(np.float32)


@dataclass(frozen=True, slots=True)
class _Found:
    """Documents int64, sorted, and their scores float32 (documents,) each: what has been scored already."""

    documents: Int64s
    scores: Floats

    @property
    def bound(self) -> float:
        return float(self.scores.max(initial=0.0))

    def scored(self) -> tuple[Int64s, Floats]:
        return self.documents, self.scores

    def scores_of(self, documents: Int64s) -> Floats:
        """Return the score of each of *documents*, 0 for those that are not there."""
        found = np.zeros(len(documents), np.float32)
        if len(self.documents):
            indices = np.minimum(np.searchsorted(self.documents, documents), len(self.documents) - 1)
            has = self.documents[indices] == documents
            found[has] = self.scores[indices[has]]
        return found


def _on_arrays(
    postings: PostingReader, words: Sequence[ScoredWord], count: int, allowed: Mask | None, *, exhaustive: bool
) -> LexicalMatches:
    opened = [_opened_word(postings, word) for word in words]
    ordered = sorted(opened, key=lambda word: -word.bound)
    left = np.append(np.cumsum([word.bound for word in ordered][::-1])[::-1], 0.0)
    # In double precision, a sum of a few dozen floats of like size is exact: the order does not matter.
    totals = np.zeros(postings.document_count, dtype=np.float64)
    touched = np.zeros(postings.document_count, dtype=np.bool_)
    lists: list[Int64s] = []
    least = -np.inf  # what the best documents have at least
    done = 0
    while done < len(ordered) and (exhaustive or least <= left[done]):
        check_time()
        documents, scores = ordered[done].scored()
        if allowed is not None:
            kept = allowed[documents]
            documents, scores = documents[kept], scores[kept]
        totals[documents] += scores
        touched[documents] = True
        lists.append(documents)
        done += 1
        if not exhaustive:
            least = max(least, *(_least_of_best(totals[documents], count) for documents in lists))
    candidates = _hopeful(np.flatnonzero(touched), totals, least - left[done])
    for number, less in enumerate(ordered[done:], done + 1):
        check_time()
        totals[candidates] += less.scores_of(candidates)
        least = max(least, _least_of_best(totals[candidates], count))
        candidates = _hopeful(candidates, totals, least - left[number])
    sums = totals[candidates].astype(np.float32)
    best = best_first(sums, count)
    return LexicalMatches(candidates[best], sums[best], len(candidates), complete=exhaustive, matched=candidates)


def _opened_word(postings: PostingReader, word: ScoredWord) -> _Word | _Found:
    return _Found(*word.found) if word.found else _Word([_opened(postings, term) for term in word.terms])


def _opened(postings: PostingReader, term: NativeTerm) -> _Term:
    found = postings.postings_of(term)
    return _Term(
        found.documents, found.frequencies, postings.norms[SCORED_FIELDS[term.field]], term.idf, term.boost, term.form
    )


def best_first(scores: Floats, limit: int) -> Int64s:
    """Return the indices of the greatest *limit* of *scores*, greatest first, the first of equals first."""
    if limit <= 0:
        return np.empty(0, np.int64)
    if limit < len(scores):
        least = np.partition(scores, len(scores) - limit)[len(scores) - limit]
        above = np.flatnonzero(scores > least)
        level = np.flatnonzero(scores == least)[: limit - len(above)]
        chosen = np.sort(np.concatenate([above, level]))
    else:
        chosen = np.arange(len(scores))
    return chosen[np.argsort(-scores[chosen], kind="stable")]


def _hopeful(documents: Int64s, totals: Doubles, least: float) -> Int64s:
    # A hair less, because scores and their bounds are rounded to floats.
    return documents[totals[documents] >= least - 1e-4]


def _least_of_best(scores: Doubles, count: int) -> float:
    """Return the *count*-th greatest of *scores*, minus infinity if there are fewer."""
    if len(scores) < count or count < 1:
        return -np.inf
    return float(np.partition(scores, len(scores) - count)[len(scores) - count])
