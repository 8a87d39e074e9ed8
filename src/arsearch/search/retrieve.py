"""The second stage of a search: candidates by words and by meaning, joined."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from arsearch import ranking
from arsearch.article_fields import OwnFields
from arsearch.backends import Filters, Order, RetrievalRequest, Retrieved, SearchableIndex
from arsearch.common.array_types import Documents, Scores
from arsearch.common.deadline import cut_short, stage, time_is_up
from arsearch.search.read import ReadRequest
from arsearch.search.request import SearchRequest
from arsearch.settings import Settings

__all__ = ["Candidates", "Retriever", "order_of"]


_FUSION_DEPTH = 200
"""Lexical matches that are weighed with meaning and by more than single words; those below keep their order behind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """Articles that may be shown, with their scores on both sides (the side's minimum where it did not find them).

    The arrays are (candidates,). *total* articles answer in all, at least so many unless *total_is_exact*;
    *semantic_only* are the documents among them that only meaning found.
    """

    read: ReadRequest
    retrieved: Retrieved
    """What the index answered, for what is counted of all matches."""
    documents: Documents
    lexical: Scores
    semantic: Scores
    semantic_only: Documents
    total: int
    total_is_exact: bool
    usual: int | None = None
    """How many of them, the first, would be candidates without freshness; None if all are."""


_RECENT_HALF_LIVES = 2.0
"""How old an article may be, in half-lives, to be a candidate for being new: it has a quarter of what a new one has."""


def _days_before(now: str, days: float) -> str:
    """Return the day so many *days* before *now*; the first one there is if that is earlier."""
    moment = max(np.datetime64(now, "s") - np.timedelta64(round(days * 86_400), "s"), np.datetime64("0000-01-01"))
    return str(moment.astype("datetime64[D]"))


def order_of(request: SearchRequest, own: OwnFields) -> Order | None:
    """Return the order that *request* wants instead of that of relevance, None if it wants the latter."""
    if request.sort == "relevance":
        return None
    if not request.own_sort:
        return Order("", descending=request.sort != "oldest")
    field = next(field for field in own if field.name == request.own_sort)
    return Order(field.index_name, descending=request.sort.startswith("-"))


class Retriever:
    """Finds the candidates of one index. Safe to use from several threads."""

    def __init__(self, index: SearchableIndex, settings: Settings) -> None:
        self._index = index
        self._settings = settings

    def retrieve(self, read: ReadRequest, *, count_all: bool = True) -> Candidates:
        """Return the candidates for what was *read*.

        *count_all*: whether every match is counted, where the index has no more articles than ``exact_totals``.
        """
        depth = _FUSION_DEPTH if read.request.sort == "relevance" else max(_FUSION_DEPTH, read.end + 1)
        asked = self._retrieval_request(read, depth)
        retrieved = self._index.find(asked if count_all else replace(asked, exact_total=False))
        candidates = self._join(read, retrieved)
        if read.request.half_life:
            candidates = self._with_recent(candidates, asked)
        return self._pin(candidates, asked)

    def _with_recent(self, candidates: Candidates, asked: RetrievalRequest) -> Candidates:
        """Return *candidates* and the best among what is new: with common words that need not be the best of all."""
        read, filters = candidates.read, asked.filters
        request = read.request
        since = _days_before(request.now, _RECENT_HALF_LIVES * request.half_life)
        if time_is_up():
            cut_short()
            return candidates
        if filters.date_to and filters.date_to < since[: len(filters.date_to)]:
            return candidates
        filters = replace(filters, date_from=max(filters.date_from, since))
        recent = self._join(read, self._index.find(replace(asked, filters=filters, facets=False, exact_total=False)))
        new = ~np.isin(recent.documents, candidates.documents, assume_unique=True)
        joining = recent.semantic_only[~np.isin(recent.semantic_only, candidates.semantic_only, assume_unique=True)]
        return replace(
            candidates,
            documents=np.concatenate([candidates.documents, recent.documents[new]]),
            lexical=np.concatenate([candidates.lexical, recent.lexical[new]]),
            semantic=np.concatenate([candidates.semantic, recent.semantic[new]]),
            semantic_only=np.concatenate([candidates.semantic_only, joining]),
            total=candidates.total + len(joining),
            usual=len(candidates.documents),
        )

    def retrieve_deeper(self, candidates: Candidates) -> Candidates:
        """Return *candidates* with what words find behind them, up to one more than the request shows."""
        read = candidates.read
        depth = min(read.end + 1, self._index.manifest.articles)
        asked = self._retrieval_request(replace(read, vector=None), depth)
        found = self._index.find(replace(asked, facets=False, exact_total=False))
        rest = ~np.isin(found.best, candidates.documents, assume_unique=True)
        unknown = np.full(int(rest.sum()), ranking.COSINE_MINIMUM, dtype=np.float32)
        return replace(
            candidates,
            documents=np.concatenate([candidates.documents, found.best[rest]]),
            lexical=np.concatenate([candidates.lexical, found.scores[rest]]),
            semantic=np.concatenate([candidates.semantic, unknown]),
        )

    def _retrieval_request(self, read: ReadRequest, depth: int) -> RetrievalRequest:
        request, settings = read.request, self._settings
        own = self._index.manifest.own_fields
        filters = Filters(request.keywords(own), *request.gregorian_dates, request.ranges(own), without=read.blocked)
        return RetrievalRequest(
            query=read.query,
            by_words=read.mode != "semantic",
            vector=read.vector,
            filters=filters,
            depth=depth,
            nearest_depth=settings.semantic_candidates,
            cosine_depth=_FUSION_DEPTH,
            order=order_of(request, own),
            facets=request.facets,
            exact_total=self._index.manifest.articles <= settings.exact_totals,
        )

    def _pin(self, candidates: Candidates, asked: RetrievalRequest) -> Candidates:
        """Return *candidates* and what is pinned, which also comes if it has no word of the query.

        Where readers narrow their search only what matches by words comes: nothing else is known to pass.
        """
        if not candidates.read.pinned:
            return candidates
        pinned = np.array([each for each in candidates.read.pinned if each not in candidates.read.blocked], np.int64)
        pinned = pinned[~np.isin(pinned, candidates.documents)]
        if not len(pinned):
            return candidates
        among = replace(asked.filters, only=tuple(pinned.tolist()))
        found = self._index.find(replace(asked, filters=among, depth=len(pinned), vector=None, facets=False))
        scores = dict(zip(found.best.tolist(), found.scores.tolist(), strict=True))
        if not asked.filters.are_none:
            pinned = found.best
        by_words = [scores.get(document, ranking.BM25_MINIMUM) for document in pinned.tolist()]
        unknown = np.full(len(pinned), ranking.COSINE_MINIMUM, dtype=np.float32)
        return replace(
            candidates,
            documents=np.concatenate([candidates.documents, pinned]),
            lexical=np.concatenate([candidates.lexical, np.array(by_words, dtype=np.float32)]),
            semantic=np.concatenate([candidates.semantic, unknown]),
            total=candidates.total + sum(document not in scores for document in pinned.tolist()),
        )

    def _floor(self, read: ReadRequest, found: Retrieved) -> float:
        """Return the least cosine with which an article joins that only meaning finds."""
        assert read.vector is not None
        manifest = self._index.manifest
        return manifest.semantic_scale.floor(
            read.vector,
            passages=manifest.passages,
            deviations=self._settings.semantic_floor,
            known=found.total > 0 or any(map(self._index.words.knows, read.query.scored_words)),
        )

    @stage("fuse")
    def _join(self, read: ReadRequest, found: Retrieved) -> Candidates:
        """Return the candidates of both sides; beside words, meaning only adds what is near by more than chance."""
        nearest, cosines, is_match = found.nearest, found.nearest_cosines, found.nearest_matching
        nearest_are_all = found.nearest_are_all
        if not len(nearest):
            return Candidates(
                read=read,
                retrieved=found,
                documents=found.best,
                lexical=found.scores,
                semantic=found.cosines,
                semantic_only=nearest,
                total=found.total,
                total_is_exact=found.total_is_exact and (read.mode == "hybrid" or bool(nearest_are_all)),
            )
        if read.mode == "hybrid":
            enough = (cosines >= self._floor(read, found)) | is_match
            nearest, cosines, is_match = nearest[enough], cosines[enough], is_match[enough]
        new = ~is_match
        joining = new | ~np.isin(nearest, found.best, assume_unique=True)
        by_words = np.full(int(joining.sum()), ranking.BM25_MINIMUM, dtype=np.float32)
        return Candidates(
            read=read,
            retrieved=found,
            documents=np.concatenate([found.best, nearest[joining]]),
            lexical=np.concatenate([found.scores, by_words]),
            semantic=np.concatenate([found.cosines, cosines[joining]]),
            semantic_only=nearest[new],
            total=found.total + int(new.sum()),
            # Beside words, meaning adds what it has proposed and no more: pages end there.
            total_is_exact=found.total_is_exact and (read.mode == "hybrid" or bool(nearest_are_all)),
        )
