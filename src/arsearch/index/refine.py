"""What happens to an article between reading and indexing: cleaned, its language recognised, compared with others."""

from __future__ import annotations

import dataclasses
from collections import OrderedDict
from collections.abc import Callable, Sequence

from arsearch.corpus import Article, ReadingOptions, ReadingReport, parse_field_names
from arsearch.corpus.clean import Cleaner, LineCounts
from arsearch.corpus.duplicates import bands, similarity
from arsearch.corpus.language import recognise_language
from arsearch.errors import SettingsError
from arsearch.index.store import StoreWriter
from arsearch.settings import Settings

__all__ = ["Refinery", "reading_options", "refinement_of"]

_SHORT_WORDS = 30
"""A body of fewer words may be a phrase that many articles have; their titles tell them apart."""
_REMEMBERED = 512

ExactWords = Callable[[Sequence[str]], list[list[str]]]


def refinement_of(settings: Settings) -> str:
    """Return what a generation remembers of *settings*: another value means that every article is refined again."""
    return (
        f"keep_boilerplate={settings.keep_boilerplate} duplicates={settings.duplicates} "
        f"duplicate_similarity={settings.duplicate_similarity} fields={settings.fields}"
    )


def reading_options(settings: Settings) -> ReadingOptions:
    """Return how *settings* have a corpus read. Raises SettingsError if the names of fields make no sense."""
    try:
        fields = parse_field_names(settings.fields)
    except ValueError as error:
        raise SettingsError(f"The setting fields is wrong: {error}. Write content=body, kicker=title.") from None
    return ReadingOptions(
        max_record_bytes=settings.max_record_mb << 20, max_expansion=settings.max_expansion, fields=fields
    )


class Refinery:
    """Refines the articles of one run. Lines are counted while articles are read; then articles pass one by one."""

    def __init__(self, store: StoreWriter, settings: Settings, report: ReadingReport) -> None:
        self._store = store
        self._settings = settings
        self._report = report
        self._counts = LineCounts()
        self._cleaner = Cleaner({})
        self._words: OrderedDict[int, list[str]] = OrderedDict()
        self.copies = 0
        """New articles that were kept as another one's copies."""

    def count(self, article: Article) -> None:
        """Count the lines of an article that has been read."""
        if not self._settings.keep_boilerplate:
            self._counts.add(_page_source(article), article.body)

    def learn(self) -> None:
        """Everything has been read: from now on recurring lines are known."""
        self._cleaner = Cleaner(self._store.learn_lines(self._counts.recurring()))
        self._counts = LineCounts()

    def refine(self, batch: Sequence[tuple[int, Article]], exact_words: ExactWords) -> None:
        """Clean the articles of *batch* and find copies among them, and put what comes of it into the store.

        *exact_words* gives the folded words of each of several texts.
        """
        refined = [(ordinal, self._refined(ordinal, article)) for ordinal, article in batch]
        if self._settings.duplicates != "group":
            return
        words = exact_words([text for _, article in refined for text in (article.title, article.body)])
        for number, (ordinal, _) in enumerate(refined):
            self._compare(ordinal, words[2 * number], words[2 * number + 1], exact_words)

    def _refined(self, ordinal: int, article: Article) -> Article:
        refined = article
        if not self._settings.keep_boilerplate:
            refined = self._cleaner.clean(article, _page_source(article))
        if not refined.language:
            language = recognise_language(f"{refined.title}\n{refined.body}")
            refined = dataclasses.replace(refined, language=language)
        if refined != article:
            self._store.set_text(ordinal, refined)
        return refined

    def _compare(self, ordinal: int, title: list[str], body: list[str], exact_words: ExactWords) -> None:
        """Note in the store of which earlier article this one is a copy, or how later ones find it."""
        is_short = len(body) < _SHORT_WORDS
        compared = title + body if is_short else body
        keys = bands(compared)
        # A few words more or less are much of a short text: the first key is that of the very same words.
        looked_up = keys[:1] if is_short else keys
        others = {} if self._store.has_copies(ordinal) else self._store.articles_with(looked_up)
        for other, text in others.items():
            if similarity(compared, self._compared(other, text, exact_words)) >= self._settings.duplicate_similarity:
                tally, kept = self._store.set_copy(ordinal, other)
                if kept != other:  # it moved, and must still be found
                    self._store.add_bands(kept, keys)
                self._report.tallies[tally].duplicates += 1
                self.copies += 1
                return
        self._store.add_bands(ordinal, keys)

    def finish(self) -> None:
        """Put what was dropped into the report."""
        self._report.dropped = self._cleaner.dropped()

    def _compared(self, ordinal: int, text: tuple[str, str], exact_words: ExactWords) -> list[str]:
        """Return the words by which an earlier article is compared. Agencies' texts come in rows, so some are kept."""
        if ordinal not in self._words:
            title, body = exact_words(text)
            self._words[ordinal] = title + body if len(body) < _SHORT_WORDS else body
            if len(self._words) > _REMEMBERED:
                self._words.popitem(last=False)
        return self._words[ordinal]


def _page_source(article: Article) -> str:
    """Return what pages with the same furniture have in common."""
    return article.source or article.url.partition("://")[2].partition("/")[0]
