"""The segments of articles of a commit, opened together."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from arsearch.common.array_types import Indices, Ordinals
from arsearch.common.segments import read_deleted
from arsearch.errors import CorruptIndexError
from arsearch.index.store.segment import ArticleSegment
from arsearch.index.store.segment_file import articles_file, open_article_file
from arsearch.index.store.state import StoreState
from arsearch.index.store.texts import Texts
from arsearch.index.store.traces import Keys, ranges

__all__ = ["ArticleSegments"]


class ArticleSegments:
    """All articles of a commit, but for those that are deleted. Each ordinal and each id is in one segment."""

    def __init__(self, folder: Path) -> None:
        """Open *folder*. Raises CorruptIndexError if a file is missing or they disagree."""
        self.folder = folder
        try:
            with ExitStack() as opened:
                self.segments = [opened.enter_context(closing(segment)) for segment in self._opened(folder)]
                self.state = self._state(folder)
                self._segment_of = self._map()
                self.close = opened.pop_all().close
        except (sqlite3.Error, OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise CorruptIndexError(
                f"The article store {folder} cannot be read: {error}. "
                "Run `arsearch verify`, then `arsearch index --full`."
            ) from error

    def _opened(self, folder: Path) -> Iterator[ArticleSegment]:
        """Yield the segments in *folder*, opened."""
        for name, deleted in read_deleted(folder, "i8"):
            yield ArticleSegment(name, articles_file(folder, name), open_article_file(folder, name), deleted)

    def _state(self, folder: Path) -> StoreState:
        return StoreState.read(folder)

    @property
    def live_count(self) -> int:
        """How many articles there are, copies too."""
        return sum(int(np.count_nonzero(segment.live)) for segment in self.segments)

    def _map(self) -> npt.NDArray[np.int16]:
        """Return which segment has each ordinal, -1 for those that none has."""
        of = np.full(self.state.next_ordinal, -1, dtype=np.int16)
        for number, segment in enumerate(self.segments):
            if len(segment.ordinals) and not 0 <= segment.ordinals[0] <= segment.ordinals[-1] < len(of):
                raise ValueError("it has ordinals that were never given")
            of[segment.ordinals[segment.live]] = number
        return of

    def numbers_of(self, ordinals: npt.ArrayLike) -> npt.NDArray[np.int16]:
        """Return which segment has each of *ordinals*, -1 for those that none has."""
        asked = np.asarray(ordinals, dtype=np.int64)
        inside = (asked >= 0) & (asked < len(self._segment_of))
        return np.where(inside, self._segment_of[np.where(inside, asked, 0)], np.int16(-1))

    def find(self, identifier: str) -> tuple[ArticleSegment, int] | None:
        """Return the segment and the ordinal of the article with this id."""
        for number, segment in reversed([*enumerate(self.segments)]):
            for (ordinal,) in segment.rows("SELECT ordinal FROM articles WHERE id = ?", identifier):
                if self.numbers_of([ordinal])[0] == number:
                    return segment, int(ordinal)
        return None

    def segment_of(self, ordinal: int) -> ArticleSegment | None:
        """Return the segment that has the article *ordinal*, None if there is none."""
        number = int(self._segment_of[ordinal]) if 0 <= ordinal < len(self._segment_of) else -1
        return self.segments[number] if number >= 0 else None

    @property
    def dictionary(self) -> bytes:
        """The dictionary that the texts of the largest segment with one are packed with, empty if none has one."""
        having = [segment for segment in self.segments if segment.texts.dictionary]
        return max(having, key=lambda segment: len(segment.ordinals)).texts.dictionary if having else b""

    def texts_of(self, ordinal: int) -> Texts:
        """Return what unpacks the texts of the article *ordinal*, which is there."""
        texts: Texts = self.segments[self._segment_of[ordinal]].texts
        return texts

    def delete(self, ordinal: int) -> None:
        """Delete an article that is there; a commit that builds upon this one does."""
        segment = self.segments[self._segment_of[ordinal]]
        segment.live[segment.places(np.array([ordinal]))] = False
        self._segment_of[ordinal] = -1

    @cached_property
    def _copy_table(self) -> tuple[Ordinals, Ordinals]:
        """Of each copy, the article it is a copy of, sorted, and its own ordinal."""
        live = [segment.live & (segment.copies >= 0) for segment in self.segments]
        pairs = zip(live, self.segments, strict=True)
        table = [np.column_stack([segment.copies[there], segment.ordinals[there]]) for there, segment in pairs]
        kept, ordinals = np.concatenate([np.empty((0, 2), np.int64), *table]).T
        order = np.lexsort((ordinals, kept))
        return kept[order], ordinals[order]

    @property
    def copy_count(self) -> int:
        """How many of the articles are copies, as the commit had them when it was opened."""
        return len(self._copy_table[0])

    def copies_of(self, ordinals: npt.ArrayLike) -> list[list[int]]:
        """Return the ordinals of the copies of each of *ordinals*."""
        kept, copies = self._copy_table
        asked = np.asarray(ordinals, dtype=np.int64)
        found: list[list[int]] = [[] for _ in asked]
        firsts = np.searchsorted(kept, asked)
        if len(kept) and (kept[np.minimum(firsts, len(kept) - 1)] == asked).any():  # few articles have any
            which, places = ranges(firsts, np.searchsorted(kept, asked, side="right"))
            there = self.numbers_of(copies[places]) >= 0
            for number, copy in zip(which[there].tolist(), copies[places[there]].tolist(), strict=True):
                found[number].append(copy)
        return found

    def ordinals_of_files(self, numbers: npt.ArrayLike) -> Ordinals:
        """Return the ordinals of the articles of the files with these *numbers*."""
        found = [segment.ordinals[segment.live & np.isin(segment.files, numbers)] for segment in self.segments]
        return np.concatenate([np.empty(0, np.int64), *found])

    def owners(self, kind: Keys, keys: npt.NDArray[Any]) -> tuple[Indices, Ordinals]:
        """Return which articles have each of *keys*: indices into *keys*, and an ordinal for each."""
        found = [segment.owners(kind, keys) for segment in self.segments]
        nothing = np.empty(0, np.int64)
        return (
            np.concatenate([nothing, *(which for which, _ in found)]),
            np.concatenate([nothing, *(owners for _, owners in found)]),
        )

    def is_withheld(self, identifier: str) -> bool:
        """Whether the article with this id was deleted by hand."""
        statement = "SELECT version, gone FROM withheld WHERE id = ?"
        said = [row for segment in self.segments for row in segment.rows(statement, identifier)]
        return bool(said) and not max(said)[1]

    def withheld(self) -> list[str]:
        """Return the ids of articles that were deleted by hand, sorted."""
        return sorted(identifier for identifier, gone in self.newest("withheld", "id, gone") if not gone)

    def newest(self, table: str, columns: str) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of *table* that count: of one key, the first of *columns*, that of the greatest version."""
        found: dict[object, tuple[int, tuple[Any, ...]]] = {}
        for segment in self.segments:
            for version, *values in segment.rows(f"SELECT version, {columns} FROM {table}"):
                if values[0] not in found or found[values[0]][0] < version:
                    found[values[0]] = version, tuple(values)
        return (values for _, values in found.values())
