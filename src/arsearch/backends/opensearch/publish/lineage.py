"""Which commit of which machine the live index of a cluster was published from.

A directory publishes what it has indexed. Whatever it writes on is only whole if the live index is what it published
last: else it would take back what another machine has published meanwhile, or what was rolled back.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from arsearch.errors import IndexLockedError, IndexStateError
from arsearch.index import Layout, Manifest
from arsearch.index.durability import make_folder, replace_file
from arsearch.index.lock import POLL_SECONDS, turn

__all__ = ["lineage_of", "lineages_of", "note_published", "publishing_alone"]

_PUBLISHED = "published"
_LOCK = "publish.lock"
_A_COMMIT_OR_TWO = 120.0
"""Seconds for which who publishes is waited for in any case where a server makes one small commit after another."""


def lineage_of(manifest: Manifest) -> str:
    """Return what no other commit has: a hash of all that *manifest* says, but for the number of the commit."""
    record = manifest.as_record() | {"commit": ""}
    return hashlib.sha256(json.dumps(record, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def note_published(directory: Path, manifest: Manifest) -> None:
    """Remember in *directory* that what *manifest* describes was published from there last."""
    replace_file(directory / _PUBLISHED, lineage_of(manifest).encode("ascii"))


def lineages_of(directory: Path) -> set[str]:
    """Return the lineages that a live index has if nobody but *directory* has published it last.

    That is what was published last; or the live commit there, if the process ended before it could remember.
    """
    known = set()
    with suppress(FileNotFoundError, UnicodeDecodeError):
        known.add((directory / _PUBLISHED).read_text(encoding="ascii"))
    with suppress(IndexStateError):
        known.add(lineage_of(Layout(directory).live_manifest()))
    return known


@contextmanager
def publishing_alone(directory: Path, wait: float) -> Iterator[None]:
    """Let no other process of this machine index into *directory* and publish from there.

    One that does is waited for, up to *wait* seconds. Raises IndexLockedError.
    """
    make_folder(directory)
    lock, layout = FileLock(directory / _LOCK), Layout(directory)
    if layout.writes.is_dir():  # a server makes one small commit after another
        wait = max(wait, _A_COMMIT_OR_TWO)
    try:
        with turn(layout, wait):
            lock.acquire(timeout=wait, poll_interval=POLL_SECONDS)
    except Timeout:
        raise IndexLockedError(
            f"Another process is publishing from {directory}. Try again when it has finished, or have it waited for "
            "with `--wait SECONDS`."
        ) from None
    try:
        yield
    finally:
        lock.release()
