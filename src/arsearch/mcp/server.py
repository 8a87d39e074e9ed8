"""The tools as a server of the Model Context Protocol, on its official SDK."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Annotated, Any, TypeVar

import anyio
import anyio.to_thread
from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError, ToolError
from mcp.server.mcpserver.resources import ResourceSecurity
from mcp_types import ToolAnnotations
from pydantic import Field

from arsearch import __version__
from arsearch.errors import ArsearchError, ArticleNotFoundError
from arsearch.mcp import texts
from arsearch.mcp.tools import ARTICLE_URI, MAX_CHARACTERS, IndexTools
from arsearch.settings import Mode, Settings
from arsearch.web import metrics
from arsearch.web.problems import problem_details

__all__ = ["make_server"]

Value = TypeVar("Value")

_INDEX_URI = "arsearch://index"
_READS = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False)

Limit = Annotated[int, Field(ge=1, le=50, description="Most results. أكبر عدد من النتائج")]
Text = Annotated[str, Field(min_length=1)]
Values = Annotated[list[str] | None, Field(description="Any of these values is enough. تكفي أيّ قيمة منها")]
Day = Annotated[str, Field(description="A year, a month or a day: 2015, 2015-07, 2015-07-21. سنة أو شهر أو يوم")]
Room = Annotated[int, Field(ge=1, le=MAX_CHARACTERS, description="Of all passages together. للمقاطع جميعًا")]
Own = Annotated[
    dict[str, list[str]] | None, Field(description="Own fields of the archive, by name. حقول الأرشيف الخاصة بأسمائها")
]


def make_server(tools: IndexTools, settings: Settings) -> MCPServer[Any]:
    """Return the server of *tools*: five tools, and each article as a resource."""
    server: MCPServer[Any] = MCPServer(
        "arsearch", title="arsearch", version=__version__, instructions=texts.INSTRUCTIONS, log_level="WARNING"
    )
    turns: list[anyio.CapacityLimiter] = []

    async def run(name: str, ask: Callable[[], Value]) -> Value:
        """Ask in a thread, when there is a turn; tell the model what went wrong, and nothing of the inside."""
        if not turns:  # made where an event loop runs
            turns.append(anyio.CapacityLimiter(settings.max_running_requests))
        began, status = time.perf_counter(), "ok"
        try:
            return await anyio.to_thread.run_sync(ask, limiter=turns[0])
        except ArsearchError as error:
            status = "error"
            raise ToolError(problem_details(error).detail) from error
        finally:
            metrics.REQUESTS.labels(f"mcp.{name}", status).inc()
            metrics.REQUEST_SECONDS.labels(f"mcp.{name}").observe(time.perf_counter() - began)

    def tool(function: Callable[..., Any]) -> None:
        title, description = texts.TOOLS[function.__name__]
        server.add_tool(function, title=title, description=description, annotations=_READS)

    @tool
    async def search(
        query: Text,
        limit: Limit = 10,
        mode: Mode | None = None,
        source: Values = None,
        author: Values = None,
        section: Values = None,
        tag: Values = None,
        date_from: Day = "",
        date_to: Day = "",
        own_fields: Own = None,
        after: Annotated[str, Field(description="The `after` of an answer, to go on. قيمة after للمتابعة")] = "",
    ) -> dict[str, Any]:
        filters = _filters(source, author, section, tag, date_from, date_to, own_fields)
        return await run(
            "search", lambda: tools.search(query, limit=limit, after=after, mode=mode or "", filters=filters)
        )

    @tool
    async def passages(
        question: Text,
        limit: Limit = 5,
        neighbours: Annotated[int, Field(ge=0, le=5, description="Passages around each. مقاطع مجاورة")] = 0,
        max_characters: Room = 8_000,
        source: Values = None,
        author: Values = None,
        section: Values = None,
        tag: Values = None,
        date_from: Day = "",
        date_to: Day = "",
        own_fields: Own = None,
    ) -> dict[str, Any]:
        filters = _filters(source, author, section, tag, date_from, date_to, own_fields)

        def ask() -> dict[str, Any]:
            return tools.passages(
                question, limit=limit, neighbours=neighbours, max_characters=max_characters, filters=filters
            )

        return await run("passages", ask)

    @tool
    async def get_article(
        id: Text,  # noqa: A002  # what the model calls it
        start: Annotated[int, Field(ge=0, description="Where to begin in the text. موضع البداية في النص")] = 0,
    ) -> dict[str, Any]:
        return await run("get_article", lambda: tools.get_article(id, start=start))

    @tool
    async def similar(id: Text, limit: Limit = 5) -> dict[str, Any]:  # noqa: A002
        return await run("similar", lambda: tools.similar(id, limit=limit))

    @tool
    async def facets(
        query: Text,
        source: Values = None,
        author: Values = None,
        section: Values = None,
        tag: Values = None,
        date_from: Day = "",
        date_to: Day = "",
        own_fields: Own = None,
    ) -> dict[str, Any]:
        filters = _filters(source, author, section, tag, date_from, date_to, own_fields)
        return await run("facets", lambda: tools.facets(query, filters=filters))

    @server.resource(
        ARTICLE_URI + "{id}",
        name="article",
        description=texts.RESOURCE,
        mime_type="application/json",
        # An id is no path: it is looked up in the index, whatever is in it.
        security=ResourceSecurity(exempt_params=frozenset({"id"})),
    )
    async def article(id: str) -> str:  # noqa: A002
        try:
            return json.dumps(await run("article", lambda: tools.get_article(id)), ensure_ascii=False)
        except ToolError as error:
            kind = ResourceNotFoundError if isinstance(error.__cause__, ArticleNotFoundError) else ResourceError
            raise kind(str(error)) from error

    @server.resource(_INDEX_URI, name="index", description=texts.INDEX_RESOURCE, mime_type="application/json")
    async def index() -> str:
        try:
            return json.dumps(await run("index", tools.about), ensure_ascii=False)
        except ToolError as error:
            raise ResourceError(str(error)) from error

    return server


def _filters(
    source: list[str] | None,
    author: list[str] | None,
    section: list[str] | None,
    tag: list[str] | None,
    date_from: str,
    date_to: str,
    own_fields: dict[str, list[str]] | None,
) -> dict[str, Any]:
    """Return filters by what a SearchRequest calls them."""
    return {
        "source": tuple(source or ()),
        "author": tuple(author or ()),
        "section": tuple(section or ()),
        "tag": tuple(tag or ()),
        "date_from": date_from,
        "date_to": date_to,
        "filters": own_fields or {},
    }
