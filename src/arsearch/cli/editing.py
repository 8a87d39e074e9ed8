"""Commands that change an index by hand, make it smaller, and take its articles out again."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import click

from arsearch.cli.indexing import run_indexing
from arsearch.cli.options import common_options, print_json, settings_from, wait_option

__all__ = ["add", "compact", "delete", "export"]


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


@click.command()
@wait_option
@common_options
def compact(wait: float, index: Path | None, config: Path | None, as_json: bool) -> None:
    """Make the index as small and as fast as one built anew.

    Its segments become one without deleted articles, and its article store loses its gaps. Generations that are kept
    for `arsearch rollback` stay as large as they are.
    """
    from arsearch.backends import choose_backend
    from arsearch.index import Changes

    settings = settings_from(config, index=index)
    with closing(choose_backend(settings)) as backend:
        before = backend.facts()["bytes"]
        run_indexing((), settings, wait=wait, changes=Changes(compact=True), as_json=as_json)
        if not as_json:
            click.echo(f"The live generation has {backend.facts()['bytes']:,} bytes; it had {before:,}.")


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
    from arsearch.index.export import json_line

    with closing(choose_backend(settings_from(config, index=index))) as backend:
        place = backend.workshop
    if out is None:
        with closing(stored_articles(place)) as articles:
            for article in articles:
                click.echo(json_line(article), nl=False)
        return
    count = export_articles(place, out)
    if as_json:
        print_json({"out": str(out), "articles": count})
    else:
        click.echo(f"{count} articles are in {out}.")
