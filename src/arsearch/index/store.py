"""The article store of a generation: one SQLite file with the articles."""

from __future__ import annotations

import json
import sqlite3
import threading
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from arsearch.corpus import Article
from arsearch.errors import ArticleNotFoundError, CorruptIndexError

__all__ = ["ArticleStore", "StoreWriter"]

_SCHEMA = """
CREATE TABLE articles (
    ordinal INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    hash TEXT NOT NULL,
    origin TEXT NOT NULL,
    title TEXT NOT NULL,
    author TEXT NOT NULL,
    date TEXT NOT NULL,
    source TEXT NOT NULL,
    url TEXT NOT NULL,
    tags TEXT NOT NULL,
    body BLOB NOT NULL
);
"""
_BATCH = 1000
_FIELDS = "id, title, author, date, source, url, tags, body"

Ordinals = npt.NDArray[np.int64]


class StoreWriter:
    """Writes the store of a generation that nobody reads yet. Durability is the generation's business."""

    def __init__(self, path: Path) -> None:
        """Open *path*, a new file or a copy of an earlier generation's."""
        new = not path.exists()
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.executescript("PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF;")
        if new:
            self._connection.executescript(_SCHEMA)
        self._connection.execute("CREATE TEMP TABLE seen (ordinal INTEGER PRIMARY KEY)")
        self._connection.execute("BEGIN")
        self._first_new = self._scalar("SELECT coalesce(max(seq), 0) + 1 FROM sqlite_sequence WHERE name = 'articles'")
        self.deleted: list[int] = []
        """Ordinals that were in the earlier generation and are not any more."""
        self.added = self.changed = self.unchanged = self.duplicates = 0

    def put(self, article: Article, origin: str) -> bool:
        """Add *article*, or let it take the place of the one with the same id.

        Returns whether that id had already been put in this run; the last one counts.
        """
        digest = article.content_hash()
        row = self._connection.execute(
            "SELECT ordinal, hash, origin, ordinal IN seen FROM articles WHERE id = ?", (article.id,)
        ).fetchone()
        if row is None:
            self.added += 1
            self._insert(article, digest, origin)
            return False
        ordinal, known_digest, known_origin, seen = row
        self.duplicates += seen
        if known_digest == digest:
            self._connection.execute("INSERT OR IGNORE INTO seen VALUES (?)", (ordinal,))
            if known_origin != origin:
                self._connection.execute("UPDATE articles SET origin = ? WHERE ordinal = ?", (origin, ordinal))
            self.unchanged += not seen
        else:
            if ordinal < self._first_new:
                self.changed += 1
                self.unchanged -= seen
            self._remove(ordinal)
            self._insert(article, digest, origin)
        return bool(seen)

    def delete_unseen(self, origins: Iterable[str]) -> int:
        """Delete the articles that came from *origins* and were not put this time; return how many."""
        unseen = [
            ordinal
            for origin in origins
            for (ordinal,) in self._connection.execute(
                "SELECT ordinal FROM articles WHERE origin = ? AND ordinal NOT IN seen", (origin,)
            )
        ]
        for ordinal in unseen:
            self._remove(ordinal)
        return len(unseen)

    def new_articles(self) -> Iterator[list[tuple[int, Article]]]:
        """Yield the ordinals and articles that are new to this generation, in order, many at a time."""
        last = self._first_new - 1
        while True:
            rows = self._connection.execute(
                f"SELECT ordinal, {_FIELDS} FROM articles WHERE ordinal > ? ORDER BY ordinal LIMIT ?", (last, _BATCH)
            ).fetchall()
            if not rows:
                return
            yield [(ordinal, _article(fields)) for ordinal, *fields in rows]
            last = rows[-1][0]

    def count_new(self) -> int:
        """Return how many articles are new to this generation."""
        return self._scalar("SELECT count(*) FROM articles WHERE ordinal >= ?", self._first_new)

    def ordinals(self) -> Ordinals:
        """Return the ordinals of all articles, in order."""
        rows = self._connection.execute("SELECT ordinal FROM articles ORDER BY ordinal")
        return np.fromiter((ordinal for (ordinal,) in rows), dtype=np.int64)

    def close(self) -> None:
        """Write everything and close the file."""
        self._connection.execute("COMMIT")
        self._connection.execute("ANALYZE")
        self._connection.close()

    def abandon(self) -> None:
        """Close the file without writing."""
        self._connection.close()

    def _scalar(self, statement: str, *parameters: object) -> int:
        row = self._connection.execute(statement, parameters).fetchone()
        return int(row[0]) if row else 1

    def _insert(self, article: Article, digest: str, origin: str) -> None:
        cursor = self._connection.execute(
            f"INSERT INTO articles (hash, origin, {_FIELDS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                digest,
                origin,
                article.id,
                article.title,
                article.author,
                article.date,
                article.source,
                article.url,
                json.dumps(article.tags, ensure_ascii=False),
                zlib.compress(article.body.encode()),
            ),
        )
        ordinal = cursor.lastrowid
        self._connection.execute("INSERT INTO seen VALUES (?)", (ordinal,))

    def _remove(self, ordinal: int) -> None:
        for table in ("articles", "seen"):
            self._connection.execute(f"DELETE FROM {table} WHERE ordinal = ?", (ordinal,))
        if ordinal < self._first_new:
            self.deleted.append(ordinal)


class ArticleStore:
    """The articles of a generation, opened for reading. Safe to use from several threads."""

    def __init__(self, path: Path) -> None:
        """Open *path*. Raises CorruptIndexError if it is not there or not a database."""
        try:
            # Generations do not change, so SQLite needs neither locks nor write access.
            self._connection = sqlite3.connect(
                f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False
            )
            self._connection.execute("SELECT count(*) FROM articles").fetchone()
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
        return int(self._rows("SELECT count(*) FROM articles")[0][0])

    def fetch(self, ordinals: Sequence[int]) -> list[Article]:
        """Return the articles *ordinals*, in that order."""
        marks = ", ".join("?" * len(ordinals))
        rows = self._rows(f"SELECT ordinal, {_FIELDS} FROM articles WHERE ordinal IN ({marks})", *ordinals)
        articles = {ordinal: _article(fields) for ordinal, *fields in rows}
        return [articles[ordinal] for ordinal in ordinals]

    def keywords(self, ordinals: Sequence[int]) -> list[tuple[str, str, tuple[str, ...]]]:
        """Return author, source and tags of the articles *ordinals*, in that order; faster than the whole articles."""
        marks = ", ".join("?" * len(ordinals))
        rows = self._rows(f"SELECT ordinal, author, source, tags FROM articles WHERE ordinal IN ({marks})", *ordinals)
        found = {ordinal: (author, source, tuple(json.loads(tags))) for ordinal, author, source, tags in rows}
        return [found[ordinal] for ordinal in ordinals]

    def ordinal_of(self, identifier: str) -> int:
        """Return the ordinal of the article with this id. Raises ArticleNotFoundError."""
        rows = self._rows("SELECT ordinal FROM articles WHERE id = ?", identifier)
        if not rows:
            raise ArticleNotFoundError(f"No article has the id {identifier!r}. Search, and take the id of a hit.")
        return int(rows[0][0])

    def ordinals(self) -> Ordinals:
        """Return the ordinals of all articles, in order."""
        rows = self._rows("SELECT ordinal FROM articles ORDER BY ordinal")
        return np.fromiter((ordinal for (ordinal,) in rows), dtype=np.int64, count=len(rows))

    def _rows(self, statement: str, *parameters: object) -> list[Any]:
        with self._lock:
            return self._connection.execute(statement, parameters).fetchall()


def _article(fields: Sequence[str | bytes]) -> Article:
    identifier, title, author, date, source, url, tags, body = fields
    return Article(
        id=str(identifier),
        title=str(title),
        author=str(author),
        date=str(date),
        source=str(source),
        url=str(url),
        tags=tuple(json.loads(tags)),
        body=zlib.decompress(body).decode() if isinstance(body, bytes) else body,
    )
