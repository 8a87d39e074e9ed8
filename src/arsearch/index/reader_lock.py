"""Which commits are being read: a reader holds a shared lock on the manifest of its own.

The writer deletes only what it can lock for itself. The lock is the kernel's and goes with the process, so a reader
that was killed keeps nothing. Where there is no flock(2), as on Windows, folders with open files cannot be renamed, and
that tells the same.
"""

from __future__ import annotations

import errno
import os
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from arsearch.errors import CorruptIndexError
from arsearch.index.manifest import MANIFEST_FILE

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

__all__ = ["ReaderLock", "unused"]

_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)
"""The file system has no locks to give: readers then rely on their open files alone."""


class ReaderLock:
    """A claim on a commit: while it is held, its files stay. Given up by :meth:`close` or with the last reference.

    Processes that were forked since share it.
    """

    def __init__(self, folder: Path) -> None:
        """Claim the commit in *folder*. Raises CorruptIndexError if it is gone or going, OSError."""
        path = folder / MANIFEST_FILE
        try:
            descriptor = os.open(path, os.O_RDONLY)
        except FileNotFoundError as error:
            raise _gone(path) from error
        self.close = weakref.finalize(self, os.close, descriptor)
        """Give the claim up."""
        try:
            if fcntl is not None:
                fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
            claimed, there = os.fstat(descriptor), path.stat()
        except OSError as error:
            if error.errno in _NO_LOCKS:
                return
            self.close()
            if isinstance(error, (BlockingIOError, FileNotFoundError)):
                raise _gone(path) from error
            raise
        if not os.path.samestat(claimed, there):
            self.close()
            raise _gone(path)


@contextmanager
def unused(folder: Path) -> Iterator[bool]:
    """Tell whether nobody reads the commit in *folder*, and if so keep readers out. Raises OSError."""
    path = folder / MANIFEST_FILE
    if fcntl is None or not path.is_file():
        yield True
        return
    descriptor = os.open(path, os.O_RDWR)  # NFS gives exclusive locks only to those who may write
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                raise
        yield True
    finally:
        os.close(descriptor)


def _gone(path: Path) -> CorruptIndexError:
    return CorruptIndexError(
        f"{path} is missing. Run `arsearch rollback` to serve the commit before, "
        "or `arsearch index --full SOURCE...` with all your sources."
    )
