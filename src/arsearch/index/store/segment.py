"""One segment of articles: an SQLite file and a file of arrays beside it, neither of which ever changes."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

from arsearch.common.array_files import write_arrays
from arsearch.common.array_types import Indices, Int64s, Mask, Ordinals
from arsearch.corpus.cleaning.digests import KEY_BYTES
from arsearch.errors import CorruptIndexError
from arsearch.index.store.database import open_unchanging
from arsearch.index.store.schema import SHOWN, has_column
from arsearch.index.store.texts import Texts

__all__ = ["ArticleSegment", "Keys", "SegmentArrays", "articles_file", "ranges", "write_columns"]

Keys = Literal["line", "band"]
"""What articles are found by when they are compared with others: lines, or the keys of near-duplicates."""
_COLUMNS = ("ordinals", "files", "copies")
_TYPES: dict[Keys, str] = {"line": "u8", "band": "i8"}
_DICTIONARY = "dictionary"


def articles_file(folder: Path, name: str) -> Path:
    """Return the SQLite file of the segment *name* of *folder*."""
    return folder / f"{name}.sqlite"


class SegmentArrays(Protocol):
    """The arrays beside the articles of a segment."""

    def __contains__(self, name: str) -> bool:
        """Whether there is an array *name*."""

    def get(self, name: str, types: str, dimensions: int) -> Any:
        """Return the array *name*. Raises OSError or ValueError if there is none of the kind."""


class ArticleSegment:
    """The articles of one segment, but for those that are deleted, by ordinal. Safe to use from several threads."""

    def __init__(self, name: str, path: Path, arrays: SegmentArrays, deleted: Ordinals) -> None:
        """Open the segment *name*, of which the articles are in the SQLite file *path*.

        Raises sqlite3.Error, OSError or ValueError for files that are none.
        """
        self.name = name
        self.path = path
        columns: tuple[Int64s, ...] = tuple(arrays.get(name, "i8", 1) for name in _COLUMNS)
        self.ordinals, self.files, self.copies = columns
        """Of each article, in order: its ordinal, the number of its file, and the ordinal it is a copy of or -1."""
        if not len(self.ordinals) == len(self.files) == len(self.copies) or (np.diff(self.ordinals) <= 0).any():
            raise ValueError("its columns do not fit together")
        self.live: Mask = ~np.isin(self.ordinals, deleted)
        """Which of the articles are there."""
        self._keys: dict[Keys, tuple[npt.NDArray[Any], Int64s]] = {kind: _keys(arrays, kind) for kind in _TYPES}
        self.texts = Texts(arrays.get(_DICTIONARY, "u1", 1).tobytes() if _DICTIONARY in arrays else b"")
        """What unpacks the texts of its rows."""
        self._lock = threading.Lock()
        self._connection = open_unchanging(path, "SELECT 1 FROM articles LIMIT 1")
        if not has_column(self._connection, SHOWN):  # of an earlier version, which is read like those of this one
            self._connection.execute(f"CREATE TEMP VIEW articles AS SELECT *, NULL AS {SHOWN} FROM main.articles")

    def close(self) -> None:
        """Let go of the files."""
        self._connection.close()
        vars(self).clear()

    @property
    def version(self) -> int:
        """Which version of the schema it has."""
        return int(self.rows("PRAGMA user_version")[0][0])

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

    def row(self, columns: str, ordinal: int, table: str = "articles") -> Any:
        """Return the *columns* of the article *ordinal*, which is here. Raises CorruptIndexError if it is not."""
        found = self.rows(f"SELECT {columns} FROM {table} WHERE ordinal = ?", ordinal)
        if not found:
            raise CorruptIndexError(
                f"The article store {self.path} lacks an article. Run `arsearch verify`, then `arsearch index --full`."
            )
        return found[0]

    def places(self, ordinals: Ordinals) -> Indices:
        """Return where each of *ordinals* stands, -1 for those that are not here or deleted."""
        if not len(self.ordinals):
            return np.full(len(ordinals), -1, np.int64)
        places = np.minimum(np.searchsorted(self.ordinals, ordinals), len(self.ordinals) - 1)
        return np.where((self.ordinals[places] == ordinals) & self.live[places], places, -1)

    def has(self, ordinal: int) -> bool:
        """Whether the article *ordinal* is here, and not deleted."""
        return bool(self.places(np.array([ordinal]))[0] >= 0)

    def owners(self, kind: Keys, keys: npt.NDArray[Any]) -> tuple[Indices, Ordinals]:
        """Return which articles have each of *keys*: indices into *keys*, and an ordinal for each."""
        found, owned = self._keys[kind]
        which, places = ranges(np.searchsorted(found, keys), np.searchsorted(found, keys, side="right"))
        owners = owned[places]
        there = self.places(owners) >= 0
        return which[there], owners[there]


def ranges(firsts: Int64s, ends: Int64s) -> tuple[Indices, Indices]:
    """Return all places from each of *firsts* up to its end: for each which range it is of, and the place."""
    counts = ends - firsts
    which = np.repeat(np.arange(len(counts)), counts)
    return which, np.arange(len(which)) - np.repeat(np.cumsum(counts) - counts - firsts, counts)


def write_columns(connection: sqlite3.Connection, path: Path, dictionary: bytes) -> None:
    """Write the arrays that stand beside the articles of *connection*, and the *dictionary* of their texts."""
    rows = connection.execute("SELECT ordinal, file, coalesce(copy_of, -1) FROM articles ORDER BY ordinal").fetchall()
    table = np.array(rows, dtype=np.int64).reshape(-1, len(_COLUMNS))
    arrays: dict[str, npt.NDArray[Any]] = {name: table[:, number] for number, name in enumerate(_COLUMNS)}
    statement = "SELECT ordinal, lines, coalesce(bands, x'') FROM traces ORDER BY ordinal"
    keys: dict[Keys, list[bytes]] = {"line": [], "band": []}
    counts: dict[Keys, list[int]] = {"line": [], "band": []}
    ordinals = []
    for ordinal, lines, bands in connection.execute(statement):
        ordinals.append(ordinal)
        of_article: dict[Keys, bytes] = {"line": lines[KEY_BYTES:], "band": bands}  # the first is of the source
        for kind, data in of_article.items():
            keys[kind].append(data)
            counts[kind].append(len(data) // KEY_BYTES)
    for kind, types in _TYPES.items():
        of_all = np.frombuffer(b"".join(keys[kind]), dtype=f"<{types}")
        owners = np.repeat(np.array(ordinals, dtype=np.int64), counts[kind])
        order = np.argsort(of_all, kind="stable")
        arrays[f"{kind}_keys"], arrays[f"{kind}_owners"] = of_all[order], owners[order]
    if dictionary:
        arrays[_DICTIONARY] = np.frombuffer(dictionary, np.uint8)
    write_arrays(path, arrays)


def _keys(arrays: SegmentArrays, kind: Keys) -> tuple[npt.NDArray[Any], Int64s]:
    """Return the keys of a *kind*, sorted, and the ordinal of the article that has each."""
    keys, owners = arrays.get(f"{kind}_keys", _TYPES[kind], 1), arrays.get(f"{kind}_owners", "i8", 1)
    if len(keys) != len(owners):
        raise ValueError("its keys do not fit together")
    return keys, owners
