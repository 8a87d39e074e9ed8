"""``arsearch add``: articles that belong to no source."""

from __future__ import annotations

from pathlib import Path

import click

from arsearch.cli.options import common_options, settings_from, wait_option
from arsearch.cli.run import run_indexing

__all__ = ["add"]


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, allow_dash=True))
@wait_option
@common_options
def add(files: tuple[Path, ...], wait: float, index: Path | None, config: Path | None, as_json: bool) -> None:
    """Add the articles in FILES, or change those that are there; "-" is standard input.

    They belong to no source: runs of `arsearch index` leave them as they are, and where a source has an article with
    the same id, the one that was added counts. `arsearch delete` takes them out again.
    """
    from arsearch.index import Changes

    run_indexing((), settings_from(config, index=index), wait=wait, changes=Changes(add=files), as_json=as_json)
