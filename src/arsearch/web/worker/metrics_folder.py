"""The folder in which the processes of a server count: gone with the server, however that ended."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

__all__ = ["metrics_folder"]

_PREFIX = "arsearch-metrics-"
_LOCK = "in-use.lock"
_held: dict[str, FileLock] = {}
"""Locks of this process and of those it forks: let go by the kernel when the last of them has ended."""


def metrics_folder() -> str:
    """Make a folder for the counts of this server, and delete those of servers that were killed."""
    parent = Path(tempfile.gettempdir())
    for folder in parent.glob(f"{_PREFIX}*"):
        with suppress(OSError):  # somebody else's, or just going
            _collect(folder)
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
    lock = FileLock(folder / _LOCK, thread_local=False)
    lock.acquire()
    _held[str(folder)] = lock
    return str(folder)


def _collect(folder: Path) -> None:
    """Delete *folder* if it is ours and nobody uses it."""
    if folder.is_symlink() or not (folder / _LOCK).is_file() or folder.stat().st_uid != os.getuid():
        return
    lock = FileLock(folder / _LOCK, thread_local=False)
    with suppress(Timeout), lock.acquire(blocking=False):
        shutil.rmtree(folder, ignore_errors=True)
