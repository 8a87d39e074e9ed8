"""Which files of which sources have to be read: those that are new, or not what they were when they were read last.

A file whose size and time of modification are as remembered has not changed. Another time and the same size may mean
nothing (a copy, a check-out), so the bytes are compared by their hash. A file that was modified within the last moments
before it was read may have been modified again without another time (Git calls its entry racily clean): its time is
not remembered, so that its bytes are compared.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from arsearch.common.system_limits import what_went_wrong
from arsearch.corpus import source_files
from arsearch.corpus.files.names import path_of, path_text
from arsearch.errors import CorpusError
from arsearch.index.store.files import FileState

__all__ = ["Scan", "files_of", "is_there", "observe", "scan"]

Key = tuple[str, str]
"""A source and the path of one of its files, both whole, as :func:`path_text` has them."""

_RACY_NS = 2_000_000_000
_UNTRUSTED = -1
_FILES_A_SOURCE = 1 << 32


@dataclass(slots=True)
class Scan:
    """What a look at the sources found."""

    ranks: dict[Key, float] = field(default_factory=dict)
    """Where each file stands in the order of reading."""
    to_read: list[Key] = field(default_factory=list)
    gone: list[Key] = field(default_factory=list)
    touched: dict[Key, FileState] = field(default_factory=dict)
    """Files that have another time of modification and the same bytes."""
    links: list[tuple[Path, Path]] = field(default_factory=list)
    """Sources, each with a link that leads out of it and was not followed."""
    unchanged: int = 0
    """Files that need not be read."""
    total_bytes: int = 0
    """Size of what is to be read."""

    @property
    def nothing(self) -> bool:
        """Whether nothing has to be done."""
        return not self.to_read and not self.gone


def is_there(source: Path) -> bool:
    """Whether *source* exists, or for a pattern of paths whether any file matches it."""
    return source.is_dir() or next(source_files(source), None) is not None


def files_of(
    source: Path, index: Path, *, follow_links: bool = False, on_link: Callable[[Path], object] | None = None
) -> Iterator[Path]:
    """Yield the files of *source* in order, without those of the directory *index*: what was written is not read.

    *follow_links* and *on_link* are those of :func:`arsearch.corpus.source_files`.
    """
    files = source_files(source, follow_links=follow_links, on_link=on_link)
    return (path for path in files if not path.is_relative_to(index))


def scan(
    sources: Sequence[Path],
    wanted: Collection[Path],
    known: Mapping[Key, FileState],
    *,
    index: Path,
    strict: bool,
    follow_links: bool = False,
) -> Scan:
    """Compare the files of *wanted* with those *known*; *sources* are all in order, wanted or not.

    Files of the directory *index*, a whole path, are none of a source, wherever it lies.

    If anything has changed, files that share ids with others are read too, wanted or not. With *strict*, files in
    which problems were met are read again. Raises CorpusError if a file cannot be looked at.
    """
    found = Scan()
    for place, source in enumerate(sources):
        name = path_text(source)
        remembered = {path for of, path in known if of == name}
        if source in wanted:
            links: list[Path] = []
            files = files_of(source, index, follow_links=follow_links, on_link=links.append)
            there = [path_text(path) for path in files]
            found.links += [(source, path) for path in links]
        else:
            there = sorted(remembered)
        for position, path in enumerate(there):
            key = (name, path)
            found.ranks[key] = place * _FILES_A_SOURCE + position
            if source in wanted:
                _look(key, known.get(key), found, strict=strict)
        if source in wanted:
            found.gone += [(name, path) for path in sorted(remembered.difference(there))]
    if not found.nothing:
        read = set(found.to_read)
        for key, state in known.items():
            if state.shared and key not in read and key not in found.gone and path_of(key[1]).is_file():
                found.to_read.append(key)
                found.unchanged -= key[0] in map(path_text, wanted)
    found.to_read.sort(key=found.ranks.__getitem__)
    found.total_bytes = sum(path_of(path).stat().st_size for _, path in found.to_read)
    return found


def _look(key: Key, state: FileState | None, found: Scan, *, strict: bool) -> None:
    path = path_of(key[1])
    try:
        stat = path.stat()
        if state is None or stat.st_size != state.size or (strict and state.problems):
            found.to_read.append(key)
        elif stat.st_mtime_ns == state.modified:
            found.unchanged += 1
        elif (now := observe(key, began=time.time_ns(), problems=state.problems)).sha256 == state.sha256:
            found.unchanged += 1
            found.touched[key] = now
        else:
            found.to_read.append(key)
    except OSError as error:
        raise CorpusError(f"The file {path} cannot be read: {what_went_wrong(error)}") from error


def observe(key: Key, *, began: int, problems: int = 0) -> FileState:
    """Return what to remember of a file whose reading *began* then (nanoseconds since 1970). Raises OSError."""
    path = path_of(key[1])
    before = path.stat()
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    after = path.stat()
    moved = (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns)
    if moved or after.st_mtime_ns > began:
        return FileState(*key)  # changed while it was read: it will be read again
    recent = after.st_mtime_ns > began - _RACY_NS
    modified = _UNTRUSTED if recent else after.st_mtime_ns
    return FileState(*key, size=after.st_size, modified=modified, sha256=sha256, problems=problems)
