"""The last stage of a search: articles, snippets, facets, and what the reader should know."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from arsearch.backends import SearchableIndex
from arsearch.common.deadline import clock_time, is_cut_short, stage
from arsearch.errors import QueryTimeoutError
from arsearch.lexical import LexicalQuery
from arsearch.search.grouping.stories import Story, find_stories, nearness_of, possible_hits
from arsearch.search.hits import explain_hits, make_hits
from arsearch.search.rank import RankedCandidates
from arsearch.search.request import SearchRequest
from arsearch.search.results import Hit, Notice, SearchResults
from arsearch.search.suggestions import Suggestions
from arsearch.settings import Settings

__all__ = ["Presenter"]

_FACET_VALUES = 12

_OUT_OF_TIME = Notice(
    "out-of-time", "The time for this query was up before everything was compared; the order is a rough one."
)
_UNKNOWN_WORDS = Notice("unknown-words", "No article has a word of the query, and none is near to it in meaning.")
_WAITING = "{} of {} articles have no vectors yet, so words alone find them."
_INCOMPLETE = "{} of {} parts of the index did not answer; what they have is missing from these results."


class Presenter:
    """Makes results of what was ranked. Safe to use from several threads."""

    def __init__(self, index: SearchableIndex, settings: Settings, suggestions: Suggestions) -> None:
        self._index = index
        self._settings = settings
        self._suggestions = suggestions

    def present(self, ranked: RankedCandidates) -> SearchResults:
        """Return the results to show of what was *ranked*."""
        candidates, page = ranked.candidates, ranked.page
        read, retrieved = candidates.read, candidates.retrieved
        request = read.request
        hits = make_hits(
            self._index,
            read.query,
            candidates.documents[page],
            ranked.scores[page],
            snippet_words=self._settings.snippet_words if request.snippets else 0,
            vector=read.vector,
            explanations=explain_hits(self._index, ranked) if request.explain else (),
        )
        facets = self._index.count_facets(retrieved, candidates.semantic_only, _FACET_VALUES) if request.facets else {}
        return SearchResults(
            query=request.query,
            mode=read.mode,
            total=candidates.total,
            total_relation="eq" if candidates.total_is_exact else "gte",
            took_ms=(clock_time() - read.began) * 1000,
            page=read.start // request.size + 1,
            size=request.size,
            suggestion=self._suggestion(request),
            answered=None,
            notice=self.notice(ranked),
            facets=facets,
            hits=tuple(hits),
            explanation=self._explanation(request, read.query) if request.explain else {},
            shards=retrieved.shards,
            failed_shards=retrieved.failed_shards,
            stories=self._stories(ranked, hits) if request.stories and len(hits) > 1 else (),
            has_more=ranked.has_more,
        )

    @stage("fetch")
    def _stories(self, ranked: RankedCandidates, hits: Sequence[Hit]) -> tuple[Story, ...]:
        """Return the stories among *hits*; none if there is no time left, for they are no part of the answer."""
        if is_cut_short():
            return ()
        known = {word.stem for word in ranked.candidates.read.query.scored_words}
        possible = possible_hits([(hit.id, hit.title, hit.article.date) for hit in hits], known)
        if not possible:
            return ()
        documents = ranked.candidates.documents[ranked.page][[hit.place for hit in possible]]
        try:
            found = self._index.passage_vectors(documents)
        except QueryTimeoutError:
            return ()
        scale = self._index.manifest.semantic_scale
        return tuple(find_stories(possible, nearness_of([vectors for _, vectors in found], scale.chance, scale.spread)))

    @stage("suggest")
    def _suggestion(self, request: SearchRequest) -> str | None:
        """Return what may have been meant; nothing if there is no time left for it, for it is no part of the answer."""
        try:
            return self._suggestions.suggestion(request.query) if request.operators and not is_cut_short() else None
        except QueryTimeoutError:
            return None

    def _explanation(self, request: SearchRequest, query: LexicalQuery) -> dict[str, Any]:
        words = self._index.words
        explanation = words.explain(query)
        if request.half_life:
            weight = self._settings.freshness_weight
            explanation["freshness"] = {"half_life_days": request.half_life, "now": request.now, "weight": weight}
        return explanation | {"corrections": words.explain_suggestion(request.query)}

    def notice(self, ranked: RankedCandidates) -> Notice | None:
        """Return what the reader should know of the answer most.

        That it may be another one the next time comes first.
        """
        retrieved, read = ranked.candidates.retrieved, ranked.candidates.read
        if is_cut_short():
            return _OUT_OF_TIME
        if retrieved.failed_shards:
            return Notice("incomplete", _INCOMPLETE.format(retrieved.failed_shards, retrieved.shards))
        if notice := ranked.notice or read.notice:
            return notice
        words = read.query.scored_words
        if words and not ranked.candidates.total and not any(map(self._index.words.knows, words)):
            return _UNKNOWN_WORDS
        manifest = self._index.manifest
        if manifest.waiting and read.mode != "lexical":
            return Notice("vectors-waiting", _WAITING.format(manifest.waiting, manifest.articles))
        return None
