"""What the API is asked and what it answers, without asking it: requests are made, and answers are read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Generic, TypeVar

from arsearch.article_fields import extra_from_json
from arsearch.corpus import Article, shown_fields
from arsearch.errors import (
    ArsearchError,
    ArticleNotFoundError,
    CursorError,
    EncoderError,
    ExpiredCursorError,
    IndexStateError,
    NoWordError,
    QueryError,
    QueryTimeoutError,
    ReadOnlyServerError,
    ServiceError,
    UnsearchableQueryError,
    WriteBacklogError,
    WriteConflictError,
)
from arsearch.search.passages.request import PASSAGE_FIELDS, PassageRequest
from arsearch.search.passages.results import PassageResults
from arsearch.search.request import SearchRequest
from arsearch.search.results import SearchResults

__all__ = ["Call", "Calls", "Written", "error_of"]

_NAMES = {"query": "q", "date_from": "from", "date_to": "to", "filters": "filter"}
"""Members of the API that are called otherwise than fields of a SearchRequest."""
_NOT_OF_PASSAGES = ("stories", "page", "size", "sort", "facets", "explain", "as_typed", "after", "fields")
_HIT = [
    "score",
    "title",
    "author",
    "date",
    "source",
    "url",
    "tags",
    "language",
    "image",
    "caption",
    "copies",
    "extra",
]

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What became of a write."""

    id: str
    """Of the article."""
    result: str
    """``created``, ``replaced``, ``unchanged`` or ``deleted``."""
    version: str
    """What *if_match* takes; empty for an article that was deleted."""
    notes: tuple[str, ...]
    """What was mended or left out, in English."""
    task: str
    """Ask ``is_visible`` about it."""
    visible: bool
    """Whether it can be found already."""


@dataclass(frozen=True, slots=True)
class Call(Generic[Value]):
    """A request, and what reads its answer."""

    method: str
    path: str
    read: Callable[[Any], Value]
    parameters: dict[str, str | int]
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


class Calls:
    """What the API is asked and what it answers, without asking it."""

    @staticmethod
    def search(
        query: str | SearchRequest, limit: int | None, bodies: bool, asked: dict[str, Any]
    ) -> Call[SearchResults]:
        """Search."""
        question = _question(query, limit, bodies, asked)
        return Call("POST", "search", SearchResults.from_dict, {}, question)

    @staticmethod
    def search_many(queries: Sequence[str | SearchRequest], bodies: bool) -> Call[list[SearchResults | ArsearchError]]:
        """Search several times at once."""
        searches = [_question(query, None, bodies, {}) for query in queries]
        return Call("POST", "msearch", _batch_answers, {}, {"searches": searches})

    @staticmethod
    def passages(query: str | PassageRequest, limit: int | None, asked: dict[str, Any]) -> Call[PassageResults]:
        """Find passages."""
        if isinstance(query, PassageRequest):
            own = {name: getattr(query, name) for name in PASSAGE_FIELDS}
            search: str | SearchRequest = query.search
            others: dict[str, Any] = {}
        else:
            own = {name: value for name, value in asked.items() if name in PASSAGE_FIELDS}
            search, others = query, {name: value for name, value in asked.items() if name not in PASSAGE_FIELDS}
        if limit is not None:
            own["size"] = limit
        question = _question(search, None, False, others)
        question = {name: value for name, value in question.items() if name not in _NOT_OF_PASSAGES}
        question |= {name: value for name, value in own.items() if value is not None}
        return Call("POST", "passages", PassageResults.from_dict, {}, question)

    @staticmethod
    def embed(texts: Sequence[str], kind: str) -> Call[list[list[float]]]:
        """Embed texts."""
        body = {"texts": list(texts), "kind": kind}
        return Call("POST", "embed", lambda answer: list(answer["vectors"]), {}, body)

    @staticmethod
    def article(identifier: str) -> Call[Article]:
        """Fetch an article."""
        return Call("GET", "article", _article, {"id": identifier})

    @staticmethod
    def similar(identifier: str, limit: int) -> Call[list[Article]]:
        """Find similar articles."""
        return Call("GET", "similar", _articles, {"id": identifier, "limit": limit})

    @staticmethod
    def put(article: Article | Mapping[str, Any], wait: bool, if_match: str, only_new: bool) -> Call[Written]:
        """Write an article."""
        record = _record(article)
        parameters = {"id": str(record["id"]), **_refresh(wait)}
        return Call("PUT", "article", _written, parameters, record, _conditions(if_match, only_new))

    @staticmethod
    def patch(identifier: str, changes: dict[str, Any], wait: bool, if_match: str) -> Call[Written]:
        """Change fields of an article."""
        parameters = {"id": identifier, **_refresh(wait)}
        return Call("PATCH", "article", _written, parameters, changes, _conditions(if_match, False))

    @staticmethod
    def delete(identifier: str, wait: bool, if_match: str) -> Call[Written]:
        """Delete an article."""
        parameters = {"id": identifier, **_refresh(wait)}
        return Call("DELETE", "article", _written, parameters, None, _conditions(if_match, False))

    @staticmethod
    def put_many(articles: Iterable[Article | Mapping[str, Any]], wait: bool) -> Call[list[Written | ArsearchError]]:
        """Write many articles."""
        return Call("POST", "articles", _all_written, dict(_refresh(wait)), [*map(_record, articles)])

    @staticmethod
    def delete_by_query(query: str, dry_run: bool, wait: bool, filters: dict[str, Any]) -> Call[list[str]]:
        """Delete what a search finds."""
        asked = {_NAMES.get(name, name): value for name, value in filters.items()}
        body = {"q": query, "dry_run": dry_run, **asked}
        return Call("POST", "delete", lambda answer: list(answer["ids"]), dict(_refresh(wait)), body)

    @staticmethod
    def is_visible(task: str) -> Call[bool]:
        """Ask how far writes have come."""
        return Call("GET", f"tasks/{task}", lambda answer: bool(answer["state"] == "done"), {})

    @staticmethod
    def suggest(text: str, limit: int) -> Call[list[str]]:
        """Complete a text."""
        return Call("GET", "suggest", lambda answer: list(answer["suggestions"]), {"q": text, "limit": limit})


def _question(query: str | SearchRequest, limit: int | None, bodies: bool, asked: dict[str, Any]) -> dict[str, Any]:
    """Return the members of a search in JSON: of a text only what was given with it, so that the server decides."""
    if isinstance(query, str):
        asked = asked if limit is None else {"size": limit} | asked
        request = SearchRequest(query=query, **asked)
        given = {"query", *asked}
    else:
        request, given = query, {field.name for field in fields(SearchRequest)}
    question = {_NAMES.get(name, name): getattr(request, name) for name in sorted(given - {"snippets"})}
    if "filter" in question:
        question["filter"] = {name: list(values) for name, values in request.own_filters.items()}
    question = {name: list(value) if isinstance(value, tuple) else value for name, value in question.items()}
    question = {name: value for name, value in question.items() if value not in ("", [], {}, None) or name == "q"}
    wanted = [*_HIT, *(["snippet"] if request.snippets else []), *(["body", "structure"] if bodies else [])]
    return question | {"fields": wanted}


def _article(answer: Any) -> Article:
    extra = extra_from_json(answer.get("extra", {}))
    fields = {"body": "", **answer, "tags": tuple(answer["tags"]), "extra": extra}
    return Article(**{**fields, **shown_fields(answer)})


def _articles(answer: Any) -> list[Article]:
    return [_article(article) for article in answer["articles"]]


def _record(article: Article | Mapping[str, Any]) -> dict[str, Any]:
    record: dict[str, Any] = article.as_dict() if isinstance(article, Article) else dict(article)
    extra: dict[str, Any] = record.pop("extra", {})
    return record | extra


def _refresh(wait: bool) -> dict[str, str | int]:
    return {"refresh": "wait"} if wait else {}


def _conditions(if_match: str, only_new: bool) -> dict[str, str]:
    return ({"If-Match": f'"{if_match}"'} if if_match else {}) | ({"If-None-Match": "*"} if only_new else {})


def _written(answer: Any) -> Written:
    [item] = answer["items"]
    return _of_item(item, answer)


def _all_written(answer: Any) -> list[Written | ArsearchError]:
    return [error_of(item["problem"]) if "problem" in item else _of_item(item, answer) for item in answer["items"]]


def _of_item(item: Any, answer: Any) -> Written:
    return Written(
        id=item["id"],
        result=item["result"],
        version=item["version"],
        notes=tuple(item["notes"]),
        task=answer["task"],
        visible=answer["visible"],
    )


def _batch_answers(answer: Any) -> list[SearchResults | ArsearchError]:
    return [
        SearchResults.from_dict(one["answer"]) if "answer" in one else error_of(one["problem"])
        for one in answer["answers"]
    ]


_QUERY_ERRORS: dict[str, type[QueryError]] = {
    "invalid-request": QueryError,
    "no-word": NoWordError,
    "unsearchable-query": UnsearchableQueryError,
    "invalid-cursor": CursorError,
    "expired-cursor": ExpiredCursorError,
}
_OTHER_ERRORS: dict[str, type[ArsearchError]] = {
    "no-such-article": ArticleNotFoundError,
    "index-unavailable": IndexStateError,
    "model-unavailable": EncoderError,
    "query-timeout": QueryTimeoutError,
    "write-conflict": WriteConflictError,
    "read-only": ReadOnlyServerError,
    "too-many-writes": WriteBacklogError,
}


def error_of(problem: Any) -> ArsearchError:
    """Return the error that the server raised when it answered with *problem*."""
    kind, detail = problem["type"].rpartition("/")[-1], problem["detail"]
    if kind in _QUERY_ERRORS:
        return _QUERY_ERRORS[kind](detail, field=next((one["field"] for one in problem.get("errors", ())), ""))
    if kind in _OTHER_ERRORS:
        return _OTHER_ERRORS[kind](detail)
    return ServiceError(
        f"The server answered {problem['status']}: {detail}",
        status=problem["status"],
        request_id=problem.get("request_id", ""),
    )
