"""Building a commit: sources in, one atomic switch at the end. Whatever fails, the live commit stays."""

from __future__ import annotations

import datetime
import math
import shutil
import sqlite3
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from arsearch.common.memory import rare_collections
from arsearch.common.system_limits import what_ran_out
from arsearch.corpus import CorpusProblem, Origin, ReadingReport, Tally, check_sources
from arsearch.corpus.cleaning.clean import DroppedLine
from arsearch.corpus.files.names import path_text
from arsearch.errors import CorpusError, CorruptIndexError, IndexStateError
from arsearch.index.commit_writer import CommitWriter, Counts, DamagedSegmentError, counts_of, file_records
from arsearch.index.durability import make_folder
from arsearch.index.fault_points import fault_point
from arsearch.index.layout import Layout
from arsearch.index.lock import locked
from arsearch.index.manifest import Manifest
from arsearch.index.update.embed import EmbeddingPace
from arsearch.index.update.plan import STANDARD_INPUT, Changes, Plan, make_plan
from arsearch.index.update.preprocess import preprocessing_of
from arsearch.index.update.task import Progress, Share, UpdateTask
from arsearch.semantic import Encoder
from arsearch.settings import Settings

__all__ = ["IndexSummary", "update_index"]

_NONE = Changes()


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexSummary:
    """What an indexing run did. Counts are articles unless they say otherwise."""

    commit: str
    """The live one afterwards: eight digits."""
    articles: int
    """How many are found afterwards, without copies."""
    added: int
    """Articles with new ids."""
    changed: int
    """Articles of which any field is another one."""
    deleted: int
    """Articles that are not there any more."""
    unchanged: int
    """Articles on which nothing was done."""
    duplicates: int
    """Records whose id had been read before in the same run; the last one counts."""
    files_read: int
    """Files of sources that were read."""
    files_unchanged: int
    """Files of sources that were not read, because they are as they were when they were read last."""
    copies: int
    """New articles that say what another one says, and are found with it."""
    skipped: int
    """Records and files that gave no article."""
    passages: int
    """How many vectors there are afterwards."""
    waiting: int
    """Articles of which passages have no vector yet: words find them, and meaning does not."""
    seconds: float
    """How long the run took."""
    rebuilt_because: str
    """Why everything was worked on again, or empty."""
    problems: tuple[CorpusProblem, ...]
    """What was wrong with the corpus; of each file the first thousand."""
    tallies: tuple[Tally, ...]
    """What became of the records of each source and format."""
    dropped: tuple[DroppedLine, ...]
    """Boilerplate that was taken out of articles, the most frequent first."""
    unknown_fields: dict[str, int]
    """Names of fields in the corpus that were not kept, with how many articles have them, the most frequent first."""


def update_index(
    sources: Sequence[Path],
    settings: Settings,
    *,
    full: bool = False,
    strict: bool = False,
    wait: float = 0.0,
    changes: Changes = _NONE,
    progress: Progress | None = None,
    on_problem: Callable[[CorpusProblem], None] | None = None,
    share: Share | None = None,
    embed_seconds: float = math.inf,
    on_pace: Callable[[EmbeddingPace], None] | None = None,
    encoder: Encoder | None = None,
) -> IndexSummary:
    """Build the index in ``settings.index`` from *sources*, or bring it up to date with them, or change it by hand.

    Only files that have changed are read, and only new and changed articles are worked on. Articles that came from one
    of *sources* before and are not there any more are deleted; without *sources* all that were ever given are looked
    at. A source that is not there any more is told of, and its articles stay. *full* starts from nothing. With *strict*
    any problem in the corpus ends the run and leaves the index as it was. *changes* by hand look at no source. While
    another process writes to the index, it is waited for, up to *wait* seconds. With *share*, passages are
    embedded by what it makes of the encoder; *encoder* is one that is loaded already.

    The commit waits for the vectors of a slow encoder for about *embed_seconds*; *on_pace* is told if that is too
    short. Passages without a vector wait for the next run, or for one with ``Changes(embed=True)``.

    If nothing has changed, no commit is written. Raises CorpusError, EncoderError, IndexLockedError, NoIndexError
    if there are no sources to read, CorruptIndexError if it cannot be told what was in the index, and IndexStateError
    if it cannot be written.
    """
    task = UpdateTask(
        sources=tuple(sources),
        settings=settings,
        full=full,
        strict=strict,
        wait=wait,
        changes=changes,
        progress=progress or _silent,
        share=share,
        encoder=encoder,
        report=ReadingReport(on_problem),
        embed_seconds=embed_seconds,
        on_pace=on_pace or _unheard,
    )
    try:
        return _update(task)
    except (OSError, sqlite3.Error, CorruptIndexError) as error:
        if reason := what_ran_out(error):
            raise IndexStateError(
                f"The index {settings.index} cannot be brought up to date: {reason} "
                "What was indexed before is as it was."
            ) from error
        if isinstance(error, CorruptIndexError):
            raise
        raise IndexStateError(
            f"The index {settings.index} cannot be written: {error}. Check that there is room on the disk, that the "
            "folder may be written to, and how many files may be open (`ulimit -n`). "
            "What was indexed before is as it was."
        ) from error


def _update(task: UpdateTask) -> IndexSummary:
    began = time.perf_counter()
    layout = Layout(task.settings.index)
    check_sources([*task.sources, *(path for path in task.changes.add if path != STANDARD_INPUT)])
    make_folder(layout.root)
    with locked(layout, wait=task.wait):
        layout.take_over()
        task = _with_whole_paths(task)
        plan = _plan(layout, task)
        fault_point("plan made")
        _report_missing(plan, layout, task.report)
        if plan.nothing_to_do:
            _check_strict(task)
            layout.sweep()
            layout.collect(task.settings.keep_commits, before="")
            counts = counts_of(plan)
            name = plan.live
        else:
            try:
                name, counts = _write(layout, plan, task)
            except DamagedSegmentError as error:
                if STANDARD_INPUT in task.changes.add:  # which was read, and cannot be read again
                    raise
                task = replace(task, report=ReadingReport(task.report.on_problem))
                plan = _plan(layout, task, damage=str(error))
                name, counts = _write(layout, plan, task)
    report = task.report
    return IndexSummary(
        commit=name,
        articles=counts.articles,
        added=counts.added,
        changed=counts.changed,
        deleted=counts.deleted,
        unchanged=counts.unchanged,
        duplicates=counts.repeated,
        files_read=len(plan.scan.to_read),
        files_unchanged=plan.scan.unchanged,
        copies=counts.copies,
        skipped=report.skipped,
        passages=counts.passages,
        waiting=counts.waiting,
        seconds=time.perf_counter() - began,
        rebuilt_because=plan.reason,
        problems=tuple(report.problems),
        tallies=tuple(report.tallies),
        dropped=tuple(report.dropped),
        unknown_fields=dict(report.unknown_fields.most_common()),
    )


def _plan(layout: Layout, task: UpdateTask, damage: str = "") -> Plan:
    return make_plan(
        layout,
        task.settings,
        task.sources,
        task.changes,
        full=task.full,
        strict=task.strict,
        damage=damage,
        encoder=task.encoder,
    )


def _with_whole_paths(task: UpdateTask) -> UpdateTask:
    """Return *task* as a later run remembers it, which may start from another folder."""
    forget = tuple(source.resolve() for source in task.changes.forget)
    return replace(
        task,
        sources=tuple(source.resolve() for source in task.sources),
        changes=replace(task.changes, forget=forget),
    )


def _write(layout: Layout, plan: Plan, task: UpdateTask) -> tuple[str, Counts]:
    """Write a commit, commit it, and return its name and what is in it."""
    name, building = layout.start()
    try:
        with rare_collections():
            counts = CommitWriter(building, plan, task).run()
        _check_strict(task)
        if not counts.articles and not task.changes.log_position:
            where = ", ".join(map(path_text, plan.sources)) or "what was given"
            raise CorpusError(
                f"No article was found in {where}: nothing was indexed, and an index without any would be of no use. "
                "Each record needs at least a body."
            )
        _manifest(name, building, plan, task.settings, counts).write(building)
        fault_point("manifest written")
        layout.publish(name, building)
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        raise
    layout.collect(task.settings.keep_commits, before=plan.live)
    return name, counts


def _report_missing(plan: Plan, layout: Layout, report: ReadingReport) -> None:
    for source in plan.missing:
        message = (
            f"this source of the index {layout.root} is not there any more; its articles stay as they were stored. "
            f"Bring it back, or drop it and its articles with `arsearch index --forget {source}`"
        )
        report.add(Origin(source, source, "earlier index"), message, skipped=False)


def _check_strict(task: UpdateTask) -> None:
    if task.strict and task.report.problems:
        raise CorpusError(
            f"{len(task.report.problems)} problems in the corpus, and --strict was asked for: nothing was indexed. "
            "Mend what was reported, or run without --strict."
        )


def _unheard(pace: EmbeddingPace) -> None:
    """Tell nobody."""


def _silent(stage: str, done: int, total: int | None) -> None:
    """Show no progress."""


def _manifest(name: str, folder: Path, plan: Plan, settings: Settings, counts: Counts) -> Manifest:
    return Manifest(
        commit=name,
        created=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        encoder=plan.encoder.name,
        encoder_fingerprint=plan.encoder.fingerprint,
        dimension=plan.encoder.dimension,
        passage_words=settings.passage_words,
        refinement=preprocessing_of(settings),
        languages=counts.languages,
        articles=counts.articles,
        passages=counts.passages,
        waiting=counts.waiting,
        semantic_scale=counts.semantic_scale,
        calibrated_on=counts.calibrated_on,
        by_hand=counts.by_hand,
        log_position=plan.log_position,
        sources=tuple(map(path_text, plan.sources)),
        extra_fields={field.name: field.kind for field in settings.own_fields},
        files=file_records(folder, plan),
    )
