"""The least values of hash functions, by which sets that have much in common are found (MinHash)."""

from __future__ import annotations

import numpy as np

from arsearch import kernel
from arsearch.common.array_types import Int64s, UInt64s

__all__ = ["minima"]

_MOST = np.uint64((1 << 64) - 1)


def minima(hashes: UInt64s, offsets: Int64s, factors: UInt64s, summands: UInt64s) -> UInt64s:
    """Return of each set and each function the least of hash times factor plus summand, modulo 2**64.

    *hashes* are those of all sets, which begin and end at *offsets* (sets + 1,); *factors* and *summands* (functions,).
    What is returned is (sets, functions), with all bits set for a set of nothing.
    """
    least: UInt64s = np.empty((len(offsets) - 1, len(factors)), dtype=np.uint64)
    if kernel.native is not None:
        kernel.native.minima(hashes, offsets, factors, summands, least.reshape(-1))
        return least
    for number, (factor, summand) in enumerate(zip(factors, summands, strict=True)):
        values = np.append(hashes * factor + summand, _MOST)  # so that a set of nothing at the end begins somewhere
        if len(least):
            least[:, number] = np.minimum.reduceat(values, offsets[:-1])
    least[offsets[:-1] == offsets[1:]] = _MOST
    return least
