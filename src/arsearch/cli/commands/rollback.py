"""``arsearch rollback``: serve an earlier commit again."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import click

from arsearch.cli.options import common_options, print_json, settings_from, show, wait_option

__all__ = ["rollback"]


@click.command()
@click.argument("commit", required=False)
@wait_option
@common_options
def rollback(commit: str | None, wait: float, index: Path | None, config: Path | None, as_json: bool) -> None:
    """Serve COMMIT again, or the last whole one before the live one; `arsearch info` lists them."""
    from arsearch.backends import choose_backend

    with closing(choose_backend(settings_from(config, index=index))) as backend:
        served = backend.rollback(commit, wait=wait)
    if as_json:
        print_json({"index": backend.name, "commit": served})
    else:
        show(f"The live commit of {backend.name} is now {served}.")
