"""The files of a source: which there are, in which order they are read, and which links lead out of it."""

from __future__ import annotations

import glob
import os
from collections.abc import Callable, Iterator
from pathlib import Path

__all__ = ["LEADS_OUT", "fixed_part", "is_article_name", "is_pattern", "leads_out", "source_files"]

LEADS_OUT = (
    "a symbolic link that leads out of the source; it was not followed (name what it leads to as a source, or set "
    "follow_links)"
)

# Files that stand beside the articles of a folder and are not articles.
_ABOUT_THE_FOLDER = ("readme", "license", "licence", "changelog", "contributing")


def source_files(
    source: Path, *, follow_links: bool = False, on_link: Callable[[Path], object] | None = None
) -> Iterator[Path]:
    """Yield the files of *source* that may hold articles, in the order in which they are read; none if it is gone.

    A file of a folder or a pattern counts where it is. Symbolic links that lead out of it are handed to *on_link*
    instead, unless *follow_links*: who may write into a folder need not be one who may read all that this process may.
    A source that is itself a link was named by who indexes.
    """
    if source.is_dir():
        for path in _below(source, source, {os.path.realpath(source)} if follow_links else None):
            if not is_article_name(path.relative_to(source)):
                continue
            if path.is_symlink() and not follow_links and leads_out(path, source):
                if on_link is not None:
                    on_link(path)
            elif path.is_file():
                yield path
    elif is_pattern(source):
        for path in sorted(map(Path, glob.glob(str(source), recursive=True))):  # noqa: PTH207  # absolute patterns
            if not path.is_file():
                continue
            if follow_links or not leads_out(path, source):
                yield path
            elif on_link is not None:
                on_link(path)
    elif source.exists():
        yield source


def _below(folder: Path, source: Path, followed: set[str] | None) -> Iterator[Path]:
    """Yield what is below *folder*, in order; what links to other folders lead to only if there is a set *followed*.

    In it is where those that were followed really are: a folder is read once, and a ring of links ends.
    """
    try:
        paths = sorted(folder.iterdir())
    except OSError:  # a folder that may not be read is like an empty one
        return
    for path in paths:
        yield path
        if not path.is_dir():
            continue
        if not path.is_symlink():
            yield from _below(path, source, followed)
        elif followed is not None and (real := os.path.realpath(path)) not in followed and leads_out(path, source):
            followed.add(real)
            yield from _below(path, source, followed)


def leads_out(path: Path, source: Path) -> bool:
    """Whether *path*, below *source*, is really somewhere else because of a symbolic link."""
    if path == source:
        return False
    root = Path(os.path.realpath(fixed_part(source)))
    return not Path(os.path.realpath(path)).is_relative_to(root)


def fixed_part(source: Path) -> Path:
    """Return *source*, or the folder below which the files of a pattern of paths are."""
    folder = source
    while is_pattern(folder):
        folder = folder.parent
    return folder


def is_article_name(path: Path) -> bool:
    """Whether a file so named below its folder may be an article: not hidden, and not about the folder itself."""
    hidden = any(part.startswith(".") for part in path.parts)
    return not hidden and path.name.lower().partition(".")[0] not in _ABOUT_THE_FOLDER


def is_pattern(source: Path) -> bool:
    """Whether *source* is a pattern of paths, and no path that is there."""
    return glob.has_magic(str(source)) and not source.exists()
