"""What a query finds in the lexical index."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from arsearch.lexical.columns import Int64s

__all__ = ["NOTHING", "Found"]

Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]


class Found:
    """The best documents of a query with their scores, and which documents match in all.

    *best* int64 (limit,) and *scores* float32 (limit,), best first, equals by number. *total* documents match in all;
    unless *complete* there are at least so many, and only those that were looked at are known.
    """

    __slots__ = ("_bits", "_matched", "best", "complete", "scores", "total")

    def __init__(
        self,
        best: Int64s,
        scores: Floats,
        total: int,
        *,
        complete: bool,
        matched: Int64s | None = None,
        bits: npt.NDArray[np.uint8] | None = None,
    ) -> None:
        """Say which documents match by their numbers *matched*, sorted, or by *bits*, eight documents a byte."""
        self.best = best
        self.scores = scores
        self.total = total
        self.complete = complete
        self._matched = matched
        self._bits = bits

    @property
    def matched(self) -> Int64s:
        """The numbers of all documents that are known to match, sorted: int64 (matches,)."""
        if self._matched is None:
            bits = np.empty(0, np.uint8) if self._bits is None else self._bits
            self._matched = np.flatnonzero(np.unpackbits(bits, bitorder="little"))
        return self._matched

    def has(self, documents: Int64s) -> Mask:
        """Return for each of *documents*, different ones, whether it is known to match."""
        if self._bits is None:
            return np.isin(documents, self.matched, assume_unique=True)
        places = np.asarray(documents, dtype=np.int64)
        has: Mask = (self._bits[places >> 3] >> (places & 7).astype(np.uint8) & 1).astype(np.bool_)
        return has


NOTHING = Found(np.empty(0, np.int64), np.empty(0, np.float32), 0, complete=True)
