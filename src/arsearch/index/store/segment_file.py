"""What all commits know of a segment of articles: an SQLite file and a file of arrays beside it, opened once."""

from __future__ import annotations

import os
import sqlite3
import threading
import weakref
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

from arsearch.common.array_files import ArrayFile, FileIdentity
from arsearch.common.array_types import Int64s
from arsearch.common.segments import arrays_file
from arsearch.errors import CorruptIndexError
from arsearch.index.store.database import open_unchanging
from arsearch.index.store.schema import SHOWN, has_column
from arsearch.index.store.texts import Texts

__all__ = [
    "COLUMNS",
    "DICTIONARY",
    "KEY_TYPES",
    "ArticleFile",
    "Keys",
    "SegmentArrays",
    "articles_file",
    "open_article_file",
]

Keys = Literal["line", "band"]
"""What articles are found by when they are compared with others: lines, or the keys of near-duplicates."""
COLUMNS = ("ordinals", "files", "copies")
KEY_TYPES: dict[Keys, str] = {"line": "u8", "band": "i8"}
DICTIONARY = "dictionary"


def articles_file(folder: Path, name: str) -> Path:
    """Return the SQLite file of the segment *name* of *folder*."""
    return folder / f"{name}.sqlite"


class SegmentArrays(Protocol):
    """The arrays beside the articles of a segment."""

    def __contains__(self, name: str) -> bool:
        """Whether there is an array *name*."""

    def get(self, name: str, types: str, dimensions: int) -> Any:
        """Return the array *name*. Raises OSError or ValueError if there is none of the kind."""


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
        self.keys: dict[Keys, tuple[npt.NDArray[Any], Int64s]] = {kind: _keys(arrays, kind) for kind in KEY_TYPES}
        """Of each kind, the keys, sorted, and the ordinal of the article that has each."""
        self.texts = Texts(arrays.get(DICTIONARY, "u1", 1).tobytes() if DICTIONARY in arrays else b"")
        """What unpacks the texts of its rows."""
        self._lock = threading.Lock()
        self._connection = open_unchanging(path, "SELECT 1 FROM articles LIMIT 1")
        weakref.finalize(self, self._connection.close)
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


def _keys(arrays: SegmentArrays, kind: Keys) -> tuple[npt.NDArray[Any], Int64s]:
    """Return the keys of a *kind*, sorted, and the ordinal of the article that has each."""
    keys, owners = arrays.get(f"{kind}_keys", KEY_TYPES[kind], 1), arrays.get(f"{kind}_owners", "i8", 1)
    if len(keys) != len(owners):
        raise ValueError("its keys do not fit together")
    return keys, owners
