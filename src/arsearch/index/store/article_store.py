"""The article store of a generation: one SQLite file with the articles."""

from __future__ import annotations

import dataclasses
import json
import sqlite3
import threading
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from arsearch.article_fields import Keywords, extra_from_json
from arsearch.common.array_types import Ordinals
from arsearch.corpus import Article
from arsearch.errors import ArticleNotFoundError, CorruptIndexError

__all__ = [
    "ADDED_BY_HAND",
    "EXTRA",
    "FIELDS",
    "SCHEMA",
    "STORE_VERSION",
    "ArticleStore",
    "StoredArticle",
    "article_of",
    "has_extra",
    "keywords_of",
    "open_unchanging",
    "stored_given",
]

STORE_VERSION = 2
"""SQLite's ``user_version``. Stores with another one are not written to, but can be read: see legacy.py."""

SCHEMA = f"""
PRAGMA user_version = {STORE_VERSION};
CREATE TABLE files (
    number INTEGER PRIMARY KEY,
    source TEXT NOT NULL,       -- as the manifest names it; empty for articles that were added by hand
    path TEXT NOT NULL,
    size INTEGER NOT NULL,      -- these three as they were when the file was read: see sources.py
    modified INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    problems INTEGER NOT NULL,  -- how many were met
    shared INTEGER NOT NULL,    -- whether another file has one of its ids
    UNIQUE (source, path)
);
CREATE TABLE articles (
    ordinal INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL,           -- unique once the generation is complete
    hash TEXT NOT NULL,         -- of the article as it was read
    file INTEGER NOT NULL,
    title TEXT NOT NULL,
    author TEXT NOT NULL,
    date TEXT NOT NULL,
    source TEXT NOT NULL,
    url TEXT NOT NULL,
    tags TEXT NOT NULL,
    language TEXT NOT NULL,
    copy_of INTEGER,
    line BLOB,                  -- the digest of the line it was read from, in formats that have lines
    given BLOB,                 -- fields as they were read where cleaning made others of them: JSON, deflated
    body BLOB NOT NULL          -- deflated
);
CREATE INDEX articles_id ON articles (id);
CREATE INDEX articles_hash ON articles (hash);
CREATE INDEX articles_file ON articles (file);
CREATE INDEX articles_copies ON articles (copy_of) WHERE copy_of IS NOT NULL;
CREATE TABLE traces (           -- by what articles are compared with others
    ordinal INTEGER PRIMARY KEY,
    lines BLOB NOT NULL,        -- corpus.clean.line_keys of the body as it was read
    bands BLOB,                 -- corpus.duplicates.bands of the body as it is indexed; NULL before it was compared
    short INTEGER NOT NULL
);
CREATE TABLE recurring (key BLOB PRIMARY KEY, source TEXT NOT NULL, line TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE withheld (id TEXT PRIMARY KEY) WITHOUT ROWID;  -- deleted by hand
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO files VALUES (0, '', '', 0, 0, '', 0, 0);
"""
_STEPS_AT_ONCE = 100_000
_MIN_STEPS = 50_000_000
_STEPS_A_BYTE = 50
"""Steps of SQLite's machine between two looks, and after how many a statement is ended. Reading a whole table takes a
few a row."""
ADDED_BY_HAND = 0
"""The number of the file that articles added by hand belong to."""
FIELDS = "id, title, author, date, source, url, tags, language, body"
EXTRA = "extra"
"""The column with own fields as JSON, in stores of an index that has any."""

PREPROCESSED = ("body", "author", "language")
"""The fields that cleaning may change."""


class StoredArticle(NamedTuple):
    """An article of the store; *digest* is of it as it was read, *copy_of* the ordinal that is found in its place."""

    ordinal: int
    digest: str
    copy_of: int | None
    article: Article


class ArticleStore:
    """The articles of a generation, opened for reading. Safe to use from several threads."""

    def __init__(self, path: Path) -> None:
        """Open *path*. Raises CorruptIndexError if it is not there or not a database."""
        try:
            self._connection = open_unchanging(path, "SELECT count(*) FROM articles")
            self._extra = EXTRA if has_extra(self._connection) else "NULL"
            self._fields = f"{FIELDS}, {self._extra}"
        except sqlite3.Error as error:
            raise CorruptIndexError(
                f"The article store {path} cannot be read: {error}. "
                "Run `arsearch verify`, then `arsearch index --full`."
            ) from error
        self._lock = threading.Lock()

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def __len__(self) -> int:
        return int(self._rows("SELECT count(*) FROM articles WHERE copy_of IS NULL")[0][0])

    @property
    def max_ordinal(self) -> int:
        """The greatest ordinal that was ever given, -1 if none was: those of deleted articles are not used again."""
        return int(self._rows("SELECT coalesce(max(seq), -1) FROM sqlite_sequence WHERE name = 'articles'")[0][0])

    def fetch(self, ordinals: Sequence[int]) -> list[Article]:
        """Return the articles *ordinals*, in that order."""
        marks = ", ".join("?" * len(ordinals))
        rows = self._rows(f"SELECT ordinal, {self._fields} FROM articles WHERE ordinal IN ({marks})", *ordinals)
        articles = {ordinal: article_of(fields) for ordinal, *fields in rows}
        return [articles[ordinal] for ordinal in ordinals]

    def titles(self, ordinals: Sequence[int]) -> list[str]:
        """Return the titles of the articles *ordinals*, in that order; faster than the whole articles."""
        marks = ", ".join("?" * len(ordinals))
        rows = self._rows(f"SELECT ordinal, title FROM articles WHERE ordinal IN ({marks})", *ordinals)
        found = dict(rows)
        return [found[ordinal] for ordinal in ordinals]

    def copies(self, ordinals: Sequence[int]) -> dict[int, list[Article]]:
        """Return the copies that each of *ordinals* was kept for, in order, where there are any."""
        marks = ", ".join("?" * len(ordinals))
        found: dict[int, list[Article]] = {}
        for kept, *fields in self._rows(
            f"SELECT copy_of, {self._fields} FROM articles WHERE copy_of IN ({marks}) ORDER BY ordinal", *ordinals
        ):
            found.setdefault(kept, []).append(article_of(fields))
        return found

    def kept_for(self, ordinal: int) -> int:
        """Return the ordinal of the article that is found in place of *ordinal*: its own unless it is a copy."""
        return int(self._rows("SELECT coalesce(copy_of, ordinal) FROM articles WHERE ordinal = ?", ordinal)[0][0])

    def keywords(self, ordinals: Sequence[int]) -> list[list[Keywords]]:
        """Return what each of the articles *ordinals* and its copies are filtered by, in that order.

        Faster than the whole articles.
        """
        marks = ", ".join("?" * len(ordinals))
        found: dict[int, list[Keywords]] = {}
        for ordinal, *values in self._rows(
            f"SELECT coalesce(copy_of, ordinal), author, source, tags, {self._extra} FROM articles "
            f"WHERE ordinal IN ({marks}) OR copy_of IN ({marks}) ORDER BY copy_of IS NOT NULL, ordinal",
            *ordinals,
            *ordinals,
        ):
            found.setdefault(ordinal, []).append(keywords_of(values))
        return [found[ordinal] for ordinal in ordinals]

    def ordinal_of(self, identifier: str) -> int:
        """Return the ordinal of the article with this id. Raises ArticleNotFoundError."""
        rows = self._rows("SELECT ordinal FROM articles WHERE id = ?", identifier)
        if not rows:
            raise ArticleNotFoundError(f"No article has the id {identifier!r}. Search, and take the id of a hit.")
        return int(rows[0][0])

    def records(self) -> Iterator[StoredArticle]:
        """Yield everything that is stored, copies too, in the order of ordinals."""
        last = -1
        while rows := self._rows(
            f"SELECT ordinal, hash, copy_of, {self._fields} FROM articles WHERE ordinal > ? "
            "ORDER BY ordinal LIMIT 1000",
            last,
        ):
            for ordinal, digest, copy_of, *fields in rows:
                yield StoredArticle(ordinal, digest, copy_of, article_of(fields))
            last = rows[-1][0]

    def ordinals(self) -> Ordinals:
        """Return the ordinals of all articles that are no copies, in order."""
        rows = self._rows("SELECT ordinal FROM articles WHERE copy_of IS NULL ORDER BY ordinal")
        return np.fromiter((ordinal for (ordinal,) in rows), dtype=np.int64, count=len(rows))

    def sample(self, count: int) -> Ordinals:
        """Return the ordinals of *count* articles that are no copies, chosen by their hashes.

        Which ones depends on what is in the store, not on how it came there.
        """
        rows = self._rows("SELECT ordinal FROM articles WHERE copy_of IS NULL ORDER BY hash, id LIMIT ?", count)
        return np.fromiter((ordinal for (ordinal,) in rows), dtype=np.int64, count=len(rows))

    def _rows(self, statement: str, *parameters: object) -> list[Any]:
        with self._lock:
            try:
                return self._connection.execute(statement, parameters).fetchall()
            except sqlite3.OperationalError as error:
                if "interrupted" not in str(error):
                    raise
                raise CorruptIndexError(
                    "The article store answers no question in a sensible time. Run `arsearch verify`, then "
                    "`arsearch index --full`."
                ) from error


def open_unchanging(path: Path, question: str) -> sqlite3.Connection:
    """Open the database at *path*, which nobody writes to, for reading from any thread; its owner closes it.

    Raises sqlite3.Error if it cannot be opened or does not answer *question*; nothing is left open then.
    """
    # Generations do not change, so SQLite needs neither locks nor write access.
    address = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
    connection = sqlite3.connect(address, uri=True, check_same_thread=False, factory=_GuardedConnection)
    try:
        connection.guard(path.stat().st_size)
        connection.execute(question).fetchone()
    except BaseException:
        connection.close()
        raise
    return connection


class _GuardedConnection(sqlite3.Connection):
    """A connection to a database that anybody may have made: it holds tables, and does nothing else.

    It has no views, triggers or virtual tables, calls no functions of its schema's, and a statement ends after more
    steps than any of ours could need for a file of its size.
    """

    _taken = 0

    def guard(self, size: int) -> None:
        """Guard the database of *size* bytes. Raises sqlite3.DatabaseError for what is not to be there."""
        most = (_MIN_STEPS + size * _STEPS_A_BYTE) // _STEPS_AT_ONCE
        self.execute("PRAGMA trusted_schema = OFF")
        self.execute("PRAGMA cell_size_check = ON")

        def is_too_much() -> bool:
            self._taken += 1
            return self._taken > most

        self.set_progress_handler(is_too_much, _STEPS_AT_ONCE)
        foreign = self.execute(
            "SELECT type, name FROM sqlite_master "
            "WHERE type NOT IN ('table', 'index') OR sql LIKE 'CREATE VIRTUAL%' LIMIT 1"
        ).fetchone()
        if foreign is not None:
            raise sqlite3.DatabaseError(f"it has a {foreign[0]}, {foreign[1]!r}, that arsearch did not make")

    def execute(self, *arguments: Any) -> sqlite3.Cursor:
        """Run a statement, with steps of its own."""
        self._taken = 0
        return super().execute(*arguments)


def has_extra(connection: sqlite3.Connection) -> bool:
    """Whether the table of articles has own fields."""
    return any(name == EXTRA for _, name, *_ in connection.execute("PRAGMA table_info(articles)"))


def keywords_of(values: Sequence[Any]) -> Keywords:
    """Return what an article is filtered by, of its author, source, tags and own fields as they are stored."""
    author, source, tags, extra = values
    return Keywords(author, source, tuple(json.loads(tags)), extra_from_json(json.loads(extra)) if extra else {})


def article_of(fields: Sequence[Any], given: bytes | None = None) -> Article:
    """Return the article with these values of ``FIELDS`` and of own fields; with what was *given*, as it was read."""
    identifier, title, author, date, source, url, tags, language, body, extra = fields
    article = Article(
        id=str(identifier),
        title=str(title),
        author=str(author),
        date=str(date),
        source=str(source),
        url=str(url),
        tags=tuple(json.loads(tags)),
        language=str(language),
        body=zlib.decompress(body).decode() if isinstance(body, bytes) else body,
        extra=extra_from_json(json.loads(extra)) if extra else {},
    )
    return dataclasses.replace(article, **_given_fields(given)) if given else article


def _given_fields(given: bytes) -> dict[str, Any]:
    """Return the fields that were kept because cleaning made others of them."""
    return dict(json.loads(zlib.decompress(given)))


def stored_given(read: Article, preprocessed: Article) -> bytes | None:
    """Return what the column ``given`` holds for an article that was *read* so, and is indexed as *preprocessed*."""
    fields = {name: getattr(read, name) for name in PREPROCESSED if getattr(read, name) != getattr(preprocessed, name)}
    return zlib.compress(json.dumps(fields, ensure_ascii=False).encode()) if fields else None
