"""``arsearch export``: all articles as JSON lines."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import click

from arsearch.cli.options import common_options, print_json, settings_from, show

__all__ = ["export"]


@click.command()
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File to write; deflated if it ends in .gz, a table if it ends in .parquet or .arrow",
)
@click.option("--vectors", is_flag=True, help="Write passages with their vectors instead of articles")
@common_options
def export(out: Path | None, vectors: bool, index: Path | None, config: Path | None, as_json: bool) -> None:
    """Write all articles as JSON lines, as they were read: indexing them gives the same index.

    Without --out they are written to standard output. Tables need the extra `parquet`. With --vectors a row is a
    passage: article_id, start, end, text, vector. Vectors were made of title and passage, and have the length 1.
    """
    from arsearch.backends import choose_backend
    from arsearch.index import export_articles, stored_articles
    from arsearch.index.exports.tables import TABLE_SUFFIXES, export_article_table, export_passages
    from arsearch.index.store.export import json_line

    with closing(choose_backend(settings_from(config, index=index))) as backend:
        place = backend.local_directory
    if vectors and out is None:
        raise click.UsageError("--vectors needs --out: a file to write.")
    if out is not None and (vectors or out.suffix.lower() in TABLE_SUFFIXES):
        count = export_passages(place, out) if vectors else export_article_table(place, out)
        what = "passages" if vectors else "articles"
        if as_json:
            print_json({"out": str(out), what: count})
        else:
            show(f"{count} {what} are in {out}.")
        return
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
