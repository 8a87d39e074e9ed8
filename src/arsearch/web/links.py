"""Addresses of searches and articles: every state of the page has one, which can be kept and passed on."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote_plus

from flask import g, request, url_for

__all__ = ["FILTERS", "PARAMETERS", "article_link", "feed_link", "given", "search_link"]

FILTERS = ("section", "source", "author", "tag", "from", "to")
"""Parameters that narrow a search."""
PARAMETERS = ("q", "mode", "sort", "size", *FILTERS, "page")
"""Parameters of a search, in the order in which they stand in addresses. Others are not passed on."""

Value = str | int | Sequence[str] | None


def given(name: str) -> list[str]:
    """Return the values that the current request gives the parameter *name*; blank ones are as good as none."""
    return [value for value in request.args.getlist(name) if value.strip()]


def search_link(**changes: Value) -> str:
    """Return the address of the current search with some parameters changed, or taken away when None or empty."""
    return f"{_path('pages.search')}?{_query(changes)}"


def feed_link() -> str:
    """Return the address of the feed of the current search, which has neither pages nor an order of its own."""
    return f"{_path('discovery.feed')}?{_query({'page': None, 'sort': None, 'size': None})}"


def article_link(identifier: str, *, match: int | None = None) -> str:
    """Return the address of an article.

    It keeps the current search, to mark its words and to go back to it; *match* is the number of a marked word.
    """
    address = url_for("pages.article", identifier=identifier)
    query = "&".join(filter(None, (_query({}), f"match={match}#match-{match}" if match else "")))
    return f"{address}?{query}" if query else address


def _query(changes: dict[str, Value]) -> str:
    present = _present()
    pieces = [_encoded(name, changes[name]) if name in changes else present[name] for name in PARAMETERS]
    return "&".join(filter(None, pieces))


def _present() -> dict[str, str]:
    """Return each parameter of the current search as it stands in an address; a page has a hundred of them."""
    if "search_parameters" not in g:
        g.search_parameters = {name: _encoded(name, given(name)) for name in PARAMETERS}
    present: dict[str, str] = g.search_parameters
    return present


def _encoded(name: str, value: Value) -> str:
    values = [value] if isinstance(value, (str, int)) else value or ()
    return "&".join(f"{name}={quote_plus(str(one), errors='replace')}" for one in values if one != "")


def _path(endpoint: str) -> str:
    paths: dict[str, str] = g.setdefault("paths", {})
    if endpoint not in paths:
        paths[endpoint] = url_for(endpoint)
    return paths[endpoint]
