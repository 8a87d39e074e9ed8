"""Cleaning: the furniture of pages is taken out of articles, some known by its words, the rest learnt from the corpus.

A line that stands on many pages of one source is navigation, a share button, a cookie notice: whatever it says, it
does not tell these articles apart. Lines are counted while a corpus is read, by lossy counting (Manku and Motwani,
"Approximate frequency counts over data streams", VLDB 2002), whose memory does not grow with the corpus, and dropped
when it has been read.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from arsearch.corpus.article import Article
from arsearch.corpus.furniture import byline_author, furniture_of

__all__ = ["Cleaner", "DroppedLine", "LineCounts"]

RECURRING_SHARE = 0.2
"""Share of a source's pages on which a line must stand to be furniture."""
RECURRING_PAGES = 8
"""Pages on which it must stand at the least: a few pages may share a line by chance."""
_MAX_CHARACTERS = 240
_MAX_COUNTED_LINES = 400_000
_KNOWN_LINE = "known as furniture of pages"
_BYLINE = "a byline; its name became the author"


@dataclass(frozen=True, slots=True)
class DroppedLine:
    """A line that was dropped, from how many articles of a source, and why."""

    source: str
    line: str
    why: str
    articles: int


class LineCounts:
    """On how many pages of each source each line stands: never more than were counted, at times fewer."""

    def __init__(self) -> None:
        self._pages: Counter[str] = Counter()
        self._lines: dict[tuple[str, str], tuple[int, int]] = {}
        """For each source and line how often it was counted, and how often it may have been missed before."""
        self._prunings = 0

    def add(self, source: str, body: str) -> None:
        """Count the lines of a page of *source*."""
        self._pages[source] += 1
        for line in {line for line in map(_key, body.split("\n")) if 0 < len(line) <= _MAX_CHARACTERS}:
            counted, missed = self._lines.get((source, line), (0, self._prunings))
            self._lines[source, line] = (counted + 1, missed)
        if len(self._lines) > _MAX_COUNTED_LINES:
            self._prunings += 1
            self._lines = {line: counts for line, counts in self._lines.items() if sum(counts) > self._prunings}

    def recurring(self) -> dict[str, dict[str, int]]:
        """Return for each source the lines that recur, each with the number of pages it was counted on."""
        found: dict[str, dict[str, int]] = {}
        for (source, line), (counted, _) in self._lines.items():
            if counted >= max(RECURRING_PAGES, RECURRING_SHARE * self._pages[source]):
                found.setdefault(source, {})[line] = counted
        return found


class Cleaner:
    """Takes furniture out of articles, and remembers what it took."""

    def __init__(self, recurring: Mapping[str, Iterable[str]]) -> None:
        """Drop the lines that *recurring* names for each source, beside those known to everybody."""
        self._recurring = {source: frozenset(lines) for source, lines in recurring.items()}
        self._dropped: Counter[tuple[str, str, str]] = Counter()

    def clean(self, article: Article, source: str) -> Article:
        """Return *article*, which came from *source*, without furniture; one of nothing else is left as it is."""
        recurring = self._recurring.get(source, frozenset())
        kept = []
        dropped = []
        author = article.author
        for line in article.body.split("\n"):
            key = _key(line)
            if not key:
                kept.append(line)
            elif name := byline_author(line):
                author = author or name
                dropped.append((source, key, _BYLINE))
            elif key in recurring:
                dropped.append((source, key, "on many pages of this source"))
            elif len(key) <= _MAX_CHARACTERS and (known := furniture_of(line)):
                dropped.append((source, known, _KNOWN_LINE))
            else:
                kept.append(line)
        if not dropped or not any(map(_key, kept)):
            return article
        for drop in dropped:
            # One name at the end of many lines: bylines are told together.
            self._dropped[drop if drop[2] != _BYLINE else (source, "", _BYLINE)] += 1
        return dataclasses.replace(article, author=author, body=_without_gaps(kept))

    def dropped(self) -> list[DroppedLine]:
        """Return what was dropped, the most frequent first."""
        return [DroppedLine(*what, articles=count) for what, count in self._dropped.most_common()]


def _key(line: str) -> str:
    return " ".join(line.split())


def _without_gaps(lines: list[str]) -> str:
    """Return *lines* as a text; where several were dropped in a row, one empty line is enough."""
    text: list[str] = []
    for line in lines:
        if line.strip() or (text and text[-1].strip()):
            text.append(line)
    return "\n".join(text).strip("\n")
