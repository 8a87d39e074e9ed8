"""Writing the article store: rows of articles, what they are compared by, and which are copies of which."""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from arsearch.article_fields import Keywords
from arsearch.common.array_types import Ordinals
from arsearch.corpus import Article
from arsearch.index.store.article_store import (
    ADDED_BY_HAND,
    EXTRA,
    FIELDS,
    SCHEMA,
    article_of,
    has_extra,
    keywords_of,
    stored_given,
)
from arsearch.index.store.files import FileTable
from arsearch.index.store.seen import SeenTable

__all__ = ["Fingerprint", "StoreWriter"]

_BATCH = 1000
_TRACES = 1 << 14
_INSERTED = f"ordinal, hash, file, copy_of, line, given, {FIELDS}"


Fingerprint = tuple[int, bytes, int]
"""By what an article is compared: its ordinal, the keys by which others find it, and whether it is short."""


class StoreWriter:
    """Writes the store of a generation that nobody reads yet. Durability is the generation's business."""

    def __init__(self, path: Path, *, with_extra: bool = False) -> None:
        """Open *path*, a new file or a copy of an earlier generation's.

        *with_extra* says whether a new file has room for own fields.
        """
        new = not path.exists()
        self._connection = sqlite3.connect(path, isolation_level=None)
        try:
            self._connection.executescript("PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF;")
            if new:
                self._connection.executescript(SCHEMA)
                if with_extra:
                    self._connection.execute(f"ALTER TABLE articles ADD COLUMN {EXTRA} TEXT")
            self._extra = EXTRA if has_extra(self._connection) else ""
            self._fields = f"{FIELDS}, {self._extra or 'NULL'}"
            self._connection.execute("BEGIN")
            self._next = self._scalar("SELECT coalesce(max(seq), 0) + 1 FROM sqlite_sequence WHERE name = 'articles'")
            self.files = FileTable(self._connection)
            self.seen = SeenTable(self._connection, self._next)
        except BaseException:
            self._connection.close()
            raise
        self.first_new = self._next
        """The ordinals of the earlier generation are less."""
        self.deleted: list[int] = []
        """Ordinals of the earlier generation that words and vectors have to forget."""
        self.stranded_copies: set[int] = set()
        """Ordinals of copies whose kept article has gone: neither kept nor copies now."""
        self.lost_copies: set[int] = set()
        """Ordinals of kept articles of which a copy has gone."""

    # Rows

    def insert(self, article: Article, digest: str, file: int, lines: bytes, line: bytes) -> int:
        """Insert a row for *article*, whose hash is *digest*, and return its ordinal.

        *lines* are the keys of its lines, *line* the digest of the one it was read from.
        """
        ordinal, self._next = self._next, self._next + 1
        fields = (
            article.id,
            article.title,
            article.author,
            article.date,
            article.source,
            article.url,
            json.dumps(article.tags, ensure_ascii=False),
            article.language,
            zlib.compress(article.body.encode()),
        )
        row: tuple[object, ...] = (ordinal, digest, file, None, line or None, None, *fields)
        names = _INSERTED
        if self._extra:
            written = json.dumps(article.extra_as_json(), ensure_ascii=False) if article.extra else None
            names, row = f"{names}, {self._extra}", (*row, written)
        self._connection.execute(f"INSERT INTO articles ({names}) VALUES ({', '.join('?' * len(row))})", row)
        self._connection.execute("INSERT INTO traces VALUES (?, ?, NULL, 0)", (ordinal, lines))
        return ordinal

    def move(self, ordinal: int, file: int, line: bytes) -> None:
        """Let an article be one of *file*, where it was read from the line with the digest *line*."""
        self._connection.execute(
            "UPDATE articles SET file = :file, line = :line "
            "WHERE ordinal = :ordinal AND (file != :file OR line IS NOT :line)",
            {"file": file, "line": line or None, "ordinal": ordinal},
        )

    def erase(self, ordinal: int) -> None:
        """Delete the row of an article that nothing else knows of yet."""
        for table in ("articles", "traces"):
            self._connection.execute(f"DELETE FROM {table} WHERE ordinal = ?", (ordinal,))

    def remove(self, ordinal: int) -> None:
        """Delete an article of the earlier generation; its copies become stranded."""
        self._release(ordinal)
        self.stranded_copies.discard(ordinal)
        self.lost_copies.discard(ordinal)
        self.erase(ordinal)

    def reopen(self, ordinal: int) -> int:
        """Let an article of the earlier generation be new to this one, under another ordinal; return that."""
        self._release(ordinal)
        return self._renew(ordinal)

    def _release(self, ordinal: int) -> None:
        """Note what becomes of the copies of an article that goes, or of what it was a copy of."""
        kept = self.standing(ordinal)[2]
        if kept is not None:
            self.lost_copies.add(kept)
        elif self._is_indexed(ordinal):
            self.deleted.append(ordinal)
        self.stranded_copies.update(self._ordinals("SELECT ordinal FROM articles WHERE copy_of = ?", ordinal))
        self._connection.execute("UPDATE articles SET copy_of = NULL WHERE copy_of = ?", (ordinal,))

    def _renew(self, old: int) -> int:
        """Give an article the next ordinal, and let its copies be those of that one."""
        ordinal, self._next = self._next, self._next + 1
        self._connection.execute("UPDATE articles SET ordinal = ?, copy_of = NULL WHERE ordinal = ?", (ordinal, old))
        self._connection.execute("UPDATE articles SET copy_of = ? WHERE copy_of = ?", (ordinal, old))
        self._connection.execute("UPDATE traces SET ordinal = ? WHERE ordinal = ?", (ordinal, old))
        for known in (self.stranded_copies, self.lost_copies):
            if old in known:
                known.remove(old)
                known.add(ordinal)
        return ordinal

    # Articles deleted by hand

    def tombstones(self) -> set[str]:
        """Return the ids of articles that were deleted by hand."""
        return {identifier for (identifier,) in self._connection.execute("SELECT id FROM withheld")}

    def add_tombstone(self, identifier: str) -> None:
        """Delete an article by hand."""
        self._connection.execute("INSERT OR IGNORE INTO withheld VALUES (?)", (identifier,))

    def allow(self, identifier: str) -> None:
        """Take that back."""
        self._connection.execute("DELETE FROM withheld WHERE id = ?", (identifier,))

    def count_by_hand(self) -> int:
        """Return how many articles were added or deleted by hand."""
        return self._scalar(
            "SELECT (SELECT count(*) FROM articles WHERE file = ?) + (SELECT count(*) FROM withheld)", ADDED_BY_HAND
        )

    # Articles

    def count_added(self) -> int:
        """Return how many articles have a row that is new to this generation, copies too."""
        return self._scalar("SELECT count(*) FROM articles WHERE ordinal >= ?", self.first_new)

    def count_unchanged(self, sources: Sequence[str]) -> int:
        """Return how many articles of *sources* are as they were in the earlier generation."""
        marks = ", ".join("?" * len(sources))
        return self._scalar(
            "SELECT count(*) FROM articles JOIN files ON number = file "
            f"WHERE ordinal < ? AND files.source IN ({marks})",
            self.first_new,
            *sources,
        )

    def count_of(self, file: int) -> int:
        """Return how many articles a file has."""
        return self._scalar("SELECT count(*) FROM articles WHERE file = ?", file)

    def lines_of(self, file: int) -> dict[bytes, int]:
        """Return the ordinals of the articles of *file* by the digests of the lines they were read from."""
        rows = self._connection.execute(
            "SELECT line, ordinal FROM articles WHERE file = ? AND length(line) > 0", (file,)
        )
        return dict(rows.fetchall())

    def count_new(self) -> int:
        """Return how many articles are new to this generation and no copies."""
        return self._scalar("SELECT count(*) FROM articles WHERE ordinal >= ? AND copy_of IS NULL", self.first_new)

    def new_articles(self) -> Iterator[list[tuple[int, Article]]]:
        """Yield the ordinals and articles that are new to this generation and no copies, in order, many at a time."""
        last = self.first_new - 1
        while True:
            rows = self._connection.execute(
                f"SELECT ordinal, {self._fields} FROM articles WHERE ordinal > ? AND copy_of IS NULL "
                "ORDER BY ordinal LIMIT ?",
                (last, _BATCH),
            ).fetchall()
            if not rows:
                return
            yield [(ordinal, article_of(fields)) for ordinal, *fields in rows]
            last = rows[-1][0]

    def fetch(self, ordinals: Sequence[int]) -> Iterator[tuple[int, Article, Article]]:
        """Yield for each of *ordinals* the article as it is indexed, and as it was read."""
        for ordinal in ordinals:
            given, *fields = self._connection.execute(
                f"SELECT given, {self._fields} FROM articles WHERE ordinal = ?", (ordinal,)
            ).fetchone()
            yield ordinal, article_of(fields), article_of(fields, given)

    def set_preprocessed(self, ordinal: int, read: Article, preprocessed: Article) -> None:
        """Let article *ordinal* be indexed as *preprocessed*; what it was *read* as stays known."""
        self._connection.execute(
            "UPDATE articles SET body = ?, author = ?, language = ?, given = ? WHERE ordinal = ?",
            (
                zlib.compress(preprocessed.body.encode()),
                preprocessed.author,
                preprocessed.language,
                stored_given(read, preprocessed),
                ordinal,
            ),
        )

    def ordinals(self) -> Ordinals:
        """Return the ordinals of all articles that are no copies, in order."""
        rows = self._ordinals("SELECT ordinal FROM articles WHERE copy_of IS NULL ORDER BY ordinal")
        return np.array(rows, dtype=np.int64)

    def languages(self) -> tuple[str, ...]:
        """Return the languages of the articles but for Arabic, the most frequent first."""
        rows = self._connection.execute(
            "SELECT language FROM articles WHERE language NOT IN ('', 'ar') GROUP BY language "
            "ORDER BY count(*) DESC, language"
        )
        return tuple(language for (language,) in rows)

    # What articles are compared by

    def set_bands(self, ordinal: int, bands: bytes, *, short: bool) -> None:
        """Keep the keys by which others find article *ordinal*."""
        self._connection.execute("UPDATE traces SET bands = ?, short = ? WHERE ordinal = ?", (bands, short, ordinal))

    def fingerprints(self) -> Iterator[list[Fingerprint]]:
        """Yield by what all articles are compared, in the order of their ordinals, many at a time."""
        rows = self._connection.execute("SELECT ordinal, coalesce(bands, x''), short FROM traces ORDER BY ordinal")
        while some := rows.fetchmany(_TRACES):
            yield some

    def count_keys(self) -> int:
        """Return how many keys the :meth:`fingerprints` of all articles have."""
        return self._scalar("SELECT coalesce(sum(length(bands)), 0) / 8 FROM traces")

    def lines(self) -> Iterator[tuple[list[int], list[bytes]]]:
        """Yield the ordinals of all articles, in order, and the keys of their lines, many at a time."""
        rows = self._connection.execute("SELECT ordinal, lines FROM traces ORDER BY ordinal")
        while some := rows.fetchmany(_TRACES):
            ordinals, lines = zip(*some, strict=True)
            yield list(ordinals), list(lines)

    def recurring(self) -> dict[int, tuple[str, str]]:
        """Return source and text of the lines that recurred in the earlier generation, by key."""
        rows = self._connection.execute("SELECT key, source, line FROM recurring")
        return {int.from_bytes(key, "little"): (source, line) for key, source, line in rows}

    def set_recurring(self, lines: Mapping[int, tuple[str, str]]) -> None:
        """Remember the lines that recur, by key."""
        self._connection.execute("DELETE FROM recurring")
        self._connection.executemany(
            "INSERT INTO recurring VALUES (?, ?, ?)",
            [(key.to_bytes(8, "little"), source, line) for key, (source, line) in lines.items()],
        )

    # Copies

    def standing(self, ordinal: int) -> tuple[str, str, int | None]:
        """Return date, id and ``copy_of`` of an article."""
        row = self._connection.execute(
            "SELECT date, id, copy_of FROM articles WHERE ordinal = ?", (ordinal,)
        ).fetchone()
        return row[0], row[1], row[2]

    def assign(self, kept_for: Mapping[int, int | None]) -> None:
        """Make articles copies of others, or articles of their own (None), and have indexed anew what that concerns.

        An article that is kept is indexed with the keywords of its copies, so it is concerned when these change.
        """
        before = {ordinal: self.standing(ordinal)[2] for ordinal in kept_for}
        touched = set(self.lost_copies)
        for ordinal, kept in kept_for.items():
            if kept != before[ordinal]:
                touched |= {each for each in (kept, before[ordinal]) if each is not None}
        relevant = sorted(touched.union(kept_for))
        indexed = {ordinal for ordinal in relevant if self._is_indexed(ordinal)}
        for ordinal, kept in kept_for.items():
            self._connection.execute("UPDATE articles SET copy_of = ? WHERE ordinal = ?", (kept, ordinal))
        for ordinal in relevant:
            is_kept = self.standing(ordinal)[2] is None
            if ordinal in indexed and (not is_kept or ordinal in touched):
                self.deleted.append(ordinal)
            if is_kept and ordinal < self.first_new and (ordinal not in indexed or ordinal in touched):
                self._renew(ordinal)
        self.stranded_copies.clear()
        self.lost_copies.clear()

    def _is_indexed(self, ordinal: int) -> bool:
        """Whether the earlier generation has words and vectors of an article."""
        return ordinal < self.first_new and ordinal not in self.stranded_copies and self.standing(ordinal)[2] is None

    def keywords_of_copies(self, ordinals: Sequence[int]) -> dict[int, list[Keywords]]:
        """Return what the copies of each of *ordinals* are filtered by, where there are any."""
        marks = ", ".join("?" * len(ordinals))
        found: dict[int, list[Keywords]] = {}
        for kept, *values in self._connection.execute(
            f"SELECT copy_of, author, source, tags, {self._extra or 'NULL'} FROM articles "
            f"WHERE copy_of IN ({marks}) ORDER BY id",
            ordinals,
        ):
            found.setdefault(kept, []).append(keywords_of(values))
        return found

    # The file

    def fact(self, name: str) -> str:
        """Return what :meth:`set_fact` noted, or an empty text."""
        row = self._connection.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return str(row[0]) if row else ""

    def set_fact(self, name: str, value: str) -> None:
        """Note something about how the store was made."""
        self._connection.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))

    def close(self, *, vacuum: bool = False) -> None:
        """Write everything and close the file; with *vacuum* it becomes as small as can be."""
        self._connection.execute("UPDATE sqlite_sequence SET seq = ? WHERE name = 'articles'", (self._next - 1,))
        self._connection.execute("COMMIT")
        if vacuum:
            self._connection.execute("VACUUM")
        self._connection.execute("ANALYZE")
        self._connection.close()

    def abandon(self) -> None:
        """Close the file without writing."""
        self._connection.close()

    def _scalar(self, statement: str, *parameters: object) -> int:
        """Return the one number that *statement* selects."""
        return int(self._connection.execute(statement, parameters).fetchone()[0])

    def _ordinals(self, statement: str, *parameters: object) -> list[int]:
        return [ordinal for (ordinal,) in self._connection.execute(statement, parameters)]
