"""From the parameters of an HTTP request to a SearchRequest; pages and API read them alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from werkzeug.datastructures import MultiDict

from arsearch.errors import QueryError
from arsearch.request import SearchRequest
from arsearch.settings import Settings

__all__ = ["limit_parameter", "search_request"]

Parameters = MultiDict[str, str]
Value = TypeVar("Value")

_TRUE = ("1", "true", "yes")
_FALSE = ("", "0", "false", "no")


def search_request(parameters: Parameters, settings: Settings, *, facets: bool = False) -> SearchRequest:
    """Return what *parameters* ask for. Raises QueryError for a number or a switch that is none."""
    return SearchRequest(
        query=parameters.get("q", ""),
        mode=parameters.get("mode") or settings.mode,
        page=_number(parameters, "page", 1),
        size=_number(parameters, "size", settings.page_size),
        sort=parameters.get("sort") or "relevance",
        author=_values(parameters, "author"),
        source=_values(parameters, "source"),
        section=_values(parameters, "section"),
        tag=_values(parameters, "tag"),
        date_from=parameters.get("from", "").strip(),
        date_to=parameters.get("to", "").strip(),
        facets=_switch(parameters, "facets", facets),
        explain=_switch(parameters, "explain", False),
    )


def limit_parameter(parameters: Parameters, default: int, settings: Settings) -> int:
    """Return the parameter ``limit``. Raises QueryError if it is no number or out of range."""
    limit = _number(parameters, "limit", default)
    if not 1 <= limit <= settings.max_page_size:
        raise QueryError(f"The limit is {limit}. Choose between 1 and {settings.max_page_size}.", field="limit")
    return limit


def _values(parameters: Parameters, name: str) -> tuple[str, ...]:
    return tuple(value for value in parameters.getlist(name) if value.strip())


def _number(parameters: Parameters, name: str, default: int) -> int:
    text = parameters.get(name, "").strip()
    if not text:
        return default
    return _converted(text, name, _whole_number, "a whole number")


def _whole_number(text: str) -> int:
    if "_" in text:  # Python would read 1_0 as 10
        raise ValueError
    return int(text)


def _switch(parameters: Parameters, name: str, default: bool) -> bool:
    text = parameters.get(name)
    if text is None:
        return default
    if text.lower() not in (*_TRUE, *_FALSE):
        raise QueryError(f"The parameter {name} is {text[:40]!r}; write true or false.", field=name)
    return text.lower() in _TRUE


def _converted(text: str, name: str, convert: Callable[[str], Value], kind: str) -> Value:
    try:
        if len(text) > 12:
            raise ValueError
        return convert(text)
    except ValueError:
        raise QueryError(f"The parameter {name} is {text[:40]!r}; it must be {kind}.", field=name) from None
