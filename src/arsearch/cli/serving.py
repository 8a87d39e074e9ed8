"""Commands that serve: serve, demo."""

from __future__ import annotations

import dataclasses
import socket
from contextlib import closing
from pathlib import Path

import click

from arsearch import kernel
from arsearch.cli.indexing import run_indexing
from arsearch.cli.options import common_options, print_json, say, settings_from
from arsearch.errors import CorpusError, ServerError
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
    _serve(settings_from(config, index=index, host=host, port=port, workers=workers), as_json=as_json)


@click.command()
@click.option("--host", help="Address to listen on [default: 127.0.0.1]")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on [default: 8000]")
@common_options
def demo(host: str | None, port: int | None, index: Path | None, config: Path | None, as_json: bool) -> None:
    """Index the articles that come with arsearch, and serve them."""
    settings = settings_from(config, index=index, host=host, port=port)
    if settings.log_level == Settings().log_level:  # so that the last line is the one that says what to open
        settings = dataclasses.replace(settings, log_level="warning", access_log=False)
    run_indexing((_demo_corpus(),), settings, as_json=as_json)
    if kernel.native is None:
        say(
            "There is no compiled kernel, so searching goes through NumPy, which is slower: install a C compiler, "
            "then install arsearch again."
        )
    _serve(settings, as_json=False, for_people=True)  # one JSON document is enough


def _serve(settings: Settings, *, as_json: bool, for_people: bool = False) -> None:
    from arsearch.backends import choose_backend
    from arsearch.search import Searcher
    from arsearch.web.server import serve as run_server

    Searcher(settings.index, settings).close()  # what is wrong with the index is said now, not with the first request
    _check_address(settings)
    address = f"http://{settings.host}:{settings.port}"
    with closing(choose_backend(settings)) as backend:
        name = backend.name
    if as_json:
        print_json({"serving": name, "address": address})
    if for_people:
        page = f"http://{_host_to_open(settings.host)}:{settings.port}"
        say(f"Open {page} in a browser; Ctrl-C stops. افتح {page} في المتصفح، و Ctrl-C للإيقاف.")
    else:
        say(f"Serving {name} on {address} (Ctrl-C stops)")
    run_server(settings)


def _host_to_open(host: str) -> str:
    """Return what a browser on this machine asks for what listens on *host*."""
    if host in ("0.0.0.0", "::", ""):
        return "127.0.0.1" if host != "::" else "[::1]"
    return f"[{host}]" if ":" in host else host


def _check_address(settings: Settings) -> None:
    """Raise ServerError if nothing can listen on the address that is set."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise ServerError(
                f"Nothing can listen on {settings.host}, port {settings.port}: {error.strerror or error}. Stop what "
                "listens there, or choose another with --host and --port."
            ) from error


def _demo_corpus() -> Path:
    """Return the articles that come with arsearch: in the package, or in a checkout beside ``src``."""
    package = Path(__file__).parents[1]
    for folder in (package / "demo_corpus", package.parents[1] / "corpus"):
        if folder.is_dir():
            return folder
    raise CorpusError("The demonstration articles are missing. Install arsearch again, or index articles of your own.")
