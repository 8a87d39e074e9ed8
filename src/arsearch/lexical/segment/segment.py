"""A segment as a commit sees it: a file that never changes, and which of its documents have been deleted since.

The file is opened once for all commits that have it and are open, in a server and in what writes.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

import numpy as np
import numpy.typing as npt

from arsearch import kernel
from arsearch.common.array_files import FileIdentity
from arsearch.common.array_types import Int64s, Mask
from arsearch.lexical.segment.columns import Columns, open_columns
from arsearch.lexical.segment.dictionary import TermDictionary
from arsearch.lexical.segment.field_names import TEXT_FOLDED, TEXT_STEM, TITLE_STEM
from arsearch.lexical.segment.packing.postings import PostingRecords, unpack_occurrences, unpack_postings, unpack_term
from arsearch.lexical.segment.stem_positions import stem_occurrences

if TYPE_CHECKING:
    from arsearch.kernel import _native

__all__ = ["Segment", "SegmentFile", "open_segment_file"]

_CACHED_LOOKUPS = 1 << 14


class SegmentFile:
    """What all commits know of a segment, opened; a map in memory goes with the last reference to it."""

    def __init__(self, path: Path) -> None:
        """Open *path*. Raises OSError or ValueError."""
        self.columns: Columns = open_columns(path)
        self.dictionary = TermDictionary(self.columns)
        self._numbers: dict[tuple[str, bytes], int] = {}

    def find(self, field: str, text: bytes) -> int:
        """Return the number of a term, -1 if it is not there. Those that were asked for last are remembered."""
        key = field, text
        number = self._numbers.get(key)
        if number is None:
            if len(self._numbers) >= _CACHED_LOOKUPS:
                self._numbers.clear()
            self._numbers[key] = number = self.dictionary.find(field, text)
        return number

    @cached_property
    def forward(self) -> _native.Forward:
        """The words of its documents as the compiled kernel has them, which is there."""
        assert kernel.native is not None
        forward: _native.Forward = kernel.native.Forward(
            self.columns.token_offsets,
            self.columns.text_offsets,
            self.columns.text_bytes,
            self.columns.text_widths,
            self.columns.word_exacts,
            self.columns.word_stems,
            self.columns.term_bytes,
            self.columns.term_offsets,
            *self.dictionary.bounds(TEXT_FOLDED),
            *self.dictionary.bounds(TEXT_STEM),
        )
        return forward


_open: WeakValueDictionary[FileIdentity, SegmentFile] = WeakValueDictionary()


def open_segment_file(path: Path) -> SegmentFile:
    """Return the segment in the file *path*, opened, the same one to all. Raises OSError or ValueError."""
    identity = FileIdentity.of(path.stat())
    file = _open.get(identity)
    if file is None:
        _open[identity] = file = SegmentFile(path)
    return file


class Segment:
    """One segment of the lexical index, opened for reading. Documents and terms have the segment's own numbers."""

    def __init__(self, path: Path, deleted: npt.NDArray[np.int32]) -> None:
        """Open the segment in the file *path*, without its documents *deleted*. Raises OSError or ValueError."""
        self.name = path.stem
        self.file = open_segment_file(path)
        """The same in all commits that have it."""
        self.columns, self.dictionary = self.file.columns, self.file.dictionary
        self.live: Mask = np.ones(self.columns.document_count, dtype=np.bool_)
        if len(deleted) and not 0 <= deleted.min() <= deleted.max() < len(self.live):
            raise ValueError("documents were deleted that it never had")
        self.live[deleted] = False
        self.has_deletions = len(deleted) > 0
        self._posting_counts = self.columns.posting_counts.data

    def close(self) -> None:
        """Let go of the files: a map in memory goes with the last reference to it."""
        vars(self).clear()

    def postings(self, term: int) -> tuple[Int64s, npt.NDArray[np.float32]]:
        """Return the live documents of *term*, sorted, and how often it occurs in each.

        Raises ValueError if the columns are damaged.
        """
        begin, end = self.columns.posting_offsets[term : term + 2].tolist()
        documents, frequencies = unpack_term(self.columns.posting_bytes, begin, end, self._posting_counts[term])
        if self.has_deletions:
            kept = self.live[documents]
            documents, frequencies = documents[kept], frequencies[kept]
        return documents, frequencies

    def positions(self, term: int, last: int | None = None) -> tuple[Int64s, Int64s]:
        """Return every live occurrence of *term*, of a scored field: its document and its position there, sorted.

        Or the *last* of them. Raises ValueError if the columns are damaged.
        """
        most = None if self.has_deletions else last
        owners, positions = self._occurrences(term, most)
        if self.has_deletions:
            kept = self.live[owners]
            owners, positions = owners[kept], positions[kept]
        if last is not None and len(owners) > last:
            owners, positions = owners[len(owners) - last :], positions[len(owners) - last :]
        return owners, positions

    def _occurrences(self, term: int, most: int | None) -> tuple[Int64s, Int64s]:
        """Return every occurrence of *term* in all documents; at least the last *most* of them."""
        columns = self.columns
        for field in (TEXT_STEM, TITLE_STEM):
            first, last = self.dictionary.bounds(field)
            if first <= term < last:
                in_titles = field == TITLE_STEM
                stem = self.dictionary.find(TEXT_STEM, self.dictionary[term]) if in_titles else term
                return stem_occurrences(columns, stem, in_titles=in_titles)
        begin, end = columns.posting_offsets[term : term + 2].tolist()
        return unpack_occurrences(columns.posting_bytes, begin, end, self._posting_counts[term], most)

    def postings_of_all(self, terms: Int64s) -> tuple[Int64s, npt.NDArray[np.float32], Int64s]:
        """Return the live postings of *terms*, in their order: documents, frequencies, and indices in *terms*."""
        records = self._records(terms)
        found = unpack_postings(records)
        owners = np.repeat(np.arange(len(terms)), records.counts)
        documents, frequencies = found.documents, found.frequencies
        if self.has_deletions:
            kept = self.live[documents]
            owners, documents, frequencies = owners[kept], documents[kept], frequencies[kept]
        return documents.astype(np.int64), frequencies.astype(np.float32), owners

    def document_frequency(self, term: int) -> int:
        """Return how many live documents *term* has."""
        if self.has_deletions:
            return len(self.postings(term)[0])
        return self._posting_counts[term]

    def _records(self, terms: Int64s) -> PostingRecords:
        columns = self.columns
        return PostingRecords(
            columns.posting_bytes,
            columns.posting_offsets[terms].astype(np.int64),
            columns.posting_offsets[terms + 1].astype(np.int64),
            columns.posting_counts[terms].astype(np.int64),
        )
