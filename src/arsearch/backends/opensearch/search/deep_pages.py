"""All that a search by words finds, as far as somebody has gone through it, in the order of the cluster.

OpenSearch gives at most ``index.max_result_window`` hits to one search, 10,000 unless an operator says otherwise. What
is behind them is asked for by ``search_after``: with the values by which the last hit was sorted. They end with the
ordinal, so no two hits have the same, and as a commit never changes, what is behind them is the same whenever it is
asked for. What was traversed through is kept, so the next page of the same search costs one step more and not all of
them.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from arsearch.backends.opensearch.search.document_cache import WITH_NOTHING, DocumentCache
from arsearch.backends.opensearch.search.requests import Body
from arsearch.common.array_types import Documents, Scores
from arsearch.common.bounded_cache import BoundedCache

__all__ = ["WINDOW", "Traversal", "TraversalCache"]

WINDOW = 10_000
"""The most hits that one search gives: OpenSearch's own limit."""

_MIN_STEP = 1_000
_KEPT_BYTES = 32 << 20
_SORTED_BY_SCORE = 2


@dataclass(frozen=True, slots=True)
class Traversal:
    """The first hits of a search: *documents* int64 (n,) and *scores* float32 (n,) of the cluster, in its order.

    *last* has the values by which the last one was sorted; it is *whole* if there are no more.
    """

    documents: Documents = field(default_factory=lambda: np.empty(0, np.int64))
    scores: Scores = field(default_factory=lambda: np.empty(0, np.float32))
    last: tuple[Any, ...] = ()
    whole: bool = False
    keys: tuple[Any, ...] = ()
    """What the hits are sorted by first, where that is not their score."""

    def __len__(self) -> int:
        return len(self.documents)

    def onward(self, documents: Documents, hits: Sequence[Body], wanted: int) -> Traversal:
        """Return the traversal with the *documents* of *hits* behind, of which *wanted* were asked for."""
        scores = np.array([hit["sort"][-2] for hit in hits], dtype=np.float32)
        return Traversal(
            np.concatenate([self.documents, documents]),
            np.concatenate([self.scores, scores]),
            tuple(hits[-1]["sort"]) if hits else self.last,
            len(hits) < wanted,
            (*self.keys, *(hit["sort"][0] for hit in hits if len(hit["sort"]) > _SORTED_BY_SCORE)),
        )

    def begins_last_equals(self) -> int:
        """Return how many hits stand before those that are sorted by the same as the last one."""
        first = len(self.keys)
        while first and self.keys[first - 1] == self.keys[-1]:
            first -= 1
        return first

    def without_last_equals(self, least: int) -> Traversal:
        """Return this traversal without the hits sorted by the same as the last one, if it has *least* even so."""
        end = self.begins_last_equals()
        return self if end < least else replace(self, documents=self.documents[:end], scores=self.scores[:end])


class TraversalCache:
    """Goes through what searches find. *search* answers several of them. Safe to use from several threads."""

    def __init__(self, search: Callable[[Sequence[Body]], list[Body]], cached: DocumentCache) -> None:
        self._search = search
        self._documents = cached
        self._kept: BoundedCache[str, Traversal] = BoundedCache(sys.maxsize, _KEPT_BYTES, _size_of)

    def known(self, search: Body) -> Traversal | None:
        """Return how far somebody went through what *search* finds, None if nobody did."""
        return self._kept.get(_key(search))

    def begun(self, search: Body, answer: Body) -> Traversal:
        """Return the traversal that begins with the hits that *answer* has to *search*, which may want none."""
        if not search["size"]:
            return Traversal()
        hits = answer["hits"]["hits"]
        traversal = Traversal().onward(self._documents.take(hits), hits, search["size"])
        if _is_complete(answer):
            self._kept.put(_key(search), traversal)
        return traversal

    def to(self, count: int, search: Body, traversal: Traversal) -> Traversal:
        """Return *traversal* through what *search* finds, led on to *count* hits if there are so many."""
        while len(traversal) < count and not traversal.whole:
            size = min(max(count - len(traversal), _MIN_STEP), WINDOW)
            step: Body = {"query": search["query"], "sort": search["sort"], **WITH_NOTHING}
            step |= {"size": size, "track_total_hits": False}
            if traversal.last:
                step["search_after"] = list(traversal.last)
            [answer] = self._search([step])
            hits = answer["hits"]["hits"]
            traversal = traversal.onward(self._documents.take(hits), hits, size)
            if not _is_complete(answer):  # shown, and the reader is told; but no place to go on from
                break
            self._kept.put(_key(search), traversal)
        return traversal


def _is_complete(answer: Body) -> bool:
    """Whether *answer* has all that there is to find: there was time, and every part of the index answered."""
    return not answer.get("timed_out") and answer["_shards"]["successful"] == answer["_shards"]["total"]


def _key(search: Body) -> str:
    return json.dumps([search["query"], search["sort"]], ensure_ascii=False)


def _size_of(traversal: Traversal) -> int:
    return int(traversal.documents.nbytes + traversal.scores.nbytes)
