"""What a search is asked."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass

from arsearch.arabic import fold
from arsearch.errors import CursorError, QueryError, UnsearchableQueryError
from arsearch.settings import Settings

__all__ = ["MODES", "SORTS", "SearchRequest"]

MODES = ("hybrid", "lexical", "semantic")
SORTS = ("relevance", "date", "newest", "oldest")

_DATE_PREFIX = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchRequest:
    """One question to an index.

    Of *author*, *source*, *section* (the first tag) and *tag* each admits articles with any of its values; dates are
    inclusive prefixes.
    """

    query: str
    mode: str = "hybrid"
    page: int = 1
    size: int = 10
    sort: str = "relevance"
    """``relevance``, ``date`` or ``newest``, which are the same, or ``oldest``. What has no date comes last."""
    author: tuple[str, ...] = ()
    source: tuple[str, ...] = ()
    section: tuple[str, ...] = ()
    tag: tuple[str, ...] = ()
    date_from: str = ""
    date_to: str = ""
    facets: bool = False
    explain: bool = False
    operators: bool = True
    """Whether quotes and minus signs mean something; without them the query is plain text, such as a question."""
    as_typed: bool = False
    """Whether to answer what was typed, even where nothing has it and there is a suggestion."""
    snippets: bool = True
    """Whether hits come with snippets; whoever only wants the ranking saves their time."""
    after: str = ""
    """Goes on after the hits of earlier results, whose *after* this is; the question must be the same. No page then."""

    def __post_init__(self) -> None:
        # A single value is easily given as a text, which is a sequence too.
        for name in ("author", "source", "section", "tag"):
            value = getattr(self, name)
            object.__setattr__(self, name, (value,) if isinstance(value, str) else tuple(value))
        for name in ("date_from", "date_to"):  # digits of any script
            object.__setattr__(self, name, fold(getattr(self, name)))
        if self.sort == "newest":
            object.__setattr__(self, "sort", "date")

    def check(self, settings: Settings) -> None:
        """Raise QueryError for values that mean nothing, UnsearchableQueryError for those over a limit."""
        if not self.query.strip():
            raise QueryError("The query is empty. Type one or more words to search for.", field="q")
        if len(self.query) > settings.max_query_characters:
            raise UnsearchableQueryError(
                f"The query has {len(self.query)} characters; at most {settings.max_query_characters} are searched. "
                "Shorten it, or raise the setting max_query_characters.",
                field="q",
            )
        for name, value, choices in (("mode", self.mode, MODES), ("sort", self.sort, SORTS)):
            if value not in choices:
                raise QueryError(f"Unknown {name} {value!r}. Choose one of: {', '.join(choices)}.", field=name)
        for name, number in (("page", self.page), ("size", self.size)):
            if not isinstance(number, int):
                raise QueryError(f"The {name} is {number!r}; it must be a whole number.", field=name)
        if self.page < 1:
            raise QueryError(f"The page is {self.page}. Pages are counted from 1.", field="page")
        if self.after and self.page != 1:
            raise CursorError(
                f"There are both a page, {self.page}, and a cursor. Leave one of them out.", field="after"
            )
        if not 1 <= self.size <= settings.max_page_size:
            raise QueryError(
                f"The size is {self.size}. A page has between 1 and {settings.max_page_size} hits.", field="size"
            )
        if not self.after and self.page * self.size > settings.max_depth:
            raise UnsearchableQueryError(
                f"Page {self.page} with {self.size} hits a page is deeper than {settings.max_depth} hits. "
                "Go on from an earlier page with its `after` (the address `next` has it), or narrow the query.",
                field="page",
            )
        for name in ("author", "source", "section", "tag"):
            if len(getattr(self, name)) > settings.max_filter_values:
                raise UnsearchableQueryError(
                    f"There are {len(getattr(self, name))} values of {name}; at most {settings.max_filter_values} are "
                    "looked for. Leave some out, or raise the setting max_filter_values.",
                    field=name,
                )
        for name, value in (("from", self.date_from), ("to", self.date_to)):
            if value and not _DATE_PREFIX.fullmatch(value):
                raise QueryError(
                    f"The date {name!r} is {value!r}. Write a year, a month or a day: 2015, 2015-07 or 2015-07-21.",
                    field=name,
                )
            if value and not _is_in_calendar(value):
                raise UnsearchableQueryError(f"The date {name!r} is {value!r}. There is no such day.", field=name)


def _is_in_calendar(prefix: str) -> bool:
    """Whether there is such a year, month or day."""
    try:
        datetime.date.fromisoformat(prefix + "-01-01"[len(prefix) - 4 :] if len(prefix) < 10 else prefix)
    except ValueError:
        return False
    return True
