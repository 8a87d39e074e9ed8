"""Numbers by hashes of 64 bits, looked up many at once.

Open addressing with linear probing (Knuth, "The Art of Computer Programming", volume 3, section 6.4, algorithm L), each
step done for all hashes that have not found their slot yet. At most a quarter of the slots is taken, so nearly all
find it at once, which a search in a sorted list does not.
"""

from __future__ import annotations

import numpy as np

from arsearch import kernel
from arsearch.common.array_types import Indices, Int32s, UInt64s

__all__ = ["HashTable"]


_EMPTY = np.uint64(0)
_INSTEAD_OF_EMPTY = np.uint64(1)
_FIRST_BITS = 12
_PLACES_A_HASH = 4


class HashTable:
    """A number for each hash; hashes are taken for what was hashed, so two that are the same are one."""

    def __init__(self) -> None:
        self._make(_FIRST_BITS)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def number(self, hashes: UInt64s) -> tuple[Int32s, Indices]:
        """Return the number of each of *hashes*; those that were not met before get the next numbers, as they come.

        And for each new number, in their order, which of *hashes* it stands for.
        """
        hashes = np.maximum(hashes, _INSTEAD_OF_EMPTY)
        numbers = self.find(hashes)
        unknown = np.flatnonzero(numbers < 0)
        if not len(unknown):
            return numbers, unknown
        distinct, firsts, inverse = np.unique(hashes[unknown], return_index=True, return_inverse=True)
        order = np.argsort(firsts)
        added = np.empty(len(distinct), dtype=np.int32)
        added[order] = np.arange(self._count, self._count + len(distinct), dtype=np.int32)
        self._add(distinct, added)
        numbers[unknown] = added[inverse]
        return numbers, unknown[firsts[order]]

    def _make(self, bits: int) -> None:
        self._hashes = np.zeros(1 << bits, dtype=np.uint64)
        self._numbers = np.empty(1 << bits, dtype=np.int32)
        self._shift = np.uint64(64 - bits)
        self._last = (1 << bits) - 1

    def find(self, hashes: UInt64s) -> Int32s:
        """Return the number of each of *hashes*, -1 for those that were not met before."""
        if kernel.native is not None:
            found = np.empty(len(hashes), dtype=np.int32)
            kernel.native.find_hashes(hashes, self._hashes, self._numbers, found)
            return found
        wanted = np.maximum(hashes, _INSTEAD_OF_EMPTY)
        slots = self._first_slots(wanted)
        there = self._hashes[slots]
        numbers = self._numbers[slots]
        numbers[there == _EMPTY] = -1
        pending = np.flatnonzero((there != wanted) & (there != _EMPTY))
        slots = slots[pending]
        while len(pending):
            slots = (slots + 1) & self._last
            there = self._hashes[slots]
            numbers[pending] = np.where(there == _EMPTY, np.int32(-1), self._numbers[slots])
            going_on = (there != wanted[pending]) & (there != _EMPTY)
            pending, slots = pending[going_on], slots[going_on]
        return numbers

    def _add(self, hashes: UInt64s, numbers: Int32s) -> None:
        """Add *hashes*, no two the same and none added before, with their *numbers*."""
        self._count += len(hashes)
        if self._count * _PLACES_A_HASH > len(self._hashes):
            taken = self._hashes != _EMPTY
            old_hashes, old_numbers = self._hashes[taken], self._numbers[taken]
            self._make((self._count * _PLACES_A_HASH).bit_length())
            self._place(old_hashes, old_numbers)
        self._place(hashes, numbers)

    def _place(self, hashes: UInt64s, numbers: Int32s) -> None:
        slots = self._first_slots(hashes)
        while len(hashes):
            free = self._hashes[slots] == _EMPTY
            self._hashes[slots[free]] = hashes[free]
            # Of several that wanted the same slot one has got it; who did not goes on to the next.
            placed = self._hashes[slots] == hashes
            self._numbers[slots[placed]] = numbers[placed]
            hashes, numbers = hashes[~placed], numbers[~placed]
            slots = (slots[~placed] + 1) & self._last

    def _first_slots(self, hashes: UInt64s) -> Indices:
        return (hashes >> self._shift).astype(np.int64)
