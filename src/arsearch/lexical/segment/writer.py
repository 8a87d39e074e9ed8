"""Writing the lexical index of a commit: new documents become segments, segments are merged, deletions noted.

::

    lexical/
      segments.arrays      the segments, in order, and the deleted documents of each, int32; a commit's own
      0001.arrays          the columns of one; never changed, so commits share them
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from arsearch.article_fields import OwnFields
from arsearch.common.array_types import UInt64s
from arsearch.common.segments import MAX_DELETED_SHARE, arrays_file, link_file, max_rewritten, write_segments
from arsearch.lexical.analysis.bulk import AnalysedTexts
from arsearch.lexical.segment.builder import Document, SegmentBuilder
from arsearch.lexical.segment.merge import merge_segments
from arsearch.lexical.segment.open_segments import read_segments
from arsearch.lexical.segment.segment import open_segment_file

__all__ = ["LexicalWriter"]

_MERGED_AT_ONCE = 16
"""New segments of one size that are merged into one: so many files are open at a time, whatever the corpus."""
_GROWTH = 2
"""A segment is merged with those after it unless it is at least so many times as large: few segments, few rewrites."""


class LexicalWriter:
    """Adds and removes articles in the new folder *folder*; nothing counts before :meth:`commit`."""

    def __init__(self, folder: Path, *, memory_mb: int, previous: Path | None = None, own: OwnFields = ()) -> None:
        """Write into *folder*, beginning with the segments of the lexical index *previous*.

        *memory_mb* is about what is filled, in MiB, before a segment is written. Documents have the *own* fields, as
        have those of *previous*.
        """
        folder.mkdir(parents=True)
        self._folder = folder
        self._memory = memory_mb << 20
        self._own = own
        self._builder = SegmentBuilder(own)
        self._old: list[_Part] = []
        self._new: list[_Part] = []
        self._written = 0
        for name, deleted in read_segments(previous) if previous else []:
            path = arrays_file(folder, name)
            link_file(arrays_file(previous, name), path)  # type: ignore[arg-type]
            self._old.append(_Part(path, deleted))
            self._written = max(self._written, int(name))

    @property
    def texts_a_document(self) -> int:
        """How many texts of each document :meth:`add` returns the tokens of: title, body, own prose."""
        return self._builder.texts_a_document

    def exact_words(self, texts: Sequence[str], hash_of: Callable[[str], bytes]) -> list[UInt64s]:
        """Return of each of *texts*, which need not be added, what *hash_of* gives for its folded words: 8 bytes each.

        That is always the same function. What is met here is known later.
        """
        return self._builder.exact_words(texts, hash_of)

    def add(self, documents: Sequence[Document], language: str = "ar") -> AnalysedTexts:
        """Add *documents*, all in *language*; return the tokens of their texts, those of each in turn."""
        texts = self._builder.add(documents, language)
        if self._builder.memory >= self._memory:
            self._flush()
        return texts

    def delete(self, ordinals: Iterable[int]) -> None:
        """Remove the articles *ordinals* of the earlier index; those that are not there are ignored."""
        gone = np.fromiter(ordinals, dtype=np.int64)
        for part in self._old:
            part.live &= ~np.isin(part.columns.ordinals, gone)

    def commit(self, *, compact: bool = False) -> int:
        """Write everything and return the number of articles in the index; with *compact* in one segment of its own."""
        if len(self._builder):
            self._flush()
        self._builder = SegmentBuilder(self._own)  # words that were met need room no more
        if len(self._new) > 1:
            self._new = [self._merge(self._new)]
        parts = [*self._old, *self._new]
        parts = [self._merge(parts)] if compact and any(part.size for part in parts) else self._settle(parts)
        deleted = {part.path.stem: np.flatnonzero(~part.live).astype(np.int32) for part in parts}
        write_segments(self._folder, deleted, deleted)
        return sum(part.size for part in parts)

    def _flush(self) -> None:
        path = self._next_path()
        self._builder.write(path)
        self._new.append(_Part(path, np.empty(0, np.int32)))
        while True:
            level = self._new[-1].level
            last = self._new[-_MERGED_AT_ONCE:]
            if len(last) < _MERGED_AT_ONCE or any(part.level != level for part in last):
                return
            del self._new[-_MERGED_AT_ONCE:]
            self._new.append(self._merge(last, level=level + 1))

    def _settle(self, parts: list[_Part]) -> list[_Part]:
        """Merge the last segments as long as they have grown near the ones before, and what is mostly deleted."""
        settled: list[_Part] = []
        for part in parts:
            if not part.size:
                part.path.unlink()
                continue
            if part.size < len(part.live) * (1 - MAX_DELETED_SHARE):
                part = self._merge([part])
            settled.append(part)
        count, most = 1, max_rewritten(sum(part.size for part in settled))
        while (
            count < len(settled)
            and settled[-count - 1].size <= most
            and settled[-count - 1].size < _GROWTH * sum(part.size for part in settled[-count:])
        ):
            count += 1
        return [*settled[:-count], self._merge(settled[-count:])] if count > 1 else settled

    def _merge(self, parts: Sequence[_Part], *, level: int = 0) -> _Part:
        path = self._next_path()
        merge_segments([(part.columns, part.live) for part in parts], path)
        for part in parts:
            part.path.unlink()
        return _Part(path, np.empty(0, np.int32), level=level)

    def _next_path(self) -> Path:
        self._written += 1
        return arrays_file(self._folder, f"{self._written:04d}")


class _Part:
    """A segment in the making of a commit."""

    def __init__(self, path: Path, deleted: npt.NDArray[np.int32], *, level: int = 0) -> None:
        self.path = path
        self.level = level
        self.file = open_segment_file(path)
        self.columns = self.file.columns
        self.live = np.ones(self.columns.document_count, dtype=np.bool_)
        self.live[deleted] = False

    @property
    def size(self) -> int:
        """Live documents."""
        return int(np.count_nonzero(self.live))
