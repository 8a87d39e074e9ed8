"""The command line: thin commands over the library."""

from __future__ import annotations

import click

from arsearch import __version__
from arsearch.cli.lazy_commands import LazyCommands
from arsearch.cli.streams import CommandLine

__all__ = ["main"]

COMMANDS = LazyCommands(
    "index", "add", "delete", "compact", "export", "copy", "embed", "info", "inspect", "verify", "rollback",
    "fetch", "search", "serve", "mcp", "evaluate", "tune", "insights", "curate", "analyze", "token", "demo",
)  # fmt: skip


@click.group(cls=CommandLine, commands=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="arsearch")
def main() -> None:
    """Search for Arabic articles, by words and by meaning."""
