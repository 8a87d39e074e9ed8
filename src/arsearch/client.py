"""Asking a server of arsearch from Python, as one asks an index of one's own.

>>> from arsearch.client import Client
>>> with Client("http://127.0.0.1:8000") as client:          # doctest: +SKIP
...     for hit in client.search("التعاون الأمني", limit=5):
...         print(hit.score, hit.title)

:class:`AsyncClient` has the same methods to be awaited. What is asked and what answers mean stands in both the same:
:class:`_Calls` makes requests and reads responses, and knows nothing of sockets.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any, Generic, Self, TypeVar

import httpx2

from arsearch import __version__
from arsearch.article_fields import extra_from_json
from arsearch.corpus import Article
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
    ServiceError,
    UnsearchableQueryError,
)
from arsearch.search.request import SearchRequest
from arsearch.search.results import Hit, SearchResults, all_hits, check_whole

__all__ = ["AsyncClient", "Client"]

_API = "api/v1/"
_NAMES = {"query": "q", "date_from": "from", "date_to": "to", "filters": "filter"}
"""Members of the API that are called otherwise than fields of a SearchRequest."""
_HIT = ["score", "title", "author", "date", "source", "url", "tags", "language", "copies", "extra"]
_TRY_AGAIN = frozenset({429, 502, 503, 504})
"""Statuses that may be another one a little later."""
_BROKEN = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.RemoteProtocolError, httpx2.ReadError, httpx2.WriteError)
"""What happens when a server is started anew; every request here only reads, so it may be sent again."""
_FIRST_WAIT = 0.2
_LONGEST_WAIT = 10.0

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class _Call(Generic[Value]):
    """A request, and what reads its answer."""

    method: str
    path: str
    read: Callable[[Any], Value]
    parameters: dict[str, str | int]
    body: Any = None


class _Calls:
    """What the API is asked and what it answers, without asking it."""

    @staticmethod
    def search(
        query: str | SearchRequest, limit: int | None, bodies: bool, asked: dict[str, Any]
    ) -> _Call[SearchResults]:
        question = _question(query, limit, bodies, asked)
        return _Call("POST", "search", SearchResults.from_dict, {}, question)

    @staticmethod
    def search_many(queries: Sequence[str | SearchRequest], bodies: bool) -> _Call[list[SearchResults | ArsearchError]]:
        searches = [_question(query, None, bodies, {}) for query in queries]
        return _Call("POST", "msearch", _batch_answers, {}, {"searches": searches})

    @staticmethod
    def article(identifier: str) -> _Call[Article]:
        return _Call("GET", "article", _article, {"id": identifier})

    @staticmethod
    def similar(identifier: str, limit: int) -> _Call[list[Article]]:
        return _Call("GET", "similar", _articles, {"id": identifier, "limit": limit})

    @staticmethod
    def suggest(text: str, limit: int) -> _Call[list[str]]:
        return _Call("GET", "suggest", lambda answer: list(answer["suggestions"]), {"q": text, "limit": limit})


class _Asking:
    """What both clients have in common: an address, and patience."""

    def __init__(self, url: str, *, token: str = "", timeout: float = 10.0, retries: int = 3) -> None:
        """Ask the server at *url*, with the path it is mounted at.

        *token* is a bearer token for servers that want one. An answer may take *timeout* seconds. What may go better
        the next time is tried up to *retries* times more, after growing pauses or when the server says so. Raises
        ServiceError for an address that is none.
        """
        self._retries = retries
        self._options: dict[str, Any] = {
            "base_url": url.rstrip("/") + "/" + _API,
            "timeout": timeout,
            "headers": {"Accept": "application/json, application/problem+json", "User-Agent": f"arsearch/{__version__}"}
            | ({"Authorization": f"Bearer {token}"} if token else {}),
        }
        try:
            address = httpx2.URL(url)
        except httpx2.InvalidURL as error:
            raise ServiceError(f"The address {url!r} cannot be used: {error}.") from error
        if address.scheme not in ("http", "https") or not address.host:
            raise ServiceError(f"The address {url!r} cannot be used. Give one like http://127.0.0.1:8000.")

    def _pause(self, tried: int, outcome: httpx2.Response | Exception) -> float | None:
        """Return how many seconds to wait before the next try after *tried*, None if there is to be none."""
        if tried > self._retries:
            return None
        if isinstance(outcome, httpx2.Response):
            if outcome.status_code not in _TRY_AGAIN:
                return None
            asked = outcome.headers.get("Retry-After", "")
            if asked.isdecimal():  # the server knows best; a long time is for the caller to decide
                return float(asked) if float(asked) <= _LONGEST_WAIT else None
        elif not isinstance(outcome, _BROKEN):
            return None
        longest: float = min(_FIRST_WAIT * 2.0 ** (tried - 1), _LONGEST_WAIT)
        return random.uniform(0.5, 1.0) * longest

    @staticmethod
    def _sent(call: _Call[Any]) -> dict[str, Any]:
        if call.body is None:
            return {"params": call.parameters}
        content = json.dumps(call.body, ensure_ascii=False).encode("utf-8", "replace")
        return {"content": content, "headers": {"Content-Type": "application/json"}}

    @staticmethod
    def _result(call: _Call[Value], outcome: httpx2.Response | Exception) -> Value:
        """Return what the answer says. Raises what the server raised."""
        if isinstance(outcome, Exception):
            what = "did not answer in time" if isinstance(outcome, httpx2.TimeoutException) else "cannot be reached"
            raise ServiceError(f"The server {what}: {outcome or type(outcome).__name__}.") from outcome
        try:
            answer = outcome.json()
            if outcome.is_success:
                return call.read(answer)
            error = _error(answer)
        except (ValueError, KeyError, TypeError, AttributeError) as reason:
            raise ServiceError(
                f"The server answered {outcome.status_code} to {outcome.request.url}, and not as arsearch does. "
                "Check the address.",
                status=outcome.status_code,
            ) from reason
        raise error


class Client(_Asking):
    """Asks a server; safe to use from several threads; a context manager."""

    def __init__(self, url: str, *, token: str = "", timeout: float = 10.0, retries: int = 3) -> None:
        super().__init__(url, token=token, timeout=timeout, retries=retries)
        self._http = httpx2.Client(**self._options)

    __init__.__doc__ = _Asking.__init__.__doc__

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def search(
        self, query: str | SearchRequest, *, limit: int | None = None, bodies: bool = True, **request: Any
    ) -> SearchResults:
        """Answer *query* as ``Searcher.search`` does; what is left open is as the server has it set.

        Without *bodies* the articles of hits have none, which makes answers several times smaller. Raises QueryError,
        QueryTimeoutError, IndexStateError or ServiceError.
        """
        return self._ask(_Calls.search(query, limit, bodies, request))

    def search_many(
        self, queries: Sequence[str | SearchRequest], *, bodies: bool = True
    ) -> list[SearchResults | ArsearchError]:
        """Answer all *queries* at once, from one commit of the index; what is wrong with one is that one's answer."""
        return self._ask(_Calls.search_many(queries, bodies))

    def hits(self, query: str, *, size: int = 100, bodies: bool = True, **request: Any) -> Iterator[Hit]:
        """Yield all hits of *query*, best first, each once, *size* at a time.

        Raises ExpiredCursorError if the index they began in is not kept any more, and what ``search`` raises.
        """
        return all_hits(lambda after: self.search(query, size=size, bodies=bodies, after=after, **request))

    def article(self, identifier: str) -> Article:
        """Return the article with this id. Raises ArticleNotFoundError."""
        return self._ask(_Calls.article(identifier))

    def similar(self, identifier: str, limit: int = 5) -> list[Article]:
        """Return the articles nearest in meaning to one, without bodies. Raises ArticleNotFoundError."""
        return self._ask(_Calls.similar(identifier, limit))

    def suggest(self, text: str, limit: int = 8) -> list[str]:
        """Return at most *limit* ways in which *text* may go on."""
        return self._ask(_Calls.suggest(text, limit))

    def _ask(self, call: _Call[Value]) -> Value:
        tried = 1
        while True:
            outcome = self._try(call)
            pause = self._pause(tried, outcome)
            if pause is None:
                return self._result(call, outcome)
            time.sleep(pause)
            tried += 1

    def _try(self, call: _Call[Any]) -> httpx2.Response | Exception:
        try:
            return self._http.request(call.method, call.path, **self._sent(call))
        except httpx2.HTTPError as error:
            return error


class AsyncClient(_Asking):
    """Asks a server without waiting idly; an asynchronous context manager. The methods are those of :class:`Client`."""

    def __init__(self, url: str, *, token: str = "", timeout: float = 10.0, retries: int = 3) -> None:
        super().__init__(url, token=token, timeout=timeout, retries=retries)
        self._http = httpx2.AsyncClient(**self._options)

    __init__.__doc__ = _Asking.__init__.__doc__

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Let go of the connections."""
        await self._http.aclose()

    async def search(
        self, query: str | SearchRequest, *, limit: int | None = None, bodies: bool = True, **request: Any
    ) -> SearchResults:
        """As :meth:`Client.search`."""
        return await self._ask(_Calls.search(query, limit, bodies, request))

    async def search_many(
        self, queries: Sequence[str | SearchRequest], *, bodies: bool = True
    ) -> list[SearchResults | ArsearchError]:
        """As :meth:`Client.search_many`."""
        return await self._ask(_Calls.search_many(queries, bodies))

    async def hits(self, query: str, *, size: int = 100, bodies: bool = True, **request: Any) -> AsyncIterator[Hit]:
        """As :meth:`Client.hits`, for ``async for``."""
        after: str | None = ""
        while after is not None:
            results = await self.search(query, size=size, bodies=bodies, after=after, **request)
            check_whole(results)
            for hit in results:
                yield hit
            after = results.after

    async def article(self, identifier: str) -> Article:
        """As :meth:`Client.article`."""
        return await self._ask(_Calls.article(identifier))

    async def similar(self, identifier: str, limit: int = 5) -> list[Article]:
        """As :meth:`Client.similar`."""
        return await self._ask(_Calls.similar(identifier, limit))

    async def suggest(self, text: str, limit: int = 8) -> list[str]:
        """As :meth:`Client.suggest`."""
        return await self._ask(_Calls.suggest(text, limit))

    async def _ask(self, call: _Call[Value]) -> Value:
        tried = 1
        while True:
            outcome = await self._try(call)
            pause = self._pause(tried, outcome)
            if pause is None:
                return self._result(call, outcome)
            await asyncio.sleep(pause)
            tried += 1

    async def _try(self, call: _Call[Any]) -> httpx2.Response | Exception:
        try:
            return await self._http.request(call.method, call.path, **self._sent(call))
        except httpx2.HTTPError as error:
            return error


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
    question = {name: value for name, value in question.items() if value not in ("", [], {}) or name == "q"}
    wanted = [*_HIT, *(["snippet"] if request.snippets else []), *(["body"] if bodies else [])]
    return question | {"fields": wanted}


def _article(answer: Any) -> Article:
    extra = extra_from_json(answer.get("extra", {}))
    return Article(**{"body": "", **answer, "tags": tuple(answer["tags"]), "extra": extra})


def _articles(answer: Any) -> list[Article]:
    return [_article(article) for article in answer["articles"]]


def _batch_answers(answer: Any) -> list[SearchResults | ArsearchError]:
    return [
        SearchResults.from_dict(one["answer"]) if "answer" in one else _error(one["problem"])
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
}


def _error(problem: Any) -> ArsearchError:
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
