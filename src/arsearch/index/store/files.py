"""The files of sources in an article store that is being written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from arsearch.index.store.segments import ArticleSegments

__all__ = ["FileRow", "FileState", "FileTable", "known_files"]


@dataclass(frozen=True, slots=True)
class FileState:
    """A file of a source as it was when it was read. See sources.py for what size, time and hash are good for."""

    source: str
    path: str
    size: int = -1
    modified: int = -1
    sha256: str = ""
    problems: int = 0
    shared: bool = False


FileRow = tuple[int, str, str, int, int, str, int, int, int]
"""The number of a file, its state, and whether it is forgotten."""

_FILE_COLUMNS = "number, source, path, size, modified, sha256, problems, shared, gone"


def known_files(stored: ArticleSegments) -> dict[int, FileState]:
    """Return what is remembered of the files of sources, by number."""
    return {
        number: FileState(source, path, size, modified, sha256, problems, bool(shared))
        for number, source, path, size, modified, sha256, problems, shared, gone in stored.newest(
            "files", _FILE_COLUMNS
        )
        if not gone
    }


class FileTable:
    """Files by number; see the schema of the store. They are looked at when the first of them is asked for."""

    def __init__(self, earlier: ArticleSegments | None, next_number: int) -> None:
        """Begin with the files that *earlier* knows; a new one gets *next_number*."""
        self._earlier = earlier
        self.next_number = next_number
        """The number that the next new file gets."""
        self._states: dict[int, FileState] | None = None
        self._numbers: dict[tuple[str, str], int] = {}
        self._changed: dict[int, FileState] = {}
        self._gone: dict[int, FileState] = {}

    @property
    def _known(self) -> dict[int, FileState]:
        if self._states is None:
            self._states = known_files(self._earlier) if self._earlier else {}
            self._numbers = {(state.source, state.path): number for number, state in self._states.items()}
        return self._states

    def add(self, source: str, path: str) -> int:
        """Return the number of a file, which need not be known yet."""
        known = self._known
        number = self._numbers.get((source, path))
        if number is None:
            number, self.next_number = self.next_number, self.next_number + 1
            self._numbers[source, path] = number
            known[number] = self._changed[number] = FileState(source, path)
        return number

    def number_of(self, source: str, path: str) -> int:
        """Return the number of a file that is known."""
        return self.numbers()[source, path]

    def numbers(self) -> dict[tuple[str, str], int]:
        """Return the numbers of all files, by source and path."""
        assert self._known is not None
        return self._numbers

    def numbers_of(self, sources: Iterable[str]) -> list[int]:
        """Return the numbers of the files of *sources*."""
        wanted = set(sources)
        return [number for number, state in self._known.items() if state.source in wanted]

    def paths_of(self, source: str) -> list[str]:
        """Return the paths of the files of *source*."""
        return [state.path for state in self._known.values() if state.source == source]

    def problems_of(self, number: int) -> int:
        """Return how many problems were met when a file was read."""
        return self._known[number].problems

    def set_state(self, number: int, state: FileState) -> None:
        """Remember file *number* as it was when it was read."""
        before = self._known[number]
        self._set(number, replace(state, source=before.source, path=before.path, shared=before.shared))

    def set_shared(self, numbers: Iterable[int], *, shared: bool) -> None:
        """Remember whether other files have ids of these."""
        for number in numbers:
            if (state := self._known.get(number)) is not None:
                self._set(number, replace(state, shared=shared))

    def delete(self, number: int) -> None:
        """Forget a file."""
        state = self._known.pop(number)
        del self._numbers[state.source, state.path]
        self._changed.pop(number, None)
        self._gone[number] = state

    def changed(self) -> Iterator[FileRow]:
        """Yield what a new segment has to say of files."""
        for states, gone in ((self._changed, 0), (self._gone, 1)):
            for number, state in states.items():
                yield (
                    number,
                    state.source,
                    state.path,
                    state.size,
                    state.modified,
                    state.sha256,
                    state.problems,
                    int(state.shared),
                    gone,
                )

    def _set(self, number: int, state: FileState) -> None:
        if state != self._known[number]:
            self._known[number] = self._changed[number] = state
