"""By what articles are compared in one run: shingle hashes of what is new in a temporary file, of others in a cache.

To fetch and analyse again every article that shares a key with another one took a quarter of an indexing run.
"""

from __future__ import annotations

import os
import tempfile
from array import array
from bisect import bisect_left
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from arsearch.common.array_types import UInt64s
from arsearch.common.bounded_cache import BoundedCache
from arsearch.corpus.cleaning.near_duplicates import Shingles

__all__ = ["ShingleFile"]

_CACHED = 1 << 16
_CACHED_BYTES = 64 << 20
_HASH_BYTES = 8
_NEXT = 64


class ShingleFile:
    """The shingles of articles by ordinal: 8 bytes a word on disk, 16 bytes an article in memory."""

    def __init__(self, scratch: Path, look_up: Callable[[list[int]], list[UInt64s]]) -> None:
        """Write to a temporary file in the folder *scratch*; *look_up* gives the hashes of other articles."""
        self._file = tempfile.TemporaryFile(dir=scratch)  # noqa: SIM115  # closed with this
        self._look_up = look_up
        self._ordinals = array("q")
        self._ends = array("q", [0])
        self._expected: list[int] = []
        self._place_of: dict[int, int] = {}
        self._cache: BoundedCache[int, Shingles] = BoundedCache(_CACHED, _CACHED_BYTES, _size)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def add(self, ordinal: int, hashes: UInt64s) -> None:
        """Keep the *hashes* of the shingles of an article; ordinals rise."""
        self._file.write(hashes.tobytes())
        self._ordinals.append(ordinal)
        self._ends.append(self._ends[-1] + len(hashes) * _HASH_BYTES)

    def expect(self, ordinals: Sequence[int]) -> None:
        """Take in which articles will be asked for, in order; those that are not here are looked up many at once."""
        self._file.flush()
        self._expected = [ordinal for ordinal in ordinals if self._place(ordinal) < 0]
        self._place_of = {ordinal: place for place, ordinal in enumerate(self._expected)}

    def of(self, ordinal: int) -> Shingles:
        """Return the shingles of an article."""
        found = self._cache.get(ordinal)
        if found is not None:
            return found
        place = self._place(ordinal)
        if place >= 0:
            begin, end = self._ends[place : place + 2]
            data = os.pread(self._file.fileno(), end - begin, begin)
            found = Shingles.of(np.frombuffer(data, np.uint64))
            self._cache.put(ordinal, found)
            return found
        at = self._place_of.get(ordinal, len(self._expected))
        missing = [each for each in self._expected[at + 1 : at + _NEXT] if self._cache.get(each) is None]
        asked = [ordinal, *missing]
        some = dict(zip(asked, map(Shingles.of, self._look_up(asked)), strict=True))
        for each in reversed(asked):  # so that the first of them leaves last
            self._cache.put(each, some[each])
        return some[ordinal]

    def _place(self, ordinal: int) -> int:
        """Return where an article stands among those that are here, -1 if it is none of them."""
        place = bisect_left(self._ordinals, ordinal)
        return place if place < len(self._ordinals) and self._ordinals[place] == ordinal else -1


def _size(shingles: Shingles) -> int:
    return shingles.hashes.nbytes + shingles.counts.nbytes + 200
