"""What is counted of queries, in one SQLite file, and what makes it private.

Nothing says who asked. A reader is one of 63 bits: that which a keyed hash of the address and the browser falls on, by
a salt that is made for each week and destroyed with it. The bits of a query say how many readers it had at least, and
neither who they were nor whether they had anything else in common. What was typed is not kept either until enough
readers have typed it in one week: up to then a query is only known by its hash with the same salt, and when the week is
over such queries are deleted.
"""

from __future__ import annotations

import datetime
import hashlib
import hmac
import secrets
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from arsearch.arabic import analyze
from arsearch.errors import InsightsError
from arsearch.settings import Settings

__all__ = ["Asked", "InsightStore", "Opened", "store_of"]

_READER_BITS = 63  # an integer of SQLite has a sign beside
_KEY_BYTES = 16
_SALT_BYTES = 32
_MAX_QUERY = 200
"""Characters of a query that are kept; what is longer is no query that others type too."""
_BUSY_SECONDS = 10.0
_SCHEMA = """
CREATE TABLE IF NOT EXISTS salts (week TEXT PRIMARY KEY, salt BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS weeks (
    week TEXT PRIMARY KEY, asked INTEGER NOT NULL, empty INTEGER NOT NULL, slow INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS queries (
    week TEXT, key BLOB, query TEXT NOT NULL, asked INTEGER NOT NULL, empty INTEGER NOT NULL, slow INTEGER NOT NULL,
    milliseconds REAL NOT NULL, readers INTEGER NOT NULL, PRIMARY KEY (week, key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS opened (
    week TEXT, key BLOB, article TEXT, place INTEGER, times INTEGER NOT NULL, readers INTEGER NOT NULL,
    PRIMARY KEY (week, key, article, place)
) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """A query that was answered. *reader* says who asked, and is forgotten as soon as it is counted."""

    query: str
    reader: str
    total: int
    milliseconds: float
    is_slow: bool = False


@dataclass(frozen=True, slots=True)
class Opened:
    """An article that a reader opened at the *place* it had among the results, from 1."""

    query: str
    reader: str
    article: str
    place: int


class InsightStore:
    """The counts in the file *path*. Several processes may add to it; one object is for one thread."""

    def __init__(
        self,
        path: Path,
        *,
        readers: int,
        days: int,
        today: Callable[[], datetime.date] | None = None,
        new_salt: Callable[[], bytes] = lambda: secrets.token_bytes(_SALT_BYTES),
    ) -> None:
        """*readers* have to ask a query in one week before it is written down; *days* are how long anything is kept.

        Two readers of a query may fall on one bit, by chance: then it takes one more.
        """
        self._path = path
        self._least = readers
        self._days = days
        self._new_salt = new_salt
        self._today = today or (lambda: datetime.datetime.now(datetime.UTC).date())

    def add(self, events: Iterable[Asked | Opened]) -> None:
        """Count *events*, all or none. Raises InsightsError if the file cannot be written."""
        with self._changing() as database:
            week = week_of(self._today())
            salt = self._salt(database, week)
            for event in events:
                words = " ".join(token.folded for token in analyze(event.query))
                if words and len(event.query) <= _MAX_QUERY:
                    self._count(database, week, salt, words, event)
                elif isinstance(event, Asked):
                    _count_week(database, week, event)

    def sweep(self) -> None:
        """Delete what is kept no longer, and the salts of the weeks that are over. Raises InsightsError."""
        with self._changing() as database:
            self._salt(database, week_of(self._today()))

    def rows(self, table: str) -> list[tuple[object, ...]]:
        """Return the rows of ``weeks``, or those of ``queries`` or ``opened`` that belong to queries written down.

        Columns are as in the schema, without the keys of ``weeks``. Raises InsightsError.
        """
        statements = {
            "weeks": "SELECT week, asked, empty, slow FROM weeks ORDER BY week",
            "queries": (
                "SELECT week, query, asked, empty, slow, milliseconds, readers FROM queries WHERE query <> '' "
                "ORDER BY week"
            ),
            "opened": (
                "SELECT week, query, article, place, times, opened.readers FROM opened JOIN queries USING (week, key) "
                "WHERE query <> '' ORDER BY week"
            ),
        }
        if not self._path.is_file():
            return []
        with self._changing() as database:
            self._salt(database, week_of(self._today()))
            return database.execute(statements[table]).fetchall()

    def _count(self, database: sqlite3.Connection, week: str, salt: bytes, words: str, event: Asked | Opened) -> None:
        key = _hash(salt, words)[:_KEY_BYTES]
        # With the query in it, the bit of a reader is another one for each: what one reader asks cannot be joined.
        bit = 1 << int.from_bytes(_hash(salt, f"{words}\n{event.reader}")) % _READER_BITS
        if isinstance(event, Opened):
            database.execute(
                "INSERT INTO opened VALUES (?, ?, ?, ?, 1, ?) ON CONFLICT DO UPDATE SET times = times + 1, "
                "readers = readers | excluded.readers",
                (week, key, event.article, event.place, bit),
            )
            return
        _count_week(database, week, event)
        counts = (int(event.total == 0), int(event.is_slow), event.milliseconds, bit)
        [(readers, query)] = database.execute(
            "INSERT INTO queries VALUES (?, ?, '', 1, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET asked = asked + 1, "
            "empty = empty + excluded.empty, slow = slow + excluded.slow, "
            "milliseconds = milliseconds + excluded.milliseconds, readers = readers | excluded.readers "
            "RETURNING readers, query",
            (week, key, *counts),
        ).fetchall()
        if not query and readers.bit_count() >= self._least:
            shown = " ".join(event.query.split())
            database.execute("UPDATE queries SET query = ? WHERE week = ? AND key = ?", (shown, week, key))

    def _salt(self, database: sqlite3.Connection, week: str) -> bytes:
        """Return the salt of *week*; with a new one goes all that ended with the weeks before."""
        found = database.execute("SELECT salt FROM salts WHERE week = ?", (week,)).fetchone()
        oldest = week_of(self._today() - datetime.timedelta(days=self._days))
        if found is None:
            database.execute("DELETE FROM salts")
            database.execute("DELETE FROM queries WHERE query = '' AND week <> ?", (week,))
            database.execute("INSERT INTO salts VALUES (?, ?)", (week, self._new_salt()))
            found = database.execute("SELECT salt FROM salts WHERE week = ?", (week,)).fetchone()
            for table in ("weeks", "queries", "opened"):
                database.execute(f"DELETE FROM {table} WHERE week < ?", (oldest,))  # of three names
            database.execute(
                "DELETE FROM opened WHERE NOT EXISTS (SELECT 1 FROM queries "
                "WHERE queries.week = opened.week AND queries.key = opened.key) AND week <> ?",
                (week,),
            )
        return bytes(found[0])

    @contextmanager
    def _changing(self) -> Iterator[sqlite3.Connection]:
        """Open the file for one change; what was deleted is overwritten, and does not linger in free pages."""
        try:
            with closing(sqlite3.connect(self._path, timeout=_BUSY_SECONDS, isolation_level=None)) as database:
                database.execute("PRAGMA secure_delete = ON")
                database.execute("BEGIN IMMEDIATE")
                for statement in filter(str.strip, _SCHEMA.split(";")):
                    database.execute(statement)
                yield database
                database.execute("COMMIT")
        except sqlite3.Error as error:
            raise InsightsError(
                f"The insights in {self._path} cannot be read or written: {error}. Mend or delete the file, or change "
                "the setting insights_file."
            ) from error


def store_of(settings: Settings) -> InsightStore:
    """Return the counts that *settings* name."""
    return InsightStore(Path(settings.insights_file), readers=settings.insights_readers, days=settings.insights_days)


def week_of(day: datetime.date) -> str:
    """Return the ISO 8601 week of *day*, such as ``2026-W49``."""
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02}"


def _count_week(database: sqlite3.Connection, week: str, event: Asked) -> None:
    database.execute(
        "INSERT INTO weeks VALUES (?, 1, ?, ?) ON CONFLICT DO UPDATE SET asked = asked + 1, "
        "empty = empty + excluded.empty, slow = slow + excluded.slow",
        (week, int(event.total == 0), int(event.is_slow)),
    )


def _hash(salt: bytes, text: str) -> bytes:
    return hmac.digest(salt, text.encode("utf-8", "surrogatepass"), hashlib.sha256)
