"""Reading the article store of earlier versions, one SQLite file, to build an index anew when sources are gone.

Whatever version wrote a store: its table ``articles`` has the columns named in ``FIELDS``, the body deflated, and an
origin. Version 0 (before ``user_version`` was set) has the origin in a column; later ones in the table ``files``, and
in the column ``given`` what cleaning made others of.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from arsearch.corpus import Article
from arsearch.errors import CorruptIndexError
from arsearch.index.store.database import open_unchanging
from arsearch.index.store.schema import ADDED_BY_HAND, EXTRA, FIELDS, article_of, has_column
from arsearch.index.store.texts import Texts

__all__ = ["FIRST_ARTICLES_FILE", "LegacyArticle", "LegacyStore"]

FIRST_ARTICLES_FILE = "articles.sqlite"
"""The file of articles in a commit, and later in the folder of a segment."""


_TEXTS = Texts()


@dataclass(frozen=True, slots=True)
class LegacyArticle:
    """An article as it was read, and the file it came from."""

    article: Article
    source: str
    path: str


class LegacyStore:
    """The article store at *path*, of an earlier version, opened for reading."""

    def __init__(self, path: Path) -> None:
        """Open *path*. Raises CorruptIndexError if it cannot be read."""
        self._path = path
        try:
            self._connection = open_unchanging(path, "SELECT count(*) FROM articles")
        except sqlite3.Error as error:
            raise self._corrupt(error) from error
        self.version = int(self._connection.execute("PRAGMA user_version").fetchone()[0])
        self._more = f"articles.{EXTRA}, NULL" if has_column(self._connection, EXTRA) else "NULL, NULL"

    def __enter__(self) -> LegacyStore:
        return self

    def __exit__(self, *error: object) -> None:
        self._connection.close()

    def count(self, sources: list[str] | None = None) -> int:
        """Return how many articles came from *sources*, or all there are, those added by hand too."""
        if sources is None:
            return int(next(self._rows("SELECT count(*) FROM articles"))[0])
        marks = ", ".join("?" * len(sources))
        statement = f"SELECT count(*) FROM articles JOIN files ON number = file WHERE files.source IN ({marks})"
        return int(next(self._rows(statement, *sources))[0])

    def tombstones(self) -> list[str]:
        """Return the ids of articles that were deleted by hand."""
        return [identifier for (identifier,) in self._rows("SELECT id FROM withheld")] if self.version else []

    def added_by_hand(self) -> Iterator[LegacyArticle]:
        """Yield the articles that were added by hand."""
        if self.version:
            yield from self._articles("file = ?", ADDED_BY_HAND)

    def articles(self) -> Iterator[Article]:
        """Yield all articles as they were read, in the order of their ids."""
        given = "given" if self.version else "NULL"
        for kept, *values in self._rows(f"SELECT {given}, {FIELDS}, {self._more} FROM articles ORDER BY id"):
            yield article_of(values, _TEXTS, kept)

    def articles_of(self, source: str) -> Iterator[LegacyArticle]:
        """Yield the articles that came from *source*, in the order in which they came."""
        yield from self._articles("files.source = ?" if self.version else "origin = ?", source)

    def _articles(self, condition: str, value: object) -> Iterator[LegacyArticle]:
        fields = ", ".join([*(f"articles.{name}" for name in FIELDS.split(", ")), self._more])
        if self.version:
            statement = (
                f"SELECT files.source, files.path, given, {fields} FROM articles JOIN files ON number = file "
                f"WHERE {condition} ORDER BY ordinal"
            )
        else:
            statement = f"SELECT origin, origin, NULL, {fields} FROM articles WHERE {condition} ORDER BY ordinal"
        for source, path, given, *values in self._rows(statement, value):
            yield LegacyArticle(article_of(values, _TEXTS, given), source, path)

    def _rows(self, statement: str, *parameters: object) -> Iterator[tuple[Any, ...]]:
        try:
            yield from self._connection.execute(statement, parameters)
        except sqlite3.Error as error:
            raise self._corrupt(error) from error

    def _corrupt(self, error: sqlite3.Error) -> CorruptIndexError:
        return CorruptIndexError(
            f"The article store {self._path} cannot be read: {error}. Run `arsearch rollback`, or "
            "`arsearch index --full SOURCE...` with all your sources."
        )
