"""The command line: thin commands over the library."""

from __future__ import annotations

import click

from arsearch import __version__
from arsearch.cli.copying import copy
from arsearch.cli.editing import add, compact, delete, export
from arsearch.cli.embedding import embed
from arsearch.cli.fetching import fetch
from arsearch.cli.indexing import index, info, rollback, verify
from arsearch.cli.measuring import evaluate, tune
from arsearch.cli.searching import analyze, search
from arsearch.cli.serving import demo, serve
from arsearch.cli.streams import CommandLine
from arsearch.cli.tokens import token

__all__ = ["main"]


@click.group(cls=CommandLine, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="arsearch")
def main() -> None:
    """Search for Arabic articles, by words and by meaning."""


_MAINTENANCE = (index, add, delete, compact, export, copy, embed, info, verify, rollback)
for command in (*_MAINTENANCE, fetch, search, serve, evaluate, tune, analyze, token, demo):
    main.add_command(command)
