"""Writing so that it outlives a loss of power: what is synced, and in which order.

A file is on the disk when it was synced, and it is there under its name when its folder was synced too (fsync(2)); a
rename replaces a name at once or not at all (rename(2)). Nothing else is relied upon.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from arsearch.index.fault_points import fault_point

__all__ = ["flush", "make_folder", "replace_file", "sync"]


_SYNCED_TOGETHER = 8


def sync(path: Path) -> None:
    """Write the file or folder *path* through to the disk. Raises OSError."""
    if os.name == "nt":
        if path.is_dir():
            return  # Windows cannot open folders; its renames are journalled
        descriptor = os.open(path, os.O_RDWR)  # and syncs only what may be written to
    else:
        descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def flush(folder: Path) -> None:
    """Write every file and folder under *folder* through to the disk. Raises OSError.

    Files that are in other folders too were taken over from one that was flushed before: their bytes are on the disk.
    """
    parents, files = [], []
    for parent, _, names in os.walk(folder):
        parents.append(Path(parent))
        files += [path for name in names if (path := Path(parent, name)).stat().st_nlink == 1]
    # A file system writes what several ask for together: a commit has dozens of small files.
    with ThreadPoolExecutor(_SYNCED_TOGETHER) as pool:
        for paths in (files, parents):
            for _ in pool.map(sync, paths):
                pass


def make_folder(folder: Path) -> None:
    """Make *folder* and those above it, where they are missing, so that they are still there after a loss of power."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    sync(folder.parent)


def replace_file(path: Path, data: bytes) -> None:
    """Let *path* hold *data*: whoever reads it, whenever the power goes, finds all of the old or all of the new.

    Raises OSError; *path* is then as it was, and nothing is left beside it.
    """
    draft = draft_of(path)
    try:
        draft.write_bytes(data)
        sync(draft)
        fault_point("draft written")
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    sync(path.parent)


def draft_of(path: Path) -> Path:
    """Return the file that :func:`replace_file` writes first; one that a killed process left is written over."""
    return path.with_name(path.name + ".new")
