"""One segment of articles as a commit sees it: files that never change, and which articles have gone since."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from arsearch.common.array_files import write_arrays
from arsearch.common.array_types import Indices, Mask, Ordinals
from arsearch.errors import CorruptIndexError
from arsearch.index.store.segment_file import COLUMNS, DICTIONARY, ArticleFile
from arsearch.index.store.traces import Keys, Trace, TraceTable, trace_arrays

__all__ = ["ArticleSegment", "write_columns"]


class ArticleSegment:
    """The articles of one segment, but for those that are deleted, by ordinal. Safe to use from several threads."""

    def __init__(self, name: str, path: Path, file: ArticleFile, deleted: Ordinals) -> None:
        """Take the segment *name*, of which the articles are in the SQLite file *path*, opened as *file*."""
        self.name = name
        self.path = path
        """As this commit has it: *file* may be that of another one, and go on when this one has gone."""
        self._file = file
        self.ordinals, self.files, self.copies, self.texts = file.ordinals, file.files, file.copies, file.texts
        self.live: Mask = np.ones(len(self.ordinals), np.bool_)
        """Which of the articles are there."""
        if len(deleted) and len(self.ordinals):
            places = np.minimum(np.searchsorted(self.ordinals, deleted), len(self.ordinals) - 1)
            self.live[places[self.ordinals[places] == deleted]] = False

    def close(self) -> None:
        """Let go of the files."""
        vars(self).clear()

    @property
    def version(self) -> int:
        """Which version of the schema it has."""
        return self._file.version

    def rows(self, statement: str, *parameters: object) -> list[Any]:
        """Return what *statement* selects, of deleted articles too. Raises CorruptIndexError if that does not end."""
        return self._file.rows(statement, *parameters)

    def row(self, columns: str, ordinal: int, table: str = "articles") -> Any:
        """Return the *columns* of the article *ordinal*, which is here. Raises CorruptIndexError if it is not."""
        found = self.rows(f"SELECT {columns} FROM {table} WHERE ordinal = ?", ordinal)
        if not found:
            raise CorruptIndexError(
                f"The article store {self.path} lacks an article. Run `arsearch verify`, then `arsearch index --full`."
            )
        return found[0]

    def places(self, ordinals: Ordinals) -> Indices:
        """Return where each of *ordinals* stands, -1 for those that are not here or deleted."""
        if not len(self.ordinals):
            return np.full(len(ordinals), -1, np.int64)
        places = np.minimum(np.searchsorted(self.ordinals, ordinals), len(self.ordinals) - 1)
        return np.where((self.ordinals[places] == ordinals) & self.live[places], places, -1)

    def has(self, ordinal: int) -> bool:
        """Whether the article *ordinal* is here, and not deleted."""
        return bool(self.places(np.array([ordinal]))[0] >= 0)

    def owners(self, kind: Keys, keys: npt.NDArray[Any]) -> tuple[Indices, Ordinals]:
        """Return which articles have each of *keys*: indices into *keys*, and an ordinal for each."""
        which, places = self._traces.owners(kind, keys)
        there = self.live[places]
        return which[there], self.ordinals[places[there]]

    def trace(self, ordinal: int) -> Trace:
        """Return by what the article *ordinal*, which is here, is compared."""
        return self._traces.of(int(np.searchsorted(self.ordinals, ordinal)))

    @property
    def _traces(self) -> TraceTable:
        assert self._file.traces is not None  # nothing is built upon other versions
        return self._file.traces


def write_columns(connection: sqlite3.Connection, path: Path, dictionary: bytes) -> None:
    """Write the arrays that stand beside the articles of *connection*, and the *dictionary* of their texts."""
    rows = connection.execute("SELECT ordinal, file, coalesce(copy_of, -1) FROM articles ORDER BY ordinal").fetchall()
    table = np.array(rows, dtype=np.int64).reshape(-1, len(COLUMNS))
    arrays: dict[str, npt.NDArray[Any]] = {name: table[:, number] for number, name in enumerate(COLUMNS)}
    traces = connection.execute("SELECT lines, coalesce(bands, x''), short FROM traces ORDER BY ordinal")
    arrays |= trace_arrays(map(Trace._make, traces))
    if dictionary:
        arrays[DICTIONARY] = np.frombuffer(dictionary, np.uint8)
    write_arrays(path, arrays)
