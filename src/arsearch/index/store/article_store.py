"""The article store of a commit, for searching: articles by ordinal and by id."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from arsearch.article_fields import Keywords
from arsearch.common.array_types import Ordinals
from arsearch.corpus import Article
from arsearch.errors import ArticleNotFoundError
from arsearch.index.store.schema import EXTRA, STORED_FIELDS, StoredArticle, article_of, keywords_of
from arsearch.index.store.segment import ArticleSegment
from arsearch.index.store.segments import ArticleSegments

__all__ = ["ArticleStore"]

_AT_ONCE = 1000


class ArticleStore:
    """The articles of a commit, opened for reading. Safe to use from several threads."""

    def __init__(self, folder: Path) -> None:
        """Open *folder*. Raises CorruptIndexError if it is not there or not a store."""
        self._stored = ArticleSegments(folder)

    def close(self) -> None:
        """Let go of the files."""
        self._stored.close()

    def __len__(self) -> int:
        return self._stored.live_count - self._stored.copy_count

    def are_all(self, ordinals: Ordinals) -> bool:
        """Whether *ordinals*, each once, are those of all articles that are no copies."""
        return len(ordinals) == len(self) and bool((self._stored.numbers_of(ordinals) >= 0).all())

    @property
    def max_ordinal(self) -> int:
        """The greatest ordinal that was ever given, 0 if none was: those of deleted articles are not used again."""
        return self._stored.state.next_ordinal - 1

    def fetch(self, ordinals: Sequence[int]) -> list[Article]:
        """Return the articles *ordinals*, in that order."""
        rows = self._select(STORED_FIELDS, ordinals)
        return [article_of(rows[ordinal], self._stored.texts_of(ordinal)) for ordinal in ordinals]

    def as_read(self, identifier: str) -> Article | None:
        """Return the article with this id as it was read, before it was cleaned; None if there is none."""
        found = self._stored.find(identifier)
        if found is None:
            return None
        given, *fields = found[0].row(f"given, {STORED_FIELDS}", found[1])
        return article_of(fields, found[0].texts, given)

    def titles(self, ordinals: Sequence[int]) -> list[str]:
        """Return the titles of the articles *ordinals*, in that order; faster than the whole articles."""
        rows = self._select("title", ordinals)
        return [rows[ordinal][0] for ordinal in ordinals]

    def copies(self, ordinals: Sequence[int]) -> dict[int, list[Article]]:
        """Return the copies that each of *ordinals* was kept for, in order, where there are any."""
        return {
            kept: self.fetch(copies)
            for kept, copies in zip(ordinals, self._stored.copies_of(ordinals), strict=True)
            if copies
        }

    def kept_for(self, ordinal: int) -> int:
        """Return the ordinal of the article that is found in place of *ordinal*: its own unless it is a copy."""
        return int(self._select("coalesce(copy_of, ordinal)", [ordinal])[ordinal][0])

    def keywords(self, ordinals: Sequence[int]) -> list[list[Keywords]]:
        """Return what each of the articles *ordinals* and its copies are filtered by, in that order.

        Faster than the whole articles.
        """
        groups = [
            [ordinal, *copies] for ordinal, copies in zip(ordinals, self._stored.copies_of(ordinals), strict=True)
        ]
        rows = self._select(f"author, source, tags, {EXTRA}", [each for group in groups for each in group])
        return [[keywords_of(rows[each]) for each in group] for group in groups]

    def ordinal_of(self, identifier: str) -> int:
        """Return the ordinal of the article with this id. Raises ArticleNotFoundError."""
        found = self._stored.find(identifier)
        if found is None:
            raise ArticleNotFoundError(f"No article has the id {identifier!r}. Search, and take the id of a hit.")
        return found[1]

    def standings(self) -> tuple[Ordinals, Ordinals]:
        """Return the ordinals of all articles, copies too, in order, and what each is a copy of, -1 for none."""
        empty = np.empty(0, np.int64)
        segments = self._stored.segments
        ordinals = np.concatenate([empty, *(segment.ordinals[segment.live] for segment in segments)])
        copies = np.concatenate([empty, *(segment.copies[segment.live] for segment in segments)])
        order = np.argsort(ordinals)
        return ordinals[order], copies[order]

    def stored(self, ordinals: Sequence[int]) -> list[StoredArticle]:
        """Return everything that is stored of *ordinals*, in that order."""
        rows = self._select(f"hash, copy_of, {STORED_FIELDS}", ordinals)
        return [
            StoredArticle(ordinal, digest, copy_of, article_of(fields, self._stored.texts_of(ordinal)))
            for ordinal, (digest, copy_of, *fields) in ((ordinal, rows[ordinal]) for ordinal in ordinals)
        ]

    def records(self) -> Iterator[StoredArticle]:
        """Yield everything that is stored, copies too, in the order of ordinals."""
        return heapq.merge(*map(self._records, self._stored.segments), key=lambda record: record.ordinal)

    def _records(self, segment: ArticleSegment) -> Iterator[StoredArticle]:
        last = -1
        while rows := segment.rows(
            f"SELECT ordinal, hash, copy_of, {STORED_FIELDS} FROM articles WHERE ordinal > ? ORDER BY ordinal LIMIT ?",
            last,
            _AT_ONCE,
        ):
            for ordinal, digest, copy_of, *fields in rows:
                if segment.has(ordinal):
                    yield StoredArticle(ordinal, digest, copy_of, article_of(fields, segment.texts))
            last = rows[-1][0]

    def ordinals(self) -> Ordinals:
        """Return the ordinals of all articles that are no copies, in order, as their rows say."""
        statement = "SELECT ordinal FROM articles WHERE copy_of IS NULL"
        found = np.array([row for segment in self._stored.segments for row in segment.rows(statement)], dtype=np.int64)
        found = np.unique(found)
        return found[self._stored.numbers_of(found) >= 0]

    def sample(self, count: int) -> Ordinals:
        """Return the ordinals of *count* articles that are no copies, chosen by their hashes.

        Which ones depends on what is in the store, not on how it came there.
        """
        found: list[tuple[str, str, int]] = []
        for segment in self._stored.segments:
            found += itertools.islice(self._by_hash(segment, count), count)
        return np.array([ordinal for _, _, ordinal in sorted(found)[:count]], dtype=np.int64)

    def _by_hash(self, segment: ArticleSegment, at_once: int) -> Iterator[tuple[str, str, int]]:
        """Yield hash, id and ordinal of the articles of *segment* that are no copies, in this order."""
        last = ("", "")
        statement = (
            "SELECT hash, id, ordinal FROM articles WHERE copy_of IS NULL AND (hash, id) > (?, ?) "
            "ORDER BY hash, id LIMIT ?"
        )
        while rows := segment.rows(statement, *last, at_once):
            yield from (row for row in rows if segment.has(row[2]))
            last = rows[-1][:2]

    def _select(self, columns: str, ordinals: Sequence[int]) -> dict[int, Any]:
        """Return *columns* of each of *ordinals*. Raises KeyError for one that is not there."""
        by_segment: dict[int, list[int]] = {}
        for ordinal, number in zip(ordinals, self._stored.numbers_of(ordinals).tolist(), strict=True):
            by_segment.setdefault(number, []).append(ordinal)
        if -1 in by_segment:
            raise KeyError(by_segment[-1][0])
        found = {}
        for number, some in by_segment.items():
            marks = ", ".join("?" * len(some))
            statement = f"SELECT ordinal, {columns} FROM articles WHERE ordinal IN ({marks})"
            for ordinal, *values in self._stored.segments[number].rows(statement, *some):
                found[ordinal] = values
        return found
