"""Sources in, articles out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from arsearch.corpus import json_lines, markdown, plain_text
from arsearch.corpus.article import Article
from arsearch.corpus.report import ReadingReport
from arsearch.errors import CorpusError

__all__ = ["check_sources", "read_source"]

Reader = Callable[[Path, ReadingReport], Iterator[Article]]

_READERS: tuple[tuple[tuple[str, ...], Reader], ...] = (
    (json_lines.SUFFIXES, json_lines.read),
    (plain_text.SUFFIXES, plain_text.read),
    (markdown.SUFFIXES, markdown.read),
)
# Files that stand beside the articles of a folder and are not articles.
_ABOUT_THE_FOLDER = ("readme", "license", "licence", "changelog", "contributing")


def check_sources(sources: Iterable[Path]) -> None:
    """Raise CorpusError for a source that does not exist or has a format that cannot be read."""
    for source in sources:
        if not source.exists():
            raise CorpusError(
                f"The corpus path {source} does not exist. Check the spelling, or name another file or folder."
            )
        if source.is_file() and _reader(source) is None:
            raise CorpusError(f"The file {source} has a format that cannot be read. {_known_formats()}")
        if source.is_dir() and next(_files(source), None) is None:
            raise CorpusError(f"The folder {source} holds no article. {_known_formats()}")


def read_source(source: Path, report: ReadingReport) -> Iterator[Article]:
    """Yield the articles of *source*, a file or a folder that is read in the order of its file names.

    Problems go into *report*; raises CorpusError if a file cannot be opened at all.
    """
    report.source = source
    for path in _files(source) if source.is_dir() else (source,):
        reader = _reader(path)
        if reader is None:
            continue
        try:
            yield from reader(path, report)
        except OSError as error:
            raise CorpusError(f"The file {path} cannot be read: {error.strerror or error}.") from error


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        about = path.name.lower().partition(".")[0] in _ABOUT_THE_FOLDER
        if path.is_file() and not hidden and not about and _reader(path) is not None:
            yield path


def _reader(path: Path) -> Reader | None:
    name = path.name.lower()
    return next((reader for suffixes, reader in _READERS if name.endswith(suffixes)), None)


def _known_formats() -> str:
    return (
        "Files that can be read end in: " + ", ".join(suffix for suffixes, _ in _READERS for suffix in suffixes) + "."
    )
