"""The candidates for a question, from one request: the best by words, with what ranks them, and the nearest in meaning.

What matches by words comes with its views, whose words give the scores of an index of this machine. What only meaning
finds comes as a number and a cosine; whoever ranks it asks for its view.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from arsearch.backends.opensearch.search.deep_pages import WINDOW, Traversal, TraversalCache
from arsearch.backends.opensearch.search.document_cache import WITH_NOTHING, DocumentCache
from arsearch.backends.opensearch.search.exact_scores import exact_scores
from arsearch.backends.opensearch.search.facets import FacetCounter, counted, with_values
from arsearch.backends.opensearch.search.requests import (
    Body,
    filter_clauses,
    meaning_search,
    ordered_search,
    words_search,
)
from arsearch.backends.opensearch.search.vocabulary import ClusterWords
from arsearch.backends.opensearch.views.query_views import QueryViews, ViewCache
from arsearch.backends.opensearch.views.view_reader import ViewReader
from arsearch.backends.protocol import RetrievalRequest, Retrieved
from arsearch.common.array_types import Documents, Mask, Scores
from arsearch.common.deadline import stage
from arsearch.index import Manifest
from arsearch.ranking import COSINE_MINIMUM

__all__ = ["CandidateFinder"]

_HEAD = 400
"""Matches whose order is by exact scores where a page is deep."""
_ORDERED = 500
"""Matches in another order than that of relevance are read so many at a time."""
_NOTHING: tuple[Documents, Scores, Scores] = (np.empty(0, np.int64), np.empty(0, np.float32), np.empty(0, np.float32))


class CandidateFinder:
    """Finds candidates in one index. *search* answers several searches. Safe to use from several threads."""

    def __init__(
        self,
        search: Callable[[Sequence[Body]], list[Body]],
        documents: DocumentCache,
        views: ViewCache,
        reader: ViewReader,
        facets: FacetCounter,
        words: ClusterWords,
        manifest: Manifest,
        *,
        knn: bool,
    ) -> None:
        self._search = search
        self._documents = documents
        self._views = views
        self._reader = reader
        self._facets = facets
        self._words = words
        self._manifest = manifest
        self._knn = knn
        self._traversals = TraversalCache(search, documents)

    @stage("lexical")
    def find(self, question: RetrievalRequest) -> Retrieved:
        """Return the candidates for *question*."""
        filters = filter_clauses(question.filters)
        own = self._manifest.own_fields
        vector = question.vector if question.vector is not None and question.vector.any() else None
        views = self._views.of(question.query, vector)
        searches: dict[str, Body] = {}
        if question.by_words:
            size = question.depth if question.depth <= question.cosine_depth else _HEAD
            if question.order:
                size = question.cosine_depth
                searches["order"] = self._ordered_search(question, filters)
            columns = ["date"] if question.order and not question.order.field else []
            searches["words"] = words_search(question, filters, size, _with(self._reader.fields(views), columns), own)
        if vector is not None:
            fields = self._reader.fields(views) if self._asks_cosines(views) else WITH_NOTHING
            columns = [*with_values(own)] if question.facets else []
            columns += ["date"] if question.order and not question.order.field else []
            searches["meaning"] = meaning_search(question, filters, _with(fields, columns), knn=self._knn)
        counts, take_counts = self._words.counts_ahead(question.query.plain)
        found = self._search([*searches.values(), *counts])
        take_counts(found[len(searches) :])
        answers = dict(zip(searches, found, strict=False))
        by_words, by_meaning = answers.get("words"), answers.get("meaning")
        best, scores, cosines = self._best(question, searches, answers, views) if by_words else _NOTHING
        nearest, nearest_cosines, nearest_matching = self._near(question, by_meaning, views)
        matches = None
        if by_words and question.facets:
            matches = counted(searches["words"]["query"], by_words, by_meaning)
            views.along = [self._facets.spellings_ahead(matches)]
        total: Body = by_words["hits"]["total"] if by_words else {"value": 0, "relation": "eq"}
        shards = [answer["_shards"] for answer in (by_words, by_meaning) if answer]
        return Retrieved(
            best=best,
            scores=scores,
            cosines=cosines,
            total=total["value"],
            total_is_exact=total["relation"] == "eq" and not (by_words and by_words["timed_out"]),
            nearest=nearest,
            nearest_cosines=nearest_cosines,
            nearest_matching=nearest_matching,
            nearest_are_all=len(nearest) < question.nearest_depth,
            matches=matches,
            shards=max((each["total"] for each in shards), default=0),
            # Shards that are nowhere are not among those that failed.
            failed_shards=max((each["total"] - each["successful"] for each in shards), default=0),
        )

    def _asks_cosines(self, views: QueryViews) -> bool:
        """Whether the scores of what is found by meaning are no exact cosines: those of a k-NN field are not."""
        return self._knn or views.whole

    def _ordered_search(self, question: RetrievalRequest, filters: Sequence[Body]) -> Body:
        search = ordered_search(question, filters, _ORDERED)
        return search | ({"size": 0} if self._traversals.known(search) else {})

    def _best(
        self, question: RetrievalRequest, searches: dict[str, Body], answers: dict[str, Body], views: QueryViews
    ) -> tuple[Documents, Scores, Scores]:
        """Return what was found by words, best first, with scores and cosines, at least as much as the question wants.

        A page must not depend on how deep it is, or going on from one to the next would miss hits or see some twice.
        So the best ``_HEAD`` are always the same ones, ordered by the scores that an index of this machine would give,
        and behind them comes what the cluster ranks lower, in its order: that differs only by how Lucene rounds lengths
        of documents. In another order than that of relevance, those behind are the first ones in that order.
        """
        hits = answers["words"]["hits"]["hits"]
        found = self._reader.take(views, hits)
        seen = self._reader.of(views, found)
        scores = self._exact_scores(question, found, views)
        cosines = np.array([view.cosine for view in seen], dtype=np.float32)
        order = np.lexsort((found, -scores))
        found, scores, cosines = found[order], scores[order], cosines[order]
        cosines[question.cosine_depth :] = COSINE_MINIMUM
        if question.order:
            behind = self._in_order(question, searches["order"], answers["order"])
            new = ~np.isin(behind.documents, found, assume_unique=True)
            more, lower = behind.documents[new], behind.scores[new]
        elif question.depth <= len(hits) or len(hits) < searches["words"]["size"]:
            return found, scores, cosines
        else:
            known = self._traversals.known(searches["words"]) or Traversal(last=tuple(hits[-1]["sort"]))
            known = self._traversals.to(question.depth - len(hits), searches["words"], known)
            more, lower = known.documents, known.scores
        lowest = scores.min(initial=np.float32(np.inf))
        lower = np.minimum(lower, lowest) if question.order else np.minimum.accumulate(np.minimum(lower, lowest))
        unknown = np.full(len(more), COSINE_MINIMUM, dtype=np.float32)
        return np.concatenate([found, more]), np.concatenate([scores, lower]), np.concatenate([cosines, unknown])

    def _in_order(self, question: RetrievalRequest, search: Body, answer: Body) -> Traversal:
        """Return the first matches in the order that *question* wants, so many at least as that wants.

        Of equals all or none are among them, for among them the score decides; unless they are more than ``WINDOW``.
        """
        traversal = self._traversals.known(search) or self._traversals.begun(search, answer)
        wanted = -(-question.depth // _ORDERED) * _ORDERED
        traversal = self._traversals.to(wanted, search, traversal)
        most = wanted + WINDOW
        while not traversal.whole and len(traversal) < most and traversal.begins_last_equals() < question.depth:
            before = len(traversal)
            traversal = self._traversals.to(before + _ORDERED, search, traversal)
            if len(traversal) == before:  # there was no time
                break
        if question.order and not question.order.field:
            self._documents.note_dates(traversal.documents, traversal.keys)
        return traversal if traversal.whole else traversal.without_last_equals(question.depth)

    def _exact_scores(self, question: RetrievalRequest, documents: Documents, views: QueryViews) -> Scores:
        """Return the scores by words of *documents* as an index of this machine gives them."""
        if not len(documents):
            return np.empty(0, np.float32)
        columns = self._reader.columns(views, documents)
        return exact_scores(question.query, columns, self._words, self._words.averages).astype(np.float32)

    def _near(
        self, question: RetrievalRequest, answer: Body | None, views: QueryViews
    ) -> tuple[Documents, Scores, Mask]:
        """Return what was found by meaning, nearest first, with exact cosines, and what of it matches by words too."""
        if answer is None:
            return np.empty(0, np.int64), np.empty(0, np.float32), np.empty(0, np.bool_)
        hits = answer["hits"]["hits"]
        matches = np.array(["words" in hit.get("matched_queries", ()) for hit in hits], dtype=np.bool_)
        nearest = self._reader.take(views, hits) if self._asks_cosines(views) else self._documents.take(hits)
        if self._asks_cosines(views):
            cosines = np.array([view.cosine for view in self._reader.of(views, nearest)], dtype=np.float32)
        else:  # scores must not be negative, so they are greater by 1
            cosines = np.array([hit["sort"][0] for hit in hits], dtype=np.float32) - np.float32(1)
        order = np.lexsort((nearest, -cosines))[: question.nearest_depth]
        return nearest[order], cosines[order], matches[order]


def _with(fields: Body, columns: Sequence[str]) -> Body:
    """Return *fields* of hits and *columns*."""
    return fields | {"docvalue_fields": [*fields.get("docvalue_fields", ()), *columns]} if columns else fields
