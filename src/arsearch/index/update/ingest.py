"""Taking records in: each is put under its id, and what has gone is deleted when everything has been read.

While a run reads, an article that has changed has two rows, the one of the earlier commit and the new one, because
a later record may say again what the earlier commit knew. :meth:`Ingest.settle` leaves one.

Of several records with one id the last one counts, in the order of sources, of files in a source, and of records in a
file; articles that were added by hand count before all of them. A file of which another one has an id is *shared*:
when anything has changed, it is read again, because what it says of that id may count now.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Literal

from arsearch.corpus import Article
from arsearch.index.store.schema import ADDED_BY_HAND
from arsearch.index.store.writer import StoreWriter

__all__ = ["Ingest", "Outcome"]

_LAST = float("inf")
_MAX_KNOWN_LINES = 500_000
"""Lines of one file that are kept in mind, in about 100 MB."""

Outcome = Literal["added", "changed", "unchanged", "replaced", "passed over", "withheld"]
"""What became of a record: ``replaced`` if it takes the place of another record of this run, ``passed over`` if the
record of a later file counts, ``withheld`` if it was deleted by hand."""


class Ingest:
    """The records of one run on their way into *store*."""

    def __init__(self, store: StoreWriter, lines_of: Callable[[Article], bytes]) -> None:
        """Put records into *store*; *lines_of* an article are kept with it."""
        self._store = store
        self._lines_of = lines_of
        self._ranks: dict[int, float] = {ADDED_BY_HAND: _LAST}
        self._reading: set[int] = set()
        self._shared: set[int] = set()
        self._met: set[int] = set()
        self._kept: list[tuple[int, int, int]] = []
        self._newly_withheld: list[str] = []
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
            self._is_read(self._store.files.add(source, path))
        if ranks:
            numbers = self._store.files.numbers()
            self._ranks |= {numbers[key]: rank for key, rank in ranks.items() if key in numbers}
        for source in forgotten:
            self.forget([(source, path) for path in self._store.files.paths_of(source)])

    def forget(self, files: Iterable[tuple[str, str]]) -> None:
        """Forget files, by source and path; their articles go when everything has been read."""
        for source, path in files:
            number = self._store.files.number_of(source, path)
            self._is_read(number)
            self._store.files.delete(number)

    def _is_read(self, number: int) -> None:
        self._reading.add(number)
        self._store.seen.reading(number)

    # Records

    def put(self, article: Article, file: int, tally: int = 0, line: bytes = b"") -> Outcome:
        """Put *article* of *file* under its id; *tally* is remembered with it, and the digest of the *line* it was."""
        if article.id in self._store.withheld:
            self._count(tally, "withheld")
            return "withheld"
        self._flush()
        seen = self._store.seen
        digest = article.content_hash()
        old, new = seen.rows_of(article.id)
        if old:
            self._met.add(old.ordinal)
        before = new or (old if old and old.seen_in is not None else None)
        if before is not None:
            assert before.seen_in is not None
            assert before.tally is not None
            self.repeated += 1
            self._count(before.tally, "replaced")
            self._share(before.seen_in, file)
        elif old and old.file != file and old.file not in self._reading:
            self._share(old.file, file)
            if self._ranks[file] < self._ranks.get(old.file, -1):
                self._count(tally, "replaced")
                return "passed over"
        if new is not None:
            self._store.erase(new.ordinal)
            seen.drop(new.ordinal)
        if old is None or old.digest != digest:
            if old is not None:
                seen.drop(old.ordinal)
            ordinal = self._store.insert(article, digest, file, self._lines_of(article), line)
            if old is not None:
                seen.replacing(ordinal, old.ordinal)
        else:
            ordinal = old.ordinal
            self._store.move(ordinal, file, line)
        seen.put(ordinal, file, tally)
        if before is not None:
            return "replaced"
        return "added" if old is None else "unchanged" if old.digest == digest else "changed"

    def known_lines(self, file: int) -> dict[bytes, int]:
        """Return the ordinals of the articles of *file* by the digests of the lines they were read from.

        Whoever reads the file again need not look into these lines, but tells :meth:`keep` of them. There are none for
        files that are too long, and for those with problems, so that these are told again.
        """
        if self._store.count_of(file) > _MAX_KNOWN_LINES or self._store.files.problems_of(file):
            return {}
        return self._store.lines_of(file)

    def keep(self, ordinal: int, file: int, tally: int) -> bool:
        """Note that an article of the earlier commit was met again as it was.

        Returns False where that cannot be said so easily, because another record has its id: it has to be put.
        """
        if ordinal in self._met:
            return False
        self._met.add(ordinal)
        self._kept.append((ordinal, file, tally))
        return True

    def article(self, ordinal: int) -> Article:
        """Return an article of the earlier commit as it was read."""
        [(_, _, read)] = self._store.fetch([ordinal])
        return read

    def _flush(self) -> None:
        """Write down what was kept."""
        if self._kept:
            self._store.seen.put_all(self._kept)
            self._kept.clear()

    def _share(self, one: int, other: int) -> None:
        if one != other and ADDED_BY_HAND not in (one, other):
            self._shared |= {one, other}

    def _count(self, tally: int, outcome: str, count: int = 1) -> None:
        self.outcomes.setdefault(tally, Counter())[outcome] += count

    def has(self, identifier: str) -> bool:
        """Whether there is an article with this id."""
        return identifier not in self._store.withheld and any(self._store.seen.rows_of(identifier))

    def add_tombstones(self, identifiers: Iterable[str]) -> None:
        """Delete articles by hand: they stay out, whatever their sources say."""
        for identifier in identifiers:
            self._store.withheld.add(identifier)
            self._newly_withheld.append(identifier)

    def allow(self, identifier: str) -> None:
        """Let an article be put again that was deleted by hand."""
        self._store.withheld.discard(identifier)

    # The end

    def settle(self) -> None:
        """Everything has been read: delete what has changed, what was not met again, and what was deleted by hand."""
        self._flush()
        for tally, outcome, count in self._store.seen.outcomes():
            self._count(tally, outcome, count)
        replaced = self._store.seen.replaced()
        self.changed = len(replaced)
        self.added = self._store.count_added() - self.changed
        for ordinal in replaced:
            self._store.remove(ordinal)
        gone = {*self._store.seen.gone(), *self._withheld_ordinals()}
        for ordinal in sorted(gone):
            self._store.remove(ordinal)
        self.deleted = len(gone)
        self._store.files.set_shared(self._reading - self._shared, shared=False)
        self._store.files.set_shared(self._shared, shared=True)

    def _withheld_ordinals(self) -> Iterator[int]:
        """Yield the ordinals of articles that were deleted by hand in this run."""
        for identifier in self._newly_withheld:
            if identifier in self._store.withheld:
                yield from (row.ordinal for row in self._store.seen.rows_of(identifier) if row is not None)
