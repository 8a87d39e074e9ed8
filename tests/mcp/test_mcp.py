"""The index as tools for language models, asked with the SDK's own client over both transports."""

from __future__ import annotations

import json
import os
import re
import sys
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing
from pathlib import Path
from typing import Any

import pytest

import arsearch
from arsearch import Searcher, Settings
from arsearch.web.access_tokens import TokenFile
from arsearch.web.live import LiveIndex

from ..conftest import ROOT
from ..own_loop import run

NEEDED = 'the MCP server needs the extra mcp: pip install "arsearch[mcp]"'
pytest.importorskip("mcp", reason=NEEDED)

import httpx2  # noqa: E402
import uvicorn  # noqa: E402
from mcp.client.client import Client  # noqa: E402
from mcp.client.stdio import StdioServerParameters, stdio_client  # noqa: E402
from mcp.client.streamable_http import streamable_http_client  # noqa: E402
from mcp.shared.exceptions import MCPError  # noqa: E402

from arsearch.mcp.http import application  # noqa: E402
from arsearch.mcp.server import make_server  # noqa: E402
from arsearch.mcp.tools import MAX_CHARACTERS, IndexTools  # noqa: E402

ARABIC = re.compile("[\u0621-\u064a]{3}")
Connect = Callable[[], AbstractAsyncContextManager[Any]]


def ask(connect: Connect, question: Callable[[Client], Awaitable[Any]]) -> Any:
    async def talk() -> Any:
        async with Client(connect()) as client:
            return await question(client)

    return run(talk)


async def call(client: Client, name: str, **arguments: Any) -> dict[str, Any]:
    result: Any = await client.call_tool(name, arguments)
    assert not result.is_error, result.content
    answer: dict[str, Any] = result.structured_content
    assert json.loads(result.content[0].text) == answer
    return answer


@pytest.fixture(scope="module")
def by_stdio(corpus_index: Path) -> Connect:
    environment = {"PYTHONPATH": str(ROOT / "src"), "PATH": os.environ["PATH"]}
    command = ["-m", "arsearch", "mcp", "--index", str(corpus_index)]
    return lambda: stdio_client(StdioServerParameters(command=sys.executable, args=command, env=environment))


class Served:
    """A server over HTTP in a thread, and ways to it with a token or without."""

    def __init__(self, address: str, tokens: dict[str, str]) -> None:
        self.address = address
        self.tokens = tokens

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[Any]:
        async with (
            httpx2.AsyncClient(headers={"Authorization": f"Bearer {self.tokens['search']}"}) as http,
            streamable_http_client(f"{self.address}/mcp", http_client=http) as streams,
        ):
            yield streams

    def post(self, token: str = "", path: str = "/mcp", content: bytes = b"{}") -> httpx2.Response:
        headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
        headers |= {"Authorization": f"Bearer {token}"} if token else {}
        return httpx2.post(self.address + path, content=content, headers=headers)


@pytest.fixture(scope="module")
def served(corpus_index: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    path = tmp_path_factory.mktemp("mcp") / "tokens.json"
    tokens = {scope: TokenFile(path).create(scope, [scope]) for scope in ("search", "metrics")}
    settings = Settings(index=corpus_index, tokens=str(path))
    with closing(LiveIndex(corpus_index, settings)) as live:
        app: Any = application(make_server(IndexTools(live, "https://news.example/archive/"), settings), settings)
        server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", ws="none"))
        thread = threading.Thread(target=server.run)
        thread.start()
        while not server.started and thread.is_alive():
            time.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        try:
            yield Served(f"http://127.0.0.1:{port}", tokens)
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture(params=["stdio", "http"])
def connect(request: pytest.FixtureRequest) -> Connect:
    if request.param == "stdio":
        connected: Connect = request.getfixturevalue("by_stdio")
        return connected
    served: Served = request.getfixturevalue("served")
    return served.connect


def test_both_transports_answer_everything(connect: Connect, searcher: Searcher) -> None:
    """In one conversation: to start the process by which a model is answered takes seconds."""

    async def everything(client: Client) -> None:
        await every_tool_does_what_the_searcher_does(client, searcher)
        await articles_are_resources(client, searcher)
        await a_model_is_told_what_is_wrong_and_nothing_of_the_inside(client)

    ask(connect, everything)


async def every_tool_does_what_the_searcher_does(client: Client, searcher: Searcher) -> None:
    tools = (await client.list_tools()).tools
    assert {tool.name for tool in tools} == {"search", "passages", "get_article", "similar", "facets"}
    for tool in tools:
        assert ARABIC.search(tool.description or "")
        assert re.search("[A-Za-z]{4}", tool.description or "")
        assert tool.annotations is not None
        assert tool.annotations.read_only_hint

    found = await call(client, "search", query="بيت الحكمة", limit=3)
    assert [hit["id"] for hit in found["hits"]] == [hit.id for hit in searcher.search("بيت الحكمة", limit=3)]
    assert "<mark>" not in json.dumps(found)
    further = await call(client, "search", query="بيت الحكمة", limit=3, after=found["after"])
    assert not {hit["id"] for hit in further["hits"]} & {hit["id"] for hit in found["hits"]}

    passages = (await call(client, "passages", question="من ترجم في بيت الحكمة؟", limit=2))["passages"]
    expected = searcher.passages("من ترجم في بيت الحكمة؟", limit=2, max_characters=8_000)
    assert [(each["article_id"], each["start"], each["text"]) for each in passages] == [
        (each.article_id, each.start, each.text) for each in expected
    ]
    article = await call(client, "get_article", id=passages[0]["article_id"])
    assert article["body"][passages[0]["start"] : passages[0]["end"]] == passages[0]["text"]

    similar = (await call(client, "similar", id="house-of-wisdom", limit=2))["articles"]
    assert [each["id"] for each in similar] == [each.id for each in searcher.similar("house-of-wisdom", 2)]
    facets = await call(client, "facets", query="بيت")
    assert facets["total"] == searcher.search("بيت").total
    assert facets["facets"]["section"]
    filtered = await call(client, "facets", query="بيت", section=[facets["facets"]["section"][0]["value"]])
    assert filtered["total"] == facets["facets"]["section"][0]["count"]


async def articles_are_resources(client: Client, searcher: Searcher) -> None:
    [template] = (await client.list_resource_templates()).resource_templates
    assert template.uri_template == "arsearch://article/{id}"
    contents: Any = (await client.read_resource("arsearch://article/house-of-wisdom")).contents
    assert json.loads(contents[0].text)["title"] == searcher.article("house-of-wisdom").title
    index: Any = (await client.read_resource("arsearch://index")).contents
    assert json.loads(index[0].text)["articles"] == len(searcher)
    with pytest.raises(MCPError, match="No article has the id"):
        await client.read_resource("arsearch://article/..%2Fnothing")


async def a_model_is_told_what_is_wrong_and_nothing_of_the_inside(client: Client) -> None:
    for name, arguments, said in (
        ("search", {"query": "؟"}, "no word to search for"),
        ("search", {"query": "بيت", "limit": 51}, "less than or equal to 50"),
        ("search", {"query": "بيت", "date_from": "yesterday"}, "Write a year"),
        ("search", {"query": "بيت", "own_fields": {"country": ["x"]}}, "has no field"),
        ("passages", {"question": "بيت", "max_characters": MAX_CHARACTERS + 1}, "less than or equal"),
        ("get_article", {"id": "gone"}, "No article has the id"),
        ("get_article", {"id": "house-of-wisdom", "start": 10**6}, "the article has"),
    ):
        result: Any = await client.call_tool(name, arguments)
        assert result.is_error, name
        assert said in result.content[0].text


def test_a_long_article_comes_in_parts(tmp_path: Path, tiny_encoder: str) -> None:
    body = "سفينة في البحر. " * (MAX_CHARACTERS // 10)
    records = [{"id": "/a/../b", "body": body}]
    (tmp_path / "corpus.jsonl").write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    arsearch.build_index([tmp_path / "corpus.jsonl"], tmp_path / "index", model=tiny_encoder, settings=Settings())
    settings = Settings(index=tmp_path / "index")
    with closing(LiveIndex(tmp_path / "index", settings)) as live:
        tools = IndexTools(live, "https://news.example/")
        first = tools.get_article("/a/../b")
        second = tools.get_article("/a/../b", start=first["end"])
        assert (first["body"] + second["body"]) == live.searcher().article("/a/../b").body
        [passage] = tools.passages("سفينة", limit=1, neighbours=0, max_characters=0, filters={})["passages"]
        assert (
            passage["link"]
            == f"https://news.example/article?id=%2Fa%2F..%2Fb#chars={passage['start']}-{passage['end']}"
        )

        async def read() -> str:
            async with Client(make_server(tools, settings)) as client:
                contents: Any = (await client.read_resource(passage["resource"])).contents
                text: str = contents[0].text
                return text

        assert json.loads(run(read))["id"] == "/a/../b"


def test_over_http_a_token_is_needed(served: Served) -> None:
    assert httpx2.get(f"{served.address}/healthz").status_code == 200
    nobody = served.post()
    assert (nobody.status_code, nobody.headers["www-authenticate"]) == (401, 'Bearer realm="arsearch MCP"')
    assert "invalid_token" in served.post("arsearch_wrong").headers["www-authenticate"]
    assert served.post(served.tokens["metrics"]).status_code == 403
    assert served.post(served.tokens["search"], content=b"{}" * 300_000).status_code == 413
    exposition = httpx2.get(
        f"{served.address}/metrics", headers={"Authorization": f"Bearer {served.tokens['metrics']}"}
    )
    assert exposition.status_code == 200
    assert 'arsearch_http_refused_total{reason="token"}' in exposition.text


def test_over_http_requests_are_counted(corpus_index: Path, tmp_path: Path) -> None:
    path = tmp_path / "tokens.json"
    token = TokenFile(path).create("one", ["search"])
    settings = Settings(index=corpus_index, tokens=str(path), rate_limit="2/hour", rate_limit_exempt=())
    with closing(LiveIndex(corpus_index, settings)) as live:
        app: Any = application(make_server(IndexTools(live), settings), settings)

        async def statuses() -> list[int]:
            transport = httpx2.ASGITransport(app=app)
            async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:8001") as http:
                headers = {"Authorization": f"Bearer {token}x"}
                return [(await http.post("/mcp", headers=headers)).status_code for _ in range(3)]

        assert run(statuses) == [401, 401, 429]


def test_without_tokens_nothing_is_served_over_http(corpus_index: Path) -> None:
    settings = Settings(index=corpus_index)
    with closing(LiveIndex(corpus_index, settings)) as live:
        server = make_server(IndexTools(live), settings)
        with pytest.raises(arsearch.SettingsError, match="token"):
            application(server, settings)
