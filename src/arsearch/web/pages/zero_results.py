"""When a search finds nothing: what would find something, and how much."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from arsearch.article_fields import KEYWORDS
from arsearch.common.deadline import is_cut_short, time_is_up
from arsearch.errors import QueryError, QueryTimeoutError
from arsearch.search.request import SearchRequest
from arsearch.search.searcher import Searcher
from arsearch.web.api.parameters import OWN_FILTER
from arsearch.web.pages.links import FILTERS, Links

__all__ = ["WiderSearch", "wider_searches"]

_QUOTES = re.compile('["«»“”]')
_EXCLUDED = re.compile(r'(?<!\S)-("[^"]*"|«[^»]*»|“[^”]*”|\S+)')
_ENOUGH = 6


@dataclass(frozen=True, slots=True)
class WiderSearch:
    """A change to a search that finds something."""

    kind: str
    """``spelling``, ``operators``, ``quotes``, ``exclusions``, ``hybrid``, ``semantic``, ``dates``, ``filters`` or
    a filter's name."""
    total: int
    at_least: bool
    address: str
    query: str
    """The query it would search for."""


def wider_searches(
    searcher: Searcher, request: SearchRequest, suggestion: str | None, links: Links
) -> list[WiderSearch]:
    """Return the changes to *request*, which found nothing, that find something: the smallest change first.

    Each has been tried, as long as the time of the request lasts. *suggestion* is another spelling of the query.
    """
    found = []
    for kind, wider, parameters in _attempts(searcher, request, suggestion):
        if is_cut_short() or time_is_up():
            break
        try:
            results = searcher.search(replace(wider, as_typed=True, page=1, size=1, facets=False, snippets=False))
        except QueryError:
            continue
        except QueryTimeoutError:
            break
        if results.total and wider.query.strip():
            at_least = results.total_relation == "gte"
            address = links.search(**parameters, as_typed=None, page=None)
            found.append(WiderSearch(kind, results.total, at_least, address, wider.query))
    return found[:_ENOUGH]


def _attempts(
    searcher: Searcher, request: SearchRequest, suggestion: str | None
) -> Iterator[tuple[str, SearchRequest, dict[str, Any]]]:
    """Yield kind, wider request and changed parameters of what may find more."""
    if suggestion:
        yield "spelling", replace(request, query=suggestion), {"q": suggestion}
    for kind, pattern in (("exclusions", _EXCLUDED), ("quotes", _QUOTES)):
        query = " ".join(pattern.sub(" ", request.query).split())
        if query != request.query:
            yield kind, replace(request, query=query), {"q": query}
    plain = searcher.plain_words(request.query)
    if plain and plain != request.query:
        yield "operators", replace(request, query=plain), {"q": plain}
    filters = [name for name in KEYWORDS if getattr(request, name)]
    for name in filters:
        yield name, replace(request, **{name: ()}), {name: None}  # type: ignore[arg-type]
    own = request.own_filters
    for name in own:
        others = {other: values for other, values in own.items() if other != name}
        yield OWN_FILTER + name, replace(request, filters=others), {OWN_FILTER + name: None}
    dated = bool(request.date_from or request.date_to)
    if dated:
        yield "dates", replace(request, date_from="", date_to=""), {"from": None, "to": None}
    if request.mode == "lexical":
        yield "hybrid", replace(request, mode="hybrid"), {"mode": "hybrid"}
    if len(filters) + len(own) + dated > 1:
        bare = replace(request, **dict.fromkeys(KEYWORDS, ()), filters=(), date_from="", date_to="")  # type: ignore[arg-type]
        yield "filters", bare, dict.fromkeys((*FILTERS, *(OWN_FILTER + name for name in own)))
    if request.mode != "semantic":
        yield "semantic", replace(request, mode="semantic"), {"mode": "semantic"}
