"""``arsearch serve``: the search page and the API over HTTP."""

from __future__ import annotations

import socket
from contextlib import closing
from pathlib import Path

import click

from arsearch.cli.options import common_options, print_json, say, settings_from
from arsearch.errors import ServerError
from arsearch.settings import Settings

__all__ = ["run_server", "serve"]


@click.command()
@click.option("--host", help="Address to listen on [default: 127.0.0.1]")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on [default: 8000]")
@click.option("--workers", type=click.IntRange(min=1), help="Server processes [default: 2]")
@common_options
def serve(
    host: str | None, port: int | None, workers: int | None, index: Path | None, config: Path | None, as_json: bool
) -> None:
    """Serve the search page and the API over HTTP."""
    run_server(settings_from(config, index=index, host=host, port=port, workers=workers), as_json=as_json)


def run_server(settings: Settings, *, as_json: bool, for_people: bool = False) -> None:
    """Serve the index of *settings* until the process is told to stop.

    *for_people*: the last line says what to open, in English and Arabic. Raises IndexStateError or ServerError.
    """
    from arsearch.backends import choose_backend
    from arsearch.search.searcher import Searcher
    from arsearch.web.server import serve as serve_application

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
    serve_application(settings)


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
