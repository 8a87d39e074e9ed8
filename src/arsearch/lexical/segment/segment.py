"""A segment as a commit sees it: columns that never change, and which of its documents have been deleted since."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from arsearch.common.array_types import Int64s, Mask
from arsearch.lexical.segment.columns import Columns, open_columns
from arsearch.lexical.segment.dictionary import TermDictionary

__all__ = ["Segment"]


class Segment:
    """One segment of the lexical index, opened for reading. Documents and terms have the segment's own numbers."""

    def __init__(self, path: Path, deleted: npt.NDArray[np.int32]) -> None:
        """Open the segment in the file *path*, without its documents *deleted*. Raises OSError or ValueError."""
        self.name = path.stem
        self.columns: Columns = open_columns(path)
        self.dictionary = TermDictionary(self.columns)
        self.live: Mask = np.ones(self.columns.document_count, dtype=np.bool_)
        if len(deleted) and not 0 <= deleted.min() <= deleted.max() < len(self.live):
            raise ValueError("documents were deleted that it never had")
        self.live[deleted] = False
        self.has_deletions = len(deleted) > 0
        self._posting_offsets = self.columns.posting_offsets.data
        self._position_offsets = self.columns.position_offsets.data

    def close(self) -> None:
        """Let go of the files: a map in memory goes with the last reference to it."""
        vars(self.dictionary).clear()
        vars(self).clear()

    def postings(self, term: int) -> tuple[Int64s, npt.NDArray[np.float32]]:
        """Return the live documents of *term*, sorted, and how often it occurs in each."""
        documents, frequencies = self._stored(term)
        if self.has_deletions:
            kept = self.live[documents]
            documents, frequencies = documents[kept], frequencies[kept]
        # NumPy indexes with 64-bit numbers several times as fast as with 32-bit ones.
        return documents.astype(np.int64), frequencies.astype(np.float32)

    def positions(self, term: int) -> tuple[Int64s, Int64s]:
        """Return every live occurrence of *term*: its document and its position there, sorted."""
        documents, frequencies = self._stored(term)
        positions = self.columns.positions[self._position_offsets[term] : self._position_offsets[term + 1]]
        owners = np.repeat(documents.astype(np.int64), frequencies)
        if self.has_deletions:
            kept = self.live[owners]
            owners, positions = owners[kept], positions[kept]
        return owners, positions.astype(np.int64)

    def posting_ranges(self, terms: Int64s) -> tuple[Int64s, Int64s]:
        """Return for each live posting of *terms*, in their order, its index in the columns and that in *terms*."""
        firsts = self.columns.posting_offsets[terms]
        counts = self.columns.posting_offsets[terms + 1] - firsts
        owners = np.repeat(np.arange(len(terms)), counts)
        postings = np.arange(int(counts.sum())) + np.repeat(firsts - np.cumsum(counts) + counts, counts)
        if self.has_deletions:
            kept = self.live[self.columns.posting_documents[postings]]
            owners, postings = owners[kept], postings[kept]
        return postings, owners

    def document_frequency(self, term: int) -> int:
        """Return how many live documents *term* has."""
        first, last = self._posting_offsets[term], self._posting_offsets[term + 1]
        if self.has_deletions:
            return int(np.count_nonzero(self.live[self.columns.posting_documents[first:last]]))
        return last - first

    def _stored(self, term: int) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.unsignedinteger]]:
        part = slice(self._posting_offsets[term], self._posting_offsets[term + 1])
        return self.columns.posting_documents[part], self.columns.posting_frequencies[part]
