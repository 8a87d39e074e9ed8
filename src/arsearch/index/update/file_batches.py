"""One file as batches of what was met in it, in order: records, and what the report is to be told.

Who reads a file need not be who takes its records in: a batch goes from one process to another.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from arsearch.corpus import FileReading, KnownRecord, Origin, ReadArticle, ReadingOptions, ReadingReport
from arsearch.errors import CorpusError

__all__ = ["FileBatch", "FileProblem", "read_batches"]

_RECORDS = 64
_CHARACTERS = 1 << 20


class FileProblem(NamedTuple):
    """What the report is told of a record; with *name*, that it is left out."""

    origin: Origin
    message: str
    skipped: bool
    name: str | None = None

    def tell(self, report: ReadingReport) -> None:
        """Tell *report*."""
        if self.name is None:
            report.add(self.origin, self.message, skipped=self.skipped)
        else:
            report.leave_out(self.origin, self.message, self.name)


class FileBatch(NamedTuple):
    """Some of what was met, and how many bytes of the file have been read by then."""

    met: list[ReadArticle | KnownRecord | FileProblem | tuple[str, ...]]
    """Tuples of texts are names of fields that are not kept."""
    position: int


@dataclass(slots=True)
class _Listing(ReadingReport):
    """A report that lists what it is told, for another one."""

    met: list[ReadArticle | KnownRecord | FileProblem | tuple[str, ...]] = field(default_factory=list)

    def add(self, origin: Origin, message: str, *, skipped: bool) -> None:
        self.met.append(FileProblem(origin, message, skipped))

    def leave_out(self, origin: Origin, why: str, name: str) -> None:
        self.met.append(FileProblem(origin, why, skipped=True, name=name))

    def count_unknown(self, names: Iterable[str]) -> None:
        if unknown := tuple(names):
            self.met.append(unknown)


def read_batches(
    path: Path, source: Path, options: ReadingOptions, known_lines: Collection[bytes]
) -> Iterator[FileBatch]:
    """Yield what is met in the file *path* of *source*. Raises CorpusError if it cannot be read."""
    report = _Listing()
    reading = FileReading(path, source, report, options, known_lines)
    size = 0
    try:
        for item in reading:
            report.met.append(item)
            size += len(item.article.body) if isinstance(item, ReadArticle) else 0
            if len(report.met) >= _RECORDS or size >= _CHARACTERS:
                yield FileBatch(report.met, reading.position)
                report.met, size = [], 0
    except CorpusError:  # what was met before it is told first
        yield FileBatch(report.met, reading.position)
        raise
    yield FileBatch(report.met, reading.position)
