"""What one run has met: tables beside the articles of a segment that is being written, most of them temporary.

While a run reads, an article that has changed has two rows, the one of the earlier commit and the new one.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from arsearch.common.array_types import Ordinals
from arsearch.index.store.segments import ArticleSegments
from arsearch.index.store.state import StoreState

__all__ = ["RecordRow", "SeenTable", "WithheldTable"]


class RecordRow(NamedTuple):
    """A row of an article, and with which file and tally it was read in this run, if it was."""

    ordinal: int
    digest: str
    file: int
    seen_in: int | None
    tally: int | None


class SeenTable:
    """Which articles were read in this run, from which files, and which files are read at all."""

    def __init__(self, connection: sqlite3.Connection, earlier: ArticleSegments | None, first_new: int) -> None:
        """Ordinals from *first_new* on are of this commit, others of *earlier*."""
        self._connection = connection
        self._earlier = earlier
        self._first_new = first_new
        self._reading: set[int] = set()
        connection.execute("CREATE TEMP TABLE seen (ordinal INTEGER PRIMARY KEY, file INTEGER, tally INTEGER)")
        connection.execute("CREATE TEMP TABLE replacing (ordinal INTEGER PRIMARY KEY, old INTEGER)")

    def reading(self, file: int) -> None:
        """Note that *file* is read, or gone: what is not seen again of it goes."""
        self._reading.add(file)

    def put(self, ordinal: int, file: int, tally: int) -> None:
        """Note that article *ordinal* was read from *file*, and counts for *tally*."""
        self._connection.execute("INSERT OR REPLACE INTO seen VALUES (?, ?, ?)", (ordinal, file, tally))

    def put_all(self, rows: Iterable[tuple[int, int, int]]) -> None:
        """Note the same of many that were not noted before: ordinal, file and tally of each."""
        self._connection.executemany("INSERT INTO seen VALUES (?, ?, ?)", rows)

    def drop(self, ordinal: int) -> None:
        """Take back that an article was read."""
        self._connection.execute("DELETE FROM seen WHERE ordinal = ?", (ordinal,))
        self._connection.execute("DELETE FROM replacing WHERE ordinal = ?", (ordinal,))

    def replacing(self, ordinal: int, old: int) -> None:
        """Note that the new row *ordinal* is of the article that had *old* in the earlier commit."""
        self._connection.execute("INSERT INTO replacing VALUES (?, ?)", (ordinal, old))

    def tally_of(self, ordinal: int) -> int | None:
        """Return the tally with which an article was read in this run, if it was."""
        row = self._connection.execute("SELECT tally FROM seen WHERE ordinal = ?", (ordinal,)).fetchone()
        return None if row is None else int(row[0])

    def rows_of(self, identifier: str) -> tuple[RecordRow | None, RecordRow | None]:
        """Return the rows of the article with this id in the earlier commit and in this one."""
        old = new = None
        for values in self._connection.execute(
            "SELECT ordinal, hash, articles.file, seen.file, tally FROM articles LEFT JOIN seen USING (ordinal) "
            "WHERE id = ?",
            (identifier,),
        ):
            row = RecordRow(*values)
            if row.ordinal < self._first_new:
                old = row
            else:
                new = row
        if old is None and self._earlier and (found := self._earlier.find(identifier)):
            segment, ordinal = found
            seen = self._connection.execute("SELECT file, tally FROM seen WHERE ordinal = ?", (ordinal,)).fetchone()
            old = RecordRow(ordinal, *segment.row("hash, file", ordinal), *(seen or (None, None)))
        return old, new

    def outcomes(self) -> list[tuple[int, str, int]]:
        """Return for each tally how many of its articles are ``added``, ``changed`` or ``unchanged``."""
        return self._connection.execute(
            "SELECT tally, CASE WHEN seen.ordinal < ? THEN 'unchanged' WHEN old IS NOT NULL THEN 'changed' "
            "ELSE 'added' END AS outcome, count(*) FROM seen LEFT JOIN replacing USING (ordinal) "
            "GROUP BY tally, outcome",
            (self._first_new,),
        ).fetchall()

    def replaced(self) -> list[int]:
        """Return the ordinals of the earlier commit whose articles have a row of this one too."""
        return [old for (old,) in self._connection.execute("SELECT old FROM replacing ORDER BY old")]

    def gone(self) -> list[int]:
        """Return the ordinals of articles that the files that were read do not give any more."""
        if not self._reading:
            return []
        earlier = self._earlier.ordinals_of_files(list(self._reading)) if self._earlier else np.empty(0, np.int64)
        rows = self._connection.execute("SELECT ordinal, file FROM articles")
        here = [ordinal for ordinal, file in rows if file in self._reading]
        return sorted({*earlier.tolist(), *here} - set(self._seen().tolist()))

    def _seen(self) -> Ordinals:
        rows = self._connection.execute("SELECT ordinal FROM seen").fetchall()
        return np.array(rows, dtype=np.int64).reshape(-1)


class WithheldTable:
    """The ids of articles that stay out, whatever their sources say."""

    def __init__(self, connection: sqlite3.Connection, earlier: ArticleSegments | None, state: StoreState) -> None:
        """Begin with what *earlier* says, and count in *state*."""
        self._connection = connection
        self._earlier = earlier
        self._state = state

    def __contains__(self, identifier: str) -> bool:
        if not self._state.withheld:
            return False
        row = self._connection.execute("SELECT gone FROM withheld WHERE id = ?", (identifier,)).fetchone()
        if row is not None:
            return not row[0]
        return bool(self._earlier and self._earlier.is_withheld(identifier))

    def add(self, identifier: str) -> None:
        """Delete an article by hand."""
        if identifier not in self:
            self._set(identifier, gone=False)

    def discard(self, identifier: str) -> None:
        """Take that back."""
        if identifier in self:
            self._set(identifier, gone=True)

    def _set(self, identifier: str, *, gone: bool) -> None:
        self._state.withheld += -1 if gone else 1
        row = (identifier, int(gone), self._state.version)
        self._connection.execute("INSERT OR REPLACE INTO withheld VALUES (?, ?, ?)", row)
