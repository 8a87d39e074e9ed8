"""Sources in, articles out."""

from __future__ import annotations

import io
from collections.abc import Callable, Container, Iterable, Iterator
from functools import partial
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from arsearch.common.system_limits import what_went_wrong
from arsearch.corpus.article import Article
from arsearch.corpus.containers import is_container, members
from arsearch.corpus.detect_format import by_content, by_suffix, known_suffixes
from arsearch.corpus.fields import name_of, unknown_names
from arsearch.corpus.files.kinds import unknown_format
from arsearch.corpus.files.names import is_plain
from arsearch.corpus.files.walk import LEADS_OUT, is_article_name, is_pattern, leads_out, source_files
from arsearch.corpus.options import ReadingOptions
from arsearch.corpus.origin import KnownRecord, Origin, ReadArticle
from arsearch.corpus.parsing.effort import bounded
from arsearch.corpus.properties import unknown_properties
from arsearch.corpus.records.as_article import Outcome, as_article
from arsearch.corpus.report import ReadingReport
from arsearch.corpus.source_document import (
    HEAD_BYTES,
    Budget,
    KnownLine,
    LeftOut,
    Record,
    RecordFault,
    SourceDocument,
    UnreadableError,
)
from arsearch.errors import CorpusError

__all__ = [
    "READING_VERSION", "FileReading", "check_sources", "read_records", "read_source", "read_stream", "report_links",
    "source_files",
]  # fmt: skip

READING_VERSION = 4
"""Raised whenever a file would give other articles than before: files that have not changed are then read again."""

_NAME = "its name is no UTF-8, or holds controls; it is called as written here, and each \\xHH is a byte of the name"
_DEFAULT_OPTIONS = ReadingOptions()


def check_sources(sources: Iterable[Path]) -> None:
    """Raise CorpusError for a source that does not exist or has a format that cannot be read."""
    for source in sources:
        if not source.exists() and not is_pattern(source):
            raise CorpusError(
                f"The corpus path {source} does not exist. Check the spelling, or name another file or folder."
            )
        if source.is_file() and not _can_be_read(source):
            raise CorpusError(f"The file {source} has a format that cannot be read. {_known_formats()}")
        if source.is_dir() and not any(map(_can_be_read, source_files(source))):
            raise CorpusError(f"The folder {source} holds no article. {_known_formats()}")
        if is_pattern(source) and next(source_files(source), None) is None:
            raise CorpusError(f"No file matches {source}. Check the pattern, and quote it in a shell.")


def read_source(source: Path, report: ReadingReport, options: ReadingOptions = _DEFAULT_OPTIONS) -> Iterator[Article]:
    """Yield the articles of *source*: a file, a folder or a pattern of paths, read in the order of file names.

    Problems go into *report*; raises CorpusError if a file cannot be opened at all.
    """
    for item in read_records(source, report, options):
        yield item.article


def read_records(
    source: Path, report: ReadingReport, options: ReadingOptions = _DEFAULT_OPTIONS
) -> Iterator[ReadArticle]:
    """Yield the articles of *source* as :func:`read_source` does, each with its origin."""
    gone = not source.exists() and not is_pattern(source)  # opening it says so
    links: list[Path] = []
    files = source_files(source, follow_links=options.follow_links, on_link=links.append)
    for path in [source] if gone else files:
        yield from _articles(FileReading(path, source, report, options))
    report_links(source, links, report)


def report_links(source: Path, links: Iterable[Path], report: ReadingReport) -> None:
    """Say of *links* that they lead out of *source* and were not followed."""
    for path in links:
        report.add(Origin(source, path, "link"), LEADS_OUT, skipped=True)


def read_stream(
    raw: BinaryIO, name: str, report: ReadingReport, options: ReadingOptions = _DEFAULT_OPTIONS
) -> Iterator[ReadArticle]:
    """Yield the articles in *raw*, which need not be seekable, with their origins; problems name it *name*."""
    spooled = io.BytesIO(raw.read()) if not raw.seekable() else raw
    size = spooled.seek(0, io.SEEK_END)
    spooled.seek(0)
    path = Path(name)
    yield from _articles(_records(_document(spooled, path, path, options, size), report, path))


class FileReading:
    """The reading of one file of a source."""

    def __init__(
        self,
        path: Path,
        source: Path,
        report: ReadingReport,
        options: ReadingOptions = _DEFAULT_OPTIONS,
        known_lines: Container[bytes] = (),
    ) -> None:
        """Read *path*, one of the files of *source*; problems go into *report*.

        Of lines whose digests are among *known_lines* it is only said that they are there.
        """
        self._path = path
        self._source = source
        self._report = report
        self._options = options
        self._known_lines = known_lines
        self._tell: Callable[[], int] = int

    @property
    def position(self) -> int:
        """How many bytes of the file have been read."""
        return self._tell()

    def __iter__(self) -> Iterator[ReadArticle | KnownRecord]:
        """Yield the records. Raises CorpusError if the file cannot be opened or read."""
        if not self._options.follow_links and leads_out(self._path, self._source):
            report_links(self._source, [self._path], self._report)  # it was none when the folder was looked through
            return
        try:
            with self._path.open("rb") as raw:
                self._tell = raw.tell
                size = self._path.stat().st_size
                document = _document(raw, self._path, self._source, self._options, size, self._known_lines)
                yield from _records(document, self._report, self._source)
                self._tell = partial(int, raw.tell())
        except OSError as error:
            raise CorpusError(f"The file {self._path} cannot be read: {what_went_wrong(error)}") from error


def _articles(items: Iterable[ReadArticle | KnownRecord]) -> Iterator[ReadArticle]:
    """Yield *items*, where no line is known."""
    for item in items:
        assert isinstance(item, ReadArticle)
        yield item


def _document(
    raw: BinaryIO,
    path: Path,
    source: Path,
    options: ReadingOptions,
    size: int = 0,
    known_lines: Container[bytes] = (),
) -> SourceDocument:
    document = SourceDocument(path, raw, options, budget=Budget(size, options))
    document.id_path = PurePosixPath(_below(path, source))
    document.is_source = path == source
    document.known_lines = known_lines
    return document


def _records(
    document: SourceDocument, report: ReadingReport, source: Path, *, nesting: int = 0
) -> Iterator[ReadArticle | KnownRecord]:
    """Yield the records of *document* or of its members."""
    # Books and word processor files are ZIP files with a reader of their own; a suffix is no reason to read an archive.
    reader = by_content(document.head, document.suffix)
    if reader is None and is_container(document.head):
        yield from _member_records(document, report, source, nesting=nesting)
        return
    reader = reader or by_suffix(document.suffix)
    if reader is None:
        report.leave_out(Origin(source, document.shown), unknown_format(document.head, document.suffix), "")
        return
    whole = Origin(source, document.shown, reader.NAME)
    if not is_plain(document.id_path.name if nesting else document.id_path):
        report.add(whole, _NAME, skipped=False)
    last = 0
    try:
        for item in bounded(reader.read(document), document.budget.effort):
            last = item.line
            if isinstance(item, RecordFault):
                report.add(whole.at(item.line), item.message, skipped=item.skipped)
            elif isinstance(item, LeftOut):
                report.leave_out(whole.at(item.line), item.why, item.name)
            elif isinstance(item, KnownLine):
                yield KnownRecord(whole.at(item.line, item.digest))
            else:
                origin = whole.at(item.line, item.digest)
                article = _article(item, origin, document, report)
                if article is not None:
                    yield ReadArticle(article, origin)
    except (UnreadableError, ValueError) as error:
        report.add(whole.at(last + 1 if last else 0), str(error), skipped=True)
    except (RecursionError, MemoryError) as error:
        report.add(whole.at(last), f"too deep or too large to read ({type(error).__name__})", skipped=True)


def _member_records(
    document: SourceDocument, report: ReadingReport, source: Path, *, nesting: int
) -> Iterator[ReadArticle | KnownRecord]:
    archive = Origin(source, document.shown, "archive")
    last = 0
    try:
        for member in bounded(members(document, nesting + 1), document.budget.effort):
            if isinstance(member, RecordFault):
                report.add(archive, member.message, skipped=True)
                continue
            try:
                if is_article_name(Path(member.path.name)):
                    for item in _records(member, report, source, nesting=nesting + 1):
                        # The one member of a compressed file goes by the name of the file.
                        last = item.origin.line if item.origin.path == document.shown else 0
                        yield item
            finally:
                member.close()
    except (UnreadableError, ValueError) as error:
        report.add(archive.at(last + 1 if last else 0), str(error), skipped=True)


def _article(record: Record, origin: Origin, document: SourceDocument, report: ReadingReport) -> Article | None:
    options = document.options
    try:
        outcome = as_article(record, options, document.default_id)
    except ValueError as error:
        outcome = Outcome(None, [], problem=str(error))
    if report.on_record is not None:
        report.on_record(record, outcome, origin, document)
    article, mended, left_out, problem = outcome
    if problem:
        report.add(origin, problem, skipped=True)
        return None
    if article is None:
        report.leave_out(origin, left_out, name_of(record.fields, record.default_id))
        return None
    report.count_unknown(unknown_names(record.fields, options.fields, options.own))
    report.count_unknown(unknown_properties(record.properties, options.fields, options.own))
    for message in mended:
        report.add(origin, message, skipped=False)
    return article


def _below(path: Path, source: Path) -> Path:
    """Return *path* below the folder *source*, or below what is fixed of the pattern *source*."""
    folder = source
    while is_pattern(folder) or folder == path:
        folder = folder.parent
    return path.relative_to(folder)


def _can_be_read(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except OSError:
        return True  # reading it will say what is wrong
    suffix = path.suffix.lower()
    return is_container(head) or (by_content(head, suffix) or by_suffix(suffix)) is not None


def _known_formats() -> str:
    return (
        "Files are known by their content, and by these suffixes: "
        + ", ".join(known_suffixes())
        + "; they may be compressed or in archives (.gz, .bz2, .zst, .zip, .tar)."
    )
