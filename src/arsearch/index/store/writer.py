"""Writing the article store: rows of articles, what they are compared by, and which are copies of which."""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from arsearch.article_fields import Keywords
from arsearch.corpus import Article
from arsearch.index.store.article_store import (
    EXTRA,
    FIELDS,
    SCHEMA,
    Ordinals,
    article_of,
    has_extra,
    keywords_of,
    stored_given,
)

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
        self.connection = sqlite3.connect(path, isolation_level=None)
        try:
            self.connection.executescript("PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF;")
            if new:
                self.connection.executescript(SCHEMA)
                if with_extra:
                    self.connection.execute(f"ALTER TABLE articles ADD COLUMN {EXTRA} TEXT")
            self._extra = EXTRA if has_extra(self.connection) else ""
            self._fields = f"{FIELDS}, {self._extra or 'NULL'}"
            self.connection.execute("BEGIN")
            self._next = self.scalar("SELECT coalesce(max(seq), 0) + 1 FROM sqlite_sequence WHERE name = 'articles'")
        except BaseException:
            self.connection.close()
            raise
        self.first_new = self._next
        """The ordinals of the earlier generation are less."""
        self.deleted: list[int] = []
        """Ordinals of the earlier generation that words and vectors have to forget."""
        self.orphans: set[int] = set()
        """Ordinals of copies whose kept article has gone: neither kept nor copies now."""
        self.bereft: set[int] = set()
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
        self.connection.execute(f"INSERT INTO articles ({names}) VALUES ({', '.join('?' * len(row))})", row)
        self.connection.execute("INSERT INTO traces VALUES (?, ?, NULL, 0)", (ordinal, lines))
        return ordinal

    def erase(self, ordinal: int) -> None:
        """Delete the row of an article that nothing else knows of yet."""
        for table in ("articles", "traces"):
            self.connection.execute(f"DELETE FROM {table} WHERE ordinal = ?", (ordinal,))

    def remove(self, ordinal: int) -> None:
        """Delete an article of the earlier generation; its copies become orphans."""
        self._release(ordinal)
        self.orphans.discard(ordinal)
        self.bereft.discard(ordinal)
        self.erase(ordinal)

    def reopen(self, ordinal: int) -> int:
        """Let an article of the earlier generation be new to this one, under another ordinal; return that."""
        self._release(ordinal)
        return self._renew(ordinal)

    def _release(self, ordinal: int) -> None:
        """Note what becomes of the copies of an article that goes, or of what it was a copy of."""
        kept = self.standing(ordinal)[2]
        if kept is not None:
            self.bereft.add(kept)
        elif self._is_indexed(ordinal):
            self.deleted.append(ordinal)
        self.orphans.update(self._ordinals("SELECT ordinal FROM articles WHERE copy_of = ?", ordinal))
        self.connection.execute("UPDATE articles SET copy_of = NULL WHERE copy_of = ?", (ordinal,))

    def _renew(self, old: int) -> int:
        """Give an article the next ordinal, and let its copies be those of that one."""
        ordinal, self._next = self._next, self._next + 1
        self.connection.execute("UPDATE articles SET ordinal = ?, copy_of = NULL WHERE ordinal = ?", (ordinal, old))
        self.connection.execute("UPDATE articles SET copy_of = ? WHERE copy_of = ?", (ordinal, old))
        self.connection.execute("UPDATE traces SET ordinal = ? WHERE ordinal = ?", (ordinal, old))
        for known in (self.orphans, self.bereft):
            if old in known:
                known.remove(old)
                known.add(ordinal)
        return ordinal

    # Articles

    def count_new(self) -> int:
        """Return how many articles are new to this generation and no copies."""
        return self.scalar("SELECT count(*) FROM articles WHERE ordinal >= ? AND copy_of IS NULL", self.first_new)

    def new_articles(self) -> Iterator[list[tuple[int, Article]]]:
        """Yield the ordinals and articles that are new to this generation and no copies, in order, many at a time."""
        last = self.first_new - 1
        while True:
            rows = self.connection.execute(
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
            given, *fields = self.connection.execute(
                f"SELECT given, {self._fields} FROM articles WHERE ordinal = ?", (ordinal,)
            ).fetchone()
            yield ordinal, article_of(fields), article_of(fields, given)

    def set_preprocessed(self, ordinal: int, read: Article, preprocessed: Article) -> None:
        """Let article *ordinal* be indexed as *preprocessed*; what it was *read* as stays known."""
        self.connection.execute(
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
        rows = self.connection.execute(
            "SELECT language FROM articles WHERE language NOT IN ('', 'ar') GROUP BY language "
            "ORDER BY count(*) DESC, language"
        )
        return tuple(language for (language,) in rows)

    # What articles are compared by

    def set_bands(self, ordinal: int, bands: bytes, *, short: bool) -> None:
        """Keep the keys by which others find article *ordinal*."""
        self.connection.execute("UPDATE traces SET bands = ?, short = ? WHERE ordinal = ?", (bands, short, ordinal))

    def fingerprints(self) -> Iterator[list[Fingerprint]]:
        """Yield by what all articles are compared, in the order of their ordinals, many at a time."""
        rows = self.connection.execute("SELECT ordinal, coalesce(bands, x''), short FROM traces ORDER BY ordinal")
        while some := rows.fetchmany(_TRACES):
            yield some

    def count_keys(self) -> int:
        """Return how many keys the :meth:`fingerprints` of all articles have."""
        return self.scalar("SELECT coalesce(sum(length(bands)), 0) / 8 FROM traces")

    def lines(self) -> Iterator[tuple[list[int], list[bytes]]]:
        """Yield the ordinals of all articles, in order, and the keys of their lines, many at a time."""
        rows = self.connection.execute("SELECT ordinal, lines FROM traces ORDER BY ordinal")
        while some := rows.fetchmany(_TRACES):
            ordinals, lines = zip(*some, strict=True)
            yield list(ordinals), list(lines)

    def recurring(self) -> dict[int, tuple[str, str]]:
        """Return source and text of the lines that recurred in the earlier generation, by key."""
        rows = self.connection.execute("SELECT key, source, line FROM recurring")
        return {int.from_bytes(key, "little"): (source, line) for key, source, line in rows}

    def set_recurring(self, lines: Mapping[int, tuple[str, str]]) -> None:
        """Remember the lines that recur, by key."""
        self.connection.execute("DELETE FROM recurring")
        self.connection.executemany(
            "INSERT INTO recurring VALUES (?, ?, ?)",
            [(key.to_bytes(8, "little"), source, line) for key, (source, line) in lines.items()],
        )

    # Copies

    def standing(self, ordinal: int) -> tuple[str, str, int | None]:
        """Return date, id and ``copy_of`` of an article."""
        row = self.connection.execute("SELECT date, id, copy_of FROM articles WHERE ordinal = ?", (ordinal,)).fetchone()
        return row[0], row[1], row[2]

    def assign(self, kept_for: Mapping[int, int | None]) -> None:
        """Make articles copies of others, or articles of their own (None), and have indexed anew what that concerns.

        An article that is kept is indexed with the keywords of its copies, so it is concerned when these change.
        """
        before = {ordinal: self.standing(ordinal)[2] for ordinal in kept_for}
        touched = set(self.bereft)
        for ordinal, kept in kept_for.items():
            if kept != before[ordinal]:
                touched |= {each for each in (kept, before[ordinal]) if each is not None}
        relevant = sorted(touched.union(kept_for))
        indexed = {ordinal for ordinal in relevant if self._is_indexed(ordinal)}
        for ordinal, kept in kept_for.items():
            self.connection.execute("UPDATE articles SET copy_of = ? WHERE ordinal = ?", (kept, ordinal))
        for ordinal in relevant:
            is_kept = self.standing(ordinal)[2] is None
            if ordinal in indexed and (not is_kept or ordinal in touched):
                self.deleted.append(ordinal)
            if is_kept and ordinal < self.first_new and (ordinal not in indexed or ordinal in touched):
                self._renew(ordinal)
        self.orphans.clear()
        self.bereft.clear()

    def _is_indexed(self, ordinal: int) -> bool:
        """Whether the earlier generation has words and vectors of an article."""
        return ordinal < self.first_new and ordinal not in self.orphans and self.standing(ordinal)[2] is None

    def keywords_of_copies(self, ordinals: Sequence[int]) -> dict[int, list[Keywords]]:
        """Return what the copies of each of *ordinals* are filtered by, where there are any."""
        marks = ", ".join("?" * len(ordinals))
        found: dict[int, list[Keywords]] = {}
        for kept, *values in self.connection.execute(
            f"SELECT copy_of, author, source, tags, {self._extra or 'NULL'} FROM articles "
            f"WHERE copy_of IN ({marks}) ORDER BY id",
            ordinals,
        ):
            found.setdefault(kept, []).append(keywords_of(values))
        return found

    # The file

    def fact(self, name: str) -> str:
        """Return what :meth:`set_fact` noted, or an empty text."""
        row = self.connection.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return str(row[0]) if row else ""

    def set_fact(self, name: str, value: str) -> None:
        """Note something about how the store was made."""
        self.connection.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))

    def close(self, *, vacuum: bool = False) -> None:
        """Write everything and close the file; with *vacuum* it becomes as small as can be."""
        self.connection.execute("UPDATE sqlite_sequence SET seq = ? WHERE name = 'articles'", (self._next - 1,))
        self.connection.execute("COMMIT")
        if vacuum:
            self.connection.execute("VACUUM")
        self.connection.execute("ANALYZE")
        self.connection.close()

    def abandon(self) -> None:
        """Close the file without writing."""
        self.connection.close()

    def scalar(self, statement: str, *parameters: object) -> int:
        """Return the one number that *statement* selects."""
        return int(self.connection.execute(statement, parameters).fetchone()[0])

    def _ordinals(self, statement: str, *parameters: object) -> list[int]:
        return [ordinal for (ordinal,) in self.connection.execute(statement, parameters)]
