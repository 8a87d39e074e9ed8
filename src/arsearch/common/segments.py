"""Segments on disk: files that never change, shared by the commits that have them, and when to merge them.

::

    folder/
      segments.arrays      the segments, in order, and what has gone of each; a commit's own
      0001.arrays          the arrays of one, and files that a library reads beside it: commits share them by hard links
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import numpy.typing as npt

from arsearch.common.array_files import ArrayFile, write_arrays

__all__ = [
    "MAX_DELETED_SHARE",
    "SEGMENTS_FILE",
    "arrays_file",
    "is_of_segment",
    "link_file",
    "max_rewritten",
    "next_segment",
    "read_deleted",
    "read_names",
    "to_merge",
    "write_segments",
]

SEGMENTS_FILE = "segments.arrays"
_NAMES = "segments"
_GROWTH = 2
"""A segment is merged with smaller ones unless it is at least so many times as large: few segments, few rewrites."""
MAX_DELETED_SHARE = 0.25
"""A segment with a greater part of its items deleted is written anew."""
_MIN_REWRITTEN = 4096
_MAX_REWRITTEN_SHARE = 1 / 8


def arrays_file(folder: Path, name: str) -> Path:
    """Return the file of the arrays of the segment *name* of *folder*."""
    return folder / f"{name}.arrays"


def read_names(folder: Path) -> list[str]:
    """Return the names of the segments in *folder*. Raises OSError or ValueError if they cannot be read."""
    return _names(ArrayFile(folder / SEGMENTS_FILE))


def read_deleted(folder: Path, types: str) -> list[tuple[str, npt.NDArray[Any]]]:
    """Return the names of the segments in *folder*, and what has gone of each: an array of one of the *types*.

    Raises OSError or ValueError if they cannot be read.
    """
    file = ArrayFile(folder / SEGMENTS_FILE)
    return [(name, file.get(name, types, 1)) for name in _names(file)]


def _names(file: ArrayFile) -> list[str]:
    names = file.facts.get(_NAMES)
    if not (isinstance(names, list) and all(isinstance(name, str) and name.isdecimal() for name in names)):
        raise ValueError(f"{file.path} holds no names of segments")
    return names


def write_segments(folder: Path, names: Iterable[str], deleted: Mapping[str, npt.NDArray[Any]] | None = None) -> None:
    """Write down which segments *folder* has, in order, and what has gone of each where that is kept."""
    write_arrays(folder / SEGMENTS_FILE, deleted or {}, {_NAMES: list(names)})


def next_segment(folder: Path, names: Iterable[str]) -> str:
    """Return a name that none of the segments *names* of *folder* has, and no file there."""
    there = (path.name.partition(".")[0] for path in folder.iterdir())
    taken = {*map(int, names), *(int(name) for name in there if name.isdecimal())}
    return f"{max(taken, default=0) + 1:04d}"


def is_of_segment(name: str) -> bool:
    """Whether the file *name*, a path inside a commit, is one of a segment: those alone never change."""
    path = PurePosixPath(name)
    return len(path.parts) == 2 and path.name.partition(".")[0].isdecimal()


def link_file(old: Path, new: Path) -> None:
    """Give a new commit a file that never changes; copy it where links cannot be made."""
    try:
        os.link(old, new)
    except OSError:  # a file system without links
        shutil.copyfile(old, new)


def max_rewritten(total: int) -> int:
    """Return how large a segment may be to be merged by the way, in an index of *total* live items.

    So no commit of one article rewrites most of an archive: larger segments stay as they are until the index is
    compacted or many of their items are deleted. There are at most eight of them.
    """
    return max(_MIN_REWRITTEN, int(total * _MAX_REWRITTEN_SHARE))


def to_merge(live: Sequence[int], sizes: Sequence[int], new: int, *, compact: bool = False) -> set[int]:
    """Return which segments are merged into the one of *new* items that a commit writes.

    *live* of *sizes* items of each segment are still there. All are merged to *compact*.
    """
    if compact:
        return set(range(len(live)))
    chosen = {
        number
        for number, (alive, size) in enumerate(zip(live, sizes, strict=True))
        if not alive or alive < size * (1 - MAX_DELETED_SHARE)
    }
    rewritten = new + sum(live[number] for number in chosen)
    most = max_rewritten(new + sum(live))
    for number in sorted(set(range(len(live))) - chosen, key=lambda number: live[number]):
        if live[number] >= _GROWTH * rewritten or live[number] > most:
            break
        chosen.add(number)
        rewritten += live[number]
    return chosen
