"""What a search answers: results, hits and notices, also as JSON types."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Self, TypeAlias, cast

from arsearch.article_fields import extra_from_json
from arsearch.corpus import Article, shown_fields
from arsearch.errors import QueryTimeoutError
from arsearch.search.grouping.stories import Story

__all__ = ["ROUGH", "Hit", "Notice", "NoticeKind", "SearchResults", "all_hits", "check_whole"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One article found."""

    id: str
    """The article's."""
    score: float
    """A log-odds; in the mode ``semantic`` a cosine, and with the setting ``fusion = rrf`` a sum of reciprocal
    ranks."""
    title: str
    """The article's, plain text."""
    snippet: str
    """HTML-escaped text in which only ``<mark>`` is markup."""
    article: Article
    """The article; from the client of a server it has a body only if that was asked for."""
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
        answer |= {name: value for name, value in article.shown_as_json().items() if name != "structure"}
        answer |= {"extra": article.extra_as_json()} if article.extra else {}
        return answer | ({"explain": self.explanation} if self.explanation else {})

    @classmethod
    def from_dict(cls, answer: Mapping[str, Any]) -> Self:
        """Return the hit that ``as_dict`` wrote, whose article has a body only if *answer* has one."""
        known = {name: answer.get(name, "") for name in ("id", "title", "body", "author", "date", "source", "url")}
        article = Article(
            **known,
            tags=tuple(answer.get("tags", ())),
            language=answer.get("language", ""),
            extra=extra_from_json(answer.get("extra", {})),
            **shown_fields(answer),
        )
        return cls(
            id=article.id,
            score=answer.get("score", 0.0),
            title=article.title,
            snippet=answer.get("snippet", ""),
            article=article,
            explanation=answer.get("explain", {}),
            copies=tuple(Article(body="", **copy) for copy in answer.get("copies", ())),
        )


NoticeKind: TypeAlias = Literal[
    "common-words",
    "hijri-dates",
    "incomplete",
    "no-model",
    "no-phrase",
    "out-of-time",
    "suggested",
    "unknown-words",
    "vectors-waiting",
]
"""What a notice says, for programs; docs/api.md says what each means."""

ROUGH: tuple[NoticeKind, ...] = ("out-of-time", "incomplete")
"""Kinds of notices of results that may be other ones the next time, though nothing has changed."""


@dataclass(frozen=True, slots=True)
class Notice:
    """What the reader should know about an answer: *kind* for programs, *text* in plain English."""

    kind: NoticeKind
    """For programs."""
    text: str
    """For readers, a sentence in English."""

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchResults:
    """What an index answers."""

    query: str
    """As it was asked."""
    mode: str
    """The mode that answered: ``lexical`` when the model of the semantic side could not be loaded."""
    total: int
    """Articles found, on this page or not."""
    total_relation: str
    """``eq`` if *total* is exact. ``gte`` if there may be more: in semantic mode, which proposes the nearest articles
    only, and where an index is too large to count all matches."""
    took_ms: float
    """Milliseconds that the search took."""
    page: int
    """From 1; after a cursor, the page on which the first hit would stand."""
    size: int
    """The most hits that the page may have."""
    suggestion: str | None
    """What may have been meant: another spelling, keyboard layout or script."""
    answered: str | None
    """The query that these are the results of, where it is not the one that was asked: then it is the suggestion."""
    notice: Notice | None
    """What the reader should know, None if there is nothing."""
    facets: dict[str, list[tuple[str, int]]]
    """For each facet its most frequent values with how many of the articles found have them, the most frequent first.
    Empty unless asked for."""
    hits: tuple[Hit, ...]
    """Those of this page, in their order."""
    explanation: dict[str, Any] = field(default_factory=dict)
    """How the query was read, if that was asked for: tokens, expansions with weights, corrections considered."""
    after: str | None = None
    """The cursor that goes on after these hits; None when these are the last."""
    shards: int = 0
    """Parts that an index on a cluster was asked in, 0 on disk."""
    failed_shards: int = 0
    """Of *shards*, those that gave no answer; their hits are missing."""
    stories: tuple[Story, ...] = ()
    """Those among the hits, if that was asked for."""
    has_more: bool = field(default=False, compare=False)
    """Whether hits follow behind these; then *after* goes on with them, unless the order is a rough one."""

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
        return self.with_hits([hit.as_dict() for hit in self.hits])

    def with_hits(self, hits: list[dict[str, Any]]) -> dict[str, Any]:
        """Return the answer as ``as_dict`` does, with *hits* in place of those that it would make."""
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
            "hits": hits,
            "after": self.after,
        }
        # Only where there is something to say.
        said: dict[str, Any] = {"answered": self.answered, "explain": self.explanation}
        if self.stories:
            said["stories"] = [
                {"ids": list(story.ids), "first": story.first, "last": story.last} for story in self.stories
            ]
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
            notice=Notice(cast("NoticeKind", answer.get("notice_kind") or ""), notice) if notice else None,
            facets={
                name: [(counted["value"], counted["count"]) for counted in values]
                for name, values in answer.get("facets", {}).items()
            },
            hits=tuple(map(Hit.from_dict, answer["hits"])),
            explanation=answer.get("explain", {}),
            after=answer.get("after"),
            stories=tuple(
                Story(tuple(story["ids"]), story["first"], story["last"]) for story in answer.get("stories", ())
            ),
            shards=answer.get("shards", {}).get("total", 0),
            failed_shards=answer.get("shards", {}).get("failed", 0),
            has_more=answer.get("after") is not None,
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
