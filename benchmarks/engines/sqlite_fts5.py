"""SQLite's full-text search, on words that were analysed before."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from benchmarks.engines.base import TOP, stem_lines

__all__ = ["SqliteFTS5"]

_FILE = "words.sqlite"
_CACHE_KB = 256 << 10


class SqliteFTS5:
    """A table that keeps no text, only postings with positions. Its BM25 has the parameters 1.2 and 0.75 built in."""

    def index(self, documents: Path, folder: Path) -> None:
        """Index in one transaction."""
        with closing(sqlite3.connect(folder / _FILE)) as connection:
            connection.execute(f"PRAGMA cache_size = -{_CACHE_KB}")
            connection.execute(
                "CREATE VIRTUAL TABLE words USING fts5"
                "(text, content='', tokenize = \"unicode61 remove_diacritics 0 tokenchars '.,'\")"
            )
            rows = enumerate(stem_lines(documents), 1)
            with connection:
                connection.executemany("INSERT INTO words (rowid, text) VALUES (?, ?)", rows)

    def settle(self, folder: Path) -> None:
        """Merge everything into one tree."""
        with closing(sqlite3.connect(folder / _FILE)) as connection, connection:
            connection.execute("INSERT INTO words (words) VALUES ('optimize')")

    def open(self, folder: Path) -> None:
        """Open the file."""
        self._connection = sqlite3.connect(folder / _FILE)
        self._connection.execute(f"PRAGMA cache_size = -{_CACHE_KB}")

    def prepare(self, text: str, stems: Sequence[str]) -> str:  # noqa: ARG002  # does not analyse
        """Return the query in the language of FTS5."""
        return " OR ".join(f'"{stem}"' for stem in stems)

    def search(self, query: str) -> list[tuple[int]]:
        """Answer, ordered as FTS5 does it fastest."""
        return self._connection.execute(
            "SELECT rowid FROM words WHERE words MATCH ? ORDER BY rank LIMIT ?", (query, TOP)
        ).fetchall()

    def numbers(self, found: list[tuple[int]]) -> list[int]:
        """Return the numbers."""
        return [row - 1 for (row,) in found]
