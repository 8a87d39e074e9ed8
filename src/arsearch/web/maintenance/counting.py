"""Counting what readers look for, where the setting ``insights`` asks for it."""

from __future__ import annotations

import weakref

from flask import Flask, current_app, request

from arsearch.insights import Asked, Opened, Recorder, store_of
from arsearch.search.request import SearchRequest
from arsearch.search.results import SearchResults
from arsearch.settings import Settings
from arsearch.web.logs import client_address
from arsearch.web.rate_limits import client_of

__all__ = ["count_opened", "count_search", "install_counting", "is_counting"]

_ANSWERED = ("pages.search", "api.search")
"""Endpoints where people ask; feeds and other programs ask again and again by themselves."""
_EXTENSION = "arsearch-insights"
_MAX_PLACE = 1000


def install_counting(app: Flask, settings: Settings) -> None:
    """Have *app* count, if the settings ask for it, until it ends."""
    recorder = Recorder(store_of(settings)) if settings.insights else None
    app.extensions[_EXTENSION] = recorder
    if recorder is not None:
        weakref.finalize(app, recorder.close)  # as the process ends, too


def is_counting() -> bool:
    """Whether this server counts."""
    return current_app.extensions[_EXTENSION] is not None


def count_search(asked: SearchRequest, results: SearchResults, settings: Settings, milliseconds: float) -> None:
    """Count a query that was answered in so many *milliseconds*; going on to other pages is no other query."""
    recorder: Recorder | None = current_app.extensions[_EXTENSION]
    if recorder is None or request.endpoint not in _ANSWERED or asked.page > 1 or asked.after:
        return
    is_slow = bool(settings.slow_query_ms) and milliseconds >= settings.slow_query_ms
    total = 0 if results.answered else results.total  # a suggestion's results are none for what was typed
    recorder.count(Asked(asked.query, _reader(), total, milliseconds, is_slow=is_slow))


def count_opened(identifier: str) -> None:
    """Count that a result was opened, where the request says at which place of which query.

    Only browsers say that the request comes from a page of this site (Fetch Metadata); robots do not.
    """
    recorder: Recorder | None = current_app.extensions[_EXTENSION]
    place = request.args.get("place", "")
    if recorder is None or not place.isdecimal() or request.headers.get("Sec-Fetch-Site") != "same-origin":
        return
    if 1 <= int(place[:5]) <= _MAX_PLACE:
        recorder.count(Opened(request.args.get("q", ""), _reader(), identifier, int(place)))


def _reader() -> str:
    return f"{client_of(client_address())}\n{request.headers.get('User-Agent', '')}"
