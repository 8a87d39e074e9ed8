"""``arsearch export``: all articles as JSON lines."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import click

from arsearch.cli.options import common_options, print_json, settings_from, show

__all__ = ["export"]


@click.command()
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="File to write; deflated if it ends in .gz"
)
@common_options
def export(out: Path | None, index: Path | None, config: Path | None, as_json: bool) -> None:
    """Write all articles as JSON lines, as they were read: indexing them gives the same index.

    Without --out they are written to standard output.
    """
    from arsearch.backends import choose_backend
    from arsearch.index import export_articles, stored_articles
    from arsearch.index.store.export import json_line

    with closing(choose_backend(settings_from(config, index=index))) as backend:
        place = backend.local_directory
    if out is None:
        with closing(stored_articles(place)) as articles:
            for article in articles:
                show(json_line(article).removesuffix("\n"))
        return
    count = export_articles(place, out)
    if as_json:
        print_json({"out": str(out), "articles": count})
    else:
        show(f"{count} articles are in {out}.")
