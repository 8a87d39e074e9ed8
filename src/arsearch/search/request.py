"""What a search is asked."""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal, Self, get_args

from arsearch.arabic import fold
from arsearch.article_fields import KEYWORDS, OwnField, OwnFields
from arsearch.common.hijri import days_of_hijri, is_hijri
from arsearch.errors import CursorError, QueryError, UnsearchableQueryError
from arsearch.lexical import value_range
from arsearch.settings import Mode, Settings

__all__ = [
    "LONGEST_HALF_LIFE", "MODES", "SORTS", "SearchRequest", "Sort", "TextKind", "current_hour", "own_sorts",
]  # fmt: skip

Sort = Literal["relevance", "date", "newest", "oldest"]
TextKind = Literal["query", "passage"]
"""What a text is that is embedded."""
MODES: tuple[Mode, ...] = get_args(Mode)
SORTS: tuple[Sort, ...] = get_args(Sort)

LONGEST_HALF_LIFE = 36_500.0
"""A hundred years, in days."""

_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2})?", re.ASCII)
_DATE_PREFIX = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchRequest:
    """One question to an index. Values of one filter are alternatives; several filters must all fit."""

    query: str
    """As the reader typed it, in the query language."""
    mode: str = "hybrid"
    """``hybrid``, ``lexical`` or ``semantic``."""
    page: int = 1
    """From 1."""
    size: int = 10
    """Hits on a page."""
    sort: str = "relevance"
    """``relevance``, ``date`` or ``newest``, which are the same, or ``oldest``; or an own number or date: ``pages`` the
    least first, ``-pages`` the greatest. What has no date, or no such value, comes last."""
    author: tuple[str, ...] = ()
    """Only articles by any of these authors."""
    source: tuple[str, ...] = ()
    """Only articles from any of these sources."""
    section: tuple[str, ...] = ()
    """Only articles whose first tag is any of these."""
    tag: tuple[str, ...] = ()
    """Only articles with any of these tags."""
    date_from: str = ""
    """The first date: a year, a month or a day (``2015``, ``2015-07``, ``2015-07-21``); empty for none. Years from 1300
    to 1499 are Hijri."""
    date_to: str = ""
    """The last date, inclusive: ``2015`` ends with the year."""
    filters: Mapping[str, str | Iterable[str]] | tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Own fields by name, each with a value or several, any of which is enough; of numbers and dates also ranges:
    ``10..200``, ``2015-07..``."""
    facets: bool = False
    """Whether to count the most frequent values of each facet."""
    explain: bool = False
    """Whether results and hits come with their explanations, which take time."""
    operators: bool = True
    """Whether quotes and minus signs mean something; without them the query is plain text, such as a question."""
    synonyms: bool | None = None
    """Whether other names of the words count too, from the language and from the maintainer's file; None: where
    operators mean something."""
    as_typed: bool = False
    """Whether to answer what was typed, even where nothing has it and there is a suggestion."""
    stories: bool = False
    """Whether to say which of the hits tell of the same matter over some days."""
    snippets: bool = True
    """Whether hits come with snippets; whoever only wants the ranking saves their time."""
    freshness: float | None = None
    """Half-life of what it counts that an article is new, in days; 0: its date counts nothing; None: as is set. It has
    a say where hits are sorted by relevance."""
    now: str = ""
    """What counts as now for freshness: a day, or a second without a zone (``2015-07-21T10:00:00``); empty for the
    beginning of the current hour, UTC."""
    vector: tuple[float, ...] = ()
    """What the meaning of articles is compared with instead of that of the query's words: as many numbers as the
    index's encoder gives, of any length but 0. Empty: the query is embedded."""
    after: str = ""
    """Goes on after the hits of earlier results, whose *after* this is; the question must be the same. No page then."""

    def __post_init__(self) -> None:
        # A single value is easily given as a text, which is a sequence too.
        for name in KEYWORDS:
            if (given := getattr(self, name)) != ():
                object.__setattr__(self, name, _values(given))
        if self.filters != ():
            pairs = self.filters.items() if isinstance(self.filters, Mapping) else self.filters
            object.__setattr__(self, "filters", tuple(sorted((name, _values(given)) for name, given in pairs)))
        if type(self.vector) is not tuple or self.vector:
            object.__setattr__(self, "vector", tuple(map(float, self.vector)))
        for name in ("date_from", "date_to"):  # digits of any script
            if given := getattr(self, name):
                object.__setattr__(self, name, fold(given))
        if self.now:
            object.__setattr__(self, "now", fold(self.now).upper())
        if self.sort == "newest":
            object.__setattr__(self, "sort", "date")

    @property
    def gregorian_dates(self) -> tuple[str, str]:
        """The first and the last date; those of Hijri years as the Gregorian days that they are."""
        first, last = self.date_from, self.date_to
        return (
            days_of_hijri(first)[0].isoformat() if is_hijri(first) else first,
            days_of_hijri(last)[1].isoformat() if is_hijri(last) else last,
        )

    @property
    def own_filters(self) -> dict[str, tuple[str, ...]]:
        """The values that own fields may have, by name."""
        return {name: _values(values) for name, values in dict(self.filters).items()}

    @property
    def own_sort(self) -> str:
        """The own field that decides the order; empty where none does."""
        return "" if self.sort in SORTS else self.sort.removeprefix("-")

    def keywords(self, own: OwnFields = ()) -> dict[str, tuple[str, ...]]:
        """Return the values of all keyword fields, the *own* ones too, by what the index calls them."""
        if not self.filters:
            return {name: getattr(self, name) for name in KEYWORDS}
        filters = self.own_filters
        given = {field.index_name: filters[field.name] for field in own if field.name in filters}
        return {name: getattr(self, name) for name in KEYWORDS} | {
            name: values for name, values in given.items() if not _ordered(name)
        }

    def ranges(self, own: OwnFields) -> dict[str, list[tuple[float, float]]]:
        """Return the ranges that are asked for, by what the index calls the field."""
        filters = self.own_filters if self.filters else {}
        return {
            field.index_name: [bounds for text in filters[field.name] if (bounds := value_range(field, text))]
            for field in own
            if field.has_order and filters.get(field.name)
        }

    @property
    def half_life(self) -> float:
        """The half-life of freshness where that has a say, in days; else 0."""
        return (self.freshness or 0.0) if self.sort == "relevance" else 0.0

    def at_its_time(self, settings: Settings) -> Self:
        """Return it with the half-life that *settings* say where it says none, and with the current hour as now."""
        if self.freshness is None and settings.freshness:
            return replace(self, freshness=settings.freshness, now=self.moment(settings))
        moment = self.moment(settings)
        return self if moment == self.now else replace(self, now=moment)

    def moment(self, settings: Settings) -> str:
        """Return what counts as now; where it says nothing, the current hour if freshness has a say, else nothing."""
        has_half_life = settings.freshness if self.freshness is None else self.freshness
        return current_hour() if not self.now and has_half_life and self.sort == "relevance" else self.now

    def check(self, settings: Settings) -> None:
        """Raise QueryError for values that mean nothing, UnsearchableQueryError for those over a limit.

        What concerns own fields :meth:`check_own` tells, which knows those of an index.
        """
        if not self.query.strip():
            raise QueryError("The query is empty. Type one or more words to search for.", field="q")
        if len(self.query) > settings.max_query_characters:
            raise UnsearchableQueryError(
                f"The query has {len(self.query)} characters; at most {settings.max_query_characters} are searched. "
                "Shorten it, or raise the setting max_query_characters.",
                field="q",
            )
        if self.mode not in MODES:
            raise QueryError(f"Unknown mode {self.mode!r}. Choose one of: {', '.join(MODES)}.", field="mode")
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
        if self.freshness is not None and not 0 <= self.freshness <= LONGEST_HALF_LIFE:
            raise QueryError(
                f"The freshness is {self.freshness:g}. It is a number of days between 0, which means that dates count "
                f"nothing, and {LONGEST_HALF_LIFE:g}.",
                field="freshness",
            )
        if self.now:
            self._check_now()
        given = [(name, getattr(self, name)) for name in KEYWORDS]
        if self.filters:
            given += [(f"filter.{name}", values) for name, values in self.own_filters.items()]
        for name, values in given:
            if len(values) > settings.max_filter_values:
                raise UnsearchableQueryError(
                    f"There are {len(values)} values of {name}; at most {settings.max_filter_values} are "
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

    def _check_now(self) -> None:
        """Raise QueryError if *now* is no moment."""
        if not _MOMENT.fullmatch(self.now):
            raise QueryError(
                f"The time 'now' is {self.now[:_SHOWN]!r}. Write a day, or a second without a zone: 2015-07-21, "
                "2015-07-21T10:00:00.",
                field="now",
            )
        try:
            datetime.datetime.fromisoformat(self.now)
        except ValueError:
            raise UnsearchableQueryError(
                f"The time 'now' is {self.now!r}. There is no such moment.", field="now"
            ) from None

    def check_vector(self, dimension: int) -> None:
        """Raise UnsearchableQueryError for a vector that cannot be compared with those of *dimension* numbers."""
        if not self.vector:
            return
        if self.mode == "lexical":
            raise UnsearchableQueryError("There is a vector, which the mode lexical does not look at.", field="vector")
        if len(self.vector) != dimension:
            raise UnsearchableQueryError(
                f"The vector has {len(self.vector)} numbers; those of this index have {dimension}.", field="vector"
            )
        if not all(map(math.isfinite, self.vector)) or not any(self.vector):
            raise UnsearchableQueryError("The vector has no direction: it needs numbers, not all 0.", field="vector")

    def check_own(self, own: OwnFields) -> None:
        """Raise QueryError where fields are meant that are none of the *own* ones of an index, or of another kind."""
        sorts = (*SORTS, *own_sorts(own))
        if self.sort not in sorts:
            raise QueryError(f"Unknown sort {self.sort!r}. Choose one of: {', '.join(sorts)}.", field="sort")
        known = {field.name: field for field in own if field.is_filter}
        for name, values in self.own_filters.items():
            if name not in known:
                named = f"Known are: {', '.join(known)}" if known else "It has no fields of its own"
                raise QueryError(
                    f"The index has no field {name[:_SHOWN]!r} to filter by. {named}.", field=f"filter.{name[:_SHOWN]}"
                )
            if known[name].has_order:
                for value in values:
                    if value_range(known[name], value) is None:
                        raise UnsearchableQueryError(
                            f"The filter {name} is {value[:_SHOWN]!r}. {_WRITTEN[known[name].kind]}",
                            field=f"filter.{name}",
                        )


_SHOWN = 40
_WRITTEN = {
    "number": "Write a number or a range of numbers: 120, 10..200, 10.. or ..200.",
    "date": "Write a year, a month, a day or a range of them: 2015, 2015-07..2015-08, 2015-07-21.. or ..2015.",
}


def current_hour() -> str:
    """Return the beginning of the current hour, UTC: answers are the same for as long, and can be kept."""
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:00:00")


def own_sorts(own: OwnFields) -> tuple[str, ...]:
    """Return the orders of hits by the *own* fields."""
    return tuple(name for field in own if field.has_order for name in (field.name, f"-{field.name}"))


def _values(given: str | Iterable[str]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given)


def _ordered(index_name: str) -> bool:
    field = OwnField.of_index_name(index_name)
    return field is not None and field.has_order


def _is_in_calendar(prefix: str) -> bool:
    """Whether there is such a year, month or day."""
    try:
        if is_hijri(prefix):
            days_of_hijri(prefix)
            return True
        datetime.date.fromisoformat(prefix + "-01-01"[len(prefix) - 4 :] if len(prefix) < 10 else prefix)
    except ValueError:
        return False
    return True
