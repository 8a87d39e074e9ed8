"""Conditional requests (RFC 9110, section 13): an answer that is still the same is not sent again, nor searched again.

An answer depends on the commit of the index, the synonyms, the learnt weights, the settings and the question, and
on nothing else but the time it took; so its tag is known before it is. Tags are weak: what is sent may be compressed.
"""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Callable
from functools import lru_cache

from flask import Response, request

from arsearch import __version__
from arsearch.search.searcher import Searcher
from arsearch.settings import Settings

__all__ = ["answer_if_changed"]

_TAG_DIGITS = 24
_ANSWER_SETTINGS = (
    "mode", "fusion", "semantic_weight", "semantic_floor", "semantic_candidates", "rescored_candidates", "reranker",
    "reranked_candidates", "exact_totals", "snippet_words", "page_size", "max_page_size", "max_depth",
    "max_query_characters", "max_query_words", "max_query_ms", "max_prefix_words", "max_expansions",
    "max_filter_values", "max_searches", "digits", "freshness", "freshness_weight", "passage_articles",
    "passage_diversity", "duplicate_similarity",
)  # fmt: skip
"""Settings on which answers depend."""


def answer_if_changed(
    searcher: Searcher, asked: str, answer: Callable[[], Response], *, prefix: str = "", moment: str = ""
) -> Response:
    """Return what *answer* makes, or 304 if the client has it already; *asked* is the whole question in writing.

    The tag begins with *prefix*. *moment* is the time on which the answer depends, if it does.

    What *answer* says is not to be stored has no tag: it may be another the next time, though nothing has changed.
    """
    tag = prefix + _tag(searcher, f"{asked} {moment}" if moment else asked)
    changed = None if moment else _changed(searcher)
    if _is_known(tag, changed):
        response = Response(status=304)
        response.headers.pop("Content-Type", None)
    else:
        response = answer()
    if "Cache-Control" in response.headers and response.cache_control.no_store:
        return response
    response.set_etag(tag, weak=True)
    if changed is not None:
        response.last_modified = changed
    response.headers["Cache-Control"] = "no-cache"  # kept, but asked for each time: the index may have changed
    return response


def _is_known(tag: str, changed: datetime.datetime | None) -> bool:
    """Whether the client has said that it has what has this tag, or failing that, what is of this date.

    Dates must be the same, not only later: after a rollback an older commit is in force again.
    """
    if "If-None-Match" in request.headers:
        return request.if_none_match.contains_weak(tag)
    return changed is not None and request.if_modified_since == changed


def _tag(searcher: Searcher, asked: str) -> str:
    made_by = _made_by(searcher.version, searcher.settings)
    return hashlib.sha256(f"{made_by} {request.path!r} {asked}".encode()).hexdigest()[:_TAG_DIGITS]


@lru_cache(maxsize=4)
def _made_by(version: object, settings: Settings) -> str:
    """Return what an answer depends on beside the question, in writing; that takes longer than to look it up.

    Nothing in it says where a server runs or where its files lie: servers on copies of one index give the same tags.
    """
    return repr((__version__, version, [getattr(settings, name) for name in _ANSWER_SETTINGS]))


def _changed(searcher: Searcher) -> datetime.datetime | None:
    """Return when what is searched was made, in whole seconds, as HTTP has them.

    None with synonyms, curations or learnt weights: all that is known of when they changed is the time of a file, which
    another server with a copy of it does not have.
    """
    if searcher.rules_stamp or searcher.weights_stamp:
        return None
    return _whole_second(searcher.index.manifest.created)


@lru_cache(maxsize=16)
def _whole_second(created: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(created).replace(microsecond=0)
