"""Commands for maintainers: index, info, verify, rollback."""

from __future__ import annotations

import dataclasses
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from arsearch.cli.options import (
    FAILED,
    INTERRUPTED,
    common_options,
    print_json,
    progress_bar,
    say,
    settings_from,
    wait_option,
)
from arsearch.cli.progress import IndexingProgress
from arsearch.cli.summary import summary_as_dict, summary_table, write_report
from arsearch.settings import Settings

if TYPE_CHECKING:
    from arsearch.index import Changes, IndexSummary

_WATCH_WAIT = 60.0
"""Seconds that a run waits for another writer, where the next change may be long in coming."""

__all__ = ["index", "info", "rollback", "run_indexing", "verify"]


@click.command()
@click.argument("sources", nargs=-1, type=click.Path(path_type=Path))
@click.option("--full", is_flag=True, help="Work on every article again, and forget those that are not in SOURCES")
@click.option("--strict", is_flag=True, help="Stop at problems in the corpus and leave the index as it was")
@click.option("--keep-boilerplate", is_flag=True, default=None, help="Leave menus, notices and the like in articles")
@click.option(
    "--report", type=click.Path(path_type=Path, dir_okay=False), help="File to tell all that was done, as JSON"
)
@click.option("--model", help="'bundled', or name or path of a sentence-transformers model")
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


def run_indexing(
    sources: tuple[Path, ...],
    settings: Settings,
    *,
    full: bool = False,
    strict: bool = False,
    wait: float = 0.0,
    changes: Changes | None = None,
    report: Path | None = None,
    as_json: bool = False,
    only_news: bool = False,
) -> None:
    """Index *sources*, or make *changes* by hand, showing progress, and say what was done.

    With *only_news* nothing is said of a run that changed nothing.
    """
    from arsearch.backends import choose_backend
    from arsearch.index import Changes

    try:
        with IndexingProgress(as_json=as_json) as shown, closing(choose_backend(settings)) as backend:
            summary = backend.update(
                sources,
                full=full,
                strict=strict,
                wait=wait,
                changes=changes or Changes(),
                progress=shown.show,
                on_problem=shown.tell,
            )
    except KeyboardInterrupt:
        say("Interrupted. The index is as it was; the same command goes on with the work that is done.")
        raise SystemExit(INTERRUPTED) from None
    if summary.rebuilt_because:
        say(f"Every article was worked on again: {summary.rebuilt_because}")
    if report is not None:
        write_report(report, summary)
    if only_news and not (summary.added or summary.changed or summary.deleted):
        return
    if as_json:
        print_json(summary_as_dict(summary))
    else:
        _say_what_was_done(summary, backend.name)


def _say_what_was_done(summary: IndexSummary, index: str) -> None:
    if summary.tallies:
        for line in summary_table(summary):
            click.echo(line)
    click.echo(
        f"{summary.articles} articles in {index}: {summary.added} added, {summary.changed} changed, "
        f"{summary.deleted} deleted, {summary.unchanged} unchanged; {summary.passages} passages; "
        f"{summary.seconds:.1f} s."
    )
    if summary.files_unchanged:
        click.echo(f"{summary.files_unchanged} files are as they were when they were read last.")
    if summary.duplicates:
        click.echo(f"{summary.duplicates} records had an id that was read before; the last one of each was kept.")
    if summary.copies:
        click.echo(f"{summary.copies} new articles say what another one says; they are found with it.")
    if summary.problems:
        click.echo(f"{len(summary.problems)} problems in the corpus; {summary.skipped} records were skipped.")


@click.command()
@common_options
def info(index: Path | None, config: Path | None, as_json: bool) -> None:
    """Say what is in the index and what made it."""
    from arsearch.backends import choose_backend

    with closing(choose_backend(settings_from(config, index=index))) as backend:
        facts = backend.facts()
    if as_json:
        print_json(facts)
        return
    if (writer := facts.pop("writer", None)) is not None:
        facts["writer"] = f"process {writer['pid']} on {writer['host']}, since {writer['since']}"
    for name, value in facts.items():
        shown = ", ".join(value) if isinstance(value, list) else value
        click.echo(f"{name:<17}{shown}")


@click.command()
@click.option(
    "--sample", type=click.IntRange(min=0), default=200, show_default=True,
    help="Articles, chosen by chance, whose text is analysed and embedded again to compare it with what is stored",
)  # fmt: skip
@common_options
def verify(sample: int, index: Path | None, config: Path | None, as_json: bool) -> None:
    """Check every byte of the index, its parts against each other, and a sample against the articles."""
    from arsearch.backends import choose_backend

    with closing(choose_backend(settings_from(config, index=index))) as backend, progress_bar(" files") as bar:
        verification = backend.verify(sample=sample, progress=bar.show)
    if as_json:
        print_json({"index": backend.name} | dataclasses.asdict(verification))
    else:
        read = f"Read {verification.files} files, {verification.bytes / 1e6:.1f} MB; compared"
        click.echo(
            f"{read if verification.files else 'Compared'} the postings of "
            f"{verification.sampled} articles and the vectors of {verification.passages} passages with their texts; "
            f"{verification.seconds:.1f} s."
        )
        if not verification.faults:
            click.echo(f"The index {backend.name} is whole: generation {verification.generation}.")
    for fault in (*verification.faults, *verification.older_faults):
        say(f"Error: {fault}")
    if verification.notice:
        say(verification.notice)
    if verification.faults:
        say("Run `arsearch rollback` to serve the generation before, or `arsearch index --full SOURCE...`.")
    elif verification.older_faults:
        say("What is searched is whole. Earlier generations are not, and `arsearch rollback` will pass them over.")
    if verification.faults or verification.older_faults:
        raise SystemExit(FAILED)


@click.command()
@click.argument("generation", required=False)
@wait_option
@common_options
def rollback(generation: str | None, wait: float, index: Path | None, config: Path | None, as_json: bool) -> None:
    """Serve GENERATION again, or the last whole one before the live one; `arsearch info` lists them."""
    from arsearch.backends import choose_backend

    with closing(choose_backend(settings_from(config, index=index))) as backend:
        served = backend.rollback(generation, wait=wait)
    if as_json:
        print_json({"index": backend.name, "generation": served})
    else:
        click.echo(f"The live generation of {backend.name} is now {served}.")
