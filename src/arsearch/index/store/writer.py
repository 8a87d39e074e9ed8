"""Writing the article store of a commit: rows of what is new or has changed, in one segment beside the earlier ones.

A row that an earlier segment has never changes. Where an article is to have another one, it is taken over into the new
segment, and is deleted in the earlier one.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from arsearch.article_fields import Keywords
from arsearch.common.array_types import Indices, Int64s, Ordinals, UInt64s
from arsearch.common.segments import next_segment
from arsearch.corpus import Article
from arsearch.index.store.files import FileTable
from arsearch.index.store.schema import (
    ADDED_BY_HAND,
    COLUMNS,
    EXTRA,
    PACKED,
    SCHEMA,
    STORED_FIELDS,
    Fingerprint,
    article_of,
    fields_of,
    keywords_of,
    stored_given,
    stored_shown,
)  # fmt: skip
from arsearch.index.store.seen import SeenTable, WithheldTable
from arsearch.index.store.segment_file import articles_file
from arsearch.index.store.segments import ArticleSegments
from arsearch.index.store.settle import settle_segments
from arsearch.index.store.state import StoreState
from arsearch.index.store.texts import TextPacker
from arsearch.index.store.traces import Trace

__all__ = ["Fingerprint", "StoreWriter"]

_BATCH = 1000
_TRACES = 1 << 14


class StoreWriter:
    """Writes the store of a commit that nobody reads yet. Durability is the commit's business."""

    def __init__(self, folder: Path, previous: Path | None = None) -> None:
        """Write into the new *folder*, beside the segments of the store *previous*."""
        folder.mkdir(parents=True)
        self._folder = folder
        self._earlier = ArticleSegments(previous) if previous else None
        self.state = self._earlier.state if self._earlier else StoreState()
        """What is known of the articles as a whole."""
        self.state.version += 1
        names = [segment.name for segment in self._earlier.segments] if self._earlier else []
        self._name = next_segment(folder, names)
        address = articles_file(folder, self._name).absolute().as_uri()
        self._connection = sqlite3.connect(address, uri=True, isolation_level=None)
        try:
            self._connection.executescript("PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF;")
            self._connection.executescript(SCHEMA)
            self._connection.execute("BEGIN")
            self._next = self.state.next_ordinal
            self.files = FileTable(self._earlier, self.state.next_file)
            self.seen = SeenTable(self._connection, self._earlier, self._next)
            self.withheld = WithheldTable(self._connection, self._earlier, self.state)
        except BaseException:
            self.abandon()
            raise
        self._texts = TextPacker(self._earlier.dictionary if self._earlier else b"")
        self.first_new = self._next
        """The ordinals of the earlier commit are less."""
        self.deleted: list[int] = []
        """Ordinals of the earlier commit that words and vectors have to forget."""
        self.stranded_copies: set[int] = set()
        """Ordinals of copies whose kept article has gone: neither kept nor copies now."""
        self.lost_copies: set[int] = set()
        """Ordinals of kept articles of which a copy has gone."""
        self.lines_gone: list[bytes] = []
        """The keys of the lines of articles that have gone."""
        self._taken_over: set[int] = set()

    def insert(self, article: Article, digest: str, file: int, lines: bytes, line: bytes) -> int:
        """Insert a row for *article*, whose hash is *digest*, and return its ordinal.

        *lines* are the keys of its lines, *line* the digest of the one it was read from.
        """
        ordinal, self._next = self._next, self._next + 1
        row = (ordinal, article.id, digest, file, None, line or None, None, *fields_of(article, self._texts))
        self._insert("articles", row)
        self._texts.learn(self._connection)
        self._insert("traces", (ordinal, lines, None, 0))
        return ordinal

    def _insert(self, table: str, row: Sequence[object]) -> None:
        self._connection.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)

    def _take_over(self, ordinal: int) -> None:
        """Let the row of an article be one of the new segment, where it may change."""
        if self._is_here(ordinal):
            return
        assert self._earlier is not None
        segment = self._earlier.segment_of(ordinal)
        assert segment is not None
        row = dict(zip(COLUMNS.split(", "), segment.row(COLUMNS, ordinal), strict=True))
        row |= {name: self._texts.repack(row[name], segment.texts) for name in PACKED}
        self._insert("articles", [*row.values()])
        self._insert("traces", (ordinal, *segment.trace(ordinal)))
        self._taken_over.add(ordinal)
        self._delete_earlier(ordinal)

    def _delete_earlier(self, ordinal: int) -> None:
        assert self._earlier is not None
        segment = self._earlier.segment_of(ordinal)
        assert segment is not None
        self.state.languages[segment.row("language", ordinal)[0]] -= 1
        self._earlier.delete(ordinal)

    def _is_here(self, ordinal: int) -> bool:
        """Whether the row of an article is one of the new segment."""
        return ordinal >= self.first_new or ordinal in self._taken_over

    def _row(self, columns: str, ordinal: int) -> Any:
        """Return *columns* of an article, of the new segment or an earlier one."""
        if self._is_here(ordinal):
            statement = f"SELECT {columns} FROM articles WHERE ordinal = ?"
            return self._connection.execute(statement, (ordinal,)).fetchone()
        segment = self._earlier.segment_of(ordinal) if self._earlier else None
        return segment.row(columns, ordinal) if segment else None

    def _trace(self, ordinal: int) -> Trace:
        """Return by what an article, of the new segment or an earlier one, is compared."""
        segment = self._earlier.segment_of(ordinal) if self._earlier and not self._is_here(ordinal) else None
        if segment:
            return segment.trace(ordinal)
        statement = "SELECT lines, coalesce(bands, x''), short FROM traces WHERE ordinal = ?"
        return Trace(*self._connection.execute(statement, (ordinal,)).fetchone())

    def move(self, ordinal: int, file: int, line: bytes) -> None:
        """Let an article be one of *file*, where it was read from the line with the digest *line*."""
        if self._row("file, line", ordinal) != (file, line or None):
            self._take_over(ordinal)
            self._connection.execute(
                "UPDATE articles SET file = ?, line = ? WHERE ordinal = ?", (file, line or None, ordinal)
            )

    def erase(self, ordinal: int) -> None:
        """Delete the row of an article that nothing else knows of yet."""
        for table in ("articles", "traces"):
            self._connection.execute(f"DELETE FROM {table} WHERE ordinal = ?", (ordinal,))

    def remove(self, ordinal: int) -> None:
        """Delete an article; its copies become stranded."""
        self._release(ordinal)
        self.stranded_copies.discard(ordinal)
        self.lost_copies.discard(ordinal)
        if ordinal < self.first_new:
            self.lines_gone.append(self._trace(ordinal).lines)
        if self._is_here(ordinal):
            self.erase(ordinal)
            self._taken_over.discard(ordinal)
        else:
            self._delete_earlier(ordinal)

    def reopen(self, ordinal: int) -> int:
        """Let an article of the earlier commit be new to this one, under another ordinal; return that."""
        self._release(ordinal)
        return self._renew(ordinal)

    def _release(self, ordinal: int) -> None:
        """Note what becomes of the copies of an article that goes, or of what it was a copy of."""
        kept = self.standing(ordinal)[2]
        if kept is not None:
            self.lost_copies.add(kept)
        elif self._is_indexed(ordinal):
            self.deleted.append(ordinal)
        copies = self._copies_of(ordinal)
        self.stranded_copies.update(copies)
        for copy in copies:
            self._set_copy_of(copy, None)

    def _renew(self, old: int) -> int:
        """Give an article the next ordinal, and let its copies be those of that one."""
        self._take_over(old)
        ordinal, self._next = self._next, self._next + 1
        self._connection.execute("UPDATE articles SET ordinal = ?, copy_of = NULL WHERE ordinal = ?", (ordinal, old))
        self._connection.execute("UPDATE traces SET ordinal = ? WHERE ordinal = ?", (ordinal, old))
        self._taken_over.discard(old)
        for copy in self._copies_of(old):
            self._set_copy_of(copy, ordinal)
        for known in (self.stranded_copies, self.lost_copies):
            if old in known:
                known.remove(old)
                known.add(ordinal)
        return ordinal

    def _copies_of(self, ordinal: int) -> list[int]:
        here = self._connection.execute("SELECT ordinal FROM articles WHERE copy_of = ?", (ordinal,))
        [earlier] = self._earlier.copies_of([ordinal]) if self._earlier else [[]]
        return [*(copy for (copy,) in here), *earlier]

    def _set_copy_of(self, ordinal: int, kept: int | None) -> None:
        if self.standing(ordinal)[2] != kept:
            self._take_over(ordinal)
            self._connection.execute("UPDATE articles SET copy_of = ? WHERE ordinal = ?", (kept, ordinal))

    def count_by_hand(self) -> int:
        """Return how many articles were added or deleted by hand."""
        return self.count_of(ADDED_BY_HAND) + self.state.withheld

    def count_added(self) -> int:
        """Return how many articles have a row that is new to this commit, copies too."""
        return self._scalar("SELECT count(*) FROM articles WHERE ordinal >= ?", self.first_new)

    def count_unchanged(self, sources: Sequence[str] | None) -> int:
        """Return how many articles of *sources*, or of any source, are as they were in the earlier commit."""
        if self._earlier is None:
            return 0
        if sources is None:
            taken_over = self._scalar("SELECT count(*) FROM articles WHERE ordinal < ? AND file != 0", self.first_new)
            return self._earlier.live_count - len(self._earlier.ordinals_of_files([ADDED_BY_HAND])) + taken_over
        numbers = self.files.numbers_of(sources)
        moved = self._connection.execute("SELECT file FROM articles WHERE ordinal < ?", (self.first_new,)).fetchall()
        return len(self._earlier.ordinals_of_files(numbers)) + len([1 for (file,) in moved if file in set(numbers)])

    def count_of(self, file: int) -> int:
        """Return how many articles a file has."""
        here = self._scalar("SELECT count(*) FROM articles WHERE file = ?", file)
        return here + (len(self._earlier.ordinals_of_files([file])) if self._earlier else 0)

    def lines_of(self, file: int) -> dict[bytes, int]:
        """Return the ordinals of the articles of *file* by the digests of the lines they were read from."""
        statement = "SELECT line, ordinal FROM articles WHERE file = ? AND length(line) > 0"
        found = dict(self._connection.execute(statement, (file,)).fetchall())
        for segment in self._earlier.segments if self._earlier else ():
            rows = segment.rows(statement, file)
            there = segment.places(np.array([ordinal for _, ordinal in rows], dtype=np.int64)) >= 0
            found |= {line: ordinal for (line, ordinal), is_there in zip(rows, there.tolist(), strict=True) if is_there}
        return found

    def count_new(self) -> int:
        """Return how many articles are new to this commit and no copies."""
        return self._scalar("SELECT count(*) FROM articles WHERE ordinal >= ? AND copy_of IS NULL", self.first_new)

    def new_articles(self) -> Iterator[list[tuple[int, Article]]]:
        """Yield the ordinals and articles that are new to this commit and no copies, in order, many at a time."""
        last = self.first_new - 1
        while True:
            rows = self._connection.execute(
                f"SELECT ordinal, {STORED_FIELDS} FROM articles WHERE ordinal > ? AND copy_of IS NULL "
                "ORDER BY ordinal LIMIT ?",
                (last, _BATCH),
            ).fetchall()
            if not rows:
                return
            yield [(ordinal, article_of(fields, self._texts)) for ordinal, *fields in rows]
            last = rows[-1][0]

    def fetch(self, ordinals: Iterable[int]) -> Iterator[tuple[int, Article, Article]]:
        """Yield for each of *ordinals* the article as it is indexed, and as it was read."""
        for ordinal in ordinals:
            given, *fields = self._row(f"given, {STORED_FIELDS}", ordinal)
            elsewhere = None if self._is_here(ordinal) else self._earlier
            texts = elsewhere.texts_of(ordinal) if elsewhere else self._texts
            indexed = article_of(fields, texts)
            yield ordinal, indexed, article_of(fields, texts, given) if given else indexed

    def set_preprocessed(self, ordinal: int, stored: Article, read: Article, preprocessed: Article) -> None:
        """Let article *ordinal*, so far *stored*, be indexed as *preprocessed*; what it was *read* as stays known."""
        given = stored_given(read, preprocessed, self._texts)
        body = None if preprocessed.body == stored.body else self._texts.pack(preprocessed.body)
        self._connection.execute(
            "UPDATE articles SET author = ?, language = ?, shown = ?, given = ?, body = coalesce(?, body) "
            "WHERE ordinal = ?",
            (preprocessed.author, preprocessed.language, stored_shown(preprocessed), given, body, ordinal),
        )

    def set_bands(self, ordinal: int, bands: bytes, *, short: bool) -> None:
        """Keep the keys by which others find article *ordinal*."""
        self._connection.execute("UPDATE traces SET bands = ?, short = ? WHERE ordinal = ?", (bands, short, ordinal))

    def fingerprint(self, ordinal: int) -> Fingerprint:
        """Return by what an article is compared."""
        _, bands, short = self._trace(ordinal)
        return ordinal, bands, short

    def new_fingerprints(self) -> Iterator[list[Fingerprint]]:
        """Yield by what the articles of the new segment are compared, by their ordinals, many at a time."""
        rows = self._connection.execute("SELECT ordinal, coalesce(bands, x''), short FROM traces ORDER BY ordinal")
        while some := rows.fetchmany(_TRACES):
            yield some

    def earlier_owners_of_bands(self, keys: Int64s) -> tuple[Indices, Ordinals]:
        """Return which earlier articles have each of *keys*: indices into *keys*, and an ordinal for each."""
        if self._earlier is None:
            return np.empty(0, np.int64), np.empty(0, np.int64)
        return self._earlier.owners("band", keys)

    def new_lines(self) -> Iterator[tuple[list[int], list[bytes]]]:
        """Yield the ordinals of new articles, in order, and the keys of their lines, many at a time."""
        statement = "SELECT ordinal, lines FROM traces WHERE ordinal >= ? ORDER BY ordinal"
        rows = self._connection.execute(statement, (self.first_new,))
        while some := rows.fetchmany(_TRACES):
            ordinals, lines = zip(*some, strict=True)
            yield list(ordinals), list(lines)

    def earlier_owners_of_lines(self, keys: UInt64s) -> tuple[Indices, Ordinals]:
        """Return which articles of the earlier commit have each of the lines *keys*, as of bands."""
        if self._earlier is None:
            return np.empty(0, np.int64), np.empty(0, np.int64)
        which, owners = self._earlier.owners("line", keys)
        if not self._taken_over:
            return which, owners
        places = {int(key): place for place, key in enumerate(keys.tolist())}
        more = [
            (places[key], ordinal)
            for ordinal in sorted(self._taken_over)
            for key in np.frombuffer(self._trace(ordinal).lines, dtype="<u8").tolist()
            if key in places
        ]
        taken = np.array(more, dtype=np.int64).reshape(-1, 2)
        return np.concatenate([which, taken[:, 0]]), np.concatenate([owners, taken[:, 1]])

    def standing(self, ordinal: int) -> tuple[str, str, int | None]:
        """Return date, id and ``copy_of`` of an article."""
        date, identifier, kept = self._row("date, id, copy_of", ordinal)
        return date, identifier, kept

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
            self._set_copy_of(ordinal, kept)
        for ordinal in relevant:
            is_kept = self.standing(ordinal)[2] is None
            if ordinal in indexed and (not is_kept or ordinal in touched):
                self.deleted.append(ordinal)
            if is_kept and ordinal < self.first_new and (ordinal not in indexed or ordinal in touched):
                self._renew(ordinal)
        self.stranded_copies.clear()
        self.lost_copies.clear()

    def _is_indexed(self, ordinal: int) -> bool:
        """Whether the earlier commit has words and vectors of an article."""
        return ordinal < self.first_new and ordinal not in self.stranded_copies and self.standing(ordinal)[2] is None

    def keywords_of_copies(self, ordinals: Sequence[int]) -> dict[int, list[Keywords]]:
        """Return what the copies of each of *ordinals* are filtered by, where there are any."""
        here = self._connection.execute("SELECT DISTINCT copy_of FROM articles WHERE copy_of IS NOT NULL")
        having = {kept for (kept,) in here}
        if self._earlier:
            copies = zip(ordinals, self._earlier.copies_of(ordinals), strict=True)
            having |= {kept for kept, some in copies if some}
        found: dict[int, list[Keywords]] = {}
        for kept in having.intersection(ordinals):
            rows = [self._row(f"id, author, source, tags, {EXTRA}", copy) for copy in self._copies_of(kept)]
            if rows:
                found[kept] = [keywords_of(values) for _, *values in sorted(rows, key=lambda row: str(row[0]))]
        return found

    def close(self, *, compact: bool = False) -> None:
        """Write everything and close the files; with *compact* there is one segment."""
        self.state.next_ordinal = self._next
        self.state.next_file = self.files.next_number
        rows = self._connection.execute("SELECT language, count(*) FROM articles GROUP BY language")
        self.state.languages = Counter(dict(self.state.languages + Counter(dict(rows.fetchall()))))
        self._texts.learn(self._connection, last=True)
        changed = [(*row, self.state.version) for row in self.files.changed()]
        self._connection.executemany(f"INSERT INTO files VALUES ({', '.join('?' * 10)})", changed)
        settle_segments(self._folder, self._name, self._connection, self._earlier, self._texts, compact=compact)
        self.state.write(self._folder)
        self.abandon()

    def abandon(self) -> None:
        """Close the files without writing; several times if you like."""
        self._connection.close()
        if self._earlier:
            self._earlier.close()

    def _scalar(self, statement: str, *parameters: object) -> int:
        return int(self._connection.execute(statement, parameters).fetchone()[0])
