"""One indexing run with its progress, and what it did: shared by every command that writes."""

from __future__ import annotations

from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from arsearch.cli.options import INTERRUPTED, print_json, say, show
from arsearch.cli.progress import IndexingProgress
from arsearch.cli.summary import summary_as_dict, summary_table, unknown_fields_line, write_report
from arsearch.settings import Settings

if TYPE_CHECKING:
    from arsearch.index import Changes, IndexSummary

__all__ = ["run_indexing"]

_FIRST_COMMIT = 10.0
"""Seconds that a commit waits for vectors: after that its articles are found by words, and vectors follow."""
_LATER_COMMITS = 300.0
"""Seconds of embedding in each commit that follows. Between two of them others may write."""
_TURN = 60.0
"""Seconds that such a commit waits for its turn."""


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
    from arsearch.insights import remember_run

    summary: IndexSummary | None = None
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
                embed_seconds=_FIRST_COMMIT,
                on_pace=shown.tell_pace,
            )
            while summary.waiting:
                later = backend.update(
                    (),
                    wait=max(wait, _TURN),
                    changes=Changes(embed=True),
                    progress=shown.show,
                    embed_seconds=_LATER_COMMITS,
                )
                summary = replace(
                    summary,
                    commit=later.commit,
                    passages=later.passages,
                    waiting=later.waiting,
                    seconds=summary.seconds + later.seconds,
                )
            with suppress(OSError):  # a record for maintainers: the index is written, with or without it
                remember_run(backend.local_directory, summary_as_dict(summary))
    except KeyboardInterrupt:
        say(
            f"Interrupted. {summary.waiting} articles are found by words alone; `arsearch index` goes on."
            if summary
            else "Interrupted. The index is as it was; the same command goes on with the work that is done."
        )
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
            show(line)
    show(
        f"{summary.articles} articles in {index}: {summary.added} added, {summary.changed} changed, "
        f"{summary.deleted} deleted, {summary.unchanged} unchanged; {summary.passages} passages; "
        f"{summary.seconds:.1f} s."
    )
    if summary.files_unchanged:
        show(f"{summary.files_unchanged} files are as they were when they were read last.")
    if summary.unknown_fields:
        show(unknown_fields_line(summary.unknown_fields))
    if summary.duplicates:
        show(f"{summary.duplicates} records had an id that was read before; the last one of each was kept.")
    if summary.copies:
        show(f"{summary.copies} new articles say what another one says; they are found with it.")
    if summary.problems:
        show(f"{len(summary.problems)} problems in the corpus; {summary.skipped} records were skipped.")
