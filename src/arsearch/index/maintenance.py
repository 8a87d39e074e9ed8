"""Looking after an index: verifying every byte, and going back to an earlier generation."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from arsearch.errors import ArsearchError, IndexStateError, NoIndexError
from arsearch.index.build import locked
from arsearch.index.generation import Generation
from arsearch.index.layout import Layout
from arsearch.index.manifest import MANIFEST_FILE, Manifest

__all__ = ["rollback", "verify"]


def verify(index: Path) -> list[str]:
    """Check the live generation of *index* byte by byte and its stores against each other.

    Returns what is wrong, one sentence a fault; an empty list means all is well. Raises an IndexStateError if there is
    no generation to check.
    """
    layout = Layout(index)
    folder = layout.generation(layout.current())
    manifest = Manifest.read(folder)
    faults = manifest.faults(folder)
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and name != MANIFEST_FILE and name not in manifest.files:
            faults.append(f"{path} does not belong to the generation.")
    return faults or _disagreements(folder, manifest)


def _disagreements(folder: Path, manifest: Manifest) -> list[str]:
    """Compare the three stores; only called when every file is what was written."""
    try:
        generation = Generation(folder, manifest)
    except ArsearchError as error:
        return [str(error)]
    try:
        counts = {
            "the manifest": manifest.articles,
            "the article store": len(generation.articles),
            "the lexical index": len(generation.words),
            "the vectors": generation.vectors.count_articles(),
        }
        faults = []
        if len(set(counts.values())) > 1:
            listed = ", ".join(f"{count} in {place}" for place, count in counts.items())
            faults.append(f"The stores of {folder} hold different numbers of articles: {listed}.")
        if not np.array_equal(generation.articles.ordinals(), generation.words.live_ordinals()):
            faults.append(f"The article store and the lexical index of {folder} hold different articles.")
        return faults
    finally:
        generation.close()


def rollback(index: Path) -> str:
    """Make the newest whole generation before the live one the live one; return its name.

    Generations whose files are not what was written, and those this program cannot search, are passed over. Raises
    NoIndexError if there is none to go back to, IndexLockedError if another process is writing, IndexStateError if the
    index cannot be written.
    """
    layout = Layout(index)
    if not layout.root.is_dir():
        layout.current()
    try:
        with locked(layout):
            target = _earlier_whole(layout)
            layout.switch(target)
            return target
    except OSError as error:
        raise IndexStateError(f"The index {index} cannot be written: {error}. Check who may write to it.") from error


def _earlier_whole(layout: Layout) -> str:
    try:
        live = layout.current()
    except ArsearchError:
        live = ""  # a pointer that names nothing: any whole generation is better
    for name in reversed(layout.generations()):
        if live and name >= live:
            continue
        folder = layout.generation(name)
        try:
            manifest = Manifest.read(folder)
            manifest.check_analysis()
            if not manifest.faults(folder):
                return name
        except ArsearchError:
            continue
    raise NoIndexError(
        f"There is no earlier whole generation in {layout.root}: nothing was changed. "
        "Run `arsearch index --full SOURCE...` with all your sources."
    )
