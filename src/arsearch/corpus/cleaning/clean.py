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
from collections.abc import Callable, Collection, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from arsearch.corpus.article import Article
from arsearch.corpus.cleaning.boilerplate import boilerplate_of, byline_author

__all__ = ["Cleaner", "DroppedLine", "find_recurring", "having", "line_keys", "lines_with"]

RECURRING_SHARE = 0.2
"""Share of a source's pages on which a line must stand to be boilerplate."""
RECURRING_PAGES = 8
"""Pages on which it must stand at the least: a few pages may share a line by chance."""
_MAX_CHARACTERS = 240
KEY_BYTES = 8
_KEY = np.dtype("<u8")
Pages = Callable[[], Iterable[Sequence[bytes]]]
"""Gives what :func:`line_keys` returned for each page, many pages at a time, each time it is called."""
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


def find_recurring(pages: Pages) -> npt.NDArray[np.uint64]:
    """Return the keys of the lines that recur, sorted.

    It takes 8 bytes of memory for each line of a page, and for each page.
    """
    data = bytearray()
    pages_of: Counter[int] = Counter()
    for some in pages():
        joined = b"".join(some)
        data += joined
        sources, counts = np.unique(np.frombuffer(joined, dtype=_KEY)[_firsts(some)], return_counts=True)
        pages_of.update(dict(zip(sources.tolist(), counts.tolist(), strict=True)))
    keys = np.frombuffer(data, dtype=_KEY)
    keys.sort()
    later = keys[RECURRING_PAGES - 1 :]
    often = np.unique(later[later == keys[: len(later)]])
    often = often[~np.isin(often, np.array(list(pages_of), dtype=_KEY))]
    having = np.searchsorted(keys, often, side="right") - np.searchsorted(keys, often)
    of_source = np.array([pages_of[source] for source in _sources_of(often, pages).tolist()], dtype=np.int64)
    found: npt.NDArray[np.uint64] = often[having >= RECURRING_SHARE * of_source]
    return found


def _sources_of(lines: npt.NDArray[np.uint64], pages: Pages) -> npt.NDArray[np.uint64]:
    """Return the key of the source of each of *lines*, sorted keys that are there; each is of one source only."""
    sources = np.zeros(len(lines), dtype=_KEY)
    if len(lines):
        for some in pages():
            keys = np.frombuffer(b"".join(some), dtype=_KEY)
            firsts = _firsts(some)
            places = np.flatnonzero(np.isin(keys, lines))
            page = np.searchsorted(firsts, places, side="right") - 1
            sources[np.searchsorted(lines, keys[places])] = keys[firsts[page]]
    return sources


def _firsts(pages: Sequence[bytes]) -> npt.NDArray[np.int64]:
    """Return where the keys of each of *pages* begin among those of all of them."""
    counts = np.fromiter(map(len, pages), dtype=np.int64, count=len(pages)) // KEY_BYTES
    return np.asarray(np.cumsum(counts) - counts)


def having(pages: Sequence[bytes], keys: Collection[int]) -> npt.NDArray[np.bool_]:
    """Return for each of *pages* whether one of *keys* is among its own."""
    found = np.zeros(len(pages), dtype=np.bool_)
    if keys:
        counts = np.fromiter(map(len, pages), dtype=np.int64, count=len(pages)) // KEY_BYTES
        among = np.isin(np.frombuffer(b"".join(pages), dtype=_KEY), np.array(list(keys), dtype=_KEY))
        found[np.repeat(np.arange(len(pages)), counts)[among]] = True
    return found


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
            elif len(key) <= _MAX_CHARACTERS and (known := boilerplate_of(line)):
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
    """Return what is compared of *line*: its words; of one too long to be counted only a beginning that says so."""
    if len(line) > 2 * _MAX_CHARACTERS:
        beginning = " ".join(line[: 2 * _MAX_CHARACTERS].split())
        if len(beginning) > _MAX_CHARACTERS:
            return beginning
    return " ".join(line.split())


def _without_gaps(lines: list[str]) -> str:
    """Return *lines* as a text; where several were dropped in a row, one empty line is enough."""
    text: list[str] = []
    for line in lines:
        if line.strip() or (text and text[-1].strip()):
            text.append(line)
    return "\n".join(text).strip("\n")
