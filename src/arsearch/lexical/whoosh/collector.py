"""Collecting: the best matches of a query, how many there are, and which, from one evaluation on arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
from whoosh.collectors import Collector
from whoosh.searching import Results

from arsearch.common.array_types import Int64s, Mask
from arsearch.lexical.search.evaluate import Matches, QueryEvaluator
from arsearch.lexical.search.maxscore import best_first

__all__ = ["ArrayCollector"]


class ArrayCollector(Collector):  # type: ignore[misc]  # whoosh has no types
    """A Whoosh collector: hand it to ``search_with_collector`` of a searcher on the same index.

    *matches* are then the matches, *best* the indices of the *limit* best of them, best first, equals by number.
    Unless *complete*, there are more matches than those, all of them worse than the best.
    """

    def __init__(
        self, evaluator: QueryEvaluator, *, limit: int, allowed: Mask | None = None, exhaustive: bool = True
    ) -> None:
        """Collect the best *limit* of those matches for which *allowed* (documents,) is true, of all without it.

        Where it is not asked to be *exhaustive*, matches that cannot be among the best may be passed over.
        """
        self._evaluator = evaluator
        self._limit = limit
        self._allowed = allowed
        self._exhaustive = exhaustive
        self._count = 0
        self.matches: Matches
        self.best: Int64s
        self.complete = True

    def run(self) -> None:
        """Evaluate the query."""
        pruned = None if self._exhaustive else self._evaluator.best_of(self.q, self._limit, self._allowed)
        if pruned is not None:
            order = np.argsort(pruned.best)
            self.matches, self._count = Matches(pruned.best[order], pruned.scores[order]), pruned.total
            self.complete = False
        else:
            matches = self._evaluator.evaluate(self.q)
            self.matches = matches if self._allowed is None else matches.only(self._allowed[matches.documents])
            self._count = len(self.matches)
        self.best = best_first(self.matches.scores, self._limit)
        self.finish()

    def computes_count(self) -> bool:
        """Whether :meth:`count` is exact."""
        return self.complete

    def count(self) -> int:
        """Return how many documents match; at least so many where the collector is not complete."""
        return self._count

    def all_ids(self) -> list[int]:
        """Return the numbers of all documents that match."""
        numbers: list[int] = self.matches.documents.tolist()
        return numbers

    def results(self) -> Results:
        """Return the best matches as Whoosh gives them."""
        items = zip(self.matches.scores[self.best].tolist(), self.matches.documents[self.best].tolist(), strict=True)
        return self._results(list(items), docset=set(self.all_ids()))

    def collect(self, sub_docnum: int) -> Any:
        """Whoosh's way, one document at a time, is not taken."""
        raise NotImplementedError

    sort_key = collect
