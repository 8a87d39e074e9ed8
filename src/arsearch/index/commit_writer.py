"""Writing one commit, stage by stage: read, prepare, analyse, write. To commit it is :mod:`arsearch.index.build`'s.

Each stage leaves all that it found in the article store, the segments or the vectors; the next one begins there.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, nullcontext
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from arsearch.common.array_types import UInt32s
from arsearch.common.segments import is_of_segment
from arsearch.corpus.files.names import path_text
from arsearch.errors import CorruptIndexError
from arsearch.index.fault_points import fault_point
from arsearch.index.grams import take_over_the_rest, write_grams
from arsearch.index.layout import ARTICLES_FOLDER, LEXICAL_FOLDER, SEMANTIC_FOLDER, Layout
from arsearch.index.manifest import MANIFEST_FILE, FileRecord, checksum
from arsearch.index.store.article_store import ArticleStore
from arsearch.index.store.writer import StoreWriter
from arsearch.index.update.analyse import Analysis
from arsearch.index.update.calibrate import calibrate
from arsearch.index.update.embed import NO_PASSAGES, embed, read_waiting, write_waiting
from arsearch.index.update.helper import Helper
from arsearch.index.update.ingest import Ingest
from arsearch.index.update.plan import Plan, Previous
from arsearch.index.update.preprocess import Preprocessor
from arsearch.index.update.read import read_everything
from arsearch.index.update.task import UpdateTask
from arsearch.lexical import LexicalWriter
from arsearch.lexical.segment.open_segments import OpenSegments
from arsearch.ranking import UNCALIBRATED, SemanticScale
from arsearch.semantic import VectorsWriter, open_cache

_EMBEDDED_AT_ONCE = 512
_SHARED_AT_ONCE = 65_536
"""Passages in memory when many embed them: enough for each to have something to do, about 100 MB."""

__all__ = ["CommitWriter", "Counts", "DamagedSegmentError", "counts_of", "file_records"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What is in the commit, and what was done for it. Articles unless it says otherwise."""

    articles: int
    passages: int
    waiting: int
    """Articles of which passages have no vector yet."""
    semantic_scale: SemanticScale
    calibrated_on: str
    added: int
    changed: int
    deleted: int
    unchanged: int
    by_hand: int
    repeated: int
    copies: int
    languages: tuple[str, ...]


def counts_of(plan: Plan) -> Counts:
    """Return the counts of a run that found nothing to do."""
    assert plan.previous is not None
    manifest = plan.previous.manifest
    return Counts(
        articles=manifest.articles,
        passages=manifest.passages,
        waiting=manifest.waiting,
        semantic_scale=manifest.semantic_scale,
        calibrated_on=manifest.calibrated_on,
        added=0,
        changed=0,
        deleted=0,
        unchanged=plan.unchanged,
        by_hand=manifest.by_hand,
        repeated=0,
        copies=0,
        languages=manifest.languages,
    )


class CommitWriter:
    """The writing of one commit into *folder*."""

    def __init__(self, folder: Path, plan: Plan, task: UpdateTask) -> None:
        """Open what embeds passages and takes their vectors; :meth:`run` closes it."""
        self._folder = folder
        self._plan = plan
        self._task = task
        self._previous = plan.previous
        settings = task.settings
        self._helper = Helper(settings.index_processes)
        with ExitStack() as opened:
            opened.enter_context(closing(self._helper))
            self._cache = (
                task.share(plan.encoder) if task.share else open_cache(plan.encoder, Layout(settings.index).embedded)
            )
            if self._cache:
                opened.enter_context(closing(self._cache))
            self._vectors = VectorsWriter(
                plan.encoder.dimension,
                storage=settings.vector_storage,
                exact=settings.exact_vectors,
                scratch=folder,
            )
            opened.enter_context(closing(self._vectors))
            self._opened = opened.pop_all()

    def run(self) -> Counts:
        """Write everything and return what was done. Raises what goes wrong; *folder* is then good for nothing."""
        with self._opened:
            store = self._open_store()
            try:
                return self._run(store)
            except BaseException:
                store.abandon()
                raise

    def _run(self, store: StoreWriter) -> Counts:
        preprocessor = Preprocessor(store, self._task.settings, self._task.report, self._helper)
        ingest = Ingest(store, preprocessor.lines_of)
        # Read
        read_everything(self._plan, self._task, store, ingest, self._helper)
        fault_point("sources read")
        unchanged = store.count_unchanged(self._counted_sources())
        # Prepare: clean, recognise languages, find copies
        lexical = self._open_words()
        preprocessor.run(
            lexical.exact_words, self._folder, lambda done, total: self._task.progress("comparing", done, total)
        )
        self._count_copies(preprocessor.copies, store)
        # Analyse: words and meaning
        waiting = self._analyse(store, lexical)
        self._task.progress("writing", store.count_new(), store.count_new())
        fault_point("words and meaning added")
        # Write
        articles = lexical.commit(compact=self._task.changes.compact)
        fault_point("words written")
        by_hand, changed = store.count_by_hand(), store.count_new() + len(store.deleted)
        store.close(compact=self._task.changes.compact)
        fault_point("articles written")
        with closing(OpenSegments(self._folder / LEXICAL_FOLDER)) as words:
            passages, waiting = self._write_vectors(words, store.state.next_ordinal, waiting)
            fault_point("vectors written")
            calibrated_on, scale = self._prepare_ranking(words, changed, vectors_wait=len(waiting) > 0)
        fault_point("ranking prepared")
        self._check_rewritten()
        # What waits for its vector may have one in the cache, of a run that was killed.
        if self._cache and not self._previous and not len(waiting):
            self._cache.forget_unused()
        return Counts(
            articles=articles,
            passages=passages,
            waiting=len(np.unique(waiting[:, 0])),
            semantic_scale=scale,
            calibrated_on=calibrated_on,
            added=ingest.added,
            changed=ingest.changed,
            deleted=ingest.deleted,
            unchanged=unchanged,
            by_hand=by_hand,
            repeated=ingest.repeated,
            copies=len(preprocessor.copies),
            languages=store.state.other_languages(),
        )

    def _open_store(self) -> StoreWriter:
        return StoreWriter(
            self._folder / ARTICLES_FOLDER, self._previous.folder / ARTICLES_FOLDER if self._previous else None
        )

    def _open_words(self) -> LexicalWriter:
        return LexicalWriter(
            self._folder / LEXICAL_FOLDER,
            memory_mb=self._task.settings.memory_mb,
            previous=self._previous.folder / LEXICAL_FOLDER if self._previous else None,
            own=self._task.settings.own_fields,
        )

    def _counted_sources(self) -> list[str] | None:
        """Return the sources of which articles count as unchanged, None for all."""
        return None if self._task.changes.by_hand else list(map(path_text, self._plan.wanted))

    def _count_copies(self, copies: list[int], store: StoreWriter) -> None:
        """Count copies in the tallies of the records that they were read from."""
        for ordinal in copies:
            if (tally := store.seen.tally_of(ordinal)) is not None:
                self._task.report.tallies[tally].duplicates += 1

    def _analyse(self, store: StoreWriter, lexical: LexicalWriter) -> UInt32s:
        """Forget the words of what has gone, add words of what is new, and return passages that have no vector yet."""
        lexical.delete(store.deleted)
        encoder = None if self._cache else self._plan.encoder  # what is kept in a cache is slow
        threads = ThreadPoolExecutor(1) if self._helper.is_wanted else None
        with threads or nullcontext():
            words = self._task.settings.passage_words
            analysis = Analysis(lexical, self._vectors, encoder, passage_words=words, threads=threads)
            analysis.add_new(store, lambda done, total: self._task.progress("indexing", done, total))
            return analysis.passages

    def _write_vectors(self, words: OpenSegments, next_ordinal: int, new: UInt32s) -> tuple[int, UInt32s]:
        """Write the vectors there is time for; return how many there are, and the passages that wait for theirs."""
        live = np.zeros(next_ordinal, dtype=np.bool_)
        live[words.live_ordinals()] = True
        waiting = np.concatenate([new, read_waiting(self._previous.folder) if self._previous else NO_PASSAGES])
        waiting = waiting[live[waiting[:, 0]]]
        if len(waiting):
            with closing(ArticleStore(self._folder / ARTICLES_FOLDER)) as store:
                waiting = embed(
                    waiting,
                    store,
                    self._cache or self._plan.encoder,
                    self._vectors,
                    seconds=self._task.embed_seconds,
                    at_once=_SHARED_AT_ONCE if self._task.share else _EMBEDDED_AT_ONCE,
                    progress=lambda done, total: self._task.progress("embedding", done, total),
                    tell=self._task.on_pace,
                )
        earlier = self._previous.folder / SEMANTIC_FOLDER if self._previous else None
        folder = self._folder / SEMANTIC_FOLDER
        passages = self._vectors.commit(folder, earlier, live, compact=self._task.changes.compact)
        write_waiting(self._folder, waiting)
        return passages, waiting

    def _prepare_ranking(self, words: OpenSegments, changed: int, *, vectors_wait: bool) -> tuple[str, SemanticScale]:
        """Write what ranking needs; *changed* articles have come or gone."""
        known, earlier = ("", UNCALIBRATED), None
        if self._previous:
            manifest, earlier = self._previous.manifest, self._previous.folder
            known = (manifest.calibrated_on, manifest.semantic_scale)
        built_upon = None if self._task.changes.compact else earlier
        if not write_grams(self._folder, words, built_upon, changed) and earlier:
            take_over_the_rest(self._folder, earlier)
            if known[0] or vectors_wait:
                return known
        with closing(ArticleStore(self._folder / ARTICLES_FOLDER)) as store:
            return calibrate(
                self._folder, store, self._cache or self._plan.encoder, known, earlier, in_a_hurry=vectors_wait
            )

    def _check_rewritten(self) -> None:
        """Compare the earlier segments that were written anew with their checksums: what they hold was taken over.

        Raises DamagedSegmentError.
        """
        if self._previous is None:
            return
        manifest, folder = self._previous.manifest, self._previous.folder
        rewritten = [
            name
            for name in manifest.files
            if is_of_segment(name) and not manifest.is_checked_whole(name) and not (self._folder / name).exists()
        ]
        if faults := [fault for name in rewritten if (fault := manifest.fault_of(folder, name))]:
            raise DamagedSegmentError(" ".join(faults))


class DamagedSegmentError(CorruptIndexError):
    """A segment that was to be merged is not what was written: nothing can be built upon it."""


def file_records(folder: Path, plan: Plan) -> dict[str, FileRecord]:
    """Return a record of every file in *folder*, by path. Those of an earlier commit are not read again.

    Such files are hard links to what was checked before it was built upon.
    """
    records = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and path.name != MANIFEST_FILE):
        name = path.relative_to(folder).as_posix()
        records[name] = _known_record(path, name, plan.previous) or checksum(path)
    return records


def _known_record(path: Path, name: str, previous: Previous | None) -> FileRecord | None:
    """Return the record of a file that is a hard link to one of the commit before, or None."""
    record = previous.manifest.files.get(name) if previous else None
    if previous is None or record is None:
        return None
    other = previous.folder / name
    return record if other.exists() and path.samefile(other) else None
