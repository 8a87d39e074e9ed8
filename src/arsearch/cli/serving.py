"""Commands that serve: serve, demo."""

from __future__ import annotations

from pathlib import Path

import click

from arsearch.cli.indexing import run_indexing
from arsearch.cli.options import common_options, say, settings_from
from arsearch.errors import CorpusError
from arsearch.settings import Settings

__all__ = ["demo", "serve"]


@click.command()
@click.option("--host", help="Address to listen on [default: 127.0.0.1]")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on [default: 8000]")
@click.option("--workers", type=click.IntRange(min=1), help="Server processes [default: 2]")
@common_options
def serve(
    host: str | None, port: int | None, workers: int | None, index: Path | None, config: Path | None, as_json: bool
) -> None:
    """Serve the search page and the API over HTTP."""
    _serve(settings_from(config, index=index, host=host, port=port, workers=workers))


@click.command()
@click.option("--host", help="Address to listen on [default: 127.0.0.1]")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on [default: 8000]")
@common_options
def demo(host: str | None, port: int | None, index: Path | None, config: Path | None, as_json: bool) -> None:
    """Index the articles that come with arsearch, and serve them."""
    settings = settings_from(config, index=index, host=host, port=port)
    run_indexing((_demo_corpus(),), settings)
    _serve(settings)


def _serve(settings: Settings) -> None:
    from arsearch.index import Layout
    from arsearch.index.manifest import Manifest
    from arsearch.web.server import serve as run_server

    layout = Layout(settings.index)
    Manifest.read(layout.generation(layout.current())).check_analysis()  # say so now, not with the first request
    say(f"Serving {settings.index} on http://{settings.host}:{settings.port} (Ctrl-C stops)")
    run_server(settings)


def _demo_corpus() -> Path:
    """Return the articles that come with arsearch: in the package, or in a checkout beside ``src``."""
    package = Path(__file__).parents[1]
    for folder in (package / "demo_corpus", package.parents[1] / "corpus"):
        if folder.is_dir():
            return folder
    raise CorpusError("The demonstration articles are missing. Install arsearch again, or index articles of your own.")
