"""What happens to an article between reading and indexing: cleaned, its language recognised, compared with others."""

from __future__ import annotations

import dataclasses
from collections import OrderedDict
from collections.abc import Sequence

from arsearch.arabic import Token
from arsearch.arabic.tokenize import words
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

    def refine(self, ordinal: int, article: Article) -> Article:
        """Return *article* as it is indexed, and put that into the store."""
        refined = article
        if not self._settings.keep_boilerplate:
            refined = self._cleaner.clean(article, _page_source(article))
        if not refined.language:
            refined = dataclasses.replace(refined, language=recognise_language(f"{refined.title}\n{refined.body}"))
        if refined != article:
            self._store.set_text(ordinal, refined)
        return refined

    def is_copy(self, ordinal: int, title: Sequence[Token], body: Sequence[Token]) -> bool:
        """Return whether the article says what an earlier one says, and note in the store of which it is a copy."""
        if self._settings.duplicates != "group":
            return False
        exact = [token.exact for token in body]
        compared = [token.exact for token in title] + exact if len(exact) < _SHORT_WORDS else exact
        keys = bands(compared)
        # A few words more or less are much of a short text: there only the very same words count.
        least = self._settings.duplicate_similarity if compared is exact else 1.0
        for other, others in self._store.articles_with(keys if compared is exact else keys[:1]).items():
            if similarity(compared, self._compared(other, others)) >= least:
                tally = self._store.set_copy(ordinal, other)
                self._report.tallies[tally].duplicates += 1
                self.copies += 1
                return True
        self._store.add_bands(ordinal, keys)
        return False

    def finish(self) -> None:
        """Put what was dropped into the report."""
        self._report.dropped = self._cleaner.dropped()

    def _compared(self, ordinal: int, text: tuple[str, str]) -> list[str]:
        """Return the words by which an earlier article is compared. Agencies' texts come in rows, so some are kept."""
        known = self._words.get(ordinal)
        if known is None:
            title, body = text
            known = [exact for exact, _, _ in words(body)]
            if len(known) < _SHORT_WORDS:
                known = [exact for exact, _, _ in words(title)] + known
            self._words[ordinal] = known
            if len(self._words) > _REMEMBERED:
                self._words.popitem(last=False)
        return known


def _page_source(article: Article) -> str:
    """Return what pages with the same furniture have in common."""
    return article.source or article.url.partition("://")[2].partition("/")[0]
