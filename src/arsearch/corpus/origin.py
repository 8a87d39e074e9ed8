"""Where a record comes from; it carries that along from reading to the index."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from arsearch.corpus.article import Article

__all__ = ["KnownRecord", "Origin", "ReadArticle"]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a record stands, or a whole file (*line* 0)."""

    source: Path
    """The file, folder or pattern that was given."""
    path: Path
    """The file, or the member of an archive below the archive's path."""
    format: str = "unknown"
    """The name of the format that it was read as."""
    line: int = 0
    """From 1; 0 in formats without lines."""
    digest: bytes = b""
    """The digest of that line, if the format has lines."""

    def at(self, line: int, digest: bytes = b"") -> Origin:
        """Return the origin of the record at *line* of the same document."""
        return replace(self, line=line, digest=digest)


@dataclass(frozen=True, slots=True)
class ReadArticle:
    """An article as it was read, and where."""

    article: Article
    origin: Origin


@dataclass(frozen=True, slots=True)
class KnownRecord:
    """A record that gave an article before, and would give it again: its line is known by its digest."""

    origin: Origin
