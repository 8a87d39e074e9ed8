"""The files of sources in an article store that is being written."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["FileState", "FileTable"]


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


class FileTable:
    """Files by number; see the schema of the store."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def add(self, source: str, path: str) -> int:
        """Return the number of a file, which need not be known yet."""
        self._connection.execute(
            "INSERT OR IGNORE INTO files (source, path, size, modified, sha256, problems, shared) "
            "VALUES (?, ?, -1, -1, '', 0, 0)",
            (source, path),
        )
        return self.number_of(source, path)

    def number_of(self, source: str, path: str) -> int:
        """Return the number of a file that is known."""
        row = self._connection.execute("SELECT number FROM files WHERE source = ? AND path = ?", (source, path))
        return int(row.fetchone()[0])

    def numbers(self) -> dict[tuple[str, str], int]:
        """Return the numbers of all files, by source and path."""
        rows = self._connection.execute("SELECT source, path, number FROM files")
        return {(source, path): number for source, path, number in rows}

    def paths_of(self, source: str) -> list[str]:
        """Return the paths of the files of *source*."""
        return [path for (path,) in self._connection.execute("SELECT path FROM files WHERE source = ?", (source,))]

    def problems_of(self, number: int) -> int:
        """Return how many problems were met when a file was read."""
        row = self._connection.execute("SELECT problems FROM files WHERE number = ?", (number,))
        return int(row.fetchone()[0])

    def set_state(self, number: int, state: FileState) -> None:
        """Remember file *number* as it was when it was read."""
        self._connection.execute(
            "UPDATE files SET size = ?, modified = ?, sha256 = ?, problems = ? WHERE number = ?",
            (state.size, state.modified, state.sha256, state.problems, number),
        )

    def set_shared(self, numbers: Iterable[int], *, shared: bool) -> None:
        """Remember whether other files have ids of these."""
        self._connection.executemany(
            "UPDATE files SET shared = ? WHERE number = ?", [(shared, number) for number in numbers]
        )

    def delete(self, number: int) -> None:
        """Forget a file."""
        self._connection.execute("DELETE FROM files WHERE number = ?", (number,))
