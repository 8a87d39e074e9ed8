"""``arsearch mcp``: the index as tools for language models."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import click

from arsearch.cli.options import common_options, print_json, say, settings_from
from arsearch.errors import ServerError

__all__ = ["mcp"]


@click.command()
@click.option("--http", is_flag=True, help="Serve over streamable HTTP at /mcp, instead of standard input and output")
@click.option("--host", help="Address to listen on [default: 127.0.0.1]")
@click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on [default: 8001]")
@click.option("--tokens", type=click.Path(dir_okay=False), help="File of tokens; HTTP takes one of the scope search")
@click.option("--public-address", default="", help="Address of the search page, for links to passages")
@common_options
def mcp(
    http: bool,
    host: str | None,
    port: int | None,
    tokens: str | None,
    public_address: str,
    index: Path | None,
    config: Path | None,
    as_json: bool,
) -> None:
    """Serve the index to language models, by the Model Context Protocol.

    Needs the extra `mcp`. Without --http a program starts it and talks to it by standard input and output.
    """
    from arsearch.search.searcher import Searcher
    from arsearch.web.live import LiveIndex

    try:
        from arsearch.mcp.http import serve_http
        from arsearch.mcp.server import make_server
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in ("mcp", "mcp_types", "starlette", "uvicorn"):
            raise
        raise ServerError('MCP needs the extra "mcp"; install it with: pip install "arsearch[mcp]"') from error
    from arsearch.mcp.tools import IndexTools

    settings = settings_from(config, index=index, host=host, mcp_port=port, tokens=tokens)
    Searcher(settings.index, settings).close()  # what is wrong with the index is said now, not with the first question
    with closing(LiveIndex(settings.index, settings)) as live:
        server = make_server(IndexTools(live, public_address), settings)
        if not http:
            server.run("stdio")
            return
        address = f"http://{settings.host}:{settings.mcp_port}/mcp"
        if as_json:
            print_json({"serving": str(settings.index), "address": address})
        say(f"Serving {settings.index} to language models on {address} (Ctrl-C stops)")
        serve_http(server, settings)
