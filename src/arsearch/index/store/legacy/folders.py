"""Reading the article store of format version 8 and before: each segment is a folder, each array a file of NumPy's.

::

    articles/
      segments.json  state.json  pages.npy  lines.npy
      0001/                articles.sqlite, texts.dictionary, and one file for each array
      0001.deleted.npy
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from arsearch.common.numpy_files import read_array
from arsearch.corpus.cleaning.clean import LineCounts
from arsearch.index.store.legacy.one_file import FIRST_ARTICLES_FILE
from arsearch.index.store.segment import ArticleSegment
from arsearch.index.store.segment_file import ArticleFile
from arsearch.index.store.state import StoreState

__all__ = ["has_folders", "read_folder_state", "segments_of_folders"]

_SEGMENTS_FILE = "segments.json"
_DICTIONARY_FILE = "texts.dictionary"


class _FolderArrays:
    """The arrays of a segment that is a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def _path(self, name: str) -> Path:
        return self._folder / (_DICTIONARY_FILE if name == "dictionary" else f"{name}.npy")

    def __contains__(self, name: str) -> bool:
        return self._path(name).exists()

    def get(self, name: str, types: str, dimensions: int) -> Any:
        path = self._path(name)
        if path.name == _DICTIONARY_FILE:
            return np.frombuffer(path.read_bytes(), np.uint8)
        return read_array(path, types, dimensions)


def has_folders(articles: Path) -> bool:
    """Whether the segments of the store in *articles* are folders."""
    return (articles / _SEGMENTS_FILE).exists()


def segments_of_folders(articles: Path) -> Iterator[ArticleSegment]:
    """Yield the segments of the store in *articles*, opened. Raises as :class:`ArticleFile` does."""
    names = json.loads((articles / _SEGMENTS_FILE).read_text(encoding="utf-8"))
    if not (isinstance(names, list) and all(isinstance(name, str) and name.isdecimal() for name in names)):
        raise ValueError(f"{_SEGMENTS_FILE} holds no names of segments")
    for name in names:
        folder = articles / name
        deleted = read_array(articles / f"{name}.deleted.npy", "i8", 1)
        path = folder / FIRST_ARTICLES_FILE
        yield ArticleSegment(name, path, ArticleFile(path, _FolderArrays(folder)), deleted)


def read_folder_state(articles: Path) -> StoreState:
    """Return what the store in *articles* knows as a whole. Raises OSError, ValueError, KeyError or TypeError."""
    record = json.loads((articles / "state.json").read_text(encoding="utf-8"))
    pages, lines = (read_array(articles / f"{name}.npy", "u8", 2, mapped=False) for name in ("pages", "lines"))
    return StoreState.of(record, LineCounts(pages, lines))
