"""Writing one generation: records into the store, words into segments, meaning into vectors."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from arsearch.article_fields import Keywords
from arsearch.corpus import Article, KnownLine, ReadingReport, read_file, read_source, read_stream
from arsearch.corpus.own_fields import own_values
from arsearch.errors import ArticleNotFoundError
from arsearch.index.fault_points import fault_point
from arsearch.index.layout import ARTICLES_FILE, LEXICAL_FOLDER, SEMANTIC_FOLDER, Layout
from arsearch.index.manifest import MANIFEST_FILE, FileRecord, checksum
from arsearch.index.store.article_store import ADDED_BY_HAND, ArticleStore
from arsearch.index.store.legacy import LegacyStore
from arsearch.index.store.writer import StoreWriter
from arsearch.index.update.calibrate import calibrate, write_grams
from arsearch.index.update.ingest import Ingest
from arsearch.index.update.plan import STANDARD_INPUT, Changes, Plan, Previous, reading_of
from arsearch.index.update.preprocess import Preprocessor, reading_options
from arsearch.index.update.sources import Key, observe
from arsearch.lexical import Document, LexicalIndex, LexicalWriter
from arsearch.ranking import UNCALIBRATED, SemanticScale
from arsearch.semantic import Encoder, Passage, PassageCache, PassageVectors, VectorsWriter, cut_passages, open_cache
from arsearch.settings import Settings

__all__ = ["Counts", "GenerationWriter", "Progress", "Share", "counts_of", "file_records"]

Progress = Callable[[str, int, int | None], None]
"""Called with the name of a stage, how much of it is done, and how much there is (None where that is not known).

Of ``reading`` that is bytes of files, of all other stages articles.
"""

Share = Callable[[Encoder], PassageCache]
"""Gives, for an encoder, one that lets other processes embed too."""

_EMBEDDED_AT_ONCE = 4096
_SHARED_AT_ONCE = 65_536
"""Passages in memory when many embed them: enough for each to have something to do, about 100 MB."""
_TOLD_EVERY = 64
"""Articles between two words of progress while reading."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What is in the generation, and what was done for it. Articles unless it says otherwise."""

    articles: int
    passages: int
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


class GenerationWriter:
    """The writing of one generation into *folder*."""

    def __init__(
        self,
        folder: Path,
        plan: Plan,
        changes: Changes,
        settings: Settings,
        report: ReadingReport,
        share: Share | None = None,
    ) -> None:
        self._folder = folder
        self._plan = plan
        self._changes = changes
        self._settings = settings
        self._report = report
        self._options = reading_options(settings)
        self._encoder = plan.encoder
        self._own = settings.own_fields
        self._embedded_at_once = _SHARED_AT_ONCE if share else _EMBEDDED_AT_ONCE
        self._previous = plan.previous
        self._batch: list[tuple[int, Passage, str]] = []
        with ExitStack() as opened:
            self._cache = share(plan.encoder) if share else open_cache(plan.encoder, Layout(settings.index).embedded)
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

    def run(self, progress: Progress) -> Counts:
        """Write everything and return what was done. Raises what goes wrong; *folder* is then good for nothing."""
        with self._opened:
            return self._run(progress)

    def _run(self, progress: Progress) -> Counts:
        if self._previous:
            shutil.copyfile(self._previous.folder / ARTICLES_FILE, self._folder / ARTICLES_FILE)
            fault_point("articles copied")
        store = StoreWriter(self._folder / ARTICLES_FILE, with_extra=bool(self._own))
        preprocessor = Preprocessor(store, self._settings, self._report)
        ingest = Ingest(store, preprocessor.lines_of)
        try:
            self._reads_as_before = store.fact("reading") == reading_of(self._settings)
            self._take_in(ingest, progress)
            fault_point("sources read")
            store.set_fact("reading", reading_of(self._settings))
            unchanged = self._count_unchanged(store)
            articles = self._index_words_and_meaning(store, preprocessor, progress)
            for ordinal in preprocessor.copies:
                if (tally := ingest.tally_of(ordinal)) is not None:
                    self._report.tallies[tally].duplicates += 1
            languages = store.languages()
            by_hand = store.scalar(
                "SELECT (SELECT count(*) FROM articles WHERE file = ?) + (SELECT count(*) FROM withheld)", ADDED_BY_HAND
            )
            store.close(vacuum=self._changes.compact)
            fault_point("articles written")
            passages = self._vectors.write(self._folder / SEMANTIC_FOLDER)
            fault_point("vectors written")
            calibrated_on, scale = self._prepare_ranking()
            fault_point("ranking prepared")
            if self._cache and not self._previous:
                self._cache.forget_unused()
        except BaseException:
            store.abandon()
            raise
        return Counts(
            articles=articles,
            passages=passages,
            semantic_scale=scale,
            calibrated_on=calibrated_on,
            added=ingest.added,
            changed=ingest.changed,
            deleted=ingest.deleted,
            unchanged=unchanged,
            by_hand=by_hand,
            repeated=ingest.repeated,
            copies=len(preprocessor.copies),
            languages=languages,
        )

    # Taking in

    def _take_in(self, ingest: Ingest, progress: Progress) -> None:
        """Put the records of all files that are read into the store, and those that are added by hand."""
        scan = self._plan.scan
        ingest.order_files(scan.ranks, scan.to_read, forgotten=self._plan.forgotten)
        ingest.forget(scan.gone)
        for key, state in scan.touched.items():
            ingest.set_state(ingest.number_of(*key), state)
        progress("reading", 0, scan.total_bytes)
        files: dict[str, list[Key]] = {}
        for key in scan.to_read:
            files.setdefault(key[0], []).append(key)
        read_before = 0
        for source in self._plan.sources:
            if self._plan.inherited and source in self._plan.missing:
                self._take_over(str(source), ingest)
            for key in files.get(str(source), ()):
                read_before += self._read(key, ingest, read_before, scan.total_bytes, progress)
        self._change_by_hand(ingest)
        ingest.settle()
        for number, outcomes in ingest.outcomes.items():
            self._report.tallies[number].add(outcomes)

    def _read(self, key: Key, ingest: Ingest, before: int, total: int, progress: Progress) -> int:
        """Read one file and return its size."""
        began = time.time_ns()
        problems = self._report.count
        path = Path(key[1])
        number = ingest.number_of(*key)
        known = ingest.known_lines(number) if self._reads_as_before else {}
        for count, item in enumerate(read_file(path, Path(key[0]), self._report, self._options, known)):
            if isinstance(item, KnownLine):
                self._keep(known[item.digest], path, item, number, ingest)
            else:
                self._put(item, number, ingest)
            if count % _TOLD_EVERY == 0:
                progress("reading", min(before + self._report.position(), total), total)
        state = observe(key, began=began, problems=self._report.count - problems)
        ingest.set_state(number, state)
        return path.stat().st_size

    def _keep(self, ordinal: int, path: Path, line: KnownLine, file: int, ingest: Ingest) -> None:
        """Take in a line that gave the article *ordinal* before."""
        tally = self._report.tally_number()
        if ingest.keep(ordinal, file, tally):
            self._report.tallies[tally].read += 1
        else:
            self._report.path, self._report.line, self._report.digest = path, line.line, line.digest
            self._put(ingest.article(ordinal), file, ingest)

    def _put(self, article: Article, file: int, ingest: Ingest) -> None:
        outcome = ingest.put(article, file, self._report.tally_number(), self._report.digest)
        self._report.tally().count(article)
        if outcome == "replaced":
            message = f"the id {article.id!r} was read before; this record takes the place of that one"
        elif outcome == "passed over":
            message = f"the id {article.id!r} is also that of an article of a later file, which counts"
        else:
            return
        self._report.add(self._report.path, self._report.line, message, skipped=False)

    def _take_over(self, source: str, ingest: Ingest) -> None:
        """Take the articles of a source that is not there any more from the earlier generation."""
        assert self._plan.inherited is not None
        with LegacyStore(self._plan.inherited) as old:
            self._report.source, self._report.format = Path(source), "earlier index"
            for stored in old.articles_of(source):
                number = ingest.add_file(source, stored.path)
                ingest.put(self._as_declared(stored.article), number, self._report.tally_number())
                self._report.tally().count(stored.article)

    def _as_declared(self, article: Article) -> Article:
        """Return an *article* of an earlier index with those of its own fields that are declared now."""
        return replace(article, extra=own_values(article.extra, self._own, [])) if article.extra else article

    def _change_by_hand(self, ingest: Ingest) -> None:
        if self._plan.inherited:
            with LegacyStore(self._plan.inherited) as old:
                ingest.withhold(old.withheld())
                for stored in old.added_by_hand():
                    self._report.source, self._report.format = Path("added by hand"), "earlier index"
                    ingest.put(self._as_declared(stored.article), ADDED_BY_HAND, self._report.tally_number())
                    self._report.tally().count(stored.article)
        for path in self._changes.add:
            articles = (
                read_stream(sys.stdin.buffer, "standard input", self._report, self._options)
                if path == STANDARD_INPUT
                else read_source(path, self._report, self._options)
            )
            for article in articles:
                ingest.allow(article.id)
                self._put(article, ADDED_BY_HAND, ingest)
        unknown = [identifier for identifier in self._changes.delete if not ingest.has(identifier)]
        if unknown:
            raise ArticleNotFoundError(
                f"No article has the id {', '.join(map(repr, unknown))}: nothing was deleted. "
                "Search, and take the id of a hit."
            )
        ingest.withhold(self._changes.delete)

    def _count_unchanged(self, store: StoreWriter) -> int:
        """Return how many articles of the sources of this run are as they were."""
        sources = self._plan.wanted if not self._changes.by_hand else self._plan.sources
        marks = ", ".join("?" * len(sources))
        return store.scalar(
            f"SELECT count(*) FROM articles JOIN files ON number = file "
            f"WHERE ordinal < ? AND files.source IN ({marks})",
            store.first_new,
            *map(str, sources),
        )

    # Words and meaning

    def _index_words_and_meaning(self, store: StoreWriter, preprocessor: Preprocessor, progress: Progress) -> int:
        lexical = LexicalWriter(
            self._folder / LEXICAL_FOLDER,
            memory_mb=self._settings.memory_mb,
            previous=self._previous.folder / LEXICAL_FOLDER if self._previous else None,
            own=self._own,
        )
        preprocessor.refine(lexical.exact_words, lambda done, total: progress("comparing", done, total))
        if self._previous:
            with closing(PassageVectors(self._previous.folder / SEMANTIC_FOLDER)) as before:
                for rows in before.stored(store.ordinals()):
                    self._vectors.take_over(*rows)
        lexical.delete(store.deleted)
        done, total = 0, store.count_new()
        for batch in store.new_articles():
            elsewhere = store.keywords_of_copies([ordinal for ordinal, _ in batch])
            for language, articles in _by_language(batch):
                documents = [_document(ordinal, article, elsewhere.get(ordinal, ())) for ordinal, article in articles]
                texts = lexical.add(documents, language)
                for number, (ordinal, article) in enumerate(articles):
                    first = lexical.texts_a_document * number
                    body = slice(*texts.offsets[first + 1 : first + 3])
                    self._embed(ordinal, article, texts.starts[body])
            done += len(batch)
            progress("indexing", done, total)
        self._encode_batch()
        fault_point("words and meaning added")
        progress("writing", total, total)
        count = lexical.commit(compact=self._changes.compact)
        fault_point("words written")
        return count

    def _prepare_ranking(self) -> tuple[str, SemanticScale]:
        with closing(LexicalIndex(self._folder / LEXICAL_FOLDER)) as words:
            write_grams(self._folder, words)
        known, earlier = ("", UNCALIBRATED), None
        if self._previous:
            manifest, earlier = self._previous.manifest, self._previous.folder
            known = (manifest.calibrated_on, manifest.semantic_scale)
        with closing(ArticleStore(self._folder / ARTICLES_FILE)) as store:
            return calibrate(self._folder, store, self._cache or self._encoder, known, earlier)

    def _embed(self, ordinal: int, article: Article, starts: npt.NDArray[np.int32]) -> None:
        for passage in cut_passages(article.body, starts, size=self._settings.passage_words):
            text = f"{article.title}\n{article.body[passage.start : passage.end]}"
            self._batch.append((ordinal, passage, text))
        if len(self._batch) >= self._embedded_at_once:
            self._encode_batch()

    def _encode_batch(self) -> None:
        if self._batch:
            ordinals = np.array([ordinal for ordinal, _, _ in self._batch], dtype=np.int64)
            spans = np.array([passage for _, passage, _ in self._batch], dtype=np.int64)
            encoder = self._cache or self._encoder
            self._vectors.add(ordinals, spans, encoder.encode_passages([text for _, _, text in self._batch]))
            self._batch.clear()


def file_records(folder: Path, plan: Plan) -> dict[str, FileRecord]:
    """Return a record of every file in *folder*, by path. Those of an earlier generation are not read again.

    Such files are hard links to what was checked before it was built upon.
    """
    records = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and path.name != MANIFEST_FILE):
        name = path.relative_to(folder).as_posix()
        records[name] = _known_record(path, name, plan.previous) or checksum(path)
    return records


def _known_record(path: Path, name: str, previous: Previous | None) -> FileRecord | None:
    """Return the record of a file that is a hard link to one of the generation before, or None."""
    record = previous.manifest.files.get(name) if previous else None
    if previous is None or record is None or record.head is None:
        return None
    other = previous.folder / name
    return record if other.exists() and path.samefile(other) else None


def _document(ordinal: int, article: Article, elsewhere: Iterable[Keywords]) -> Document:
    return Document(
        ordinal=ordinal,
        title=article.title,
        body=article.body,
        author=article.author,
        source=article.source,
        tags=article.tags,
        date=article.date,
        extra=article.extra,
        elsewhere=tuple(elsewhere),
    )


def _by_language(batch: list[tuple[int, Article]]) -> Iterator[tuple[str, list[tuple[int, Article]]]]:
    """Yield the languages of *batch*, each with its articles."""
    for language in dict.fromkeys(article.language for _, article in batch):
        yield language, [(ordinal, article) for ordinal, article in batch if article.language == language]
