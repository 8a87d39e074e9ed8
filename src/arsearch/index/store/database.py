"""Opening a database that nobody writes to, and that anybody may have made."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

__all__ = ["open_unchanging"]

_MAPPED = 1 << 40
"""Bytes of a database that are mapped into memory, as other files of an index are: SQLite takes the most it can. Pages
are then read where they lie, without a system call for each and without a cache in every process."""
_STEPS_AT_ONCE = 100_000
_MIN_STEPS = 50_000_000
_STEPS_A_BYTE = 50
"""Steps of SQLite's machine between two looks, and after how many a statement is ended. Reading a whole table takes a
few a row."""


def open_unchanging(path: Path, question: str) -> sqlite3.Connection:
    """Open the database at *path*, which nobody writes to, for reading from any thread; its owner closes it.

    Raises sqlite3.Error if it cannot be opened or does not answer *question*; nothing is left open then.
    """
    # Segments do not change, so SQLite needs neither locks nor write access.
    address = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
    connection = sqlite3.connect(address, uri=True, check_same_thread=False, factory=_GuardedConnection)
    try:
        connection.execute(f"PRAGMA mmap_size = {_MAPPED}")
        connection.guard(path.stat().st_size)
        connection.execute(question).fetchone()
    except BaseException:
        connection.close()
        raise
    return connection


class _GuardedConnection(sqlite3.Connection):
    """A connection to a database that anybody may have made: it holds tables, and does nothing else.

    It has no views, triggers or virtual tables, calls no functions of its schema's, and a statement ends after more
    steps than any of ours could need for a file of its size.
    """

    _taken = 0

    def guard(self, size: int) -> None:
        """Guard the database of *size* bytes. Raises sqlite3.DatabaseError for what is not to be there."""
        most = (_MIN_STEPS + size * _STEPS_A_BYTE) // _STEPS_AT_ONCE
        self.execute("PRAGMA trusted_schema = OFF")
        self.execute("PRAGMA cell_size_check = ON")

        def is_too_much() -> bool:
            self._taken += 1
            return self._taken > most

        self.set_progress_handler(is_too_much, _STEPS_AT_ONCE)
        foreign = self.execute(
            "SELECT type, name FROM sqlite_master "
            "WHERE type NOT IN ('table', 'index') OR sql LIKE 'CREATE VIRTUAL%' LIMIT 1"
        ).fetchone()
        if foreign is not None:
            raise sqlite3.DatabaseError(f"it has a {foreign[0]}, {foreign[1]!r}, that arsearch did not make")

    def execute(self, *arguments: Any) -> sqlite3.Cursor:
        """Run a statement, with steps of its own."""
        self._taken = 0
        return super().execute(*arguments)
