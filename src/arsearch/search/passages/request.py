"""What is asked for passages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from arsearch.errors import QueryError, UnsearchableQueryError
from arsearch.search.request import SearchRequest
from arsearch.settings import Settings

__all__ = ["MAX_NEIGHBOURS", "PASSAGE_FIELDS", "PassageRequest", "passage_request"]

MAX_NEIGHBOURS = 5
"""Most passages before and behind one that its context takes in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PassageRequest:
    """One question, and how much of what articles say about it is wanted."""

    search: SearchRequest
    """Which articles the passages may be of; its page, size, sort and snippets play no part."""
    size: int = 5
    """Most passages."""
    neighbours: int = 0
    """How many passages before and behind each one its context has; without any it has no context."""
    diversity: float | None = None
    """From 0, the best passages whatever they say, to 1, passages as unlike each other as there are (maximal marginal
    relevance); None: the setting ``passage_diversity``."""
    max_characters: int = 0
    """Most characters of all passages together, contexts instead of them where there are any; 0 for no limit."""
    max_tokens: int = 0
    """The same in tokens, as the index's encoder counts them; 0 for no limit."""

    def check(self, settings: Settings) -> None:
        """Raise QueryError for values that mean nothing, UnsearchableQueryError for those over a limit."""
        if not 1 <= self.size <= settings.max_page_size:
            raise QueryError(
                f"The size is {self.size}. Ask for between 1 and {settings.max_page_size} passages.", field="size"
            )
        if not 0 <= self.neighbours <= MAX_NEIGHBOURS:
            raise QueryError(
                f"There are {self.neighbours} neighbours asked for. Ask for between 0 and {MAX_NEIGHBOURS}.",
                field="neighbours",
            )
        if self.diversity is not None and not 0.0 <= self.diversity <= 1.0:
            raise QueryError(f"The diversity is {self.diversity}. Give a number from 0 to 1.", field="diversity")
        for name in ("max_characters", "max_tokens"):
            if getattr(self, name) < 0:
                raise QueryError(f"{name} is {getattr(self, name)}; it must be 0 or more.", field=name)
        if self.search.after:
            raise UnsearchableQueryError("Passages have no cursor: ask for a larger size.", field="after")

    def article_search(self, settings: Settings) -> SearchRequest:
        """Return the search for the articles whose passages are compared."""
        articles = min(max(settings.passage_articles, self.size), settings.max_page_size, settings.max_depth)
        return replace(self.search, page=1, size=articles, sort="relevance", facets=False, snippets=False)


PASSAGE_FIELDS = tuple(field.name for field in fields(PassageRequest) if field.name != "search")
"""Fields of a PassageRequest itself; the others are those of its search."""


def passage_request(query: str, settings: Settings, limit: int | None, asked: Mapping[str, Any]) -> PassageRequest:
    """Return the request that the keywords *asked* make with the text *query*; *limit* is another name for ``size``."""
    own = {name: value for name, value in asked.items() if name in PASSAGE_FIELDS}
    if limit is not None:
        own["size"] = limit
    others = {name: value for name, value in asked.items() if name not in PASSAGE_FIELDS}
    search = SearchRequest(query=query, **{"mode": settings.mode, "operators": False} | others)
    return PassageRequest(search=search, **own)
