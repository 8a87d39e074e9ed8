"""The article store of a generation: one SQLite file with the articles."""

from __future__ import annotations

import json
import sqlite3
import threading
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from arsearch.corpus import Article
from arsearch.errors import ArticleNotFoundError, CorruptIndexError

__all__ = ["ArticleStore", "Keywords", "StoreWriter"]

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
    language TEXT NOT NULL,
    body BLOB NOT NULL,
    copy_of INTEGER
);
CREATE INDEX articles_copies ON articles (copy_of) WHERE copy_of IS NOT NULL;
CREATE TABLE bands (key INTEGER PRIMARY KEY, ordinal INTEGER NOT NULL);
CREATE TABLE recurring (source TEXT NOT NULL, line TEXT NOT NULL, pages INTEGER NOT NULL, PRIMARY KEY (source, line))
    WITHOUT ROWID;
"""
_BATCH = 1000
_FIELDS = "id, title, author, date, source, url, tags, language, body"

Ordinals = npt.NDArray[np.int64]
Keywords = tuple[str, str, tuple[str, ...]]
"""Author, source and tags."""


class StoreWriter:
    """Writes the store of a generation that nobody reads yet. Durability is the generation's business."""

    def __init__(self, path: Path) -> None:
        """Open *path*, a new file or a copy of an earlier generation's."""
        new = not path.exists()
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.executescript("PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF;")
        if new:
            self._connection.executescript(_SCHEMA)
        self._connection.execute("CREATE TEMP TABLE seen (ordinal INTEGER PRIMARY KEY, tally INTEGER)")
        self._connection.execute("BEGIN")
        self._first_new = self._scalar("SELECT coalesce(max(seq), 0) + 1 FROM sqlite_sequence WHERE name = 'articles'")
        self.deleted: list[int] = []
        """Ordinals that were in the earlier generation and are not any more."""
        self.added = self.changed = self.unchanged = self.duplicates = 0

    def put(self, article: Article, origin: str, tally: int = 0) -> str:
        """Add *article*, or let it take the place of the one with the same id; *tally* is remembered with it.

        Returns ``added``, ``changed`` or ``unchanged``; ``replaced`` if that id had already been put in this run, where
        the last one counts.
        """
        digest = article.content_hash()
        row = self._connection.execute(
            "SELECT ordinal, hash, origin, ordinal IN (SELECT ordinal FROM seen) FROM articles WHERE id = ?",
            (article.id,),
        ).fetchone()
        if row is None:
            self.added += 1
            self._insert(article, digest, origin, tally)
            return "added"
        ordinal, known_digest, known_origin, seen = row
        self.duplicates += seen
        if known_digest == digest:
            self._connection.execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", (ordinal, tally))
            if known_origin != origin:
                self._connection.execute("UPDATE articles SET origin = ? WHERE ordinal = ?", (origin, ordinal))
            self.unchanged += not seen
            return "replaced" if seen else "unchanged"
        if ordinal < self._first_new:
            self.changed += 1
            self.unchanged -= seen
        self._remove(ordinal)
        self._insert(article, digest, origin, tally)
        return "replaced" if seen else "changed"

    def delete_unseen(self, origins: Iterable[str]) -> int:
        """Delete the articles that came from *origins* and were not put this time; return how many."""
        unseen = [
            ordinal
            for origin in origins
            for (ordinal,) in self._connection.execute(
                "SELECT ordinal FROM articles WHERE origin = ? AND ordinal NOT IN (SELECT ordinal FROM seen)", (origin,)
            )
        ]
        for ordinal in unseen:
            self._remove(ordinal)
        return len(unseen)

    def new_articles(self) -> Iterator[list[tuple[int, Article]]]:
        """Yield the ordinals and articles that are new to this generation and no copies, in order, many at a time."""
        last = self._first_new - 1
        while True:
            rows = self._connection.execute(
                f"SELECT ordinal, {_FIELDS} FROM articles WHERE ordinal > ? AND copy_of IS NULL "
                "ORDER BY ordinal LIMIT ?",
                (last, _BATCH),
            ).fetchall()
            if not rows:
                return
            yield [(ordinal, _article(fields)) for ordinal, *fields in rows]
            last = rows[-1][0]

    def count_new(self) -> int:
        """Return how many articles are new to this generation and no copies."""
        return self._scalar("SELECT count(*) FROM articles WHERE ordinal >= ? AND copy_of IS NULL", self._first_new)

    def ordinals(self) -> Ordinals:
        """Return the ordinals of all articles that are no copies, in order."""
        rows = self._connection.execute("SELECT ordinal FROM articles WHERE copy_of IS NULL ORDER BY ordinal")
        return np.fromiter((ordinal for (ordinal,) in rows), dtype=np.int64)

    def set_text(self, ordinal: int, article: Article) -> None:
        """Let article *ordinal* have the body, author and language of *article*; what it was read as stays known."""
        self._connection.execute(
            "UPDATE articles SET body = ?, author = ?, language = ? WHERE ordinal = ?",
            (zlib.compress(article.body.encode()), article.author, article.language, ordinal),
        )

    def set_copy(self, ordinal: int, kept: int) -> tuple[int, int]:
        """Make article *ordinal* a copy of *kept*, with which it is found.

        Returns the tally it was put with, and the ordinal that *kept* has now.
        """
        tally = self._scalar("SELECT coalesce(max(tally), 0) FROM seen WHERE ordinal = ?", ordinal)
        kept = self._anew(kept)
        self._connection.execute("UPDATE articles SET copy_of = ? WHERE ordinal = ?", (kept, ordinal))
        return tally, kept

    def has_copies(self, ordinal: int) -> bool:
        """Whether other articles are kept as copies of this one."""
        return self._scalar("SELECT EXISTS (SELECT 1 FROM articles WHERE copy_of = ?)", ordinal) == 1

    def keywords_of_copies(self, ordinals: Sequence[int]) -> dict[int, list[Keywords]]:
        """Return author, source and tags of the copies of each of *ordinals*, where there are any."""
        marks = ", ".join("?" * len(ordinals))
        found: dict[int, list[Keywords]] = {}
        for kept, author, source, tags in self._connection.execute(
            f"SELECT copy_of, author, source, tags FROM articles WHERE copy_of IN ({marks}) ORDER BY ordinal", ordinals
        ):
            found.setdefault(kept, []).append((author, source, tuple(json.loads(tags))))
        return found

    def articles_with(self, keys: Sequence[int]) -> dict[int, tuple[str, str]]:
        """Return titles and bodies, by ordinal, of the articles that one of the band *keys* was given to."""
        marks = ", ".join("?" * len(keys))
        rows = self._connection.execute(
            f"SELECT DISTINCT ordinal, title, body FROM bands JOIN articles USING (ordinal) "
            f"WHERE key IN ({marks}) AND copy_of IS NULL ORDER BY ordinal",
            keys,
        )
        return {ordinal: (title, zlib.decompress(body).decode()) for ordinal, title, body in rows}

    def add_bands(self, ordinal: int, keys: Sequence[int]) -> None:
        """Give the band *keys* to article *ordinal*; whoever had them before can still be found by others."""
        self._connection.executemany("INSERT OR REPLACE INTO bands VALUES (?, ?)", [(key, ordinal) for key in keys])

    def languages(self) -> tuple[str, ...]:
        """Return the languages of the articles but for Arabic, the most frequent first."""
        rows = self._connection.execute(
            "SELECT language FROM articles WHERE language NOT IN ('', 'ar') GROUP BY language ORDER BY count(*) DESC"
        )
        return tuple(language for (language,) in rows)

    def learn_lines(self, recurring: Mapping[str, Mapping[str, int]]) -> dict[str, list[str]]:
        """Remember the *recurring* lines of each source; return them with those that earlier runs learnt."""
        self._connection.executemany(
            "INSERT OR REPLACE INTO recurring VALUES (?, ?, ?)",
            [(source, line, pages) for source, lines in recurring.items() for line, pages in lines.items()],
        )
        known: dict[str, list[str]] = {}
        for source, line in self._connection.execute("SELECT source, line FROM recurring"):
            known.setdefault(source, []).append(line)
        return known

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

    def _insert(self, article: Article, digest: str, origin: str, tally: int) -> None:
        cursor = self._connection.execute(
            f"INSERT INTO articles (hash, origin, {_FIELDS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
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
                article.language,
                zlib.compress(article.body.encode()),
            ),
        )
        ordinal = cursor.lastrowid
        self._connection.execute("INSERT INTO seen VALUES (?, ?)", (ordinal, tally))

    def _remove(self, ordinal: int) -> None:
        kept = self._connection.execute("SELECT copy_of FROM articles WHERE ordinal = ?", (ordinal,)).fetchone()
        for table in ("articles", "seen"):
            self._connection.execute(f"DELETE FROM {table} WHERE ordinal = ?", (ordinal,))
        copies = self._connection.execute("SELECT ordinal FROM articles WHERE copy_of = ?", (ordinal,)).fetchall()
        for (copy,) in copies:
            self._renew(copy)
        if kept and kept[0]:
            self._anew(kept[0])
        if ordinal < self._first_new:
            self.deleted.append(ordinal)

    def _anew(self, kept: int) -> int:
        """Have an article that gained or lost a copy indexed again, for its sources changed; return its ordinal."""
        if kept >= self._first_new:
            return kept
        self.deleted.append(kept)
        return self._renew(kept)

    def _renew(self, old: int) -> int:
        """Give an article another ordinal, so that it is new to this generation and no copy any more; return that."""
        ordinal = self._scalar("SELECT seq + 1 FROM sqlite_sequence WHERE name = 'articles'")
        self._connection.execute("UPDATE sqlite_sequence SET seq = ? WHERE name = 'articles'", (ordinal,))
        self._connection.execute("UPDATE articles SET ordinal = ?, copy_of = NULL WHERE ordinal = ?", (ordinal, old))
        self._connection.execute("UPDATE articles SET copy_of = ? WHERE copy_of = ?", (ordinal, old))
        self._connection.execute("UPDATE seen SET ordinal = ? WHERE ordinal = ?", (ordinal, old))
        return ordinal


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
        return int(self._rows("SELECT count(*) FROM articles WHERE copy_of IS NULL")[0][0])

    def fetch(self, ordinals: Sequence[int]) -> list[Article]:
        """Return the articles *ordinals*, in that order."""
        marks = ", ".join("?" * len(ordinals))
        rows = self._rows(f"SELECT ordinal, {_FIELDS} FROM articles WHERE ordinal IN ({marks})", *ordinals)
        articles = {ordinal: _article(fields) for ordinal, *fields in rows}
        return [articles[ordinal] for ordinal in ordinals]

    def copies(self, ordinals: Sequence[int]) -> dict[int, list[Article]]:
        """Return the copies that each of *ordinals* was kept for, in order, where there are any."""
        marks = ", ".join("?" * len(ordinals))
        found: dict[int, list[Article]] = {}
        for kept, *fields in self._rows(
            f"SELECT copy_of, {_FIELDS} FROM articles WHERE copy_of IN ({marks}) ORDER BY ordinal", *ordinals
        ):
            found.setdefault(kept, []).append(_article(fields))
        return found

    def kept_for(self, ordinal: int) -> int:
        """Return the ordinal of the article that is found in place of *ordinal*: its own unless it is a copy."""
        return int(self._rows("SELECT coalesce(copy_of, ordinal) FROM articles WHERE ordinal = ?", ordinal)[0][0])

    def keywords(self, ordinals: Sequence[int]) -> list[list[Keywords]]:
        """Return author, source and tags of each of the articles *ordinals* and of its copies, in that order.

        Faster than the whole articles.
        """
        marks = ", ".join("?" * len(ordinals))
        found: dict[int, list[Keywords]] = {}
        for ordinal, author, source, tags in self._rows(
            f"SELECT coalesce(copy_of, ordinal), author, source, tags FROM articles "
            f"WHERE ordinal IN ({marks}) OR copy_of IN ({marks}) ORDER BY copy_of IS NOT NULL, ordinal",
            *ordinals,
            *ordinals,
        ):
            found.setdefault(ordinal, []).append((author, source, tuple(json.loads(tags))))
        return [found[ordinal] for ordinal in ordinals]

    def ordinal_of(self, identifier: str) -> int:
        """Return the ordinal of the article with this id. Raises ArticleNotFoundError."""
        rows = self._rows("SELECT ordinal FROM articles WHERE id = ?", identifier)
        if not rows:
            raise ArticleNotFoundError(f"No article has the id {identifier!r}. Search, and take the id of a hit.")
        return int(rows[0][0])

    def ordinals(self) -> Ordinals:
        """Return the ordinals of all articles that are no copies, in order."""
        rows = self._rows("SELECT ordinal FROM articles WHERE copy_of IS NULL ORDER BY ordinal")
        return np.fromiter((ordinal for (ordinal,) in rows), dtype=np.int64, count=len(rows))

    def _rows(self, statement: str, *parameters: object) -> list[Any]:
        with self._lock:
            return self._connection.execute(statement, parameters).fetchall()


def _article(fields: Sequence[str | bytes]) -> Article:
    identifier, title, author, date, source, url, tags, language, body = fields
    return Article(
        id=str(identifier),
        title=str(title),
        author=str(author),
        date=str(date),
        source=str(source),
        url=str(url),
        tags=tuple(json.loads(tags)),
        language=str(language),
        body=zlib.decompress(body).decode() if isinstance(body, bytes) else body,
    )
