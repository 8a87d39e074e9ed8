"""What all commits know of a segment of articles: an SQLite file and a file of arrays beside it, opened once."""

from __future__ import annotations

import os
import sqlite3
import threading
import weakref
from pathlib import Path
from typing import Any

import numpy as np

from arsearch.common.array_files import ArrayFile, FileIdentity
from arsearch.common.array_types import Int64s
from arsearch.common.segments import arrays_file
from arsearch.errors import CorruptIndexError
from arsearch.index.store.database import open_unchanging
from arsearch.index.store.schema import SHOWN, STORE_VERSION, has_column
from arsearch.index.store.texts import Texts
from arsearch.index.store.traces import SegmentArrays, TraceTable

__all__ = ["COLUMNS", "DICTIONARY", "ArticleFile", "articles_file", "open_article_file"]

COLUMNS = ("ordinals", "files", "copies")
DICTIONARY = "dictionary"


def articles_file(folder: Path, name: str) -> Path:
    """Return the SQLite file of the segment *name* of *folder*."""
    return folder / f"{name}.sqlite"


class ArticleFile:
    """A segment of articles, opened. Safe to use from several threads; closed with the last reference to it."""

    def __init__(self, path: Path, arrays: SegmentArrays) -> None:
        """Open the SQLite file *path*, which has *arrays* beside it.

        Raises sqlite3.Error, OSError or ValueError for files that are none.
        """
        self.path = path
        columns: tuple[Int64s, ...] = tuple(arrays.get(name, "i8", 1) for name in COLUMNS)
        self.ordinals, self.files, self.copies = columns
        """Of each article, in order: its ordinal, the number of its file, and the ordinal it is a copy of or -1."""
        if not len(self.ordinals) == len(self.files) == len(self.copies) or (np.diff(self.ordinals) <= 0).any():
            raise ValueError("its columns do not fit together")
        self.texts = Texts(arrays.get(DICTIONARY, "u1", 1).tobytes() if DICTIONARY in arrays else b"")
        """What unpacks the texts of its rows."""
        self._lock = threading.Lock()
        self._connection = open_unchanging(path, "SELECT 1 FROM articles LIMIT 1")
        weakref.finalize(self, self._connection.close)
        self.version = int(self._connection.execute("PRAGMA user_version").fetchone()[0])
        """Of the schema."""
        self.traces = TraceTable(arrays, len(self.ordinals)) if self.version == STORE_VERSION else None
        """By what its articles are compared; of an earlier version, upon which nothing is built, that is not known."""
        if not has_column(self._connection, SHOWN):  # of an earlier version, which is read like those of this one
            self._connection.execute(f"CREATE TEMP VIEW articles AS SELECT *, NULL AS {SHOWN} FROM main.articles")

    def rows(self, statement: str, *parameters: object) -> list[Any]:
        """Return what *statement* selects, of deleted articles too. Raises CorruptIndexError if that does not end."""
        with self._lock:
            try:
                return self._connection.execute(statement, parameters).fetchall()
            except sqlite3.OperationalError as error:
                if "interrupted" not in str(error):
                    raise
                raise CorruptIndexError(
                    "The article store answers no question in a sensible time. Run `arsearch verify`, then "
                    "`arsearch index --full`."
                ) from error


_open: weakref.WeakValueDictionary[tuple[object, ...], ArticleFile] = weakref.WeakValueDictionary()


def open_article_file(folder: Path, name: str) -> ArticleFile:
    """Return the segment *name* of *folder*, opened, the same one for all commits that have it and are open.

    Raises as :class:`ArticleFile` does.
    """
    path, beside = articles_file(folder, name), arrays_file(folder, name)
    # A connection of SQLite's must not be taken into a process that was forked.
    key = (os.getpid(), FileIdentity.of(path.stat()), FileIdentity.of(beside.stat()))
    file = _open.get(key)
    if file is None:
        _open[key] = file = ArticleFile(path, ArrayFile(beside))
    return file
