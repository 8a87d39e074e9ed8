"""``arsearch delete``: take articles out, and keep them out."""

from __future__ import annotations

from pathlib import Path

import click

from arsearch.cli.options import common_options, settings_from, wait_option
from arsearch.cli.run import run_indexing

__all__ = ["delete"]


@click.command()
@click.argument("ids", nargs=-1, required=True)
@wait_option
@common_options
def delete(ids: tuple[str, ...], wait: float, index: Path | None, config: Path | None, as_json: bool) -> None:
    """Delete the articles with these IDS, and keep them out.

    Runs of `arsearch index` do not bring them back, even if their sources still have them; `arsearch add` does, and so
    does `arsearch index --full SOURCE...`, which begins anew.
    """
    from arsearch.index import Changes

    run_indexing((), settings_from(config, index=index), wait=wait, changes=Changes(delete=ids), as_json=as_json)
