"""What writers do to the index, each in a process of its own that knows nothing of being watched."""

from __future__ import annotations

import random
import shutil
from pathlib import Path
from typing import Any

from arsearch import IndexLockedError, NoIndexError, Settings, open_index
from arsearch.index import Layout, inspect_index, rollback, update_index

from ..index.versions import MARKER

__all__ = ["find_flip", "go_back", "look", "update", "verify"]


def update(settings: dict[str, Any], corpus: str, full: bool, wait: float) -> str:
    """Bring the index up to date; return the name of the commit, or an empty text if another one writes."""
    try:
        return update_index([Path(corpus)], Settings(**settings), full=full, wait=wait).commit
    except IndexLockedError:
        return ""


def go_back(settings: dict[str, Any], commit: str | None) -> str:
    """Roll back; return the name of the commit, or an empty text if there is none to go to."""
    try:
        return rollback(Path(settings["index"]), commit)
    except NoIndexError:
        return ""


def look(settings: dict[str, Any]) -> dict[str, Any]:
    """Return what is served, and what is on the disk."""
    layout = Layout(Path(settings["index"]))
    there = layout.commits()
    try:
        with open_index(layout.root, settings=Settings(**settings)) as index:
            name, version = index.index.manifest.commit, int(index.article(MARKER).title)
    except NoIndexError:
        name, version = "", -1
    return {"commit": name, "version": version, "commits": there}


def verify(settings: dict[str, Any], sample: int) -> list[str]:
    """Return all faults of the index."""
    try:
        found = inspect_index(Path(settings["index"]), sample=sample)
    except NoIndexError:
        return []
    return [*found.faults, *found.older_faults]


def find_flip(settings: dict[str, Any], scratch: str, seed: int) -> str:
    """Flip a bit of a copy of the index; return how it was not found, or an empty text."""
    chance = random.Random(seed)
    copy = Path(scratch)
    layout = Layout(Path(settings["index"]))
    live = layout.current()
    shutil.rmtree(copy, ignore_errors=True)
    (copy / "commits").mkdir(parents=True)
    shutil.copyfile(layout.pointer_file, copy / layout.pointer_file.name)
    shutil.copytree(layout.commit(live), copy / "commits" / live)
    if faults := verify(settings | {"index": copy}, 0):
        return f"the copy has faults: {faults}"
    path = chance.choice([path for path in sorted(copy.rglob("*")) if path.is_file() and path.stat().st_size])
    data = bytearray(path.read_bytes())
    place = chance.randrange(len(data))
    data[place] ^= 1 << chance.randrange(8)
    path.write_bytes(data)
    faults = verify(settings | {"index": copy}, 0)
    return "" if any(str(path) in fault for fault in faults) else f"bit in byte {place} of {path.name}: {faults}"
