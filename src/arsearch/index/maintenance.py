"""Going back to an earlier commit of an index."""

from __future__ import annotations

from pathlib import Path

from arsearch.errors import ArsearchError, CorruptIndexError, IncompatibleIndexError, IndexStateError, NoIndexError
from arsearch.index.layout import Layout
from arsearch.index.lock import locked
from arsearch.index.manifest import Manifest

__all__ = ["rollback"]


def rollback(index: Path, commit: str | None = None, *, wait: float = 0.0) -> str:
    """Make *commit* the live one, or the newest whole one before the live one; return its name.

    Where none is named, commits whose files are not what was written, and those this program cannot search, are
    passed over. While another process writes to the index, it is waited for, up to *wait* seconds. Raises
    NoIndexError if there is none to go to, CorruptIndexError or IncompatibleIndexError if the one that was named
    cannot be served, IndexLockedError if another process is writing, IndexStateError if the index cannot be written.
    """
    layout = Layout(index)
    if not layout.root.is_dir():
        layout.current()
    try:
        with locked(layout, wait=wait):
            layout.sweep()
            target = _earlier_whole(layout) if commit is None else _named_whole(layout, commit)
            layout.switch(target)
            return target
    except OSError as error:
        raise IndexStateError(f"The index {index} cannot be written: {error}. Check who may write to it.") from error


def _earlier_whole(layout: Layout) -> str:
    live = _live(layout)
    for name in reversed(layout.commits()):
        if live and name >= live:
            continue
        try:
            _check(layout.commit(name))
        except ArsearchError:
            continue
        return name
    raise NoIndexError(
        f"There is no earlier whole commit in {layout.root}: nothing was changed. "
        "Run `arsearch index --full SOURCE...` with all your sources."
    )


def _live(layout: Layout) -> str:
    """Return the name of the live commit, empty if ``CURRENT`` cannot be believed: any whole one is better then."""
    try:
        return layout.live_manifest().commit
    except IncompatibleIndexError:
        return layout.current()
    except ArsearchError:
        pass
    try:
        name = layout.current()
    except ArsearchError:
        return ""
    try:
        Manifest.read(layout.commit(name))
    except ArsearchError:
        return name
    return ""


def _named_whole(layout: Layout, commit: str) -> str:
    name = commit.zfill(8)
    there = layout.commits()
    if name not in there:
        raise NoIndexError(
            f"There is no commit {commit} in {layout.root}: nothing was changed. "
            f"There are: {', '.join(there) or 'none'}."
        )
    _check(layout.commit(name))
    return name


def _check(folder: Path) -> None:
    """Raise an IndexStateError unless the commit in *folder* is whole, and one that this program can search."""
    manifest = Manifest.read(folder)
    manifest.check_analysis()
    if faults := manifest.faults(folder):
        raise CorruptIndexError(f"{' '.join(faults)} Name another commit; nothing was changed.")
