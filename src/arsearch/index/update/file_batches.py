"""One file as batches of what was met in it, in order: records, and what the report is to be told.

Who reads a file need not be who takes its records in: a batch goes from one process to another.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from arsearch.article_fields import OwnField, extra_from_json
from arsearch.corpus import (
    Article,
    FileReading,
    KnownRecord,
    Origin,
    ReadArticle,
    ReadingOptions,
    ReadingReport,
    shown_fields,
)
from arsearch.corpus.files.names import path_of, path_text
from arsearch.errors import CorpusError

__all__ = ["FileBatch", "FileProblem", "batch_from_json", "options_as_json", "read_batches", "read_task"]

_RECORDS = 64
_CHARACTERS = 1 << 20
_TEXTS = ("id", "title", "body", "author", "date", "source", "url", "language")


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


def read_task(path: str, source: str, options: dict[str, Any], known_lines: list[str]) -> Iterator[list[Any]]:
    """Yield what :func:`read_batches` does, of JSON types: :func:`batch_from_json` makes it a batch again."""
    of = ReadingOptions(**options | {"own": tuple(OwnField(*field) for field in options["own"])})
    for batch in read_batches(path_of(path), path_of(source), of, set(map(bytes.fromhex, known_lines))):
        yield [[_to_json(item) for item in batch.met], batch.position]


def options_as_json(options: ReadingOptions) -> dict[str, Any]:
    """Return *options* as :func:`read_task` takes them."""
    values = {each.name: getattr(options, each.name) for each in dataclasses.fields(options)}
    return values | {"own": [[field.name, field.kind] for field in options.own], "fields": dict(options.fields)}


def batch_from_json(written: list[Any], source: Path) -> FileBatch:
    """Return the batch that was *written*, of a file of *source*."""
    met, position = written
    return FileBatch([_from_json(item, source) for item in met], position)


def _to_json(item: ReadArticle | KnownRecord | FileProblem | tuple[str, ...]) -> list[Any]:
    if isinstance(item, ReadArticle):
        article = item.article
        texts = [getattr(article, name) for name in _TEXTS]
        return ["article", _origin(item.origin), texts, article.tags, article.extra_as_json(), article.shown_as_json()]
    if isinstance(item, KnownRecord):
        return ["known", _origin(item.origin)]
    if isinstance(item, FileProblem):
        return ["problem", _origin(item.origin), item.message, item.skipped, item.name]
    return ["unknown", item]


def _origin(origin: Origin) -> list[Any]:
    return [path_text(origin.path), origin.format, origin.line, origin.digest.hex()]


def _from_json(item: list[Any], source: Path) -> ReadArticle | KnownRecord | FileProblem | tuple[str, ...]:
    kind, first, *rest = item
    if kind == "unknown":
        return tuple(first)
    path, named, line, digest = first
    origin = Origin(source, path_of(path), named, line, bytes.fromhex(digest))
    if kind == "known":
        return KnownRecord(origin)
    if kind == "problem":
        return FileProblem(origin, *rest)
    texts, tags, extra, shown = rest
    fields = dict(zip(_TEXTS, texts, strict=True))
    return ReadArticle(Article(tags=tuple(tags), extra=extra_from_json(extra), **fields, **shown_fields(shown)), origin)


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
