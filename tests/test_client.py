"""A program that asks a server sees what a program sees that opens the index itself."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

import arsearch
from arsearch import (
    ArsearchError,
    ArticleNotFoundError,
    CursorError,
    ExpiredCursorError,
    NoWordError,
    QueryError,
    Searcher,
    SearchRequest,
    SearchResults,
    ServiceError,
    Settings,
    UnsearchableQueryError,
)
from arsearch.client import AsyncClient, Client, Written
from arsearch.errors import WriteConflictError
from arsearch.index import update_index
from arsearch.index.writes.apply import LogApplier
from arsearch.web.access_tokens import TokenFile

from .own_loop import run
from .web.conftest import Site, serving

QUERIES: list[tuple[str, dict[str, Any]]] = [
    ("القهوة في اليمن", {}),
    ("المدينة", {"limit": 3, "mode": "lexical", "facets": True}),
    ("المدينة", {"sort": "date", "date_from": "2020", "date_to": "٢٠٢٢", "explain": True}),
    ("المدينة", {"author": ("سلمى نصار", "منى"), "page": 2, "size": 1}),
    ("libya", {}),
    ("libya", {"as_typed": True, "mode": "lexical"}),
    ('"بيت الحكمة" -قهوة', {"operators": False, "snippets": False}),
    ("قمر " * 60, {"mode": "lexical"}),
]


@pytest.fixture(scope="module")
def site(corpus_index: Any) -> Iterator[Site]:
    with serving(corpus_index) as site:
        yield site


@pytest.fixture(scope="module")
def client(site: Site) -> Iterator[Client]:
    with Client(site.address) as client:
        yield client


def alike(results: SearchResults) -> SearchResults:
    """Return *results* without what differs from one time to the next, with scores as far as they are sent."""
    hits = tuple(dataclasses.replace(hit, score=round(hit.score, 6)) for hit in results.hits)
    return dataclasses.replace(results, took_ms=0.0, hits=hits)


@pytest.mark.parametrize(("query", "request_"), QUERIES)
def test_results_are_those_of_the_index(
    client: Client, searcher: Searcher, query: str, request_: dict[str, Any]
) -> None:
    assert alike(client.search(query, **request_)) == alike(searcher.search(query, **request_))


def test_a_request_object_is_asked_as_it_is(client: Client, searcher: Searcher) -> None:
    request = SearchRequest(query="المدينة", size=4, mode="lexical", tag=("تاريخ",))
    assert alike(client.search(request)) == alike(searcher.search(request))


def test_without_bodies_answers_are_smaller(client: Client) -> None:
    hits = client.search("القهوة", bodies=False).hits
    assert {hit.article.body for hit in hits} == {""}
    assert all(hit.article.title for hit in hits)


def test_articles_suggestions_and_all_hits(client: Client, searcher: Searcher) -> None:
    assert client.article("house-of-wisdom") == searcher.article("house-of-wisdom")
    near = [dataclasses.replace(article, body="", structure=()) for article in searcher.similar("house-of-wisdom", 3)]
    assert client.similar("house-of-wisdom", 3) == near
    assert client.suggest("بيت الحك", 4) == searcher.complete("بيت الحك", 4)
    assert [hit.id for hit in client.hits("المدينة", size=7)] == [hit.id for hit in searcher.hits("المدينة", size=50)]


def test_several_searches_at_once(client: Client, searcher: Searcher) -> None:
    first, second, third = client.search_many(["قمر", "؟", SearchRequest(query="القهوة", size=2)])
    assert isinstance(first, SearchResults)
    assert alike(first) == alike(searcher.search("قمر"))
    assert isinstance(second, NoWordError)
    assert isinstance(third, SearchResults)
    assert len(third) == 2


def test_the_asynchronous_client_does_the_same(site: Site, client: Client) -> None:
    async def ask() -> None:
        async with AsyncClient(site.address) as other:
            assert alike(await other.search("القهوة", limit=3)) == alike(client.search("القهوة", limit=3))
            assert [hit.id async for hit in other.hits("المدينة", size=7)] == [
                hit.id for hit in client.hits("المدينة", size=7)
            ]
            assert await other.article("house-of-wisdom") == client.article("house-of-wisdom")
            assert await other.similar("house-of-wisdom") == client.similar("house-of-wisdom")
            assert await other.suggest("بيت") == client.suggest("بيت")
            [first, problem] = await other.search_many(["قمر", "؟"])
            assert isinstance(first, SearchResults)
            assert isinstance(problem, NoWordError)
            several = await asyncio.gather(*(other.search(query) for query in ("قمر", "بحر", "القهوة")))
            assert [results.query for results in several] == ["قمر", "بحر", "القهوة"]
            with pytest.raises(ArticleNotFoundError):
                await other.article("none")

    run(ask)


@pytest.mark.parametrize(
    ("ask", "kind", "field"),
    [
        (lambda client: client.search(" "), QueryError, "q"),
        (lambda client: client.search("؟"), NoWordError, "q"),
        (lambda client: client.search("ك" * 2000), UnsearchableQueryError, "q"),
        (lambda client: client.search("قمر", mode="magic"), QueryError, "mode"),
        (lambda client: client.search("قمر", date_from="أمس"), QueryError, "from"),
        (lambda client: client.search("قمر", date_to="2015-02-30"), UnsearchableQueryError, "to"),
        (lambda client: client.search("قمر", limit=10_000), QueryError, "size"),
        (lambda client: client.search("قمر", after="A" * 40), CursorError, "after"),
        (lambda client: client.suggest("قمر", limit=0), QueryError, "limit"),
    ],
)
def test_errors_are_those_of_the_index(
    client: Client, ask: Callable[[Client], object], kind: type[QueryError], field: str
) -> None:
    with pytest.raises(kind) as caught:
        ask(client)
    assert type(caught.value) is kind
    assert caught.value.field == field
    assert str(caught.value)


def test_an_article_that_is_not_there(client: Client) -> None:
    for identifier in ("none", "../..", "a/similar"):
        with pytest.raises(ArticleNotFoundError, match="id"):
            client.article(identifier)


def test_an_expired_cursor(client: Client, searcher: Searcher) -> None:
    from arsearch.search.cursor import Cursor

    after = Cursor("00000009", 3, "hybrid", searcher.ranking_key()).write(SearchRequest(query="قمر"))
    with pytest.raises(ExpiredCursorError):
        client.search("قمر", after=after)


def test_a_server_without_an_index(tmp_path: Any) -> None:
    with (
        serving(tmp_path / "none") as site,
        Client(site.address, retries=0) as client,
        pytest.raises(arsearch.IndexStateError, match="There is no index, or"),
    ):
        client.search("قمر")


# Servers that come and go


Answer = tuple[int, dict[str, str], str]


class Scripted:
    """A server that answers as it is told: with a status, headers and a body, or by hanging up."""

    def __init__(self, *answers: Answer | None) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, dict[str, str]]] = []
        script = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                script.asked.append((self.path, dict(self.headers)))
                answer = script.answers.pop(0) if len(script.answers) > 1 else script.answers[0]
                if answer is None:
                    self.close_connection = True
                    return
                status, headers, body = answer
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(body.encode()))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body.encode())

            do_GET = do_POST  # noqa: N815

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self.address = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Scripted:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


GOOD: Answer = (200, {}, json.dumps({"query": "ب", "suggestions": ["بيت"]}))
BUSY: Answer = (
    503,
    {"Retry-After": "2"},
    json.dumps({"type": "/x/busy", "status": 503, "detail": "wait", "request_id": "r1"}),
)


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Nobody waits; how long they would have is written down."""
    waited: list[float] = []

    async def wait(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr("arsearch.client.time.sleep", waited.append)
    monkeypatch.setattr("arsearch.client.asyncio.sleep", wait)
    return waited


def suggest(address: str, **options: Any) -> list[str]:
    with Client(address, **options) as client:
        return client.suggest("ب")


def suggest_asynchronously(address: str, **options: Any) -> list[str]:
    async def ask() -> list[str]:
        async with AsyncClient(address, **options) as client:
            return await client.suggest("ب")

    return run(ask)


both = pytest.mark.parametrize("ask", [suggest, suggest_asynchronously])


@both
def test_what_may_go_better_is_tried_again(ask: Callable[..., list[str]], pauses: list[float]) -> None:
    with Scripted(BUSY, None, (502, {}, "<html>"), GOOD) as server:
        assert ask(server.address) == ["بيت"]
    assert pauses[0] == 2.0  # what the server asked for
    assert 0.1 <= pauses[1] <= 0.4 <= 2 * pauses[2] <= 1.6
    assert len(server.asked) == 4


@both
def test_tries_have_an_end(ask: Callable[..., list[str]], pauses: list[float]) -> None:
    with Scripted(BUSY) as server, pytest.raises(ServiceError, match="503: wait") as caught:
        ask(server.address, retries=2)
    assert (caught.value.status, caught.value.request_id) == (503, "r1")
    assert (len(server.asked), len(pauses)) == (3, 2)


@both
@pytest.mark.parametrize("answer", [(503, {"Retry-After": "3600"}, BUSY[2]), (401, {}, BUSY[2]), (500, {}, BUSY[2])])
def test_what_will_not_go_better_soon_is_told_at_once(
    ask: Callable[..., list[str]], answer: Any, pauses: list[float]
) -> None:
    with Scripted(answer) as server, pytest.raises(ServiceError):
        ask(server.address)
    assert (len(server.asked), pauses) == (1, [])


@both
@pytest.mark.parametrize("body", ["<html>", "[]", "{}", "null", '{"type": 5}'])
@pytest.mark.parametrize("status", [200, 404])
def test_an_answer_of_something_else(ask: Callable[..., list[str]], status: int, body: str) -> None:
    with Scripted((status, {}, body)) as server, pytest.raises(ServiceError, match="not as arsearch does"):
        ask(server.address)


@both
def test_a_server_that_is_not_there(ask: Callable[..., list[str]], pauses: list[float]) -> None:
    with Scripted(GOOD) as server:
        address = server.address
    with pytest.raises(ServiceError, match="cannot be reached") as caught:
        ask(address, retries=1)
    assert caught.value.status is None
    assert len(pauses) == 1


@both
def test_a_server_that_does_not_answer_in_time(ask: Callable[..., list[str]], pauses: list[float]) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(ServiceError, match="in time"):
        ask(f"http://127.0.0.1:{silent.getsockname()[1]}", timeout=0.05)
    assert pauses == []  # it may be at work on it


@both
@pytest.mark.parametrize("address", ["localhost:8000", "ftp://localhost", "http://", "http://localhost:port", ""])
def test_an_address_that_is_none(ask: Callable[..., list[str]], address: str) -> None:
    with pytest.raises(ServiceError, match="address"):
        ask(address)


def test_the_token_and_the_path_of_a_server_are_used(pauses: list[float]) -> None:
    with Scripted(GOOD) as server:
        suggest(f"{server.address}/archive/", token="secret")
    [(path, headers)] = server.asked
    assert path.startswith("/archive/api/v1/suggest?q=")
    assert headers["Authorization"] == "Bearer secret"


def test_every_error_is_one_of_arsearch() -> None:
    assert issubclass(ServiceError, ArsearchError)


@pytest.fixture
def desk(tmp_path: Path, tiny_encoder: str) -> Iterator[tuple[str, str]]:
    """The address of a server that takes writes and indexes them, and a token for it."""
    (tmp_path / "corpus.jsonl").write_text('{"id": "sky", "body": "قمر ونجم"}', encoding="utf-8")
    token = TokenFile(tmp_path / "tokens.json").create("desk", ["write"])
    settings = Settings(index=tmp_path / "index", model=tiny_encoder)
    update_index([tmp_path / "corpus.jsonl"], settings)
    stop = threading.Event()
    applier = threading.Thread(target=LogApplier(settings).run, args=(stop.is_set,))
    applier.start()
    with serving(settings.index, model=tiny_encoder, tokens=str(tmp_path / "tokens.json")) as site:
        yield site.address, token
    stop.set()
    applier.join()


def test_a_program_writes_what_it_finds(desk: tuple[str, str]) -> None:
    address, token = desk
    article = arsearch.Article(id="sea/1", title="السفينة", body="دخلت السفينة الميناء.", tags=("بحر",))
    with Client(address, token=token) as client:
        written = client.put(article, wait=True)
        assert (written.result, written.visible) == ("created", True)
        assert client.is_visible(written.task)
        assert client.article("sea/1") == dataclasses.replace(article, language="ar")
        with pytest.raises(WriteConflictError):
            client.put(article, only_new=True)
        patched = client.patch("sea/1", title="الباخرة", if_match=written.version)
        with pytest.raises(WriteConflictError):
            client.delete("sea/1", if_match=written.version)
        many = client.put_many([{"id": "a", "body": "كتاب"}, {"id": "b"}], wait=True)
        assert isinstance(many[0], Written)
        assert isinstance(many[1], QueryError)
        assert client.delete_by_query("الباخرة", dry_run=True) == ["sea/1"]
        assert client.delete("sea/1", if_match=patched.version, wait=True).result == "deleted"
        with pytest.raises(ArticleNotFoundError):
            client.article("sea/1")
    with Client(address) as client, pytest.raises(ServiceError, match="401"):
        client.put(article)


def test_the_asynchronous_client_writes_as_well(desk: tuple[str, str]) -> None:
    async def write() -> list[str]:
        async with AsyncClient(desk[0], token=desk[1]) as client:
            await client.put({"id": "sea", "body": "سفينة"}, wait=True)
            await client.patch("sea", title="البحر")
            await client.put_many([{"id": "book", "body": "سفينة في كتاب"}], wait=True)
            found = await client.search("سفينة", mode="lexical")
            await client.delete("book")
            assert await client.delete_by_query("سفينة", dry_run=True)
            assert isinstance(await client.is_visible("w1"), bool)
            return sorted(hit.id for hit in found.hits)

    assert run(write) == ["book", "sea"]
