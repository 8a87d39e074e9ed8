"""Addresses of searches and articles: every state of the page has one, which can be kept and passed on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import quote, quote_plus, unquote

from flask import g, request, url_for
from werkzeug.datastructures import MultiDict

from arsearch.article_fields import KEYWORDS
from arsearch.web.api.parameters import OWN_FILTER
from arsearch.web.pages.ranges import with_dates, with_ranges

__all__ = ["FILTERS", "PARAMETERS", "Links", "article_address", "links_of_request", "parameters_of_request", "unquoted"]

FILTERS = (*KEYWORDS, "from", "to")
"""Parameters that narrow a search."""
PARAMETERS = ("q", "mode", "sort", "size", *FILTERS, "as_typed", "operators", "stories", "freshness", "now", "page")
"""Parameters of a search, in the order in which they stand in addresses. Others are not passed on."""

# Arabic letters and digits stand in addresses as they are, as URLs in HTML may; as percent codes they would make a
# page half as large again. Everything else, vowel marks and controls of direction included, is encoded.
_ENCODED = re.compile("[^\u0621-\u063a\u0641-\u064a\u0660-\u0669]+")

Value = str | int | Sequence[str] | None


class Links:
    """The addresses that a page of one search links to. A page has a hundred, so each parameter is encoded once."""

    def __init__(self, parameters: MultiDict[str, str], root: str) -> None:
        """Take the *parameters* of a request; *root* is the path the application is mounted at."""
        self._root = root.rstrip("/")
        own = sorted(name for name in parameters if name.startswith(OWN_FILTER))
        self.filters = (*FILTERS, *own)
        """Parameters that narrow this search, those of own fields too."""
        self._given = {
            name: [value for value in parameters.getlist(name) if value.strip()] for name in (*PARAMETERS, *own)
        }
        self._encoded = {name: _encoded(name, values) for name, values in self._given.items()}
        self._query = "&".join(filter(None, self._encoded.values()))

    def given(self, name: str) -> list[str]:
        """Return the values that the request gives a parameter; blank ones are as good as none."""
        return self._given.get(name, [])

    def search(self, **changes: Value) -> str:
        """Return the address of the search with some parameters changed, or taken away when None or empty."""
        return f"{self._root}/search?{self._changed(changes)}"

    def feed(self) -> str:
        """Return the address of the search's feed, which has neither pages nor an order of its own."""
        return f"{self._root}/feed.atom?{self._changed({'page': None, 'sort': None, 'size': None})}"

    def with_filter(self, name: str, value: str) -> str:
        """Return the address of the search in which the filter *name* lets through this one value."""
        return self.search(**{name: value, "page": None})

    def timeline(self) -> str:
        """Return the address of how the results are spread over time."""
        return f"{self._root}/timeline?{self._changed({'page': None, 'sort': None, 'size': None})}"

    def download(self, form: str = "") -> str:
        """Return the address of the results as a file, or of the page that offers such files."""
        query = self._changed({"page": None, "size": None})
        return f"{self._root}/search?{query}&format={form}" if form else f"{self._root}/download?{query}"

    def reference(self, identifier: str, form: str) -> str:
        """Return the address of a file with a reference to an article."""
        address = article_address(identifier, self._root)
        return f"{address}{'&' if '?' in address else '?'}format={form}"

    def without_filters(self) -> str:
        """Return the address of the search without any filter."""
        return self.search(**dict.fromkeys(self.filters), page=None)

    def article(self, identifier: str, *, match: int | None = None, place: int | None = None) -> str:
        """Return the address of an article.

        It keeps the search, to mark its words and to go back to it; *match* is the number of a marked word, *place*
        that of the article among the results, where it is counted what readers open.
        """
        address = article_address(identifier, self._root)
        counted, marked = f"place={place}" if place else "", f"match={match}#match-{match}" if match else ""
        query = "&".join(filter(None, (self._query, counted, marked)))
        return f"{address}{'&' if '?' in address else '?'}{query}" if query else address

    def _changed(self, changes: dict[str, Value]) -> str:
        pieces = []
        for name in dict.fromkeys((*self._encoded, *changes)):
            piece = _encoded(name, changes[name]) if name in changes else self._encoded[name]
            if piece:
                pieces.append(piece)
        return "&".join(pieces)


def unquoted(address: str) -> str:
    """Return *address* to be read: Arabic letters as themselves, and what would break it as it is."""
    return unquote(address, errors="strict") if _is_readable(address) else address


def _is_readable(address: str) -> bool:
    try:
        plain = unquote(address, errors="strict")
    except UnicodeDecodeError:
        return False
    return not re.search(r"[\s<>\"\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\x00-\x1f\x7f]", plain)


def article_address(identifier: str, root: str) -> str:
    """Return the address of an article, where the application is mounted at *root*.

    Browsers and proxies take the steps ``.`` and ``..`` of a path, however they are written, and run slashes together;
    and WSGI does not tell ``%2F`` from a slash. An id with such steps goes as a parameter, which nobody touches.
    """
    if {"", ".", ".."}.isdisjoint(identifier.split("/")):
        return f"{root}/article/{quote(identifier, safe='/', errors='replace')}"
    return f"{root}/article?id={quote(identifier, safe='', errors='replace')}"


def parameters_of_request() -> MultiDict[str, str]:
    """Return the parameters of the current request, with boxes of forms as ranges and dates as ISO 8601 has them."""
    if "page_parameters" not in g:
        g.page_parameters = with_dates(with_ranges(request.args))
    parameters: MultiDict[str, str] = g.page_parameters
    return parameters


def links_of_request() -> Links:
    """Return the links from the page that answers the current request."""
    if "links" not in g:
        g.links = Links(parameters_of_request(), url_for("pages.home"))
    links: Links = g.links
    return links


def _encoded(name: str, value: Value) -> str:
    values = [value] if isinstance(value, (str, int)) else value or ()
    return "&".join(f"{name}={_ENCODED.sub(_percent_encoded, str(one))}" for one in values if one != "")


def _percent_encoded(match: re.Match[str]) -> str:
    return quote_plus(match[0], errors="replace")
