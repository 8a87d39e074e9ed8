"""Answering a search for whoever asks over HTTP: within its time, from the cache where that has it, and counted."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable
from dataclasses import replace

from flask import current_app, g

from arsearch.common.bounded_cache import BoundedCache
from arsearch.common.deadline import QueryClock, run_clock
from arsearch.errors import QueryTimeoutError
from arsearch.search.passages.request import PassageRequest
from arsearch.search.passages.results import PassageResults
from arsearch.search.request import SearchRequest
from arsearch.search.results import SearchResults
from arsearch.search.searcher import Searcher
from arsearch.settings import Settings
from arsearch.web import metrics
from arsearch.web.logs import slow_log
from arsearch.web.maintenance.counting import count_search

__all__ = ["AnswerCache", "answer_passages", "answer_search", "finish_rendering", "query_clock"]

_log = logging.getLogger(__name__)

_MIB = 2**20
_SMALL_THINGS = 1024
"""Bytes of the objects and short texts of an answer, a hit or an article."""

Key = tuple[object, SearchRequest]


class AnswerCache(BoundedCache[Key, SearchResults]):
    """The answers of one server process, by the state of the index and by everything that was asked."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings.cached_answers, settings.cached_answers_mb * _MIB, _size_of)


def answer_search(searcher: Searcher, request: SearchRequest) -> SearchResults:
    """Answer *request* on the live index, as :meth:`Searcher.search` does, from the cache if it is there.

    Raises QueryError if it cannot be answered, and QueryTimeoutError if that takes longer than is set.
    """
    cache: AnswerCache = current_app.extensions["arsearch-answers"]
    settings, now = searcher.settings, query_clock()
    with run_clock(settings.max_query_ms / 1000, now) as clock:
        # A cursor knows its time.
        if not request.after and (moment := request.moment(settings)) != request.now:
            request = replace(request, now=moment)
        key = searcher.version, request
        results = cache.get(key)
        if results is None and not request.stories:  # pages ask for the same with stories
            told = cache.get((searcher.version, replace(request, stories=True)))
            results = None if told is None else replace(told, stories=())
        metrics.counted(metrics.CACHE_LOOKUPS, "answers", "miss" if results is None else "hit").inc()
        if results is not None:
            results = replace(results, took_ms=clock.elapsed * 1000)
        else:
            try:
                results = searcher.search(request)
            except QueryTimeoutError:
                metrics.REFUSED.labels("query_time").inc()
                _report_if_slow(request, clock, settings)
                raise
            if not results.is_rough:
                cache.put(key, results)
    _observe(results.mode, request, clock, settings)
    count_search(request, results, settings, clock.elapsed * 1000)
    return results


def answer_passages(searcher: Searcher, request: PassageRequest) -> PassageResults:
    """Answer *request* on the live index, as :meth:`Searcher.passages` does. Raises what that raises."""
    settings = searcher.settings
    with run_clock(settings.max_query_ms / 1000, query_clock()) as clock:
        try:
            results = searcher.passages(request)
        except QueryTimeoutError:
            metrics.REFUSED.labels("query_time").inc()
            _report_if_slow(request.search, clock, settings)
            raise
    _observe(results.mode, request.search, clock, settings)
    return results


def _observe(mode: str, request: SearchRequest, clock: QueryClock, settings: Settings) -> None:
    """Count what answering *request* took."""
    metrics.counted(metrics.SEARCH_SECONDS, mode).observe(clock.elapsed)
    for stage, seconds in clock.seconds.items():
        metrics.counted(metrics.STAGE_SECONDS, stage).observe(seconds)
    for (name, found), times in clock.lookups.items():
        metrics.counted(metrics.CACHE_LOOKUPS, name, "hit" if found else "miss").inc(times)
    _report_if_slow(request, clock, settings)
    g.answered = query_clock()()


def finish_rendering() -> None:
    """Count the time since the last answer as that of making a response of it."""
    if "answered" in g:
        metrics.counted(metrics.STAGE_SECONDS, "render").observe(query_clock()() - g.answered)


def query_clock() -> Callable[[], float]:
    """Return what this server measures the time of queries with; it gives seconds."""
    clock: Callable[[], float] = current_app.extensions["arsearch-clock"]
    return clock


def _size_of(results: SearchResults) -> int:
    """Return about how many bytes *results* take: their texts, and a round sum for all that is small."""
    size = _SMALL_THINGS + len(json.dumps((results.facets, results.explanation), ensure_ascii=False, default=str))
    for hit in results.hits:
        size += _SMALL_THINGS + len(str(hit.explanation)) + sys.getsizeof(hit.snippet)
        for article in (hit.article, *hit.copies):
            size += _SMALL_THINGS + sys.getsizeof(article.body) + sys.getsizeof(article.title)
            size += sum(map(sys.getsizeof, (article.id, article.url, *article.tags)))
    return size


def _report_if_slow(request: SearchRequest, clock: QueryClock, settings: Settings) -> None:
    took = clock.elapsed * 1000
    if not settings.slow_query_ms or took < settings.slow_query_ms:
        return
    metrics.SLOW_QUERIES.inc()
    slow_log.warning(
        "a query took %d ms",
        took,
        extra={
            "query": request.query,
            "mode": request.mode,
            "page": request.page,
            "ms": round(took, 1),
            "stages": {stage: round(seconds * 1000, 1) for stage, seconds in clock.seconds.items()},
        },
    )
