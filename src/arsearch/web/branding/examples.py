"""What the first page offers to try: queries of the maintainer, or phrases of recent titles that find something.

They are found once for each commit. A phrase is good that several titles have and that many articles answer.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from arsearch.arabic import analyze
from arsearch.common.bounded_cache import BoundedCache
from arsearch.errors import ArsearchError
from arsearch.search.searcher import Searcher

__all__ = ["Example", "StartExamples"]

_SHOWN = 5
_TITLES = 100
"""Recent titles that are looked through; a page may have fewer."""
_ENOUGH = 3
"""Articles that a phrase finds at least, where the archive has such phrases."""
_TRIED = 40
_LONGEST = 28
_COMMON = "في من على إلى عن"
"""Words that nearly every article has: a search for them, newest first, lists the archive."""
_BARE = str.maketrans({"أ": "ا", "إ": "ا", "آ": "ا", "ة": "ه"})


@dataclass(frozen=True, slots=True)
class Example:
    """A query, and what it shows: another ``spelling``, a ``phrase`` in quotation marks, or nothing but ``words``."""

    query: str
    kind: Literal["words", "spelling", "phrase"]


class StartExamples:
    """The examples of one server process. Safe to use from several threads."""

    def __init__(self, given: Sequence[str]) -> None:
        """Offer the queries that are *given*; if there are none, those of the index."""
        self._given = tuple(Example(query, "words") for query in given)
        self._found: BoundedCache[tuple[object, ...], tuple[Example, ...]] = BoundedCache(2, 2, lambda _: 1)
        self._lock = threading.Lock()

    def of(self, searcher: Searcher) -> tuple[Example, ...]:
        """Return what to try on the index of *searcher*."""
        if self._given:
            return self._given
        with self._lock:
            examples = self._found.get(searcher.version)
            if examples is None:
                try:
                    examples = tuple(_shown(list(_good_phrases(searcher))))
                except ArsearchError:  # an index that cannot list its articles has a first page all the same
                    return ()
                self._found.put(searcher.version, examples)
        return examples


def _good_phrases(searcher: Searcher) -> Iterator[str]:
    size = min(_TITLES, searcher.settings.max_page_size, searcher.settings.max_depth)
    recent = searcher.search(_COMMON, mode="lexical", sort="date", size=size, snippets=False)
    titles = [hit.title for hit in recent.hits if hit.title]
    phrases = Counter(phrase for title in titles for phrase in dict.fromkeys(_phrases(title)))
    tried = sorted(phrases, key=lambda phrase: (-min(phrases[phrase], 4), len(phrase)))[:_TRIED]
    counted = []
    for phrase in tried:
        total = searcher.search(f'"{phrase}"', mode="lexical", size=1, snippets=False, as_typed=True).total
        counted.append((total >= _ENOUGH, phrases[phrase] > 1, total, phrase))
    used: set[str] = set()
    for _, _, total, phrase in sorted(counted, reverse=True):
        words = {token.stem or token.folded for token in analyze(phrase)}
        if total and not words & used:
            used |= words
            yield phrase


def _phrases(title: str) -> Iterator[str]:
    """Yield the pairs of words that stand side by side in *title*, as they are written."""
    for one, other in pairwise(analyze(title)):
        if title[one.end : other.start] != " ":
            continue
        phrase = title[one.start : other.end]
        meant = [token.stem and len(token.folded) > 2 for token in (one, other)]
        if all(meant) and len(phrase) <= _LONGEST and not any(character.isdigit() for character in phrase):
            yield phrase


def _shown(phrases: list[str]) -> Iterator[Example]:
    """Yield the first phrases, one of them in quotation marks, and one as it is typed in haste."""
    in_quotes = phrases[1] if len(phrases) > 1 else None
    respelled = next((phrase for phrase in phrases[:_SHOWN] if phrase.translate(_BARE) != phrase != in_quotes), None)
    for phrase in phrases[:_SHOWN]:
        if phrase == in_quotes:
            yield Example(f'"{phrase}"', "phrase")
        elif phrase == respelled:
            yield Example(phrase.translate(_BARE), "spelling")
        else:
            yield Example(phrase, "words")
