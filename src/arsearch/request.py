"""What is asked, and what comes back."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from arsearch.arabic import fold
from arsearch.corpus import Article
from arsearch.errors import CursorError, QueryError, QueryTimeoutError, UnsearchableQueryError
from arsearch.settings import Settings

__all__ = ["MODES", "ROUGH", "SORTS", "Hit", "Notice", "SearchRequest", "SearchResults", "all_hits", "check_whole"]

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One article found."""

    id: str
    score: float
    title: str
    snippet: str
    """HTML-escaped text in which only ``<mark>`` is markup."""
    article: Article
    explanation: dict[str, Any] = field(default_factory=dict)
    """What the score is made of: each side, each feature, and under ``by_word`` what each word adds."""
    copies: tuple[Article, ...] = ()
    """Articles that say the same, elsewhere or under another id; they are found with this one only."""

    def as_dict(self) -> dict[str, Any]:
        """Return the hit as the API answers it: without the body."""
        article = self.article
        answer = {
            "id": self.id,
            "score": round(self.score, 6),
            "title": self.title,
            "snippet": self.snippet,
            "author": article.author,
            "date": article.date,
            "source": article.source,
            "url": article.url,
            "tags": list(article.tags),
            "language": article.language,
            "copies": [
                {name: getattr(copy, name) for name in ("id", "title", "source", "url", "date")} for copy in self.copies
            ],
        }
        return answer | ({"explain": self.explanation} if self.explanation else {})

    @classmethod
    def from_dict(cls, answer: Mapping[str, Any]) -> Self:
        """Return the hit that ``as_dict`` wrote, whose article has a body only if *answer* has one."""
        known = {name: answer.get(name, "") for name in ("id", "title", "body", "author", "date", "source", "url")}
        article = Article(**known, tags=tuple(answer.get("tags", ())), language=answer.get("language", ""))
        return cls(
            id=article.id,
            score=answer.get("score", 0.0),
            title=article.title,
            snippet=answer.get("snippet", ""),
            article=article,
            explanation=answer.get("explain", {}),
            copies=tuple(Article(body="", **copy) for copy in answer.get("copies", ())),
        )


ROUGH = ("out-of-time", "incomplete")
"""Kinds of notices of results that may be other ones the next time, though nothing has changed."""


@dataclass(frozen=True, slots=True)
class Notice:
    """What the reader should know about an answer: *kind* for programs, *text* in plain English."""

    kind: str
    """``no-model``, ``common-words``, ``no-phrase`` or ``suggested``."""
    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchResults:
    """What an index answers."""

    query: str
    mode: str
    """The mode that answered: ``lexical`` when the model of the semantic side could not be loaded."""
    total: int
    total_relation: str
    """``eq`` if *total* is exact, ``gte`` if the semantic side could have proposed more."""
    took_ms: float
    page: int
    size: int
    suggestion: str | None
    """What may have been meant: another spelling, keyboard layout or script."""
    answered: str | None
    """The query that these are the results of, where it is not the one that was asked: then it is the suggestion."""
    notice: Notice | None
    facets: dict[str, list[tuple[str, int]]]
    hits: tuple[Hit, ...]
    explanation: dict[str, Any] = field(default_factory=dict)
    """How the query was read, if that was asked for: tokens, expansions with weights, corrections considered."""
    after: str | None = None
    """The cursor that goes on after these hits; None when these are the last."""
    shards: int = 0
    """Parts that an index on a cluster was asked in; of these *failed_shards* gave no answer, and their hits are
    missing."""
    failed_shards: int = 0

    def __iter__(self) -> Iterator[Hit]:
        """Iterate over the hits, best first."""
        return iter(self.hits)

    def __len__(self) -> int:
        """How many hits there are on this page; *total* says how many there are in all."""
        return len(self.hits)

    @property
    def is_rough(self) -> bool:
        """Whether these may be other results the next time: good ones, but in no order to go on in."""
        return self.notice is not None and self.notice.kind in ROUGH

    def as_dict(self) -> dict[str, Any]:
        """Return the answer as JSON types, in the order of the contract."""
        answer = {
            "query": self.query,
            "mode": self.mode,
            "total": self.total,
            "total_relation": self.total_relation,
            "took_ms": round(self.took_ms, 1),
            "page": self.page,
            "size": self.size,
            "suggestion": self.suggestion,
            "notice": self.notice.text if self.notice else None,
            "notice_kind": self.notice.kind if self.notice else None,
            "facets": {
                name: [{"value": value, "count": count} for value, count in values]
                for name, values in self.facets.items()
            },
            "hits": [hit.as_dict() for hit in self.hits],
            "after": self.after,
        }
        # Only where there is something to say.
        said: dict[str, Any] = {"answered": self.answered, "explain": self.explanation}
        if self.failed_shards:
            said["shards"] = {"total": self.shards, "failed": self.failed_shards}
        return answer | {name: value for name, value in said.items() if value}

    @classmethod
    def from_dict(cls, answer: Mapping[str, Any]) -> Self:
        """Return the results that ``as_dict`` wrote; members this version does not know are passed over."""
        notice = answer.get("notice")
        return cls(
            query=answer["query"],
            mode=answer["mode"],
            total=answer["total"],
            total_relation=answer["total_relation"],
            took_ms=answer["took_ms"],
            page=answer["page"],
            size=answer["size"],
            suggestion=answer.get("suggestion"),
            answered=answer.get("answered"),
            notice=Notice(answer.get("notice_kind") or "", notice) if notice else None,
            facets={
                name: [(counted["value"], counted["count"]) for counted in values]
                for name, values in answer.get("facets", {}).items()
            },
            hits=tuple(map(Hit.from_dict, answer["hits"])),
            explanation=answer.get("explain", {}),
            after=answer.get("after"),
            shards=answer.get("shards", {}).get("total", 0),
            failed_shards=answer.get("shards", {}).get("failed", 0),
        )


def all_hits(search: Callable[[str], SearchResults]) -> Iterator[Hit]:
    """Yield the hits of *search* ``("")``, and of what it answers with each cursor, until there are no others.

    Raises QueryTimeoutError where an order is not whole: to go on would lose hits, and to stop would hide them.
    """
    after: str | None = ""
    while after is not None:
        results = search(after)
        check_whole(results)
        yield from results
        after = results.after


def check_whole(results: SearchResults) -> None:
    """Raise QueryTimeoutError if *results* are not in their whole order."""
    if results.is_rough:
        raise QueryTimeoutError(f"The order of the results is not whole. {results.notice} Try again later.")
