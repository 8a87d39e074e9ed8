"""What happens to an article between reading and indexing: cleaned, its language recognised, compared with others."""

from __future__ import annotations

import dataclasses
import itertools
import struct
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import numpy.typing as npt

from arsearch.common.array_types import UInt64s
from arsearch.corpus import Article, ReadingOptions, ReadingReport, parse_field_names
from arsearch.corpus.cleaning.clean import KEY_BYTES, Cleaner, line_keys, lines_with
from arsearch.corpus.cleaning.near_duplicates import bands, shingle_hashes, similarity_of
from arsearch.corpus.language import recognise_language
from arsearch.errors import SettingsError
from arsearch.index.store.writer import StoreWriter
from arsearch.index.update.near_duplicates import FingerprintIndex, find_copies
from arsearch.index.update.shingles import ShingleFile
from arsearch.lexical.segment.builder import ExactWords
from arsearch.settings import Settings

__all__ = ["Preprocessor", "preprocessing_of", "reading_options"]

_SHORT_WORDS = 30
"""A body of fewer words may be a phrase that many articles have; their titles tell them apart."""

_NO_SHINGLES: UInt64s = np.empty(0, np.uint64)
Words = Callable[[Sequence[str]], list[ExactWords]]


def preprocessing_of(settings: Settings) -> str:
    """Return what a commit remembers of *settings*; another value preprocesses all articles again."""
    return (
        f"keep_boilerplate={settings.keep_boilerplate} duplicates={settings.duplicates} "
        f"duplicate_similarity={settings.duplicate_similarity} fields={', '.join(settings.fields)}"
    )


def reading_options(settings: Settings) -> ReadingOptions:
    """Return how *settings* have a corpus read. Raises SettingsError if the names of fields make no sense."""
    try:
        fields = parse_field_names(settings.fields, settings.own_fields)
    except ValueError as error:
        raise SettingsError(f"The setting fields is wrong: {error}. Write content=body, kicker=title.") from None
    return ReadingOptions(
        max_record_bytes=settings.max_record_mb << 20,
        max_expansion=settings.max_expansion,
        free_seconds=settings.document_seconds,
        free_memory_bytes=settings.document_memory_mb << 20,
        follow_links=settings.follow_links,
        date_order=settings.date_order,
        withhold_future=settings.withhold_future,
        obey_noindex=settings.obey_noindex,
        ids_by_file=settings.ids_by_file,
        word_comments=settings.word_comments,
        table=settings.table,
        fields=fields,
        own=settings.own_fields,
    )


class Preprocessor:
    """Preprocesses the articles of one run, when all of them are in the store."""

    def __init__(self, store: StoreWriter, settings: Settings, report: ReadingReport) -> None:
        self._store = store
        self._settings = settings
        self._report = report
        self._cleaner = Cleaner({})
        self.copies: list[int] = []
        """Ordinals of articles that became another one's copies."""

    def lines_of(self, article: Article) -> bytes:
        """Return the keys of the lines of an article that has been read, of which recurring ones are boilerplate."""
        return b"" if self._settings.keep_boilerplate else line_keys(_page_source(article), article.body)

    def run(self, exact_words: Words, scratch: Path, progress: Callable[[int, int], None]) -> None:
        """Clean new articles, find copies among all, and put what comes of it into the store.

        *exact_words* gives the folded words of each of several texts. By what articles are compared is in a temporary
        file in the folder *scratch*. *progress* is told how many articles are done.
        """

        def look_up(ordinals: list[int]) -> list[UInt64s]:
            articles = [article for _, article, _ in self._store.fetch(ordinals)]
            return [shingle_hashes(compared.hashes) for compared, _ in _compared(articles, exact_words)]

        with closing(ShingleFile(scratch, look_up)) as shingles:
            self._run(exact_words, shingles, progress)

    def _run(self, exact_words: Words, shingles: ShingleFile, progress: Callable[[int, int], None]) -> None:
        concerned = [] if self._settings.keep_boilerplate else self._learn()
        done, total = 0, self._store.count_new() + len(concerned)
        for batch in self._store.new_articles():
            self._preprocess([(ordinal, article, article) for ordinal, article in batch], exact_words, shingles)
            done += len(batch)
            progress(done, total)
        for ordinal in concerned:
            [(_, indexed, read)] = self._store.fetch([ordinal])
            if self._preprocessed(read) != indexed:
                self._preprocess([(self._store.reopen(ordinal), indexed, read)], exact_words, shingles)
            done += 1
            progress(done, total)
        if self._settings.duplicates == "group":
            self._group(shingles)
        self._report.dropped = self._cleaner.dropped()

    def _learn(self) -> list[int]:
        """Find out which lines recur now; return the earlier articles with lines of which that has changed."""
        state = self._store.state
        before = state.recurring
        state.lines.update((pages for _, pages in self._store.new_lines()), self._store.lines_gone, self._count_earlier)
        recurring = {key: before.get(key, ("", "")) for key in state.lines.recurring().tolist()}
        changed = np.array(sorted(recurring.keys() ^ before.keys()), dtype=np.uint64)
        nameless = recurring.keys() - before.keys()
        concerned = np.unique(self._store.earlier_owners_of_lines(changed)[1]).tolist() if len(changed) else []
        having = itertools.chain(concerned, self._new_articles_with(nameless))
        for _, _, read in self._store.fetch(having) if nameless else ():
            source = _page_source(read)
            for key, line in lines_with(nameless, source, read.body).items():
                recurring[key] = (source, line)
                nameless -= {key}
            if not nameless:
                break
        state.recurring = recurring
        lines: dict[str, list[str]] = {}
        for source, line in recurring.values():
            lines.setdefault(source, []).append(line)
        self._cleaner = Cleaner(lines)
        return concerned

    def _count_earlier(self, lines: UInt64s) -> npt.NDArray[np.int64]:
        """Return on how many pages of the earlier commit, but for those that have gone, each of *lines* is."""
        return np.bincount(self._store.earlier_owners_of_lines(lines)[0], minlength=len(lines))

    def _new_articles_with(self, lines: Collection[int]) -> Iterator[int]:
        """Yield the ordinals of new articles that have one of *lines*."""
        wanted = np.array(list(lines), dtype=np.uint64)
        for ordinals, pages in self._store.new_lines():
            counts = [len(page) // KEY_BYTES for page in pages]
            having = np.isin(np.frombuffer(b"".join(pages), dtype="<u8"), wanted)
            yield from np.unique(np.repeat(ordinals, counts)[having]).tolist()

    def _preprocess(
        self, batch: Sequence[tuple[int, Article, Article]], exact_words: Words, shingles: ShingleFile
    ) -> None:
        """Preprocess articles, each given with its ordinal, as it stands in the store and as it was read."""
        preprocessed = []
        for ordinal, stored, read in batch:
            article = self._preprocessed(read)
            preprocessed.append(article)
            if article != stored:
                self._store.set_preprocessed(ordinal, stored, read, article)
        if self._settings.duplicates == "group":
            of_all = _compared(preprocessed, exact_words)
            for (ordinal, _, _), (compared, short) in zip(batch, of_all, strict=True):
                keys = bands(compared.texts)
                self._store.set_bands(ordinal, struct.pack(f"<{len(keys)}q", *keys), short=short)
                shingles.add(ordinal, _NO_SHINGLES if short else shingle_hashes(compared.hashes))

    def _preprocessed(self, article: Article) -> Article:
        preprocessed = article
        if not self._settings.keep_boilerplate:
            preprocessed = self._cleaner.clean(article, _page_source(article))
        if not preprocessed.language:
            language = recognise_language(f"{preprocessed.title}\n{preprocessed.body}")
            preprocessed = dataclasses.replace(preprocessed, language=language)
        return preprocessed

    def _group(self, shingles: ShingleFile) -> None:
        """Find copies, and note them in the store."""
        neighbours = FingerprintIndex(self._store)
        least = self._settings.duplicate_similarity

        def similar(one: int, other: int) -> bool:
            if neighbours.bands(one)[:KEY_BYTES] == neighbours.bands(other)[:KEY_BYTES]:
                return True  # the very same words
            if neighbours.is_short(one) or neighbours.is_short(other):
                return False  # a few words more or less are much of a short text
            return similarity_of(shingles.of(one), shingles.of(other), least) >= least

        kept_for = find_copies(self._store, neighbours, similar, shingles.expect)
        self.copies = [
            ordinal
            for ordinal, kept in kept_for.items()
            if kept is not None and kept != self._store.standing(ordinal)[2]
        ]
        self._store.assign(kept_for)


def _compared(articles: Sequence[Article], exact_words: Words) -> Iterator[tuple[ExactWords, bool]]:
    """Yield the words by which each of *articles* is compared, and whether it is short."""
    words = exact_words([text for article in articles for text in (article.title, article.body)])
    for title, body in zip(words[::2], words[1::2], strict=True):
        short = len(body.texts) < _SHORT_WORDS
        if short:
            body = ExactWords(title.texts + body.texts, np.concatenate([title.hashes, body.hashes]))
        yield body, short


def _page_source(article: Article) -> str:
    """Return what pages with the same boilerplate have in common."""
    return article.source or article.url.partition("://")[2].partition("/")[0]
