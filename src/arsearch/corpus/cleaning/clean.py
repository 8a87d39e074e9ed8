"""Cleaning: boilerplate is taken out of articles, some known by its words, the rest learnt from the corpus.

A line that stands on many pages of one source is navigation, a share button, a cookie notice: whatever it says, it
does not tell these articles apart. Of every article the store keeps the keys of its lines, so that they can be counted
again when some articles have changed: what is boilerplate depends on which articles there are, not on what became of
the index before.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections import Counter
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from arsearch.common.array_types import UInt64s
from arsearch.corpus.article import Article
from arsearch.corpus.cleaning.boilerplate import boilerplate_of, byline_author
from arsearch.corpus.cleaning.digests import KEY_BYTES
from arsearch.corpus.parsing.structure import moved

__all__ = ["Cleaner", "DroppedLine", "LineCounts", "dropped_lines", "line_keys", "lines_with"]

RECURRING_SHARE = 0.2
"""Share of a source's pages on which a line must stand to be boilerplate."""
RECURRING_PAGES = 8
"""Pages on which it must stand at the least: a few pages may share a line by chance."""
_MAX_CHARACTERS = 240
_KEY = np.dtype("<u8")
CountEarlier = Callable[[UInt64s], npt.NDArray[np.int64]]
"""Tells on how many pages each of some lines is."""
_KNOWN_LINE = "known as boilerplate of pages"
_BYLINE = "a byline; its name became the author"


@dataclass(frozen=True, slots=True)
class DroppedLine:
    """A line that was dropped, from how many articles of a source, and why."""

    source: str
    line: str
    why: str
    articles: int


def line_keys(source: str, body: str) -> bytes:
    """Return what is counted of a page of *source*: 64-bit keys, first the source's, then one for each distinct line.

    Keys of one line on two sources differ. Long lines are no boilerplate, and are not counted.
    """
    lines = {line for line in map(_key, body.split("\n")) if 0 < len(line) <= _MAX_CHARACTERS}
    prefix = source.encode() + b"\0"
    return b"".join(
        hashlib.blake2b(prefix + line.encode(), digest_size=KEY_BYTES).digest() for line in ("", *sorted(lines))
    )


class LineCounts:
    """On how many pages lines are, kept up to date by the pages that come and go.

    Of lines on fewer than ``RECURRING_PAGES`` pages nothing is remembered: how often one of those is there is asked
    when it comes again.
    """

    def __init__(self, pages: UInt64s | None = None, lines: UInt64s | None = None) -> None:
        """Begin with no page, or where another one was: with its :attr:`pages` and :attr:`lines`."""
        self.pages: UInt64s = np.empty((0, 2), _KEY) if pages is None else pages
        """The key of each source and the number of its pages, in order (sources, 2)."""
        self.lines: UInt64s = np.empty((0, 3), _KEY) if lines is None else lines
        """The keys of lines, the keys of their sources, and on how many pages each is, in order (lines, 3)."""
        if self.pages.shape[1:] != (2,) or self.lines.shape[1:] != (3,):
            raise ValueError("the counts of lines have other columns")

    def update(self, new: Iterable[Sequence[bytes]], gone: Sequence[bytes], earlier: CountEarlier) -> None:
        """Count the pages *new*, many at a time, and no longer those that are *gone*: what :func:`line_keys` returned.

        *earlier* tells how many other pages have each of some lines.
        """
        parts = [_lines_of([]), *map(_lines_of, new)]
        lines, sources, pages = (np.concatenate(column) for column in zip(*parts, strict=True))
        lines_gone, _, pages_gone = _lines_of(gone)
        self.pages = _added(self.pages, pages, pages_gone)
        lines, first, count = np.unique(lines, return_index=True, return_counts=True)
        lines_gone, count_gone = np.unique(lines_gone, return_counts=True)
        known = np.isin(lines, self.lines[:, 0])
        counts = self.lines[:, 2].astype(np.int64)
        for keys, change in ((lines[known], count[known]), (lines_gone, -count_gone)):
            places, change = _places(self.lines[:, 0], keys, change)
            counts[places] += change
        unknown = lines[~known]
        counts_unknown = count[~known] + earlier(unknown)
        table = np.concatenate(
            [
                np.column_stack([self.lines[:, :2], counts.astype(_KEY)]),
                np.column_stack([unknown, sources[first[~known]], counts_unknown.astype(_KEY)]),
            ]
        )
        table = table[table[:, 2] >= RECURRING_PAGES]
        self.lines = table[np.argsort(table[:, 0])]

    def recurring(self) -> UInt64s:
        """Return the keys of the lines that recur, sorted."""
        places = np.searchsorted(self.pages[:, 0], self.lines[:, 1])
        of_source = self.pages[places, 1]
        found: UInt64s = self.lines[self.lines[:, 2] >= RECURRING_SHARE * of_source, 0]
        return found


def _lines_of(pages: Sequence[bytes]) -> tuple[UInt64s, UInt64s, UInt64s]:
    """Return the keys of all lines of *pages*, the source of each, and the sources of the pages."""
    keys = np.frombuffer(b"".join(pages), dtype=_KEY)
    firsts = _firsts([page for page in pages if page])
    is_line = np.ones(len(keys), dtype=np.bool_)
    is_line[firsts] = False
    sources = np.repeat(keys[firsts], np.diff(firsts, append=len(keys)))
    return keys[is_line], sources[is_line], keys[firsts]


def _added(table: UInt64s, more: UInt64s, fewer: UInt64s) -> UInt64s:
    """Return the *table* of keys and counts (keys, 2) with *more* counted, and *fewer* no longer."""
    keys, counts = np.unique(more, return_counts=True)
    keys_gone, counts_gone = np.unique(fewer, return_counts=True)
    all_keys, which = np.unique(np.concatenate([table[:, 0], keys, keys_gone]), return_inverse=True)
    change = np.concatenate([table[:, 1].astype(np.int64), counts, -counts_gone])
    sums = np.zeros(len(all_keys), dtype=np.int64)
    np.add.at(sums, which, change)
    return np.column_stack([all_keys, np.maximum(sums, 0).astype(_KEY)])[sums > 0]


def _places(
    among: UInt64s, keys: UInt64s, values: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return where those of *keys* stand that are *among* others, sorted, and the *values* of these."""
    if not len(among):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    places = np.minimum(np.searchsorted(among, keys), len(among) - 1)
    there = among[places] == keys
    return places[there], values[there]


def _firsts(pages: Sequence[bytes]) -> npt.NDArray[np.int64]:
    """Return where the keys of each of *pages* begin among those of all of them."""
    counts = np.fromiter(map(len, pages), dtype=np.int64, count=len(pages)) // KEY_BYTES
    return np.asarray(np.cumsum(counts) - counts)


def lines_with(keys: Container[int], source: str, body: str) -> dict[int, str]:
    """Return those lines of a page of *source* whose keys are among *keys*, by key."""
    prefix = source.encode() + b"\0"
    found = {}
    for line in filter(None, map(_key, body.split("\n"))):
        digest = hashlib.blake2b(prefix + line.encode(), digest_size=KEY_BYTES).digest()
        if (key := int.from_bytes(digest, "little")) in keys:
            found[key] = line
    return found


class Cleaner:
    """Takes boilerplate out of articles, and remembers what it took."""

    def __init__(self, recurring: Mapping[str, Iterable[str]]) -> None:
        """Drop the lines that *recurring* names for each source, beside those known to everybody."""
        self._recurring = {source: frozenset(lines) for source, lines in recurring.items()}
        self._dropped: Counter[tuple[str, str, str]] = Counter()

    def clean(self, article: Article, source: str) -> Article:
        """Return *article*, which came from *source*, without boilerplate; one of nothing else is left as it is."""
        recurring = self._recurring.get(source, frozenset())
        kept: list[tuple[int, str]] = []
        dropped = []
        author = article.author
        for number, line in enumerate(article.body.split("\n")):
            key = _key(line)
            if not key:
                kept.append((number, line))
            elif name := byline_author(line):
                author = author or name
                dropped.append((source, key, _BYLINE))
            elif key in recurring:
                dropped.append((source, key, "on many pages of this source"))
            elif len(key) <= _MAX_CHARACTERS and (known := boilerplate_of(line)):
                dropped.append((source, known, _KNOWN_LINE))
            else:
                kept.append((number, line))
        if not dropped or not any(_key(line) for _, line in kept):
            return article
        for drop in dropped:
            # One name at the end of many lines: bylines are told together.
            self._dropped[drop if drop[2] != _BYLINE else (source, "", _BYLINE)] += 1
        body, starts = _without_gaps(kept)
        structure = moved(article.structure, article.body, starts) if article.structure else ()
        return dataclasses.replace(article, author=author, body=body, structure=structure)

    def dropped(self) -> list[DroppedLine]:
        """Return what was dropped, the most frequent first."""
        return dropped_lines(self._dropped)

    def take_dropped(self) -> Counter[tuple[str, str, str]]:
        """Return from how many articles what was dropped since this was asked last: source, line, and why."""
        dropped, self._dropped = self._dropped, Counter()
        return dropped


def dropped_lines(counts: Counter[tuple[str, str, str]]) -> list[DroppedLine]:
    """Return what was dropped, the most frequent first; *counts* as :meth:`Cleaner.take_dropped` gives them."""
    return [DroppedLine(*what, articles=count) for what, count in counts.most_common()]


def _key(line: str) -> str:
    """Return what is compared of *line*: its words; of one too long to be counted only a beginning that says so."""
    if len(line) > 2 * _MAX_CHARACTERS:
        beginning = " ".join(line[: 2 * _MAX_CHARACTERS].split())
        if len(beginning) > _MAX_CHARACTERS:
            return beginning
    return " ".join(line.split())


def _without_gaps(lines: list[tuple[int, str]]) -> tuple[str, dict[int, int]]:
    """Return numbered *lines* as a text, and where each starts in it.

    Where several were dropped in a row, one empty line is enough.
    """
    text: list[str] = []
    starts: dict[int, int] = {}
    length = 0
    for number, line in lines:
        if line.strip() or (text and text[-1].strip()):
            text.append(line)
            starts[number] = length
            length += len(line) + 1
    return "\n".join(text).strip("\n"), starts
