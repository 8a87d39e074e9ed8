"""Building a generation: sources in, one atomic switch at the end. Whatever fails, the live generation stays."""

from __future__ import annotations

import datetime
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from arsearch.corpus import Article, Problem, ReadingReport, Tally, check_sources, read_source
from arsearch.corpus.clean import DroppedLine
from arsearch.errors import CorpusError, IndexStateError
from arsearch.index.calibrate import calibrate, write_grams
from arsearch.index.durable import make_folder
from arsearch.index.layout import ARTICLES_FILE, LEXICAL_FOLDER, SEMANTIC_FOLDER, Layout
from arsearch.index.lock import locked
from arsearch.index.manifest import MANIFEST_FILE, Manifest, checksum
from arsearch.index.plan import Plan, make_plan
from arsearch.index.refine import Refinery, reading_options, refinement_of
from arsearch.index.steps import step
from arsearch.index.store import ArticleStore, Keywords, StoreWriter
from arsearch.lexical import Document, LexicalIndex, LexicalWriter
from arsearch.ranking import SemanticScale
from arsearch.semantic import Passage, PassageVectors, VectorsWriter, cut_passages, open_cache
from arsearch.settings import Settings

__all__ = ["IndexSummary", "Progress", "update_index"]

Progress = Callable[[str, int, int | None], None]
"""Called with the name of a stage, how many articles are done, and how many there are (None while reading)."""

_ENCODE_AT_ONCE = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexSummary:
    """What an indexing run did. Counts are articles unless they say otherwise."""

    generation: str
    articles: int
    added: int
    changed: int
    deleted: int
    unchanged: int
    duplicates: int
    """Records whose id had been read before in the same run; the last one won."""
    copies: int
    """New articles that say what another one says, and are found with it."""
    skipped: int
    """Records and files that gave no article."""
    passages: int
    seconds: float
    rebuilt_because: str
    """Why everything was worked on again, or empty."""
    problems: tuple[Problem, ...]
    tallies: tuple[Tally, ...]
    """What became of the records of each source and format."""
    dropped: tuple[DroppedLine, ...]
    """Furniture of pages that was taken out of articles, the most frequent first."""


def update_index(
    sources: Sequence[Path],
    settings: Settings,
    *,
    full: bool = False,
    strict: bool = False,
    wait: float = 0.0,
    progress: Progress | None = None,
    on_problem: Callable[[Problem], None] | None = None,
) -> IndexSummary:
    """Build the index in ``settings.index`` from *sources*, or bring it up to date with them.

    Only new and changed articles are worked on. Articles that came from one of *sources* before and are not there any
    more are deleted; without *sources* those of the live generation are read again. *full* starts from nothing. With
    *strict* any problem in the corpus ends the run and leaves the index as it was. While another process writes to
    the index, it is waited for, up to *wait* seconds.

    Raises CorpusError, EncoderError, IndexLockedError, NoIndexError if there are no sources to read, CorruptIndexError
    if it cannot be told what was in the index, and IndexStateError if it cannot be written.
    """
    try:
        return _update(sources, settings, full, strict, wait, progress or _silent, ReadingReport(on_problem))
    except (OSError, sqlite3.Error) as error:
        raise IndexStateError(
            f"The index {settings.index} cannot be written: {error}. Check that there is room on the disk and that the "
            "folder may be written to. What was indexed before is as it was."
        ) from error


def _update(
    sources: Sequence[Path],
    settings: Settings,
    full: bool,
    strict: bool,
    wait: float,
    progress: Progress,
    report: ReadingReport,
) -> IndexSummary:
    began = time.perf_counter()
    layout = Layout(settings.index)
    check_sources(sources)
    make_folder(layout.root)
    with locked(layout, wait=wait):
        # A later run may start from another folder, so sources are remembered by their whole paths.
        plan = make_plan(layout, settings, [source.resolve() for source in sources], full=full)
        step("plan made")
        name, building = layout.start()
        try:
            counts = _Generation(building, plan, settings).run(report, progress)
            if strict and report.problems:
                raise CorpusError(
                    f"{len(report.problems)} problems in the corpus, and --strict was asked for: nothing was indexed. "
                    "Mend what was reported, or run without --strict."
                )
            if not counts.articles:
                raise CorpusError(
                    f"No article was found in {', '.join(map(str, plan.sources))}: nothing was indexed. "
                    "Each record needs at least a body."
                )
            _manifest(name, building, plan, settings, counts).write(building)
            step("manifest written")
            layout.publish(name, building)
        except BaseException:
            shutil.rmtree(building, ignore_errors=True)
            raise
        layout.collect(settings.keep_generations, before=plan.live)
    return IndexSummary(
        generation=name,
        articles=counts.articles,
        added=counts.added,
        changed=counts.changed,
        deleted=counts.deleted,
        unchanged=counts.unchanged,
        duplicates=counts.duplicates,
        copies=counts.copies,
        skipped=report.skipped,
        passages=counts.passages,
        seconds=time.perf_counter() - began,
        rebuilt_because=plan.reason,
        problems=tuple(report.problems),
        tallies=tuple(report.tallies),
        dropped=tuple(report.dropped),
    )


@dataclass(frozen=True, slots=True)
class _Counts:
    articles: int
    passages: int
    semantic_scale: SemanticScale
    added: int
    changed: int
    deleted: int
    unchanged: int
    duplicates: int
    copies: int
    languages: tuple[str, ...]


class _Generation:
    """The writing of one generation into *folder*."""

    def __init__(self, folder: Path, plan: Plan, settings: Settings) -> None:
        self._folder = folder
        self._plan = plan
        self._encoder = plan.encoder
        self._cache = open_cache(plan.encoder, Layout(settings.index).embedded)
        self._previous = plan.previous
        self._settings = settings
        self._batch: list[tuple[int, Passage, str]] = []

    def run(self, report: ReadingReport, progress: Progress) -> _Counts:
        if self._previous:
            shutil.copyfile(self._previous.folder / ARTICLES_FILE, self._folder / ARTICLES_FILE)
            step("articles copied")
        store = StoreWriter(self._folder / ARTICLES_FILE)
        refinery = Refinery(store, self._settings, report)
        try:
            self._read(store, refinery, report, progress)
            step("sources read")
            vanished = store.delete_unseen(map(str, self._plan.sources))
            articles = self._index_words_and_meaning(store, refinery, progress)
        except BaseException:
            store.abandon()
            if self._cache:
                self._cache.close()
            raise
        languages = store.languages()
        store.close()
        step("articles written")
        if self._cache:
            if not self._previous:
                self._cache.forget_unused()
            self._cache.close()
        passages = self._vectors.write(self._folder / SEMANTIC_FOLDER)
        step("vectors written")
        scale = self._prepare_ranking(articles)
        step("ranking prepared")
        return _Counts(
            articles=articles,
            passages=passages,
            semantic_scale=scale,
            added=store.added,
            changed=store.changed,
            deleted=vanished,
            unchanged=store.unchanged,
            duplicates=store.duplicates,
            copies=refinery.copies,
            languages=languages,
        )

    def _read(self, store: StoreWriter, refinery: Refinery, report: ReadingReport, progress: Progress) -> None:
        done = 0
        options = reading_options(self._settings)
        for source in self._plan.sources:
            for article in read_source(source, report, options):
                refinery.count(article)
                outcome = store.put(article, str(source), report.tally_number())
                report.tally().count(outcome, article)
                if outcome == "replaced":
                    message = f"the id {article.id!r} was read before; this record takes the place of that one"
                    report.add(report.path, report.line, message, skipped=False)
                done += 1
                progress("reading", done, None)
        refinery.learn()

    def _index_words_and_meaning(self, store: StoreWriter, refinery: Refinery, progress: Progress) -> int:
        self._vectors = VectorsWriter(
            self._encoder.dimension, storage=self._settings.vector_storage, exact=self._settings.exact_vectors
        )
        lexical = LexicalWriter(
            self._folder / LEXICAL_FOLDER,
            memory_mb=self._settings.memory_mb,
            previous=self._previous.folder / LEXICAL_FOLDER if self._previous else None,
        )
        done, total = 0, store.count_new()
        for batch in store.new_articles():
            refinery.refine(batch, lexical.exact_words)
            done += len(batch)
            progress("comparing", done, total)
        refinery.finish()
        if self._previous:
            kept = store.ordinals()
            self._vectors.add(*PassageVectors(self._previous.folder / SEMANTIC_FOLDER).take(kept))
        lexical.delete(store.deleted)
        done, total = 0, store.count_new()
        for batch in store.new_articles():
            elsewhere = store.keywords_of_copies([ordinal for ordinal, _ in batch])
            for language, articles in _by_language(batch):
                documents = [_document(ordinal, article, elsewhere.get(ordinal, ())) for ordinal, article in articles]
                texts = lexical.add(documents, language)
                for number, (ordinal, article) in enumerate(articles):
                    body = slice(*texts.offsets[2 * number + 1 : 2 * number + 3])
                    self._embed(ordinal, article, texts.starts[body])
            done += len(batch)
            progress("indexing", done, total)
        self._encode_batch()
        step("words and meaning added")
        progress("writing", total, total)
        count = lexical.commit()
        step("words written")
        return count

    def _prepare_ranking(self, articles: int) -> SemanticScale:
        words = LexicalIndex(self._folder / LEXICAL_FOLDER)
        write_grams(self._folder, words)
        words.close()
        if self._previous and articles < 2 * self._previous.manifest.articles:
            return self._previous.manifest.semantic_scale
        store = ArticleStore(self._folder / ARTICLES_FILE)
        try:
            return calibrate(store, self._encoder)
        finally:
            store.close()

    def _embed(self, ordinal: int, article: Article, starts: npt.NDArray[np.int32]) -> None:
        for passage in cut_passages(article.body, starts, size=self._settings.passage_words):
            text = f"{article.title}\n{article.body[passage.start : passage.end]}"
            self._batch.append((ordinal, passage, text))
        if len(self._batch) >= _ENCODE_AT_ONCE:
            self._encode_batch()

    def _encode_batch(self) -> None:
        if self._batch:
            ordinals = np.array([ordinal for ordinal, _, _ in self._batch], dtype=np.int64)
            spans = np.array([passage for _, passage, _ in self._batch], dtype=np.int64)
            encoder = self._cache or self._encoder
            self._vectors.add(ordinals, spans, encoder.encode_passages([text for _, _, text in self._batch]))
            self._batch.clear()


def _silent(stage: str, done: int, total: int | None) -> None:
    """Show no progress."""


def _document(ordinal: int, article: Article, elsewhere: Iterable[Keywords]) -> Document:
    return Document(
        ordinal=ordinal,
        title=article.title,
        body=article.body,
        author=article.author,
        source=article.source,
        tags=article.tags,
        date=article.date,
        elsewhere=tuple(elsewhere),
    )


def _by_language(batch: list[tuple[int, Article]]) -> Iterator[tuple[str, list[tuple[int, Article]]]]:
    """Yield the languages of *batch*, each with its articles."""
    for language in dict.fromkeys(article.language for _, article in batch):
        yield language, [(ordinal, article) for ordinal, article in batch if article.language == language]


def _manifest(name: str, folder: Path, plan: Plan, settings: Settings, counts: _Counts) -> Manifest:
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != MANIFEST_FILE)
    return Manifest(
        generation=name,
        created=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        encoder=plan.encoder.name,
        encoder_fingerprint=plan.encoder.fingerprint,
        dimension=plan.encoder.dimension,
        passage_words=settings.passage_words,
        refinement=refinement_of(settings),
        languages=counts.languages,
        articles=counts.articles,
        passages=counts.passages,
        semantic_scale=counts.semantic_scale,
        sources=tuple(dict.fromkeys([*plan.known, *map(str, plan.sources)])),
        files={path.relative_to(folder).as_posix(): checksum(path) for path in files},
    )
