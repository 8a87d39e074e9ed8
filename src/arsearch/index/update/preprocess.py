"""What happens to an article between reading and indexing: cleaned, its language recognised, compared with others."""

from __future__ import annotations

import dataclasses
import itertools
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from arsearch.common.array_types import UInt64s
from arsearch.corpus import Article, ReadingOptions, ReadingReport, parse_field_names
from arsearch.corpus.cleaning.clean import Cleaner, dropped_lines, line_keys, lines_with
from arsearch.corpus.cleaning.digests import KEY_BYTES
from arsearch.corpus.cleaning.near_duplicates import bands, shingle_hashes, similarity_of, word_hash
from arsearch.corpus.language import recognise_language
from arsearch.corpus.parsing.structure import moved_to
from arsearch.errors import SettingsError
from arsearch.index.store.writer import StoreWriter
from arsearch.index.update.helper import Helper
from arsearch.index.update.near_duplicates import FingerprintIndex, find_copies
from arsearch.index.update.shingles import ShingleFile
from arsearch.settings import Settings

__all__ = ["Preprocessor", "preprocessing_of", "reading_options"]

_SHORT_WORDS = 30
"""A body of fewer words may be a phrase that many articles have; their titles tell them apart."""

_HELPED_ARTICLES = 2000
"""So many are worth another process."""
_Row = tuple[int, Article, Article]
"""An ordinal, the article as it stands in the store, and as it was read."""
_Call = Callable[..., Callable[[], Any]]
"""Has a task done: see :class:`Helper`."""
_NO_SHINGLES: UInt64s = np.empty(0, np.uint64)
Words = Callable[[Sequence[str], Callable[[str], bytes]], list[UInt64s]]
"""Gives the hashes of the folded words of several texts."""


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

    def __init__(self, store: StoreWriter, settings: Settings, report: ReadingReport, helper: Helper) -> None:
        """Preprocess what is in *store*; of many articles *helper* does a part."""
        self._store = store
        self._settings = settings
        self._report = report
        self._helper = helper
        self._lines: dict[str, list[str]] = {}
        self._dropped: Counter[tuple[str, str, str]] = Counter()
        self.copies: list[int] = []
        """Ordinals of articles that became another one's copies."""

    def lines_of(self, article: Article) -> bytes:
        """Return the keys of the lines of an article that has been read, of which recurring ones are boilerplate."""
        return b"" if self._settings.keep_boilerplate else line_keys(_page_source(article), article.body)

    def run(self, exact_words: Words, scratch: Path, progress: Callable[[int, int], None]) -> None:
        """Clean new articles, find copies among all, and put what comes of it into the store.

        *exact_words* gives hashes of the folded words of each of several texts. By what articles are compared is in a
        temporary file in the folder *scratch*. *progress* is told how many articles are done.
        """

        def look_up(ordinals: list[int]) -> list[UInt64s]:
            articles = [article for _, article, _ in self._store.fetch(ordinals)]
            return [shingle_hashes(words) for words, _ in _compared(articles, exact_words)]

        with closing(ShingleFile(scratch, look_up)) as shingles:
            self._run(exact_words, shingles, progress)

    def _run(self, exact_words: Words, shingles: ShingleFile, progress: Callable[[int, int], None]) -> None:
        concerned = [] if self._settings.keep_boilerplate else self._learn()
        new = self._store.count_new()
        done, total = 0, new + len(concerned)
        alone = Helper(1).call
        call = self._helper.call if new >= _HELPED_ARTICLES else alone
        # While one batch is cleaned, the words of the one before are looked up.
        cleaning: deque[tuple[list[_Row], Callable[[], Any]]] = deque()
        for batch in self._store.new_articles():
            rows = [(ordinal, read, read) for ordinal, read in batch]
            cleaning.append((rows, self._clean([read for _, read in batch], call)))
            if len(cleaning) > 1:
                self._look_up(*cleaning.popleft(), exact_words, shingles)
            done += len(batch)
            progress(done, total)
        while cleaning:
            self._look_up(*cleaning.popleft(), exact_words, shingles)
        for ordinal in concerned:
            [(_, indexed, read)] = self._store.fetch([ordinal])
            cleaned = self._clean([read], alone)
            if _as_cleaned(read, *cleaned()["articles"][0]) != indexed:
                rows = [(self._store.reopen(ordinal), indexed, read)]
                self._look_up(rows, cleaned, exact_words, shingles)
            done += 1
            progress(done, total)
        if self._settings.duplicates == "group":
            self._group(shingles)
        self._report.dropped = dropped_lines(self._dropped)

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
        self._lines = lines
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

    def _clean(self, articles: list[Article], call: _Call) -> Callable[[], Any]:
        """Have *articles* cleaned; see :func:`clean_task`."""
        fields = [[each.title, each.body, each.author, each.source, each.url, each.language] for each in articles]
        return call("clean", self._lines, self._settings.keep_boilerplate, fields)

    def _look_up(self, rows: list[_Row], cleaned: Callable[[], Any], exact_words: Words, shingles: ShingleFile) -> None:
        """Put *rows* into the store as they were *cleaned*, and the keys by which others find them."""
        answer = cleaned()
        for source, line, why, count in answer["dropped"]:
            self._dropped[source, line, why] += count
        articles = []
        for (ordinal, stored, read), fields in zip(rows, answer["articles"], strict=True):
            article = _as_cleaned(read, *fields)
            articles.append(article)
            if article != stored:
                self._store.set_preprocessed(ordinal, stored, read, article)
        if self._settings.duplicates != "group":
            return
        compared = list(_compared(articles, exact_words))
        hashes = [shingle_hashes(words) for words, _ in compared]
        keys = bands([words for words, _ in compared], hashes)
        for (ordinal, _, _), (_, short), of_article, keys_of_article in zip(rows, compared, hashes, keys, strict=True):
            shingles.add(ordinal, _NO_SHINGLES if short else of_article)
            self._store.set_bands(ordinal, keys_of_article, short=short)

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


def _compared(articles: Sequence[Article], exact_words: Words) -> Iterator[tuple[UInt64s, bool]]:
    """Yield the hashes of the words by which each of *articles* is compared, and whether it is short."""
    words = exact_words([text for article in articles for text in (article.title, article.body)], word_hash)
    for title, body in zip(words[::2], words[1::2], strict=True):
        short = len(body) < _SHORT_WORDS
        yield np.concatenate([title, body]) if short else body, short


def _as_cleaned(read: Article, body: str | None, author: str, language: str) -> Article:
    """Return an article that was *read*, as it was cleaned; without a *body*, with its own."""
    if body is None and (author, language) == (read.author, read.language):
        return read
    cleaned = dataclasses.replace(read, body=read.body if body is None else body, author=author, language=language)
    if body is not None and read.structure:
        return dataclasses.replace(cleaned, structure=moved_to(read.structure, read.body, body))
    return cleaned


def clean_task(lines: Mapping[str, list[str]], keep_boilerplate: bool, articles: list[list[str]]) -> dict[str, Any]:
    """Return *articles* without boilerplate, of which *lines* are that of each source, and with their languages.

    Articles are given with title, body, author, source, address and language. Of each is told the body if it is another
    one, author and language; and what was dropped, from how many.
    """
    cleaner = Cleaner(lines)
    cleaned = []
    for title, body, author, source, url, language in articles:
        read = Article(id="", title=title, body=body, author=author, source=source, url=url, language=language)
        article = read if keep_boilerplate else cleaner.clean(read, _page_source(read))
        known = language or recognise_language(f"{title}\n{article.body}")
        cleaned.append([None if article.body == body else article.body, article.author, known])
    return {"articles": cleaned, "dropped": [[*what, count] for what, count in cleaner.take_dropped().items()]}


def _page_source(article: Article) -> str:
    """Return what pages with the same boilerplate have in common."""
    return article.source or article.url.partition("://")[2].partition("/")[0]
