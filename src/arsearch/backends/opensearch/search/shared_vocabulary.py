"""The words of an index as columns in a file that all processes of a machine map into memory, so it is there once.

What is computed from them, the rarity of n-grams and the list of words that are suggested, stands there too: a process
that opens the index computes neither. A folder is named after what is in it, so it is never out of date.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from arsearch.common.array_types import Int64s

__all__ = ["VocabularyColumns", "shared_columns"]

_FORMAT = 1
_FIELDS = "fields.json"
_COLUMNS = ("term_bytes", "term_offsets", "frequencies")
_KEPT = 2
"""Vocabularies that are kept: that of the live commit, and the one before, which readers may still have."""


@dataclass(frozen=True, slots=True)
class VocabularyColumns:
    """The terms of all fields, sorted within each: see :class:`arsearch.lexical.segment.dictionary.TermColumns`.

    *frequencies* int64 (terms,): in how many of the *articles* each is.
    """

    articles: int
    fields: dict[str, tuple[int, int]]
    term_bytes: npt.NDArray[np.uint8]
    term_offsets: Int64s
    frequencies: Int64s


Derived = dict[str, npt.NDArray[Any]]


def shared_columns(
    folder: Path | None, columns: VocabularyColumns, derive: Callable[[VocabularyColumns], Derived]
) -> tuple[VocabularyColumns, Derived]:
    """Return *columns*, and what *derive* makes of them, mapped from a file in *folder*, which need not be there.

    In memory, where there is no folder or it cannot be written to.
    """
    if folder is None:
        return columns, derive(columns)
    place = folder / _digest(columns)
    try:
        if not place.is_dir():
            _write(place, columns, derive(columns))
        return _mapped(place)
    except (OSError, ValueError):  # no room, no rights, or taken away meanwhile
        return columns, derive(columns)


def _digest(columns: VocabularyColumns) -> str:
    digest = hashlib.sha256(json.dumps([_FORMAT, columns.articles, columns.fields]).encode())
    for name in _COLUMNS:
        digest.update(np.ascontiguousarray(getattr(columns, name)).data)
    return digest.hexdigest()[:32]


def _write(place: Path, columns: VocabularyColumns, derived: Derived) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    building = Path(tempfile.mkdtemp(prefix="building-", dir=place.parent))
    try:
        for name in _COLUMNS:
            np.save(building / f"{name}.npy", getattr(columns, name))
        for name, column in derived.items():
            np.save(building / f"derived-{name}.npy", column)
        (building / _FIELDS).write_text(json.dumps([columns.articles, columns.fields]), encoding="utf-8")
        building.rename(place)  # another process may have been faster: it wrote the same
    except OSError:
        if not place.is_dir():
            raise
    finally:
        shutil.rmtree(building, ignore_errors=True)
    _collect(place)


def _collect(place: Path) -> None:
    """Delete older vocabularies; who has one mapped keeps it."""
    with suppress(OSError):
        others = [other for other in place.parent.iterdir() if other.is_dir() and other != place]
        others.sort(key=lambda other: other.stat().st_mtime, reverse=True)
        for other in others[_KEPT - 1 :]:
            shutil.rmtree(other, ignore_errors=True)


def _mapped(place: Path) -> tuple[VocabularyColumns, Derived]:
    os.utime(place)
    articles, fields = json.loads((place / _FIELDS).read_text(encoding="utf-8"))
    own = {
        name: np.load(place / f"{name}.npy", mmap_mode="r") for name in ("term_bytes", "term_offsets", "frequencies")
    }
    prefix = "derived-"
    derived = {
        path.stem.removeprefix(prefix): np.load(path, mmap_mode="r") for path in sorted(place.glob(f"{prefix}*.npy"))
    }
    return VocabularyColumns(articles, {name: (first, last) for name, (first, last) in fields.items()}, **own), derived
