"""Asking a server of arsearch from Python, as one asks an index of one's own.

>>> from arsearch.client import Client
>>> with Client("http://127.0.0.1:8000") as client:          # doctest: +SKIP
...     for hit in client.search("التعاون الأمني", limit=5):
...         print(hit.score, hit.title)

:class:`AsyncClient` has the same methods to be awaited. What is asked and what answers mean stands in both the same:
:mod:`arsearch.client.calls` makes requests and reads responses, and knows nothing of sockets.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from typing import Any, Self

import httpx2

from arsearch import __version__
from arsearch.client.calls import Call, Calls, Value, Written, error_of
from arsearch.corpus import Article
from arsearch.errors import ArsearchError, ServiceError
from arsearch.search.passages.request import PassageRequest
from arsearch.search.passages.results import PassageResults
from arsearch.search.request import SearchRequest, TextKind
from arsearch.search.results import Hit, SearchResults, all_hits, check_whole

__all__ = ["AsyncClient", "Client", "Written"]

_API = "api/v1/"
_TRY_AGAIN = frozenset({429, 502, 503, 504})
"""Statuses that may be another one a little later."""
_BROKEN = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.RemoteProtocolError, httpx2.ReadError, httpx2.WriteError)
"""What happens when a server is started anew; every request here may be sent again: it reads, or writes the same."""
_FIRST_WAIT = 0.2
_LONGEST_WAIT = 10.0


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
    def _sent(call: Call[Any]) -> dict[str, Any]:
        if call.body is None:
            return {"params": call.parameters, "headers": call.headers}
        content = json.dumps(call.body, ensure_ascii=False).encode("utf-8", "replace")
        headers = {"Content-Type": "application/json", **call.headers}
        return {"params": call.parameters, "content": content, "headers": headers}

    @staticmethod
    def _result(call: Call[Value], outcome: httpx2.Response | Exception) -> Value:
        """Return what the answer says. Raises what the server raised."""
        if isinstance(outcome, Exception):
            what = "did not answer in time" if isinstance(outcome, httpx2.TimeoutException) else "cannot be reached"
            raise ServiceError(f"The server {what}: {outcome or type(outcome).__name__}.") from outcome
        try:
            answer = outcome.json()
            if outcome.is_success:
                return call.read(answer)
            error = error_of(answer)
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
        return self._ask(Calls.search(query, limit, bodies, request))

    def search_many(
        self, queries: Sequence[str | SearchRequest], *, bodies: bool = True
    ) -> list[SearchResults | ArsearchError]:
        """Answer all *queries* at once, from one commit of the index; what is wrong with one is that one's answer."""
        return self._ask(Calls.search_many(queries, bodies))

    def hits(self, query: str, *, size: int = 100, bodies: bool = True, **request: Any) -> Iterator[Hit]:
        """Yield all hits of *query*, best first, each once, *size* at a time.

        Raises ExpiredCursorError if the index they began in is not kept any more, and what ``search`` raises.
        """
        return all_hits(lambda after: self.search(query, size=size, bodies=bodies, after=after, **request))

    def article(self, identifier: str) -> Article:
        """Return the article with this id. Raises ArticleNotFoundError."""
        return self._ask(Calls.article(identifier))

    def similar(self, identifier: str, limit: int = 5) -> list[Article]:
        """Return the articles nearest in meaning to one, without bodies. Raises ArticleNotFoundError."""
        return self._ask(Calls.similar(identifier, limit))

    def suggest(self, text: str, limit: int = 8) -> list[str]:
        """Return at most *limit* ways in which *text* may go on."""
        return self._ask(Calls.suggest(text, limit))

    def passages(self, query: str | PassageRequest, *, limit: int | None = None, **request: Any) -> PassageResults:
        """Return the passages that answer *query* best, as ``Searcher.passages`` does.

        Raises what ``search`` raises.
        """
        return self._ask(Calls.passages(query, limit, request))

    def embed(self, texts: Sequence[str], kind: TextKind = "query") -> list[list[float]]:
        """Return the vectors of *texts*, queries or passages, as the server's index compares them.

        Raises UnsearchableQueryError for more texts than the server embeds at once, EncoderError or ServiceError.
        """
        return self._ask(Calls.embed(texts, kind))

    def put(
        self, article: Article | Mapping[str, Any], *, wait: bool = False, if_match: str = "", only_new: bool = False
    ) -> Written:
        """Write *article*, which has an id, in the place of the one that is there, if any.

        It is on the server's disk then; to *wait* is to return when it can be found. With *if_match* it is written only
        if the article there has this version, with *only_new* only if there is none. Raises WriteConflictError if not,
        QueryError for what cannot be an article, ReadOnlyServerError, WriteBacklogError or ServiceError.
        """
        return self._ask(Calls.put(article, wait, if_match, only_new))

    def patch(self, identifier: str, *, wait: bool = False, if_match: str = "", **changes: Any) -> Written:
        """Change fields of an article; None takes one away. Raises ArticleNotFoundError, and what ``put`` raises."""
        return self._ask(Calls.patch(identifier, changes, wait, if_match))

    def delete(self, identifier: str, *, wait: bool = False, if_match: str = "") -> Written:
        """Delete an article, and keep it out. Raises ArticleNotFoundError, and what ``put`` raises."""
        return self._ask(Calls.delete(identifier, wait, if_match))

    def put_many(
        self, articles: Iterable[Article | Mapping[str, Any]], *, wait: bool = False
    ) -> list[Written | ArsearchError]:
        """Write all *articles* in one request; what is wrong with one is that one's answer."""
        return self._ask(Calls.put_many(articles, wait))

    def delete_by_query(self, query: str, *, dry_run: bool = False, wait: bool = False, **filters: Any) -> list[str]:
        """Delete what a search by words finds, or with *dry_run* nothing; return the ids, a thousand at most."""
        return self._ask(Calls.delete_by_query(query, dry_run, wait, filters))

    def is_visible(self, task: str) -> bool:
        """Whether the writes of a *task* can be found."""
        return self._ask(Calls.is_visible(task))

    def _ask(self, call: Call[Value]) -> Value:
        tried = 1
        while True:
            outcome = self._try(call)
            pause = self._pause(tried, outcome)
            if pause is None:
                return self._result(call, outcome)
            time.sleep(pause)
            tried += 1

    def _try(self, call: Call[Any]) -> httpx2.Response | Exception:
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
        return await self._ask(Calls.search(query, limit, bodies, request))

    async def search_many(
        self, queries: Sequence[str | SearchRequest], *, bodies: bool = True
    ) -> list[SearchResults | ArsearchError]:
        """As :meth:`Client.search_many`."""
        return await self._ask(Calls.search_many(queries, bodies))

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
        return await self._ask(Calls.article(identifier))

    async def similar(self, identifier: str, limit: int = 5) -> list[Article]:
        """As :meth:`Client.similar`."""
        return await self._ask(Calls.similar(identifier, limit))

    async def suggest(self, text: str, limit: int = 8) -> list[str]:
        """As :meth:`Client.suggest`."""
        return await self._ask(Calls.suggest(text, limit))

    async def passages(
        self, query: str | PassageRequest, *, limit: int | None = None, **request: Any
    ) -> PassageResults:
        """As :meth:`Client.passages`."""
        return await self._ask(Calls.passages(query, limit, request))

    async def embed(self, texts: Sequence[str], kind: TextKind = "query") -> list[list[float]]:
        """As :meth:`Client.embed`."""
        return await self._ask(Calls.embed(texts, kind))

    async def put(
        self, article: Article | Mapping[str, Any], *, wait: bool = False, if_match: str = "", only_new: bool = False
    ) -> Written:
        """As :meth:`Client.put`."""
        return await self._ask(Calls.put(article, wait, if_match, only_new))

    async def patch(self, identifier: str, *, wait: bool = False, if_match: str = "", **changes: Any) -> Written:
        """As :meth:`Client.patch`."""
        return await self._ask(Calls.patch(identifier, changes, wait, if_match))

    async def delete(self, identifier: str, *, wait: bool = False, if_match: str = "") -> Written:
        """As :meth:`Client.delete`."""
        return await self._ask(Calls.delete(identifier, wait, if_match))

    async def put_many(
        self, articles: Iterable[Article | Mapping[str, Any]], *, wait: bool = False
    ) -> list[Written | ArsearchError]:
        """As :meth:`Client.put_many`."""
        return await self._ask(Calls.put_many(articles, wait))

    async def delete_by_query(
        self, query: str, *, dry_run: bool = False, wait: bool = False, **filters: Any
    ) -> list[str]:
        """As :meth:`Client.delete_by_query`."""
        return await self._ask(Calls.delete_by_query(query, dry_run, wait, filters))

    async def is_visible(self, task: str) -> bool:
        """As :meth:`Client.is_visible`."""
        return await self._ask(Calls.is_visible(task))

    async def _ask(self, call: Call[Value]) -> Value:
        tried = 1
        while True:
            outcome = await self._try(call)
            pause = self._pause(tried, outcome)
            if pause is None:
                return self._result(call, outcome)
            await asyncio.sleep(pause)
            tried += 1

    async def _try(self, call: Call[Any]) -> httpx2.Response | Exception:
        try:
            return await self._http.request(call.method, call.path, **self._sent(call))
        except httpx2.HTTPError as error:
            return error
