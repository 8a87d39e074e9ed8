"""What a query finds in the lexical index."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from arsearch.common.array_types import Floats, Int64s, Mask, UInt8s

__all__ = ["NOTHING", "LexicalMatches"]


class LexicalMatches:
    """The best documents of a query with their scores, and which documents match in all.

    *best* int64 (limit,) and *scores* float32 (limit,), best first, equals by number. *total* documents match in all;
    unless *complete* there are at least so many, and only those that were looked at are known.
    """

    __slots__ = ("_bits", "_find_bits", "_matched", "best", "complete", "scores", "total")

    def __init__(
        self,
        best: Int64s,
        scores: Floats,
        total: int,
        *,
        complete: bool,
        matched: Int64s | None = None,
        find_bits: Callable[[], UInt8s] | None = None,
    ) -> None:
        """Say which documents match by their numbers *matched*, sorted.

        Or by *find_bits*, which finds a bit a document, eight of them a byte, once somebody asks.
        """
        self.best = best
        self.scores = scores
        self.total = total
        self.complete = complete
        self._matched = matched
        self._find_bits = find_bits
        self._bits: UInt8s | None = None

    @property
    def matched(self) -> Int64s:
        """The numbers of all documents that are known to match, sorted: int64 (matches,)."""
        if self._matched is None:
            bits = self._found_bits()
            self._matched = (
                np.empty(0, np.int64) if bits is None else np.flatnonzero(np.unpackbits(bits, bitorder="little"))
            )
        return self._matched

    def has(self, documents: Int64s) -> Mask:
        """Return for each of *documents*, different ones, whether it is known to match."""
        bits = self._found_bits() if len(documents) else None
        if bits is None:
            return np.isin(documents, self.matched, assume_unique=True)
        numbers = np.asarray(documents, dtype=np.int64)
        has: Mask = (bits[numbers >> 3] >> (numbers & 7).astype(np.uint8) & 1).astype(np.bool_)
        return has

    def _found_bits(self) -> UInt8s | None:
        if self._bits is None and self._find_bits is not None:
            self._bits = self._find_bits()
        return self._bits


NOTHING = LexicalMatches(np.empty(0, np.int64), np.empty(0, np.float32), 0, complete=True)
