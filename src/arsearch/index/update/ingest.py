"""Taking records in: each is put under its id, and what has gone is deleted when everything has been read.

While a run reads, an article that has changed has two rows, the one of the earlier generation and the new one, because
a later record may say again what the earlier generation knew. :meth:`Ingest.settle` leaves one.

Of several records with one id the last one counts, in the order of sources, of files in a source, and of records in a
file; articles that were added by hand count before all of them. A file of which another one has an id is *shared*:
when anything has changed, it is read again, because what it says of that id may count now.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from arsearch.corpus import Article
from arsearch.index.store.article_store import ADDED_BY_HAND
from arsearch.index.store.writer import StoreWriter

__all__ = ["FileState", "Ingest"]

_LAST = float("inf")
_MAX_KNOWN_LINES = 500_000
"""Lines of one file that are kept in mind, in about 100 MB."""


@dataclass(frozen=True, slots=True)
class FileState:
    """A file of a source as it was when it was read. See sources.py for what size, time and hash are good for."""

    source: str
    path: str
    size: int = -1
    modified: int = -1
    sha256: str = ""
    problems: int = 0
    shared: bool = False


class Ingest:
    """The records of one run on their way into *store*."""

    def __init__(self, store: StoreWriter, lines_of: Callable[[Article], bytes]) -> None:
        """Put records into *store*; *lines_of* an article are kept with it."""
        self._store = store
        self._lines_of = lines_of
        self._connection = store.connection
        self._connection.execute("CREATE TEMP TABLE seen (ordinal INTEGER PRIMARY KEY, file INTEGER, tally INTEGER)")
        self._connection.execute("CREATE TEMP TABLE reading (file INTEGER PRIMARY KEY)")
        self._ranks: dict[int, float] = {ADDED_BY_HAND: _LAST}
        self._reading: set[int] = set()
        self._shared: set[int] = set()
        self._met: set[int] = set()
        self._kept: list[tuple[int, int, int]] = []
        self._tombstones = {identifier for (identifier,) in self._connection.execute("SELECT id FROM withheld")}
        self.added = self.changed = self.deleted = self.repeated = 0
        """Articles, and records whose id had been read before in this run."""
        self.outcomes: dict[int, Counter[str]] = {}
        """For each tally how many records were ``added``, ``changed``, ``unchanged``, ``replaced`` or ``withheld``."""

    # Files

    def order_files(
        self, ranks: Mapping[tuple[str, str], float], reading: Iterable[tuple[str, str]], *, forgotten: Iterable[str]
    ) -> None:
        """Say in what order files stand, by source and path, which are read, and which sources are *forgotten*."""
        for source, path in reading:
            self._is_read(self.add_file(source, path))
        for number, source, path in self._connection.execute("SELECT number, source, path FROM files").fetchall():
            if (source, path) in ranks:
                self._ranks[number] = ranks[source, path]
        for source in forgotten:
            self.forget([(source, path) for path in self._paths(source)])

    def add_file(self, source: str, path: str) -> int:
        """Return the number of a file, which need not be known yet."""
        self._connection.execute(
            "INSERT OR IGNORE INTO files (source, path, size, modified, sha256, problems, shared) "
            "VALUES (?, ?, -1, -1, '', 0, 0)",
            (source, path),
        )
        return self.number_of(source, path)

    def _paths(self, source: str) -> list[str]:
        rows = self._connection.execute("SELECT path FROM files WHERE source = ?", (source,))
        return [path for (path,) in rows]

    def number_of(self, source: str, path: str) -> int:
        """Return the number of a file."""
        return self._store.scalar("SELECT number FROM files WHERE source = ? AND path = ?", source, path)

    def set_state(self, number: int, state: FileState) -> None:
        """Remember file *number* as it was when it was read."""
        self._connection.execute(
            "UPDATE files SET size = ?, modified = ?, sha256 = ?, problems = ? WHERE number = ?",
            (state.size, state.modified, state.sha256, state.problems, number),
        )

    def forget(self, files: Iterable[tuple[str, str]]) -> None:
        """Forget files, by source and path; their articles go when everything has been read."""
        for source, path in files:
            number = self.number_of(source, path)
            self._is_read(number)
            self._connection.execute("DELETE FROM files WHERE number = ?", (number,))

    def _is_read(self, number: int) -> None:
        self._reading.add(number)
        self._connection.execute("INSERT OR IGNORE INTO reading VALUES (?)", (number,))

    # Records

    def put(self, article: Article, file: int, tally: int = 0, line: bytes = b"") -> str:
        """Put *article* of *file* under its id; *tally* is remembered with it, and the digest of the *line* it was.

        Returns ``added``, ``changed`` or ``unchanged``; ``replaced`` if it takes the place of another record of this
        run; ``passed over`` if the record of a later file counts, and ``withheld`` if it was deleted by hand.
        """
        if article.id in self._tombstones:
            self._count(tally, "withheld")
            return "withheld"
        self._flush()
        digest = article.content_hash()
        old, new = self._rows_of(article.id)
        if old:
            self._met.add(old[0])
        before = new or (old if old and old[3] is not None else None)
        if before is not None:
            self.repeated += 1
            self._count(before[4], "replaced")
            self._share(before[3], file)
        elif old and old[2] != file and old[2] not in self._reading:
            self._share(old[2], file)
            if self._ranks[file] < self._ranks.get(old[2], -1):
                self._count(tally, "replaced")
                return "passed over"
        if new is not None:
            self._store.erase(new[0])
            self._connection.execute("DELETE FROM seen WHERE ordinal = ?", (new[0],))
        if old is None or old[1] != digest:
            if old is not None:
                self._connection.execute("DELETE FROM seen WHERE ordinal = ?", (old[0],))
            ordinal = self._store.insert(article, digest, file, self._lines_of(article), line)
        else:
            ordinal = old[0]
            self._connection.execute(
                "UPDATE articles SET file = ?1, line = ?2 WHERE ordinal = ?3 AND (file != ?1 OR line IS NOT ?2)",
                (file, line or None, ordinal),
            )
        self._connection.execute("INSERT OR REPLACE INTO seen VALUES (?, ?, ?)", (ordinal, file, tally))
        if before is not None:
            return "replaced"
        return "added" if old is None else "unchanged" if old[1] == digest else "changed"

    def known_lines(self, file: int) -> dict[bytes, int]:
        """Return the ordinals of the articles of *file* by the digests of the lines they were read from.

        Whoever reads the file again need not look into these lines, but tells :meth:`keep` of them. There are none for
        files that are too long, and for those with problems, so that these are told again.
        """
        count = self._store.scalar("SELECT count(*) FROM articles WHERE file = ?", file)
        if count > _MAX_KNOWN_LINES or self._store.scalar("SELECT problems FROM files WHERE number = ?", file):
            return {}
        return dict(
            self._connection.execute("SELECT line, ordinal FROM articles WHERE file = ? AND length(line) > 0", (file,))
        )

    def keep(self, ordinal: int, file: int, tally: int) -> bool:
        """Note that an article of the earlier generation was met again as it was.

        Returns False where that cannot be said so easily, because another record has its id: it has to be put.
        """
        if ordinal in self._met:
            return False
        self._met.add(ordinal)
        self._kept.append((ordinal, file, tally))
        return True

    def article(self, ordinal: int) -> Article:
        """Return an article of the earlier generation as it was read."""
        [(_, _, read)] = self._store.fetch([ordinal])
        return read

    def _flush(self) -> None:
        """Write down what was kept."""
        self._connection.executemany("INSERT INTO seen VALUES (?, ?, ?)", self._kept)
        self._kept.clear()

    def _rows_of(self, identifier: str) -> tuple[Any, Any]:
        """Return the rows of *identifier* in the earlier generation and in this one.

        Each is its ordinal, hash and file, and the file and tally with which it was put in this run.
        """
        old = new = None
        for row in self._connection.execute(
            "SELECT ordinal, hash, articles.file, seen.file, tally FROM articles LEFT JOIN seen USING (ordinal) "
            "WHERE id = ?",
            (identifier,),
        ):
            if row[0] < self._store.first_new:
                old = row
            else:
                new = row
        return old, new

    def _share(self, one: int, other: int) -> None:
        if one != other and ADDED_BY_HAND not in (one, other):
            self._shared |= {one, other}

    def _count(self, tally: int, outcome: str, count: int = 1) -> None:
        self.outcomes.setdefault(tally, Counter())[outcome] += count

    def has(self, identifier: str) -> bool:
        """Whether there is an article with this id."""
        return identifier not in self._tombstones and any(self._rows_of(identifier))

    def withhold(self, identifiers: Iterable[str]) -> None:
        """Delete articles by hand: they stay out, whatever their sources say."""
        for identifier in identifiers:
            self._connection.execute("INSERT OR IGNORE INTO withheld VALUES (?)", (identifier,))
            self._tombstones.add(identifier)

    def allow(self, identifier: str) -> None:
        """Let an article be put again that was deleted by hand."""
        self._connection.execute("DELETE FROM withheld WHERE id = ?", (identifier,))
        self._tombstones.discard(identifier)

    # The end

    def settle(self) -> None:
        """Everything has been read: delete what has changed, what was not met again, and what was deleted by hand."""
        self._flush()
        first_new = self._store.first_new
        for tally, outcome, count in self._connection.execute(
            "SELECT tally, CASE WHEN ordinal < ?1 THEN 'unchanged' WHEN EXISTS (SELECT 1 FROM articles old "
            "WHERE old.id = articles.id AND old.ordinal < ?1) THEN 'changed' ELSE 'added' END AS outcome, count(*) "
            "FROM seen JOIN articles USING (ordinal) GROUP BY tally, outcome",
            (first_new,),
        ).fetchall():
            self._count(tally, outcome, count)
        replaced = self._ordinals(
            "SELECT old.ordinal FROM articles new JOIN articles old USING (id) "
            "WHERE new.ordinal >= ?1 AND old.ordinal < ?1",
            first_new,
        )
        self.changed = len(replaced)
        self.added = self._store.scalar("SELECT count(*) FROM articles WHERE ordinal >= ?", first_new) - self.changed
        for ordinal in replaced:
            self._store.remove(ordinal)
        gone = self._ordinals(
            "SELECT ordinal FROM articles WHERE (file IN (SELECT file FROM reading) "
            "AND ordinal NOT IN (SELECT ordinal FROM seen)) OR id IN (SELECT id FROM withheld)"
        )
        for ordinal in gone:
            self._store.remove(ordinal)
        self.deleted = len(gone)
        for shared, numbers in ((0, self._reading), (1, self._shared)):
            self._connection.executemany(
                "UPDATE files SET shared = ? WHERE number = ?", [(shared, number) for number in numbers]
            )

    def tally_of(self, ordinal: int) -> int | None:
        """Return the tally with which an article was put in this run, if it was."""
        row = self._connection.execute("SELECT tally FROM seen WHERE ordinal = ?", (ordinal,)).fetchone()
        return None if row is None else int(row[0])

    def _ordinals(self, statement: str, *parameters: object) -> list[int]:
        return [ordinal for (ordinal,) in self._connection.execute(statement, parameters)]
