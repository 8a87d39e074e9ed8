"""Segments on disk: folders of files that never change, shared by the commits that have them, and when to merge them.

::

    folder/
      segments.json        the names of the segments, in order
      0001/                the files of one; commits share them by hard links
      0001.deleted.npy     what has gone of it; a commit's own
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

__all__ = [
    "MAX_DELETED_SHARE",
    "SEGMENTS_FILE",
    "deleted_file",
    "link_segment",
    "max_rewritten",
    "next_segment",
    "read_names",
    "to_merge",
    "write_names",
]

SEGMENTS_FILE = "segments.json"
_GROWTH = 2
"""A segment is merged with smaller ones unless it is at least so many times as large: few segments, few rewrites."""
MAX_DELETED_SHARE = 0.25
"""A segment with a greater part of its items deleted is written anew."""
_MIN_REWRITTEN = 4096
_MAX_REWRITTEN_SHARE = 1 / 8


def read_names(folder: Path) -> list[str]:
    """Return the names of the segments in *folder*. Raises OSError or ValueError if they cannot be read."""
    names = json.loads((folder / SEGMENTS_FILE).read_text(encoding="utf-8"))
    if not (isinstance(names, list) and all(isinstance(name, str) and name.isdecimal() for name in names)):
        raise ValueError(f"{SEGMENTS_FILE} holds no names of segments")
    return names


def write_names(folder: Path, names: Sequence[str]) -> None:
    """Write down which segments *folder* has, in order."""
    (folder / SEGMENTS_FILE).write_text(json.dumps(names), encoding="utf-8")


def deleted_file(segment: Path) -> Path:
    """Return the file of what a commit has deleted of the folder *segment*."""
    return segment.with_name(f"{segment.name}.deleted.npy")


def next_segment(folder: Path, names: Sequence[str]) -> str:
    """Return a name that none of the segments *names* of *folder* has, and no folder there."""
    taken = {*map(int, names), *(int(path.name) for path in folder.iterdir() if path.name.isdecimal())}
    return f"{max(taken, default=0) + 1:04d}"


def link_segment(old: Path, new: Path) -> None:
    """Give a new commit the files of a segment, which never change; copy where links cannot be made."""
    new.mkdir(parents=True)
    for path in old.iterdir():
        try:
            os.link(path, new / path.name)
        except OSError:
            shutil.copyfile(path, new / path.name)


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
