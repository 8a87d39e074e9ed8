"""``arsearch index``: build an index from sources, or bring it up to date."""

from __future__ import annotations

from pathlib import Path

import click

from arsearch.cli.options import common_options, settings_from, wait_option
from arsearch.cli.run import run_indexing

__all__ = ["index"]

_WATCH_WAIT = 60.0
"""Seconds that a run waits for another writer, where the next change may be long in coming."""


@click.command()
@click.argument("sources", nargs=-1, type=click.Path(path_type=Path))
@click.option("--full", is_flag=True, help="Work on every article again, and forget those that are not in SOURCES")
@click.option("--strict", is_flag=True, help="Stop at problems in the corpus and leave the index as it was")
@click.option("--keep-boilerplate", is_flag=True, default=None, help="Leave menus, notices and the like in articles")
@click.option(
    "--report", type=click.Path(path_type=Path, dir_okay=False), help="File to tell all that was done, as JSON"
)
@click.option(
    "--model",
    help="'bundled', 'fast' (weaker, some hundred times faster), or name or path of a sentence-transformers model",
)  # fmt: skip
@click.option("--shared-embedding", is_flag=True, default=None, help="Embed together with each `arsearch embed`")
@click.option(
    "--forget", multiple=True, type=click.Path(path_type=Path), metavar="SOURCE",
    help="Drop a source of an earlier run, and its articles; may be given several times",
)  # fmt: skip
@click.option("--watch", is_flag=True, help="Go on, and bring the index up to date whenever a source changes")
@wait_option
@common_options
def index(
    sources: tuple[Path, ...],
    full: bool,
    strict: bool,
    keep_boilerplate: bool | None,
    report: Path | None,
    model: str | None,
    shared_embedding: bool | None,
    forget: tuple[Path, ...],
    watch: bool,
    wait: float,
    index: Path | None,
    config: Path | None,
    as_json: bool,
) -> None:
    """Build the index from SOURCES, or bring it up to date.

    SOURCES are files of any known format, folders or archives of them, or patterns of paths. Only files that have
    changed are read, and only new and changed articles are worked on. Without SOURCES, the sources of earlier runs are
    looked at again.

    With --json, progress and problems are written to standard error, one JSON object a line.
    """
    from arsearch.index import Changes

    flags = {"keep_boilerplate": keep_boilerplate, "shared_embedding": shared_embedding}
    settings = settings_from(config, index=index, model=model, **flags)
    changes = Changes(forget=forget)
    run_indexing(
        sources, settings, full=full, strict=strict, wait=wait, changes=changes, report=report, as_json=as_json
    )
    if watch:
        from arsearch.cli.watching import keep_up_to_date

        def update() -> None:
            run_indexing((), settings, strict=strict, wait=wait or _WATCH_WAIT, as_json=as_json, only_news=True)

        keep_up_to_date(settings, update)
