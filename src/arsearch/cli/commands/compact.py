"""``arsearch compact``: make the index as small and as fast as one built anew."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import click

from arsearch.cli.options import common_options, settings_from, show, wait_option
from arsearch.cli.run import run_indexing

__all__ = ["compact"]


@click.command()
@wait_option
@common_options
def compact(wait: float, index: Path | None, config: Path | None, as_json: bool) -> None:
    """Make the index as small and as fast as one built anew.

    Its segments become one without deleted articles, and its article store loses its gaps. Commits that are kept
    for `arsearch rollback` stay as large as they are.
    """
    from arsearch.backends import choose_backend
    from arsearch.index import Changes

    settings = settings_from(config, index=index)
    with closing(choose_backend(settings)) as backend:
        before = backend.facts()["bytes"]
        run_indexing((), settings, wait=wait, changes=Changes(compact=True), as_json=as_json)
        if not as_json:
            show(f"The live commit has {backend.facts()['bytes']:,} bytes; it had {before:,}.")
