"""Which commit of which machine the live index of a cluster was published from, and what a directory knows of that.

A directory publishes what it has indexed. What it builds upon must be what is live: else it would take back what
another machine has published meanwhile, or what was rolled back. So it first goes on from that; see take_over.py.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout

from arsearch.backends.opensearch.publish.difference import PublishedDocuments
from arsearch.errors import ClusterWriteError, IndexLockedError, IndexStateError
from arsearch.index import Layout, Manifest
from arsearch.index.durability import make_folder, replace_file
from arsearch.index.lock import POLL_SECONDS, turn

__all__ = [
    "OvertakenError",
    "Published",
    "PublishedMap",
    "commit_of_lineage",
    "lineage_of",
    "lineages_of",
    "not_from_here",
    "note_published",
    "published_map",
    "publishing_alone",
    "write_map",
]

_PUBLISHED = "published"
_MAP = "published.npz"
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
    known = {_published_last(directory)} - {""}
    with suppress(IndexStateError):
        known.add(lineage_of(Layout(directory).live_manifest()))
    return known


def not_from_here(live: str, directory: Path) -> str:
    """Return why nothing can be written upon the commit *live* from *directory*."""
    return (
        f"The live commit {live} was not published from {directory} last, and its files are not on the cluster: an "
        "earlier arsearch has published it, or a machine on which opensearch_share_commits is off. Write on that "
        "machine, or run `arsearch index` there with the setting on. `arsearch index --full SOURCE...` with "
        "all sources replaces what is live."
    )


def _published_last(directory: Path) -> str:
    with suppress(FileNotFoundError, UnicodeDecodeError):
        return (directory / _PUBLISHED).read_text(encoding="ascii")
    return ""


def commit_of_lineage(directory: Path, lineage: str) -> str:
    """Return the name of the commit that *directory* keeps with this lineage, empty if there is none."""
    layout = Layout(directory)
    for name in reversed(layout.commits()):
        with suppress(IndexStateError):
            if lineage_of(Manifest.read(layout.commit(name))) == lineage:
                return name
    return ""


@dataclass(frozen=True, slots=True)
class PublishedMap:
    """Which documents of a cluster the articles of a directory are, so that they need not be listed.

    They are those of the *commit* on the cluster. The commit of the directory with the lineage *head* builds upon what
    was published as that.
    """

    commit: str
    head: str
    documents: PublishedDocuments


@dataclass(frozen=True, slots=True)
class Published:
    """What was made live: the *name* of the commit, and which documents it has. *is_new* unless all was there."""

    name: str
    index: str
    known: PublishedMap
    is_new: bool


class OvertakenError(ClusterWriteError):
    """What is live is not what the commit builds upon."""


def write_map(directory: Path, known: PublishedMap | None) -> None:
    """Remember *known* in *directory*, or nothing."""
    path = directory / _MAP
    if known is None:
        path.unlink(missing_ok=True)
        return
    draft = directory / f"{_MAP}.draft"
    with draft.open("wb") as file:
        there = known.documents
        np.savez(
            file,
            names=np.array([known.commit, known.head]),
            ordinals=there.ordinals,
            numbers=there.numbers,
            copies=there.copies,
        )
    draft.replace(path)


def published_map(directory: Path) -> PublishedMap | None:
    """Return what was remembered in *directory*, None if nothing was, or it cannot be read."""
    try:
        with np.load(directory / _MAP, allow_pickle=False) as stored:
            commit, head = stored["names"].tolist()
            columns = (stored[name].astype(np.int64) for name in ("ordinals", "numbers", "copies"))
            return PublishedMap(commit, head, PublishedDocuments(*columns))
    except Exception:  # half a file may say anything: then the cluster is asked
        return None


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
