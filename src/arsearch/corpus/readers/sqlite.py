"""Databases of SQLite: one article a row of every table with a column for the body, or of the one that is set.

A file from anywhere is opened so that it can do nothing: it is read only, may not define functions, triggers or virtual
tables that run, and the setting's query may only select.
"""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

from arsearch.corpus.detect_format import Head
from arsearch.corpus.parsing.rows import has_body, record_of
from arsearch.corpus.source_document import LeftOut, Record, RecordFault, SourceDocument, UnreadableError

__all__ = ["NAME", "SUFFIXES", "read", "recognises"]

NAME = "SQLite"
SUFFIXES: tuple[str, ...] = ()

_MAGIC = b"SQLite format 3\x00"
_STEPS = 10_000
"""Instructions of SQLite's between two looks at whether reading has cost too much."""
_MAX_TABLES = 1_000
_ALLOWED = frozenset((sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, 33))  # 33: SQLITE_RECURSIVE


def recognises(head: Head) -> bool:
    """Whether it begins as a database does."""
    return head.data.startswith(_MAGIC)


def read(document: SourceDocument) -> Iterator[Record | RecordFault | LeftOut]:
    """Yield the rows; the number of a row in its table stands for its line."""
    with tempfile.TemporaryDirectory(prefix="arsearch-") as folder:
        path = document.path
        if document.is_member or not path.is_file():
            path = Path(folder) / "database"
            with path.open("wb") as file:
                for chunk in document.chunks():
                    file.write(chunk)
        try:
            # Immutable: nothing is written beside the file, not even a lock, and what a writer has not yet put into it
            # (a write-ahead log) is not read.
            database = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
        except sqlite3.Error as error:
            raise UnreadableError(f"the database cannot be opened: {error}") from error
        try:
            yield from _rows(database, document)
        except (sqlite3.Error, OverflowError) as error:
            spent = document.budget.effort.message
            raise UnreadableError(spent or f"the database cannot be read: {str(error)[:200]}") from error
        finally:
            database.close()


def _rows(database: sqlite3.Connection, document: SourceDocument) -> Iterator[Record | LeftOut]:
    database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, document.options.max_record_bytes)
    database.set_progress_handler(_go_on, _STEPS)
    database.text_factory = lambda data: data.decode("utf-8", "replace")
    database.execute("PRAGMA trusted_schema = OFF")
    database.execute("PRAGMA cell_size_check = ON")
    own, table = document.options.fields, document.options.table.strip()
    schema = database.execute("SELECT name, sql FROM sqlite_schema WHERE type IN ('table', 'view') ORDER BY rowid")
    tables = [
        str(name) for name, sql in schema.fetchmany(_MAX_TABLES) if not str(sql).upper().startswith("CREATE VIRTUAL")
    ]
    database.set_authorizer(_authorize)
    if table and table not in tables:
        if not table[:6].upper() == "SELECT":
            raise UnreadableError(f"no table is called {table!r}; the tables are {', '.join(tables)[:200]}")
        yield from _selected(database, table)
        return
    found = False
    for name in [table] if table else tables:
        quoted = '"' + name.replace('"', '""') + '"'
        columns = [column[0] for column in database.execute(f"SELECT * FROM {quoted} LIMIT 0").description]
        if not has_body(columns, own):
            continue
        found = True
        yield from _selected(database, f"SELECT * FROM {quoted}")
    if not found:
        raise UnreadableError(
            f"no table has a column for the body; the tables are {', '.join(tables)[:200]}. Name one, or a query, with "
            "the setting table, and its columns with the setting fields"
        )


def _selected(database: sqlite3.Connection, query: str) -> Iterator[Record]:
    cursor = database.execute(query)
    columns = [column[0] for column in cursor.description]
    for number, row in enumerate(cursor, 1):
        yield Record(record_of(columns, row), number)


def _go_on() -> int:
    """Let a query go on. That this is Python's code is the point: where the budget is spent, it is interrupted here."""
    return 0


def _authorize(action: int, *_: object) -> int:
    return sqlite3.SQLITE_OK if action in _ALLOWED else sqlite3.SQLITE_DENY
