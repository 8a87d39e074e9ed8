"""What one run has read: temporary tables beside the articles of a store that is being written.

While a run reads, an article that has changed has two rows, the one of the earlier generation and the new one.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import NamedTuple

__all__ = ["RecordRow", "SeenTable"]


class RecordRow(NamedTuple):
    """A row of an article, and with which file and tally it was read in this run, if it was."""

    ordinal: int
    digest: str
    file: int
    seen_in: int | None
    tally: int | None


class SeenTable:
    """Which articles were read in this run, from which files, and which files are read at all."""

    def __init__(self, connection: sqlite3.Connection, first_new: int) -> None:
        """Ordinals from *first_new* on are of this generation."""
        self._connection = connection
        self._first_new = first_new
        connection.execute("CREATE TEMP TABLE seen (ordinal INTEGER PRIMARY KEY, file INTEGER, tally INTEGER)")
        connection.execute("CREATE TEMP TABLE reading (file INTEGER PRIMARY KEY)")

    def reading(self, file: int) -> None:
        """Note that *file* is read, or gone: what is not seen again of it goes."""
        self._connection.execute("INSERT OR IGNORE INTO reading VALUES (?)", (file,))

    def put(self, ordinal: int, file: int, tally: int) -> None:
        """Note that article *ordinal* was read from *file*, and counts for *tally*."""
        self._connection.execute("INSERT OR REPLACE INTO seen VALUES (?, ?, ?)", (ordinal, file, tally))

    def put_all(self, rows: Iterable[tuple[int, int, int]]) -> None:
        """Note the same of many that were not noted before: ordinal, file and tally of each."""
        self._connection.executemany("INSERT INTO seen VALUES (?, ?, ?)", rows)

    def drop(self, ordinal: int) -> None:
        """Take back that an article was read."""
        self._connection.execute("DELETE FROM seen WHERE ordinal = ?", (ordinal,))

    def tally_of(self, ordinal: int) -> int | None:
        """Return the tally with which an article was read in this run, if it was."""
        row = self._connection.execute("SELECT tally FROM seen WHERE ordinal = ?", (ordinal,)).fetchone()
        return None if row is None else int(row[0])

    def rows_of(self, identifier: str) -> tuple[RecordRow | None, RecordRow | None]:
        """Return the rows of the article with this id in the earlier generation and in this one."""
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
        return old, new

    def outcomes(self) -> list[tuple[int, str, int]]:
        """Return for each tally how many of its articles are ``added``, ``changed`` or ``unchanged``."""
        return self._connection.execute(
            "SELECT tally, CASE WHEN ordinal < :first_new THEN 'unchanged' WHEN EXISTS (SELECT 1 FROM articles old "
            "WHERE old.id = articles.id AND old.ordinal < :first_new) THEN 'changed' ELSE 'added' END AS outcome, "
            "count(*) "
            "FROM seen JOIN articles USING (ordinal) GROUP BY tally, outcome",
            {"first_new": self._first_new},
        ).fetchall()

    def replaced(self) -> list[int]:
        """Return the ordinals of the earlier generation whose articles have a row of this one too."""
        rows = self._connection.execute(
            "SELECT old.ordinal FROM articles new JOIN articles old USING (id) "
            "WHERE new.ordinal >= :first_new AND old.ordinal < :first_new",
            {"first_new": self._first_new},
        )
        return [ordinal for (ordinal,) in rows]

    def gone(self) -> list[int]:
        """Return the ordinals of articles that the files that were read do not give any more, or that are withheld."""
        rows = self._connection.execute(
            "SELECT ordinal FROM articles WHERE (file IN (SELECT file FROM reading) "
            "AND ordinal NOT IN (SELECT ordinal FROM seen)) OR id IN (SELECT id FROM withheld)"
        )
        return [ordinal for (ordinal,) in rows]
