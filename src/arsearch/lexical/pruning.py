"""The best matches of a query of several terms, without scoring every match.

MaxScore (Turtle and Flood, "Query Evaluation: Strategies and Optimizations", 1995), on arrays: the terms that can add
most are scored first, whole; once the terms that are left cannot together lift a new document among the best, they are
only looked up in the documents that still can win.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from arsearch.lexical.columns import Int64s
from arsearch.query_clock import check_time

__all__ = ["ScoredTerm", "best_of_terms"]

Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class ScoredTerm:
    """The postings of a term: *documents* int64 sorted and *frequencies* float32 (postings,).

    A document scores ``bound * f / (f + norm)``, so never more than *bound*; *norms* float32 (documents of the index,).
    """

    documents: Int64s
    frequencies: Floats
    norms: Floats
    bound: float

    def scores(self, places: Int64s | slice = slice(None)) -> Floats:
        """Return the scores of the postings at *places*, of all without."""
        frequencies = self.frequencies[places]
        norms = self.norms.take(self.documents[places])
        return np.float32(self.bound) * frequencies / (frequencies + norms)


def best_of_terms(
    terms: Sequence[ScoredTerm], count: int, document_count: int, allowed: Mask | None = None
) -> tuple[Int64s, Floats]:
    """Return the documents with the greatest sum of scores of *terms*, at least the best *count*, in no order.

    With *allowed* (document_count,) only of those documents for which it is true.
    """
    ordered = sorted(terms, key=lambda term: -term.bound)
    left = np.append(np.cumsum([term.bound for term in ordered][::-1])[::-1], 0.0)
    totals = np.zeros(document_count, dtype=np.float32)
    touched: list[Int64s] = []
    least = -np.inf  # what the best documents have at least
    done = 0
    while done < len(ordered) and least <= left[done]:
        check_time()
        documents, scores = ordered[done].documents, ordered[done].scores()
        if allowed is not None:
            kept = allowed[documents]
            documents, scores = documents[kept], scores[kept]
        np.add.at(totals, documents, scores)
        touched.append(documents)
        done += 1
        least = max(least, *(_least_of_best(totals[documents], count) for documents in touched))
    candidates = _hopeful(np.concatenate([np.empty(0, np.int64), *touched]), totals, least - left[done])
    candidates = np.unique(candidates) if len(touched) > 1 else candidates
    for number, term in enumerate(ordered[done:], done + 1):
        check_time()
        places = np.minimum(np.searchsorted(term.documents, candidates), max(len(term.documents) - 1, 0))
        if len(term.documents):
            has = np.flatnonzero(term.documents[places] == candidates)
            totals[candidates[has]] += term.scores(places[has])
        least = max(least, _least_of_best(totals[candidates], count))
        candidates = _hopeful(candidates, totals, least - left[number])
    return candidates, totals[candidates]


def _hopeful(documents: Int64s, totals: Floats, least: float) -> Int64s:
    # A hair less, because sums of the same scores in another order differ in the last digit.
    return documents[totals[documents] >= least - 1e-4]


def _least_of_best(scores: Floats, count: int) -> float:
    """Return the *count*-th greatest of *scores*, minus infinity if there are fewer."""
    if len(scores) < count or count < 1:
        return -np.inf
    return float(np.partition(scores, len(scores) - count)[len(scores) - count])
