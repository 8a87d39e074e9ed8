"""``arsearch demo``: index the articles that come with arsearch, and serve them."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import click

from arsearch import kernel
from arsearch.cli.commands.serve import run_server
from arsearch.cli.options import common_options, say, settings_from
from arsearch.cli.run import run_indexing
from arsearch.errors import CorpusError
from arsearch.settings import FAST_ENCODER, Settings

__all__ = ["demo"]


@click.command()
@click.option("--host", help="Address to listen on [default: 127.0.0.1]")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on [default: 8000]")
@common_options
def demo(host: str | None, port: int | None, index: Path | None, config: Path | None, as_json: bool) -> None:
    """Index the articles that come with arsearch, and serve them."""
    settings = settings_from(config, index=index, host=host, port=port)
    if settings.log_level == Settings().log_level:  # so that the last line is the one that says what to open
        settings = dataclasses.replace(settings, log_level="warning", access_log=False)
    settings = dataclasses.replace(settings, model=settings.model or FAST_ENCODER)  # nobody waits for a demonstration
    run_indexing((_demo_corpus(),), settings, as_json=as_json)
    if kernel.native is None:
        say(
            "There is no compiled kernel, so searching goes through NumPy, which is slower: install a C compiler, "
            "then install arsearch again."
        )
    run_server(settings, as_json=False, for_people=True)  # one JSON document is enough


def _demo_corpus() -> Path:
    """Return the articles that come with arsearch: in the package, or in a checkout beside ``src``."""
    package = Path(__file__).parents[2]
    for folder in (package / "demo_corpus", package.parents[1] / "corpus"):
        if folder.is_dir():
            return folder
    raise CorpusError("The demonstration articles are missing. Install arsearch again, or index articles of your own.")
