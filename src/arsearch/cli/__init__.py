"""The command line: thin commands over the library."""

from __future__ import annotations

import click

from arsearch import __version__
from arsearch.cli.commands.add import add
from arsearch.cli.commands.analyze import analyze
from arsearch.cli.commands.compact import compact
from arsearch.cli.commands.copy import copy
from arsearch.cli.commands.delete import delete
from arsearch.cli.commands.demo import demo
from arsearch.cli.commands.embed import embed
from arsearch.cli.commands.evaluate import evaluate
from arsearch.cli.commands.export import export
from arsearch.cli.commands.fetch import fetch
from arsearch.cli.commands.index import index
from arsearch.cli.commands.info import info
from arsearch.cli.commands.inspect import inspect
from arsearch.cli.commands.rollback import rollback
from arsearch.cli.commands.search import search
from arsearch.cli.commands.serve import serve
from arsearch.cli.commands.token import token
from arsearch.cli.commands.tune import tune
from arsearch.cli.commands.verify import verify
from arsearch.cli.streams import CommandLine

__all__ = ["main"]


@click.group(cls=CommandLine, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="arsearch")
def main() -> None:
    """Search for Arabic articles, by words and by meaning."""


_MAINTENANCE = (index, inspect, add, delete, compact, export, copy, embed, info, verify, rollback)
for command in (*_MAINTENANCE, fetch, search, serve, evaluate, tune, analyze, token, demo):
    main.add_command(command)
